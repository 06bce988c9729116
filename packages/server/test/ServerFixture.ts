import { NodeHttpServer } from "@effect/platform-node"
import { assert } from "@effect/vitest"
import type { Policy } from "@nominal-code/domain/event/Policy"
import type { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { Forge } from "@nominal-code/forge/Forge"
import * as Forges from "@nominal-code/forge/Forges"
import * as GitHub from "@nominal-code/forge/GitHub"
import { type ForgeWebhooks, Webhooks } from "@nominal-code/forge/Webhooks"
import { JobQueue } from "@nominal-code/jobs/JobQueue"
import { JobRecords } from "@nominal-code/jobs/JobRecords"
import * as MemoryQueue from "@nominal-code/jobs/memory/MemoryQueue"
import { QueueAdmin } from "@nominal-code/jobs/QueueAdmin"
import * as ServiceBreakers from "@nominal-code/jobs/run/ServiceBreakers"
import { StoreError } from "@nominal-code/persistence/StoreError"
import type { Services } from "@nominal-code/testing/QueueSteps"
import { Effect, Layer, Option, Redacted, Result, Stream } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest, HttpServer } from "effect/http"
import { createHmac } from "node:crypto"
import * as DirectServer from "../src/DirectServer.ts"
import * as Server from "../src/Server.ts"

const secret = "a secret of enough bytes"

const github = GitHub.layer({
  credentials: { _tag: "Token", token: Redacted.make("token") },
  apiBase: "http://127.0.0.1:9",
  cloneBase: "http://127.0.0.1:9"
})

const githubWebhooks = GitHub.webhooks({ secret: Option.some(Redacted.make(secret)), allowUnsigned: false })

/** Policy of a server for one repository. */
export const policy: Policy = {
  botUsername: "nominalbot",
  allowedUsers: ["alice"],
  allowedRepos: ["acme/shop"],
  allowedAssociations: [],
  allowedAccessLevel: "none",
  require: "anyone",
  titleIncludeTags: [],
  titleExcludeTags: ["skip"],
  triggers: ["pr_opened", "pr_push"],
  reviewLabel: "nominal:review"
}

/** A queue that can store nothing. */
export const fullDisk = Layer.mergeAll(
  Layer.mock(JobQueue, {
    offerAll: (jobs) =>
      Effect.succeed(
        jobs.map(() => Result.fail(new StoreError({ operation: "offer", message: "the disk is full", reason: "full" })))
      ),
    ready: Stream.empty
  }),
  Layer.mock(JobRecords, { list: () => Effect.succeed([]) }),
  Layer.mock(QueueAdmin, {})
)

/** Parts that a test may replace. */
export interface Parts {
  readonly queue?: Layer.Layer<Services>
  readonly acknowledge?: (event: PullRequestEvent) => Effect.Effect<void>
  readonly check?: Forge["Service"]["check"]
  /** A forge beside GitHub. */
  readonly other?: { readonly forge: Layer.Layer<Forge>; readonly webhooks: ForgeWebhooks }
}

const listener = Layer.suspend(() => {
  const { routes, server } = DirectServer.make()
  return HttpServer.layerTestClient.pipe(
    Layer.provide(FetchHttpClient.layer),
    Layer.provideMerge(NodeHttpServer.layer(() => server, { port: 0 })),
    Layer.merge(Layer.succeed(DirectServer.DirectRoutes, routes))
  )
})

/** The real routes and the real GitHub decoding on a real socket, over a queue in memory; nobody answers as GitHub. */
export const server = (
  { acknowledge = () => Effect.void, check = () => Effect.void, other, queue = MemoryQueue.layer }: Parts = {}
) => {
  const forge = Layer.effect(Forge, Effect.map(Forge, (github) => Forge.of({ ...github, acknowledge, check }))).pipe(
    Layer.provide(github)
  )
  return Server.layer({ policy }).pipe(
    Layer.provideMerge(queue),
    Layer.provideMerge(ServiceBreakers.layer),
    Layer.provide(Forges.layer(other === undefined ? [forge] : [forge, other.forge])),
    Layer.provide(
      Layer.succeed(Webhooks, other === undefined ? [githubWebhooks] : [githubWebhooks, other.webhooks])
    ),
    Layer.provideMerge(listener)
  )
}

/** The port that the server of a test listens on. */
export const listeningPort = Effect.map(
  HttpServer.HttpServer,
  ({ address }) => address._tag === "UnixPathAddress" ? assert.fail("not a TCP listener") : address.port
)

export const sign = (body: string | Uint8Array, key = secret) =>
  `sha256=${createHmac("sha256", key).update(body).digest("hex")}`

export interface DeliveryOptions {
  readonly event?: string
  readonly id?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Sends a body as GitHub does, signed; headers can be overridden. */
export const deliver = Effect.fnUntraced(function*(
  body: unknown,
  { event = "pull_request", headers = {}, id = "delivery-1" }: DeliveryOptions = {}
) {
  const text = typeof body === "string" ? body : JSON.stringify(body)
  const response = yield* HttpClient.execute(
    HttpClientRequest.post("/webhooks/github", {
      headers: {
        "x-github-event": event,
        "x-github-delivery": id,
        "x-hub-signature-256": sign(text),
        ...headers
      }
    }).pipe(HttpClientRequest.bodyText(text, headers["content-type"] ?? "application/json"))
  )
  return { status: response.status, text: yield* response.text }
})

const sha = "1".repeat(40)

export const pullRequest = (
  change: { readonly number?: number; readonly title?: string; readonly draft?: boolean } = {}
) => ({
  action: "opened",
  number: change.number ?? 7,
  pull_request: {
    number: change.number ?? 7,
    title: change.title ?? "Add refunds",
    draft: change.draft ?? false,
    user: { login: "mallory", type: "User" },
    head: { ref: "refunds", sha },
    base: { ref: "main", sha }
  },
  repository: { full_name: "acme/shop" },
  sender: { login: "mallory", type: "User" }
})

export const comment = (body: string, login: string, type = "User", id = 1) => ({
  action: "created",
  issue: { number: 7, title: "Add refunds", pull_request: { url: "https://example.test" }, user: { login: "mallory" } },
  comment: { id, body, user: { login, type } },
  repository: { full_name: "acme/shop" },
  sender: { login, type }
})
