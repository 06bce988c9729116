import { KnownSecrets } from "@nominal-code/domain/KnownSecrets"
import { makeMarkerSeal, MarkerKeys } from "@nominal-code/domain/MarkerSeal"
import type { PullRequestRef, RepoName } from "@nominal-code/domain/PullRequest"
import { Effect, Layer } from "effect"
import { makeChecks } from "./Checks.ts"
import { Forge } from "./Forge.ts"
import { makeGitHubApp } from "./github/App.ts"
import { fixed } from "./github/Auth.ts"
import { makeGitHubBodies } from "./github/Body.ts"
import { checkRuns, commitStatuses } from "./github/Checks.ts"
import { makeGitHubClient } from "./github/Client.ts"
import { makeInventory } from "./github/Inventory.ts"
import type { GitHubIdentity, GitHubOptions, GitHubWebhookOptions } from "./github/Options.ts"
import { makePosts, ownerLogin } from "./github/Posts.ts"
import { makePublish } from "./github/Publish.ts"
import { makeReads } from "./github/Reads.ts"
import { makeRelation } from "./github/Relation.ts"
import { makeAcknowledge } from "./github/Reply.ts"
import { makeResolve } from "./github/Resolve.ts"
import { makeSetup } from "./github/Setup.ts"
import { verifyHeaders, verifySignature } from "./github/Signature.ts"
import { parseWebhook } from "./github/Webhook.ts"
import { hostOfUrl, makeOutgoingText } from "./outgoing/OutgoingText.ts"
import type { ForgeWebhooks } from "./Webhooks.ts"

const platform = "github"

/** Makes our identity on GitHub: the client, the tokens for git, and the login of our own posts. */
const identify = Effect.fnUntraced(function*(apiBase: string, credentials: GitHubIdentity, checks: boolean) {
  if (credentials._tag === "App") {
    const { auth, login } = yield* makeGitHubApp(apiBase, credentials, checks)
    return { auth, client: yield* makeGitHubClient(apiBase, auth), login }
  }
  const auth = fixed(() => Effect.succeed(credentials.token))
  const client = yield* makeGitHubClient(apiBase, auth)
  return { auth, client, login: ownerLogin(client) }
})

const make = Effect.fnUntraced(function*(
  { apiBase = "https://api.github.com", checks = true, cloneBase = "https://github.com", credentials }: GitHubOptions
) {
  const secrets = yield* KnownSecrets
  if (credentials._tag === "Token") yield* secrets.add(credentials.token)
  const text = makeOutgoingText({ redact: secrets.redact, forgeHost: hostOfUrl(cloneBase) })
  const { auth, client, login } = yield* identify(apiBase, credentials, checks)
  const sender = credentials._tag === "App" ? checkRuns(client) : commitStatuses(client)
  const reads = makeReads(client)
  const seal = makeMarkerSeal(yield* MarkerKeys)
  const posts = yield* makePosts(client, seal, { login, pullRequest: reads.pullRequest })
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
    ...makePublish(client, posts, makeGitHubBodies(seal, text)),
    resolveThread: makeResolve(client),
    check: checks ? makeChecks(sender, text) : () => Effect.void,
    cloneSource,
    headRef: ({ number }: PullRequestRef) => `refs/pull/${number}/head`
  })
})

/** GitHub and GitHub Enterprise, with a personal access token or as a GitHub App. */
export const layer = (options: GitHubOptions): Layer.Layer<Forge> => Layer.effect(Forge, make(options))

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
