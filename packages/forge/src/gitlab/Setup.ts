import type { RepoName } from "@nominal-code/domain/event/PullRequest"
import { Effect, Option, Schema } from "effect"
import type { ForgeError } from "../ForgeError.ts"
import * as Setup from "../Setup.ts"
import { currentUser } from "./Account.ts"
import { type GitLabClient, makeGitLabClient } from "./Client.ts"
import type { GitLabOptions } from "./Options.ts"

const Token = Schema.Struct({
  scopes: Schema.Array(Schema.String),
  expires_at: Schema.optional(Schema.NullOr(Schema.String))
})

const Access = Schema.optional(Schema.NullOr(Schema.Struct({ access_level: Schema.Int })))
const Project = Schema.Struct({
  archived: Schema.optional(Schema.Boolean),
  permissions: Schema.optional(Schema.Struct({ project_access: Access, group_access: Access }))
})

const Hook = Schema.Struct({
  id: Schema.Int,
  url: Schema.String,
  merge_requests_events: Schema.Boolean,
  note_events: Schema.Boolean,
  alert_status: Schema.optional(Schema.String)
})
const HookEvent = Schema.Struct({
  trigger: Schema.String,
  /** A number as text, or why there was no answer. */
  response_status: Schema.Union([Schema.String, Schema.Int])
})

/** Level of the role Developer, which a status of a commit needs. */
const developer = 30

/** None where GitLab hides something from credentials that need not see it. */
const ifVisible = <A>(call: Effect.Effect<A, ForgeError>): Effect.Effect<Option.Option<A>, ForgeError> =>
  Effect.catchIf(
    Effect.asSome(call),
    ({ reason }) => reason._tag === "Forbidden" || reason._tag === "NotFound" || reason._tag === "Unauthorized",
    () => Effect.succeedNone
  )

/** A read of an address below `/api/v4`. */
const read = <S extends Schema.ConstraintDecoder<unknown>>(client: GitLabClient, path: string, answer: S) =>
  client.request({
    operation: `GitLab.setup ${path}`,
    ask: (gitlab) => gitlab.Metadata.requester.get(path).then(({ body }) => body),
    answer
  })

/** Facts about a token: that it may post, and until when. */
const tokenFacts = ({ expires_at, scopes }: typeof Token.Type): ReadonlyArray<Setup.SetupFact> => [
  scopes.includes("api")
    ? Setup.ok("the token has the scope api")
    : Setup.problem("the token lacks the scope api: no review can be posted"),
  ...(expires_at ? [Setup.ok(`the token expires on ${expires_at}`)] : [])
]

const lastOf = (event: typeof HookEvent.Type | undefined) =>
  event === undefined ? {} : {
    last: {
      taken: /^2\d\d$/.test(String(event.response_status)),
      text: `the last delivery (${event.trigger}) was answered ${event.response_status}`
    }
  }

/** Facts about a project's own webhook, which only its maintainers may see. */
const projectHook = Effect.fnUntraced(function*(client: GitLabClient, repo: RepoName) {
  const path = `projects/${encodeURIComponent(repo)}/hooks`
  const listed = yield* ifVisible(read(client, path, Schema.Array(Hook)))
  if (Option.isNone(listed)) {
    return [Setup.unknown(
      `the token may not see the webhooks of ${repo}, and need not: its settings show the recent events`
    )]
  }
  const ours = listed.value.find(({ url }) => Setup.isOurs("gitlab", url))
  if (ours === undefined) {
    return [Setup.warning(
      `${repo} has no webhook whose address ends with ${
        Setup.webhookPath("gitlab")
      }: add it, unless its group has one ` +
        "(docs/gitlab.md)"
    )]
  }
  // GitLab before 17.3 has no list of events.
  const events = yield* ifVisible(read(client, `${path}/${ours.id}/events`, Schema.Array(HookEvent)))
  return Setup.webhookFacts({
    owner: repo,
    url: ours.url,
    active: ours.alert_status === undefined || ours.alert_status === "executable",
    missingEvents: [
      ...(ours.merge_requests_events ? [] : ["merge request events"]),
      ...(ours.note_events ? [] : ["comments"])
    ],
    ...lastOf(Option.getOrElse(events, () => [])[0])
  })
})

/** Makes the reads of the setup at GitLab. */
export const makeSetup = Effect.fnUntraced(function*(options: GitLabOptions) {
  const client = yield* makeGitLabClient(options)

  const role = Effect.fnUntraced(function*(repo: RepoName) {
    const { archived, permissions } = yield* read(client, `projects/${encodeURIComponent(repo)}`, Project)
    if (archived === true) return [Setup.problem(`${repo} is archived: nothing can be posted there`)]
    const { group_access, project_access } = permissions ?? {}
    const levels = [group_access?.access_level, project_access?.access_level].filter((one) => one !== undefined)
    if (levels.length === 0) return [Setup.unknown(`GitLab does not tell the account's role in ${repo}`)]
    return Math.max(...levels) < developer
      ? [Setup.warning(`the account's role in ${repo} is below Developer: no status of a commit can be set`)]
      : [Setup.ok(`the account has the role Developer or a higher one in ${repo}`)]
  })

  const setup: Setup.ForgeSetup = {
    platform: "gitlab",
    account: Effect.map(currentUser(client), ({ username }) => username),
    credentials: Effect.map(
      ifVisible(read(client, "personal_access_tokens/self", Token)),
      Option.match({ onNone: () => [Setup.unknown("the token's scopes are not told")], onSome: tokenFacts })
    ),
    repository: (repo) =>
      Effect.zipWith(role(repo), projectHook(client, repo), (one, other) => [...one, ...other], { concurrent: true })
  }
  return setup
})
