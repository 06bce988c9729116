import { Login, PullNumber, PullRequestRef, RepoName, Sha } from "@nominal-code/domain/event/PullRequest"
import { makeMarkerSeal, MarkerKeys } from "@nominal-code/domain/review/MarkerSeal"
import { Effect, Option, type Redacted, Schema } from "effect"
import { CurrentInstallation } from "../Installation.ts"
import {
  type FailedDelivery,
  type ForgeInventory,
  type InventoryRepository,
  millisOf,
  noDeliveries,
  type OpenPullRequest
} from "../Inventory.ts"
import { listTooLong, mostItems } from "../ListSize.ts"
import { deliveryOf } from "../WebhookPayload.ts"
import { type GitHubApp, makeGitHubApp } from "./App.ts"
import { fixed } from "./Auth.ts"
import { type GitHubClient, makeGitHubClient } from "./Client.ts"
import { makeHeadQuery } from "./HeadQuery.ts"
import { asInstallation, installationsOf, makeInstallationAuth, repositoriesOf } from "./Installations.ts"
import type { GitHubOptions } from "./Options.ts"
import { makeOtherLogin, type OtherLogin, ownerLogin } from "./Posts.ts"
import { ghost } from "./Reads.ts"
import { isRead, readEvent } from "./Webhook.ts"

const Listed = Schema.Struct({
  number: PullNumber,
  title: Schema.String,
  draft: Schema.optional(Schema.NullOr(Schema.Boolean)),
  user: Schema.NullOr(Schema.Struct({ login: Login })),
  created_at: Schema.String,
  updated_at: Schema.String,
  head: Schema.Struct({ ref: Schema.String, sha: Sha }),
  base: Schema.Struct({ ref: Schema.String }),
  labels: Schema.optional(Schema.Array(Schema.Struct({ name: Schema.String })))
})

const Attempt = Schema.Struct({
  id: Schema.Int,
  guid: Schema.String,
  delivered_at: Schema.String,
  status_code: Schema.Int,
  event: Schema.String,
  action: Schema.NullOr(Schema.String)
})

/** Deliveries that failed and matter, the oldest first, and each once however often it was attempted. */
const failedAmong = (attempts: ReadonlyArray<typeof Attempt.Type>): ReadonlyArray<FailedDelivery> => {
  const failed = attempts.toReversed().map(({ action, event, guid, id, status_code }) => ({
    attempt: id,
    id: guid,
    event: action === null ? event : `${event}.${action}`,
    taken: status_code >= 200 && status_code < 300
  })).filter(({ event, taken }) => !taken && isRead(event))
  return [
    ...new Map(failed.map(({ attempt, event, id }): [string, FailedDelivery] => [id, { attempt, event, id }])).values()
  ]
}

const Sent = Schema.Struct({ request: Schema.Struct({ payload: Schema.Unknown }) })

const pageSize = 100
/** Number of pull requests in one query: each takes up to 300 posts, which GitHub has to find within ten seconds. */
const looksAtOnce = 10

const pullOf = (repo: RepoName) => (listed: typeof Listed.Type): OpenPullRequest => ({
  ref: new PullRequestRef({ platform: "github", repo, number: listed.number }),
  title: listed.title,
  author: listed.user?.login ?? Login.make(ghost),
  draft: listed.draft === true,
  headSha: listed.head.sha,
  headBranch: listed.head.ref,
  baseBranch: listed.base.ref,
  createdAt: millisOf(listed.created_at),
  updatedAt: millisOf(listed.updated_at),
  labels: (listed.labels ?? []).map(({ name }) => name)
})

/** Lists the pull requests of a repository until one has not changed since the instant. */
const listOpen = Effect.fnUntraced(function*(client: GitHubClient, repo: RepoName, since: number) {
  const [owner, name] = repo.split("/")
  const operation = `GitHub.openPullRequests ${repo}`
  const found: Array<OpenPullRequest> = []
  for (let page = 1; page <= mostItems / pageSize; page++) {
    const listed = yield* client.conditional({
      operation,
      repo,
      route: "GET /repos/{owner}/{repo}/pulls",
      parameters: { owner, repo: name, state: "open", sort: "updated", direction: "desc", per_page: pageSize, page },
      answer: Schema.Array(Listed)
    })
    const recent = listed.map(pullOf(repo)).filter(({ updatedAt }) => updatedAt >= since + client.ahead())
    found.push(...recent)
    if (listed.length < pageSize || recent.length < listed.length) return found
  }
  return yield* listTooLong(operation, `${mostItems} items`)
})

const within = ({ installationId }: InventoryRepository) =>
  installationId === undefined
    ? Effect.provideService(CurrentInstallation, Option.none<number>())
    : asInstallation(installationId)

/** Calls that differ between an App and the owner of a token. */
interface Source extends Pick<ForgeInventory, "repositories" | "failedDeliveries" | "delivery"> {
  readonly client: GitHubClient
}

