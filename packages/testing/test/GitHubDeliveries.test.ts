import { assert, describe, it } from "@effect/vitest"
import { type GitHubEvent, signatureOf } from "@nominal-code/testing/GitHubDeliveries"
import { scene } from "@nominal-code/testing/GitHubScene"
import { Effect } from "effect"
import { createServer } from "node:http"

describe("deliveries", () => {
  interface Received {
    readonly headers: Readonly<Record<string, string | Array<string> | undefined>>
    readonly body: string
  }
  const listener = Effect.gen(function*() {
    const received: Array<Received> = []
    const server = createServer((request, response) => {
      const chunks: Array<Buffer> = []
      request.on("data", (chunk: Buffer) => chunks.push(chunk))
      request.on("end", () => {
        received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() })
        response.writeHead(202).end("{}")
      })
    })
    yield* Effect.acquireRelease(
      Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
      () => Effect.sync(() => server.close())
    )
    const address = server.address()
    return { received, url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/webhooks/github` }
  })

  it.effect("are signed over their bytes and say what happened to our pull request", () =>
    Effect.gen(function*() {
      const { emulator, pull } = yield* scene
      const { received, url } = yield* listener
      const secret = "a secret of the two"
      const talk = yield* emulator.comment(pull, "ada", "@bot please")
      const inline = yield* emulator.reviewComment(pull, "ada", { path: "a.txt", line: 10, body: "@bot?" })
      const review = yield* emulator.review(pull, "ada", { body: "@bot!" })
      const events: ReadonlyArray<GitHubEvent> = [
        ...(["opened", "reopened", "ready_for_review", "closed"] as const).map((action) =>
          ({ event: "pull_request", action, pull }) as const
        ),
        { event: "pull_request", action: "synchronize", pull, before: pull.baseSha },
        { event: "issue_comment", action: "created", comment: talk },
        { event: "pull_request_review_comment", action: "created", comment: inline },
        { event: "pull_request_review", action: "submitted", review }
      ]
      for (const event of events) {
        const { delivery, status } = yield* emulator.deliver(event, { url, secret })
        const { body, headers } = received.at(-1) ?? { body: "", headers: {} }
        const payload = JSON.parse(body)
        assert.strictEqual(status, 202)
        assert.strictEqual(headers["x-hub-signature-256"], signatureOf(secret, body))
        assert.strictEqual(headers["x-github-delivery"], delivery)
        assert.strictEqual(headers["x-github-event"], event.event)
        assert.strictEqual(payload.action, event.action)
        assert.strictEqual(payload.repository.full_name, "acme/shop")
        assert.notInclude(body, "Codertocat")
        const subject = payload.pull_request ?? payload.issue
        assert.strictEqual(subject.number, 1)
        assert.strictEqual(subject.head?.sha ?? pull.headSha, pull.headSha)
      }
    }))
})
