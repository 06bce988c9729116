import type { RepoName } from "@nominal-code/domain/event/PullRequest"
import { Effect, Option, type Redacted, Schema } from "effect"
import type { ForgeError } from "../ForgeError.ts"
import * as Setup from "../Setup.ts"
import { type GitHubApp, makeGitHubApp } from "./App.ts"
import { fixed } from "./Auth.ts"
import { type GitHubClient, makeGitHubClient } from "./Client.ts"
import { appEvents, appPermissions } from "./Needs.ts"
import type { GitHubOptions } from "./Options.ts"
import { ownerLogin } from "./Posts.ts"

const Repository = Schema.Struct({
  archived: Schema.optional(Schema.Boolean),
  private: Schema.optional(Schema.Boolean),
  permissions: Schema.optional(Schema.Struct({ push: Schema.optional(Schema.Boolean) }))
})

const Hook = Schema.Struct({
  active: Schema.Boolean,
  events: Schema.Array(Schema.String),
  config: Schema.Struct({ url: Schema.optional(Schema.String) }),
  last_response: Schema.optional(Schema.NullOr(Schema.Struct({
    code: Schema.NullOr(Schema.Int),
    message: Schema.optional(Schema.NullOr(Schema.String))
  })))
})

const App = Schema.Struct({ events: Schema.Array(Schema.String) })
const AppHook = Schema.Struct({ url: Schema.optional(Schema.String) })
const Attempt = Schema.Struct({
  delivered_at: Schema.String,
  status_code: Schema.Int,
  event: Schema.String
})
const Installation = Schema.Struct({
  permissions: Schema.Record(Schema.String, Schema.Unknown),
  suspended_at: Schema.optional(Schema.NullOr(Schema.String))
})

const partsOf = (repo: RepoName) => {
  const [owner, name] = repo.split("/")
  return { owner, repo: name }
}

/** None where GitHub hides something from credentials that need not see it. */
const ifVisible = <A>(call: Effect.Effect<A, ForgeError>): Effect.Effect<Option.Option<A>, ForgeError> =>
  Effect.catchIf(
    Effect.asSome(call),
    ({ reason }) => reason._tag === "Forbidden" || reason._tag === "NotFound",
    () => Effect.succeedNone
  )

const missingOf = (events: ReadonlyArray<string>): ReadonlyArray<string> =>
  events.includes("*") ? [] : appEvents.filter((event) => !events.includes(event))

const answeredOf = (status: number): boolean => status >= 200 && status < 300

const repositoryOf = (client: GitHubClient, repo: RepoName) =>
  client.request({
    operation: `GitHub.setup ${repo}`,
    repo,
    route: "GET /repos/{owner}/{repo}",
    parameters: partsOf(repo),
    answer: Repository
  })

const isArchived = (repo: RepoName) => Setup.problem(`${repo} is archived: nothing can be posted there`)

/** Facts about a repository's own webhook, which only its administrators may see. */
const repositoryHook = Effect.fnUntraced(function*(client: GitHubClient, repo: RepoName) {
  const listed = yield* ifVisible(client.request({
    operation: `GitHub.setup ${repo}`,
    repo,
    route: "GET /repos/{owner}/{repo}/hooks",
    parameters: { ...partsOf(repo), per_page: 100 },
    answer: Schema.Array(Hook)
  }))
  if (Option.isNone(listed)) {
    return [Setup.unknown(
      `the credentials may not see the webhooks of ${repo}, and need not: its settings show the recent deliveries`
    )]
  }
  const ours = listed.value.find(({ config }) => Setup.isOurs("github", config.url ?? ""))
  if (ours === undefined) {
    return [Setup.warning(
      `${repo} has no webhook whose address ends with ${
        Setup.webhookPath("github")
      }: add it, unless the organization ` +
        "has one (docs/review-a-repository.md)"
    )]
  }
  const { active, config, events, last_response } = ours
  const code = last_response?.code ?? undefined
  return Setup.webhookFacts({
    owner: repo,
    url: config.url ?? "",
    active,
    missingEvents: missingOf(events),
    ...(code === undefined ? {} : { last: { taken: answeredOf(code), text: `the last delivery was answered ${code}` } })
  })
})

