import { Effect, Option, Ref, Schema } from "effect"
import { ForgeError, Refused } from "../ForgeError.ts"
import type { GitLabClient } from "./Client.ts"

const User = Schema.Struct({ id: Schema.Int, username: Schema.String })
const Version = Schema.Struct({ version: Schema.String })

/** Version of a GitLab, without its patch. */
type Release = readonly [major: number, minor: number]

/** Oldest version that we work with. */
const oldest: Release = [15, 0]

/** First versions whose APIs list the diffs of a merge request by page, and make and publish draft notes. */
export const pagedDiffs: Release = [15, 7]
export const draftNotes: Release = [15, 11]

const isBefore = ([major, minor]: Release, [wantedMajor, wantedMinor]: Release): boolean =>
  major < wantedMajor || major === wantedMajor && minor < wantedMinor

const releaseOf = (version: string): Release => {
  const [major = Number.NaN, minor = Number.NaN] = version.split(".").map((part) => Number.parseInt(part, 10))
  return [major, minor]
}

/** Account of the token. */
export const currentUser = (client: GitLabClient) =>
  client.request({
    operation: "GitLab.account",
    ask: (gitlab) => gitlab.Users.showCurrentUser(),
    answer: User
  })

/** Number of the token's account: it stays when the account is renamed. */
export interface OwnId {
  /** The number. It is asked for once, unless it is known by then. */
  readonly get: Effect.Effect<number, ForgeError>
  /** Takes the number from an answer that names our account. */
  learn(id: number): Effect.Effect<void>
}

export const makeOwnId = Effect.fnUntraced(function*(client: GitLabClient) {
  const known = yield* Ref.make(Option.none<number>())
  const learn = (id: number) => Ref.set(known, Option.some(id))
  const ask = Effect.map(currentUser(client), ({ id }) => id)
  const ownId: OwnId = {
    learn,
    get: Effect.flatMap(Ref.get(known), Option.match({ onNone: () => Effect.tap(ask, learn), onSome: Effect.succeed }))
  }
  return ownId
})

/** True if this GitLab is older than a release. Fails if it is older than all that we work with, and says so. */
export const isOlderThan = Effect.fnUntraced(function*(client: GitLabClient, release: Release) {
  const operation = "GitLab.version"
  const { version } = yield* client.request({
    operation,
    ask: (gitlab) => gitlab.Metadata.requester.get("version").then(({ body }) => body),
    answer: Version
  })
  if (!isBefore(releaseOf(version), oldest)) return isBefore(releaseOf(version), release)
  const message = `GitLab ${version} is too old: update it to ${oldest.join(".")} or newer`
  return yield* new ForgeError({ operation, reason: new Refused({ status: 501, message }) })
})
