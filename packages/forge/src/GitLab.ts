import type { PullRequestRef, RepoName } from "@nominal-code/domain/event/PullRequest"
import { makeMarkerSeal, MarkerKeys } from "@nominal-code/domain/review/MarkerSeal"
import { KnownSecrets } from "@nominal-code/domain/secret/KnownSecrets"
import { layerConfigOf } from "@nominal-code/domain/settings/LayerConfig"
import { type Config, Effect, Layer } from "effect"
import { makeChecks } from "./Checks.ts"
import { Forge } from "./Forge.ts"
import { makeOwnId } from "./gitlab/Account.ts"
import { makeGitLabBodies } from "./gitlab/Body.ts"
import { commitStatuses } from "./gitlab/Checks.ts"
import { clean } from "./gitlab/Clean.ts"
import { makeGitLabClient } from "./gitlab/Client.ts"
import { makeInventory } from "./gitlab/Inventory.ts"
import { makeReadIssues } from "./gitlab/LinkedIssues.ts"
import { makeRelation } from "./gitlab/Members.ts"
import { type GitLabOptions, type GitLabWebhookOptions, hostOf } from "./gitlab/Options.ts"
import { makePosts } from "./gitlab/Posts.ts"
import { makePublish } from "./gitlab/Publish.ts"
import { makeReads } from "./gitlab/Reads.ts"
import { makeAcknowledge, makeResolve } from "./gitlab/Reply.ts"
import { makeSetup } from "./gitlab/Setup.ts"
import { verifyDelivery, verifyHeaders } from "./gitlab/Signature.ts"
import { parseWebhook } from "./gitlab/Webhook.ts"
import { hostOfUrl, makeOutgoingText } from "./outgoing/OutgoingText.ts"
import type { ForgeWebhooks } from "./Webhooks.ts"

const platform = "gitlab"

const make = Effect.fnUntraced(function*(options: GitLabOptions) {
  const host = hostOf(options)
  const client = yield* makeGitLabClient(options)
  const secrets = yield* KnownSecrets
  yield* secrets.add(options.token)
  const text = makeOutgoingText({ redact: secrets.redact, forgeHost: hostOfUrl(host) }, clean)
  const seal = makeMarkerSeal(yield* MarkerKeys)
  const bodies = makeGitLabBodies(seal, text)
  const ownId = yield* makeOwnId(client)
  const posts = makePosts(client, host, { ownId, seal })
  const { explaining, knownDiff, ...reads } = makeReads(client)
  const { look, ownPosts, publish, reply, settle } = makePublish(client, host, {
    bodies,
    knownDiff,
    ownId,
    posts,
    pullRequest: reads.pullRequest
  })

  return Forge.of({
    platform,
    acknowledge: makeAcknowledge(client),
    relation: yield* makeRelation(client),
    ...reads,
    linkedIssues: makeReadIssues(client, host),
    reviewsOwnDiff: true,
    look,
    ownPosts,
    publish: (draft, known) => explaining("publish", draft.pullRequest)(publish(draft, known)),
    reply: (event, ...answer) => explaining("reply", event.pullRequest)(reply(event, ...answer)),
    settle,
    resolveThread: makeResolve(client),
    check: options.checks === false ? () => Effect.void : yield* makeChecks(commitStatuses(client), text),
    cloneSource: (repo: RepoName) =>
      Effect.succeed({ url: `${host}/${repo}.git`, username: "oauth2", password: options.token }),
    headRef: ({ number }: PullRequestRef) => `refs/merge-requests/${number}/head`
  })
})

/** gitlab.com and self-managed GitLab, with the access token of a project, a group or a person. */
export const layer = (options: GitLabOptions): Layer.Layer<Forge> => Layer.effect(Forge, make(options))

/** The layer with its options from Effect's `Config`. */
export const layerConfig: (options: Config.Wrap<GitLabOptions>) => Layer.Layer<Forge, Config.ConfigError> =
  layerConfigOf(layer)

/** The reads of the setup at GitLab. */
export const setup = makeSetup

/** The inventory of GitLab, which finds missed events. */
export const inventory = makeInventory

/** GitLab's webhooks, with the secret token of the hook or signed with its signing token. */
export const webhooks = (options: GitLabWebhookOptions): ForgeWebhooks => ({
  platform,
  verifyHeaders: (headers, now) => verifyHeaders(options, headers, now),
  verify: (request, now) => verifyDelivery(options, request, now),
  parse: parseWebhook
})
