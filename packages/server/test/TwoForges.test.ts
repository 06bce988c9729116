import { assert, it } from "@effect/vitest"
import { Sha } from "@nominal-code/domain/event/PullRequest"
import { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { Forge } from "@nominal-code/forge/Forge"
import { WebhookError } from "@nominal-code/forge/ForgeError"
import type { ForgeWebhooks } from "@nominal-code/forge/Webhooks"
import { JobRecords } from "@nominal-code/jobs/JobRecords"
import { Effect, Layer, Option, Queue, Result, Schema } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { deliver, pullRequest, server, sign } from "./ServerFixture.ts"

const event = Schema.decodeSync(PullRequestEvent)({
  _tag: "Lifecycle",
  kind: "pr_opened",
  pullRequest: { platform: "gitlab", repo: "acme/shop", number: 7 },
  title: "Add refunds",
  author: "mallory",
  headSha: Sha.make("2".repeat(40)),
  headBranch: "refunds",
  baseBranch: "main"
})

/** GitLab's webhooks as far as this test goes: a token in a header, and one event. */
const webhooks: ForgeWebhooks = {
  platform: "gitlab",
  verifyHeaders: (headers) =>
    headers["x-gitlab-token"] === "let me in"
      ? Result.void
      : Result.fail(new WebhookError({ reason: "invalid-signature", message: "not GitLab's token" })),
  verify: () => Result.void,
  parse: () => Result.succeed({ id: "delivery-1", event: Option.some(event), ignored: "" })
}

const gitlab = (acknowledge: Forge["Service"]["acknowledge"] = () => Effect.void) =>
  Layer.mock(Forge, { platform: "gitlab", headRef: () => "", acknowledge, check: () => Effect.void })

const post = Effect.fnUntraced(function*(path: string, headers: Record<string, string>, body = "{}") {
  const { status } = yield* HttpClient.execute(
    HttpClientRequest.post(path, { headers }).pipe(HttpClientRequest.bodyText(body, "application/json"))
  )
  return status
})

it.effect("two forges have a route, a signature and an acknowledgement of their own each", () =>
  Effect.gen(function*() {
    const heard = yield* Queue.unbounded<string>()
    const acknowledge = (platform: string) => ({ pullRequest }: PullRequestEvent) =>
      Effect.asVoid(Queue.offer(heard, `${platform} heard of ${pullRequest.platform} ${pullRequest}`))
    const forge = gitlab(acknowledge("gitlab"))
    yield* Effect.gen(function*() {
      assert.strictEqual((yield* deliver(pullRequest())).status, 202)
      assert.strictEqual(yield* Queue.take(heard), "github heard of github acme/shop#7")
      assert.strictEqual(yield* post("/webhooks/gitlab", { "x-gitlab-token": "let me in" }), 202)
      assert.strictEqual(yield* Queue.take(heard), "gitlab heard of gitlab acme/shop#7")
      const stored = yield* JobRecords.use(({ list }) => list({ limit: 100 }))
      assert.deepStrictEqual(stored.map(({ lane }) => lane.platform).toSorted(), ["github", "gitlab"])
    }).pipe(Effect.provide(server({ acknowledge: acknowledge("github"), other: { forge, webhooks } })))
  }))

it.effect("what one forge would accept is refused on the route of the other", () =>
  Effect.gen(function*() {
    const body = JSON.stringify(pullRequest())
    const github = { "x-github-event": "pull_request", "x-github-delivery": "1", "x-hub-signature-256": sign(body) }
    assert.strictEqual(yield* post("/webhooks/gitlab", github, body), 401)
    assert.strictEqual(yield* post("/webhooks/github", { "x-gitlab-token": "let me in" }), 401)
    assert.deepStrictEqual(yield* JobRecords.use(({ list }) => list({ limit: 100 })), [])
  }).pipe(Effect.provide(server({ other: { forge: gitlab(), webhooks } }))))

it.effect("a delivery of GitLab that is too large is ignored with success, as GitLab stops hooks that are refused", () =>
  Effect.gen(function*() {
    const large = JSON.stringify({ padding: "x".repeat(6 * 1024 * 1024) })
    assert.strictEqual(yield* post("/webhooks/gitlab", { "x-gitlab-token": "let me in" }, large), 200)
    assert.strictEqual(yield* post("/webhooks/gitlab", { "x-gitlab-token": "let us in" }, large), 401)
    assert.deepStrictEqual(yield* JobRecords.use(({ list }) => list({ limit: 100 })), [])
  }).pipe(Effect.provide(server({ other: { forge: gitlab(), webhooks } }))))

it.effect("a forge that is not configured is told so, GitLab with success", () =>
  Effect.gen(function*() {
    const response = yield* HttpClient.post("/webhooks/gitlab")
    assert.deepStrictEqual([response.status, yield* response.json], [200, {
      status: "ignored",
      reason: "GitLab is not configured here: set GITLAB_TOKEN and GITLAB_WEBHOOK_SECRET"
    }])
  }).pipe(Effect.provide(server())))
