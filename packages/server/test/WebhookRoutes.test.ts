import { assert, describe, it } from "@effect/vitest"
import { JobRecords } from "@nominal-code/jobs/JobRecords"
import { Deferred, Effect, Layer, Logger, Option } from "effect"
import { HttpClient } from "effect/http"
import { request } from "node:http"
import {
  comment,
  deliver,
  type DeliveryOptions,
  fullDisk,
  listeningPort,
  type Parts,
  pullRequest,
  server,
  sign
} from "./ServerFixture.ts"

/** The newest first. */
const stored = JobRecords.use(({ list }) => list({ limit: 100 }))

/** The answer to one delivery, and how many jobs are stored after it. */
const answered = Effect.fnUntraced(function*(body: unknown, delivered?: DeliveryOptions, parts?: Parts) {
  return yield* Effect.gen(function*() {
    const { status, text } = yield* deliver(body, delivered)
    return { status, text, jobs: (yield* stored).length }
  }).pipe(Effect.provide(server(parts)))
})

const statusOf = ({ text }: { readonly text: string }): unknown => JSON.parse(text).status

describe("POST /webhooks/github", () => {
  it.effect("answers 202 with the job that it stored", () =>
    Effect.gen(function*() {
      const { status, text } = yield* deliver(pullRequest())
      const [record] = yield* stored
      assert.strictEqual(status, 202)
      assert.deepStrictEqual(JSON.parse(text), { status: "accepted", job: record?.id })
      assert.strictEqual(record?.state, "waiting")
      assert.strictEqual(record?.lane.bot, "nominalbot")
    }).pipe(Effect.provide(server())))

  it.effect("answers a redelivered webhook with its job and does not store it twice", () =>
    Effect.gen(function*() {
      const first = yield* deliver(pullRequest())
      const second = yield* deliver(pullRequest())
      assert.strictEqual(second.status, 200)
      assert.deepStrictEqual(JSON.parse(second.text), { ...JSON.parse(first.text), status: "duplicate" })
      assert.strictEqual((yield* stored).length, 1)
    }).pipe(Effect.provide(server())))

  it.effect("gives the job the trace of the request, or one of its own", () =>
    Effect.gen(function*() {
      const trace = "4bf92f3577b34da6a3ce929d0e0e4736"
      yield* deliver(pullRequest({ number: 1 }), {
        id: "1",
        headers: { traceparent: `00-${trace}-00f067aa0ba902b7-01` }
      })
      yield* deliver(pullRequest({ number: 2 }), { id: "2", headers: { traceparent: "00-nonsense" } })
      const [own = "", continued = ""] = (yield* stored).map(({ job }) => Option.getOrThrow(job).traceparent)
      assert.match(continued, new RegExp(`^00-${trace}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`))
      assert.match(own, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
      // The client would name a trace of its own.
    }).pipe(Effect.provideService(HttpClient.TracerPropagationEnabled, false), Effect.provide(server())))

  it.effect("answers before the forge has answered the reaction", () =>
    Effect.gen(function*() {
      const asked = yield* Deferred.make<void>()
      const acknowledge = () => Effect.andThen(Deferred.succeed(asked, undefined), Effect.never)
      yield* Effect.gen(function*() {
        assert.strictEqual((yield* deliver(pullRequest())).status, 202)
        yield* Deferred.await(asked)
      }).pipe(Effect.provide(server({ acknowledge })))
    }))

  it.effect.each(
    [
      ["unsigned", { "x-hub-signature-256": "" }],
      ["signed with another secret", { "x-hub-signature-256": sign(JSON.stringify(pullRequest()), "another") }],
      ["with a signature that is no ASCII", { "x-hub-signature-256": "sha256=\u00e9" }]
    ] satisfies ReadonlyArray<readonly [string, Record<string, string>]>
  )(
    "refuses a delivery %s with 401 and stores nothing",
    ([, headers]) =>
      Effect.gen(function*() {
        const result = yield* answered(pullRequest(), { headers })
        assert.deepStrictEqual(result, { status: 401, text: "Invalid signature", jobs: 0 })
      })
  )

  it.effect("refuses what is no JSON with 400 and says so", () =>
    Effect.gen(function*() {
      const result = yield* answered("{\"action\": \"opened\"")
      assert.strictEqual(result.status, 400)
      assert.match(result.text, /JSON/)
    }))

  it.effect("refuses a form-encoded delivery with 400 and says which content type to set", () =>
    Effect.gen(function*() {
      const text = "payload=%7B%7D"
      const result = yield* answered(text, { headers: { "content-type": "application/x-www-form-urlencoded" } })
      assert.strictEqual(result.status, 400)
      assert.match(result.text, /application\/json/)
    }))

  it.effect.each(
    [
      ["a wrong shape", { action: "opened", pull_request: null }, "pull_request"],
      ["an array", [], "pull_request"],
      ["an unknown event", { zen: "Keep it logically awesome." }, "ping"],
      ["a draft", pullRequest({ draft: true }), "pull_request"],
      ["the bot's own comment", comment("@nominalbot look", "nominalbot"), "issue_comment"],
      ["another bot's comment", comment("@nominalbot look", "alice", "Bot"), "issue_comment"]
    ] satisfies ReadonlyArray<readonly [string, unknown, string]>
  )(
    "answers %s with 200 ignored and stores nothing",
    ([, body, event]) =>
      Effect.gen(function*() {
        const result = yield* answered(body, { event })
        assert.deepStrictEqual([result.status, statusOf(result), result.jobs], [200, "ignored", 0])
      })
  )

  it.effect.each(
    [
      ["unauthorized", comment("@nominalbot look", "mallory"), "issue_comment"],
      ["no_mention", comment("looks fine", "alice"), "issue_comment"],
      ["filtered", pullRequest({ title: "[skip] wip" }), "pull_request"]
    ] satisfies ReadonlyArray<readonly [string, unknown, string]>
  )(
    "answers a delivery that the policy calls %s with 200, for forges switch off hooks that answer errors",
    ([expected, body, event]) =>
      Effect.gen(function*() {
        const result = yield* answered(body, { event })
        assert.deepStrictEqual([result.status, statusOf(result), result.jobs], [200, expected, 0])
      })
  )

  it.effect("refuses 6 MB with 413", () =>
    Effect.gen(function*() {
      const result = yield* answered(JSON.stringify({ padding: "x".repeat(6 * 1024 * 1024) }))
      assert.deepStrictEqual([result.status, result.jobs], [413, 0])
    }))

  it.effect("stops reading at the limit when no length was declared", () =>
    Effect.gen(function*() {
      const port = yield* listeningPort
      const status = yield* Effect.callback<number>((resume) => {
        const headers = { "x-hub-signature-256": sign("another body") }
        const to = { host: "127.0.0.1", port, path: "/webhooks/github", method: "POST", headers }
        const sent = request(to, (response) => {
          response.resume()
          resume(Effect.succeed(response.statusCode ?? 0))
        })
        sent.on("error", () => resume(Effect.succeed(0)))
        const chunk = Buffer.alloc(64 * 1024, "x")
        const more = () => sent.write(chunk) ? setImmediate(more) : sent.once("drain", more)
        more()
        return Effect.sync(() => sent.destroy())
      })
      assert.strictEqual(status, 413)
    }).pipe(Effect.provide(server())))

  it.effect("survives a delivery that is cut off in the middle, and stores nothing of it", () =>
    Effect.gen(function*() {
      const port = yield* listeningPort
      yield* Effect.callback<void>((resume) => {
        const headers = { "content-length": 1000, "x-github-event": "pull_request", "x-hub-signature-256": sign("{}") }
        const sent = request({ host: "127.0.0.1", port, path: "/webhooks/github", method: "POST", headers })
        sent.on("error", () => {})
        sent.on("close", () => resume(Effect.void))
        sent.write("{\"action\":", () => sent.destroy())
      })
      assert.strictEqual((yield* deliver(pullRequest())).status, 202)
      assert.strictEqual((yield* stored).length, 1)
    }).pipe(Effect.provide(server())))

  it.effect("answers 503, not 202, when the delivery cannot be stored", () =>
    Effect.gen(function*() {
      const log: Array<string> = []
      const logger = Logger.layer([Logger.make(({ message }) => void log.push(String([message].flat()[0])))])
      yield* Effect.gen(function*() {
        for (const id of ["1", "2"]) assert.strictEqual((yield* deliver(pullRequest(), { id })).status, 503)
      }).pipe(Effect.provide(Layer.provideMerge(server({ queue: fullDisk }), logger)))
      assert.deepStrictEqual(log.map((line) => line.split(/[.,]/)[0]), [
        "delivery not stored: the disk is full",
        "the server ends in an outage of the store"
      ])
    }))

  it.effect("answers busy when too many jobs of the pull request wait", () =>
    Effect.gen(function*() {
      yield* Effect.forEach(
        Array.from({ length: 20 }, (_, at) => at),
        (at) =>
          deliver(comment("@nominalbot look", "alice", "User", at), { event: "issue_comment", id: `mention-${at}` }),
        { concurrency: 4, discard: true }
      )
      const { status, text } = yield* deliver(comment("@nominalbot look", "alice", "User", 20), {
        event: "issue_comment",
        id: "one more"
      })
      assert.strictEqual(status, 200)
      assert.strictEqual(JSON.parse(text).status, "busy")
      assert.strictEqual((yield* stored).filter(({ task }) => task._tag === "Review").length, 20)
    }).pipe(Effect.provide(server())))
})
