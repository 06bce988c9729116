import { AppConfig, type GitHubSettings } from "@nominal-code/config/AppConfig"
import type { PullRequestRef, RepoName } from "@nominal-code/domain/PullRequest"
import { Effect, Layer, Option } from "effect"
import { Forge } from "./Forge.ts"
import { ForgeError, Unauthorized } from "./ForgeError.ts"
import { makeGitHubApp } from "./github/App.ts"
import { personalToken } from "./github/Auth.ts"
import { makeGitHubClient } from "./github/Client.ts"
import { makeDiscussions } from "./github/Discussions.ts"
import { makePosts, ownerLogin } from "./github/Posts.ts"
import { makePublish } from "./github/Publish.ts"
import { makeReads } from "./github/Reads.ts"
import { makeAcknowledge, makeReply } from "./github/Reply.ts"
import { verifySignature } from "./github/Signature.ts"
import { parseWebhook } from "./github/Webhook.ts"

const notConfigured = new ForgeError({
  operation: "GitHub",
  reason: new Unauthorized({
    message: "no GitHub credentials are configured: set GITHUB_TOKEN, or GITHUB_APP_ID and its key"
  })
})

/** Makes our identity on GitHub: the client, the tokens for git, and the login of our own posts. */
const identify = Effect.fnUntraced(function*(settings: GitHubSettings) {
  if (settings.credentials._tag === "App") {
    const { auth, login } = yield* makeGitHubApp(settings, settings.credentials)
    return { auth, client: yield* makeGitHubClient(settings, auth), login }
  }
  const auth = personalToken(settings.credentials.token)
  const client = yield* makeGitHubClient(settings, auth)
  return { auth, client, login: ownerLogin(client) }
})

const make = Effect.gen(function*() {
  const { github, webhook } = yield* AppConfig
  if (Option.isNone(github)) return yield* notConfigured
  const settings = github.value
  const { auth, client, login } = yield* identify(settings)
  const posts = yield* makePosts(client, login)
  const signature = { secret: settings.webhookSecret, allowUnsigned: webhook.allowUnsigned }
  const cloneSource = (repo: RepoName) =>
    Effect.map(
      auth(repo),
      (password) => ({ url: `${settings.cloneBase}/${repo}.git`, username: "x-access-token", password })
    )

  return Forge.of({
    platform: "github",
    verify: (request) => verifySignature(signature, request),
    parse: parseWebhook,
    acknowledge: makeAcknowledge(client),
    discussions: makeDiscussions(client, posts),
    reply: makeReply(client, posts),
    ...makeReads(client),
    ...makePublish(client, posts),
    cloneSource,
    headRef: ({ number }: PullRequestRef) => `refs/pull/${number}/head`
  })
})

/** GitHub and GitHub Enterprise, with a personal access token or as a GitHub App. */
export const layer = Layer.effect(Forge, make)
