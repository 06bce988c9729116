import { Effect, Option, Ref, Schema } from "effect"
import { ForgeError, Refused } from "../ForgeError.ts"
import type { GitLabClient } from "./Client.ts"

const User = Schema.Struct({ id: Schema.Int, username: Schema.String })
const Version = Schema.Struct({ version: Schema.String })

/** First version whose API makes and publishes draft notes. */
const [leastMajor, leastMinor] = [15, 11]

const isTooOld = (version: string): boolean => {
  const [major = Number.NaN, minor = Number.NaN] = version.split(".").map((part) => Number.parseInt(part, 10))
  return major < leastMajor || major === leastMajor && minor < leastMinor
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

/** Fails if this GitLab is too old to have draft notes, and says so. */
export const checkVersion = Effect.fnUntraced(function*(client: GitLabClient) {
  const operation = "GitLab.version"
  const { version } = yield* client.request({
    operation,
    ask: (gitlab) => gitlab.Metadata.requester.get("version").then(({ body }) => body),
    answer: Version
  })
  if (!isTooOld(version)) return
  const message = `GitLab ${version} has no API for draft notes: update it to ${leastMajor}.${leastMinor} or newer`
  return yield* new ForgeError({ operation, reason: new Refused({ status: 501, message }) })
})