const ofToken = Effect.fnUntraced(
  function*(apiBase: string, token: Redacted.Redacted) {
    const client = yield* makeGitHubClient(apiBase, fixed(() => Effect.succeed(token)))

    const credentials = Effect.map(
      client.scopes,
      Option.match({
        onNone: (): ReadonlyArray<Setup.SetupFact> => [],
        onSome: (scopes) => {
          if (scopes.includes("repo")) return [Setup.ok("the token has the scope repo")]
          if (scopes.includes("public_repo")) {
            return [Setup.warning("the token has the scope public_repo alone: it reviews no private repository")]
          }
          return [Setup.problem("the token lacks the scope repo: no review can be posted")]
        }
      })
    )

    const permissions = Effect.fnUntraced(function*(repo: RepoName) {
      const { archived, permissions } = yield* repositoryOf(client, repo)
      if (archived === true) return [isArchived(repo)]
      return permissions?.push === false
        ? [Setup.warning(
          `the account has no role Write in ${repo}: it posts reviews, but no status of a commit, and resolves no thread`
        )]
        : [Setup.ok(`the account may write to ${repo}`)]
    })

    const setup: Setup.ForgeSetup = {
      platform: "github",
      account: ownerLogin(client),
      credentials,
      repository: (repo) =>
        Effect.zipWith(permissions(repo), repositoryHook(client, repo), (one, other) => [...one, ...other], {
          concurrent: true
        })
    }
    return setup
  }
)

/** Facts about the webhook of an App, and its last delivery. */
const appHook = Effect.fnUntraced(function*({ client, onTime }: GitHubApp) {
  const call = { operation: "GitHub.setup", parameters: {} }
  const { events } = yield* onTime(client.request({ ...call, route: "GET /app", answer: App }))
  const { url = "" } = yield* onTime(client.request({ ...call, route: "GET /app/hook/config", answer: AppHook }))
  if (!Setup.isOurs("github", url)) {
    return [Setup.problem(
      `the App's webhook goes to ${url === "" ? "no address" : url}: let it end with ${Setup.webhookPath("github")}`
    )]
  }
  const { items: [last] } = yield* onTime(
    client.cursorPage({ ...call, route: "GET /app/hook/deliveries", answer: Attempt }, "")
  )
  return Setup.webhookFacts({
    owner: "the App",
    url,
    active: true,
    missingEvents: missingOf(events),
    ...(last === undefined ? {} : {
      last: {
        taken: answeredOf(last.status_code),
        text: `the last delivery (${last.event}, ${last.delivered_at}) was answered ${last.status_code}`
      }
    })
  })
})

const level = (granted: unknown): number => ["read", "write", "admin"].indexOf(String(granted))

const ofApp = Effect.fnUntraced(function*(apiBase: string, app: GitHubApp, checks: boolean) {
  const client = yield* makeGitHubClient(apiBase, app.auth)
  const setup: Setup.ForgeSetup = {
    platform: "github",
    account: app.login,
    credentials: appHook(app),
    repository: Effect.fnUntraced(function*(repo) {
      const { permissions, suspended_at } = yield* app.onTime(app.client.request({
        operation: `GitHub.setup ${repo}`,
        route: "GET /repos/{owner}/{repo}/installation",
        parameters: partsOf(repo),
        answer: Installation
      }))
      if (typeof suspended_at === "string") {
        return [Setup.problem(`the installation of ${repo} is suspended since ${suspended_at}: resume it on GitHub`)]
      }
      const found = yield* ifVisible(repositoryOf(client, repo))
      if (Option.exists(found, ({ archived }) => archived === true)) return [isArchived(repo)]
      const missing = Object.entries(appPermissions)
        .filter(([name, needed]) => (checks || name !== "checks") && level(permissions[name]) < level(needed))
        .map(([name, needed]) => `${name}: ${needed}`)
      return missing.length === 0
        ? [Setup.ok(`the App's installation grants what a review of ${repo} needs`)]
        : [
          Setup.problem(`the App's installation of ${repo} does not grant ${missing.join(", ")}: accept it on GitHub`)
        ]
    })
  }
  return setup
})

/** The setup of an App and of a token beside it, with the account that reviews each repository. */
const sided = (app: Setup.ForgeSetup, token: Setup.ForgeSetup, covers: GitHubApp["covers"]): Setup.ForgeSetup => ({
  platform: "github",
  account: app.account,
  credentials: Effect.gen(function*() {
    const login = yield* token.account
    const note = Setup.ok(`${login} reviews the repositories that no installation of the App has, with the token`)
    return [...yield* app.credentials, note, ...yield* token.credentials]
  }),
  repository: Effect.fnUntraced(function*(repo) {
    // A key that is refused is told of first: who reviews what follows from it.
    yield* app.account
    return (yield* covers(repo))
      ? [Setup.ok(`${repo} is reviewed as the App`), ...yield* app.repository(repo)]
      : [
        Setup.ok(`${repo} is reviewed with the token: no installation of the App has it`),
        ...yield* token.repository(repo)
      ]
  })
})

/** Makes the reads of the setup at GitHub. */
export const makeSetup = Effect.fnUntraced(function*(
  { apiBase = "https://api.github.com", checks = true, credentials }: GitHubOptions
) {
  if (credentials._tag === "Token") return yield* ofToken(apiBase, credentials.token)
  const app = yield* makeGitHubApp(apiBase, credentials, checks)
  const setup = yield* ofApp(apiBase, app, checks)
  return credentials.token === undefined
    ? setup
    : sided(setup, yield* ofToken(apiBase, credentials.token), app.covers)
})
