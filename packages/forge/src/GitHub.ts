import type { PullRequestRef, RepoName } from "@nominal-code/domain/event/PullRequest"
import { makeMarkerSeal, MarkerKeys } from "@nominal-code/domain/review/MarkerSeal"
import { KnownSecrets } from "@nominal-code/domain/secret/KnownSecrets"
import { layerConfigOf } from "@nominal-code/domain/settings/LayerConfig"
import { type Config, Effect, Layer, type Redacted } from "effect"
import { makeChecks } from "./Checks.ts"
import { Forge } from "./Forge.ts"
import type { ForgeError } from "./ForgeError.ts"
import { type GitHubApp, makeGitHubApp } from "./github/App.ts"
import { fixed, type GitHubAuth } from "./github/Auth.ts"
import { makeGitHubBodies } from "./github/Body.ts"
import { checkRuns, commitStatuses } from "./github/Checks.ts"
import { type GitHubClient, makeGitHubClient } from "./github/Client.ts"
import { makeInventory } from "./github/Inventory.ts"
import { makeReadIssues } from "./github/LinkedIssues.ts"
import type { GitHubOptions, GitHubWebhookOptions } from "./github/Options.ts"
import { makeOtherLogin, makePosts, type OtherLogin, ownerLogin } from "./github/Posts.ts"
import { makePublish } from "./github/Publish.ts"
import { makeReads } from "./github/Reads.ts"
import { makeRelation } from "./github/Relation.ts"
import { makeAcknowledge } from "./github/Reply.ts"
import { makeResolve } from "./github/Resolve.ts"
import { makeSetup } from "./github/Setup.ts"
import { makeSided } from "./github/Sided.ts"
import { verifyHeaders, verifySignature } from "./github/Signature.ts"
import { parseWebhook } from "./github/Webhook.ts"
import { hostOfUrl, makeOutgoingText } from "./outgoing/OutgoingText.ts"
import type { ForgeWebhooks } from "./Webhooks.ts"

const platform = "github"

/** Our account on GitHub: the tokens of its calls and of git, its client, and the login of its posts. */
interface Account {
  readonly kind: "app" | "token"
  readonly auth: GitHubAuth
  readonly client: GitHubClient
  readonly login: Effect.Effect<string, ForgeError>
}

const ofToken = Effect.fnUntraced(function*(apiBase: string, token: Redacted.Redacted) {
  yield* (yield* KnownSecrets).add(token)
  const auth = fixed(() => Effect.succeed(token))
  const client = yield* makeGitHubClient(apiBase, auth)
  const account: Account = { kind: "token", auth, client, login: ownerLogin(client) }
  return account
})

const ofApp = Effect.fnUntraced(function*(apiBase: string, { auth, login }: GitHubApp) {
  const account: Account = { kind: "app", auth, client: yield* makeGitHubClient(apiBase, auth), login }
  return account
})

type Addresses = Required<Pick<GitHubOptions, "checks" | "cloneBase">>

/** Makes the forge of one account. `other`: login of an account beside it, whose posts are ours, too. */
const makeAs = Effect.fnUntraced(function*(
  { auth, client, kind, login }: Account,
  { checks, cloneBase }: Addresses,
  other: OtherLogin = Effect.succeedNone
) {
  const text = makeOutgoingText({ redact: (yield* KnownSecrets).redact, forgeHost: hostOfUrl(cloneBase) })
  const sender = kind === "app" ? checkRuns(client) : commitStatuses(client)
  const reads = makeReads(client)
  const seal = makeMarkerSeal(yield* MarkerKeys)
  const posts = yield* makePosts(client, seal, { login, other, pullRequest: reads.pullRequest })
  const cloneSource = (repo: RepoName) =>
    Effect.map(
      auth.token(repo),
      (password) => ({ url: `${cloneBase}/${repo}.git`, username: "x-access-token", password })
    )

  return Forge.of({
    platform,
    acknowledge: makeAcknowledge(client),
    relation: yield* makeRelation(client),
    ...reads,
    linkedIssues: makeReadIssues(client, cloneBase),
    failedChecks: () => Effect.succeed([]),
    ...makePublish(client, posts, makeGitHubBodies(seal, text), reads.changedFiles),
    resolveThread: makeResolve(client),
    check: checks ? yield* makeChecks(sender, text) : () => Effect.void,
    cloneSource,
    headRef: ({ number }: PullRequestRef) => `refs/pull/${number}/head`
  })
})

const make = Effect.fnUntraced(function*(
  { apiBase = "https://api.github.com", checks = true, cloneBase = "https://github.com", credentials }: GitHubOptions
) {
  const addresses = { checks, cloneBase }
  if (credentials._tag === "Token") return yield* makeAs(yield* ofToken(apiBase, credentials.token), addresses)
  const identity = yield* makeGitHubApp(apiBase, credentials, checks)
  const app = yield* ofApp(apiBase, identity)
  if (credentials.token === undefined) return yield* makeAs(app, addresses)
  const token = yield* ofToken(apiBase, credentials.token)
  return yield* makeSided({
    app: yield* makeAs(app, addresses, yield* makeOtherLogin(token.login)),
    token: yield* makeAs(token, addresses, yield* makeOtherLogin(app.login)),
    covers: identity.covers
  })
})

/** GitHub and GitHub Enterprise, with a personal access token, as a GitHub App, or with both. */
export const layer = (options: GitHubOptions): Layer.Layer<Forge> => Layer.effect(Forge, make(options))

/** The layer with its options from Effect's `Config`. */
export const layerConfig: (options: Config.Wrap<GitHubOptions>) => Layer.Layer<Forge, Config.ConfigError> =
  layerConfigOf(layer)

/** The reads of the setup at GitHub. */
export const setup = makeSetup

/** The inventory of GitHub, which finds missed events. */
export const inventory = makeInventory

/** GitHub's webhooks, signed with the secret of the hook. */
export const webhooks = (options: GitHubWebhookOptions): ForgeWebhooks => ({
  platform,
  verifyHeaders: (headers) => verifyHeaders(options, headers),
  verify: (request) => verifySignature(options, request),
  parse: parseWebhook
})