/** An App: its installations say which repositories there are, and GitHub keeps its deliveries for three days. */
const ofApp = Effect.fnUntraced(
  function*(apiBase: string, app: GitHubApp, configured: Option.Option<number>, checks: boolean) {
    const client = yield* makeGitHubClient(apiBase, yield* makeInstallationAuth(app, checks))
    const source: Source = {
      client,
      repositories: Effect.fn("GitHub.repositories")(function*(allowed) {
        const installations = Option.isSome(configured) ? [configured.value] : yield* installationsOf(app)
        const found = yield* Effect.forEach(installations, (one) =>
          Effect.catchIf(
            repositoriesOf(client, one),
            ({ reason }) => reason._tag !== "RateLimited" && reason._tag !== "Unavailable",
            ({ message }) =>
              Effect.as(Effect.logWarning(`installation ${one} was not searched for missed events: ${message}`), [])
          ))
        return found.flat().filter(({ repo }) => allowed.length === 0 || allowed.includes(repo))
      }),
      failedDeliveries: Effect.fn("GitHub.failedDeliveries")(function*(since, cursor) {
        const { items, next } = yield* app.onTime(app.client.cursorPage({
          operation: "GitHub.failedDeliveries",
          route: "GET /app/hook/deliveries",
          parameters: { status: "failure" },
          answer: Attempt
        }, Option.getOrElse(cursor, () => "")))
        const recent = items.filter(({ delivered_at }) => millisOf(delivered_at) >= since + app.client.ahead())
        return {
          deliveries: failedAmong(recent),
          next: recent.length < items.length ? Option.none() : next
        }
      }),
      delivery: Effect.fn("GitHub.delivery")(function*({ attempt, event, id }) {
        const { request: { payload } } = yield* app.onTime(app.client.request({
          operation: `GitHub.delivery ${id}`,
          route: "GET /app/hook/deliveries/{delivery_id}",
          parameters: { delivery_id: attempt },
          answer: Sent
        }))
        return deliveryOf(id, readEvent(event.split(".")[0] ?? "", payload))
      })
    }
    return source
  }
)

const ofToken = Effect.fnUntraced(function*(apiBase: string, token: Redacted.Redacted) {
  const source: Source = {
    client: yield* makeGitHubClient(apiBase, fixed(() => Effect.succeed(token))),
    repositories: (allowed) => Effect.succeed(allowed.filter(Schema.is(RepoName)).map((repo) => ({ repo }))),
    failedDeliveries: () => Effect.succeed(noDeliveries),
    delivery: ({ id }) => Effect.succeed({ id, event: Option.none(), ignored: "a token has no deliveries" })
  }
  return source
})

/** Inventories of an App and of a token: the App looks into the repositories that it has, the token into the others. */
const makeSided = (app: ForgeInventory, token: ForgeInventory): ForgeInventory => {
  /** Repositories that the App covered last, for the time in which GitHub does not accept its key. */
  let known: ReadonlyArray<InventoryRepository> | undefined
  const covered = (allowed: ReadonlyArray<string>) =>
    Effect.matchEffect(app.repositories(allowed), {
      onSuccess: (repositories) =>
        Effect.as(Effect.sync(() => known = repositories), { repositories, known: repositories }),
      onFailure: (error) =>
        known === undefined || error.reason._tag !== "Unauthorized" ? Effect.fail(error) : Effect.as(
          Effect.logWarning(`only the token's repositories are looked into for missed events: ${error.message}`),
          { repositories: [], known }
        )
    })
  const sideOf = ({ installationId }: InventoryRepository) => installationId === undefined ? token : app
  return {
    ...app,
    repositories: Effect.fnUntraced(function*(allowed) {
      const { known, repositories } = yield* covered(allowed)
      const names = new Set<string>(known.map(({ repo }) => repo))
      return [...repositories, ...yield* token.repositories(allowed.filter((name) => !names.has(name)))]
    }),
    openPullRequests: (repository, since) => sideOf(repository).openPullRequests(repository, since),
    look: (repository, pulls, since) => sideOf(repository).look(repository, pulls, since)
  }
}

/** Makes the inventory of GitHub, with a client of its own: an App reads there with tokens that can write nothing. */
export const makeInventory = Effect.fnUntraced(
  function*({ apiBase = "https://api.github.com", checks = true, credentials }: GitHubOptions) {
    const seal = makeMarkerSeal(yield* MarkerKeys)

    const inventoryOf = (
      { client, ...source }: Source,
      other: OtherLogin = Effect.succeedNone
    ): ForgeInventory => {
      const heads = makeHeadQuery(client, { seal, checks, other })
      return {
        platform: "github",
        ahead: client.ahead,
        looksAtOnce,
        ...source,
        openPullRequests: Effect.fn("GitHub.openPullRequests")((repository: InventoryRepository, since: number) =>
          within(repository)(listOpen(client, repository.repo, since))
        ),
        look: Effect.fn("GitHub.look")((repository: InventoryRepository, pulls: ReadonlyArray<OpenPullRequest>) =>
          within(repository)(heads(repository, pulls))
        )
      }
    }

    if (credentials._tag === "Token") return inventoryOf(yield* ofToken(apiBase, credentials.token))
    const app = yield* makeGitHubApp(apiBase, credentials, checks)
    const ofInstallations = yield* ofApp(apiBase, app, credentials.installationId, checks)
    if (credentials.token === undefined) return inventoryOf(ofInstallations)
    const ofOthers = yield* ofToken(apiBase, credentials.token)
    return makeSided(
      inventoryOf(ofInstallations, yield* makeOtherLogin(ownerLogin(ofOthers.client))),
      inventoryOf(ofOthers, yield* makeOtherLogin(app.login))
    )
  }
)
