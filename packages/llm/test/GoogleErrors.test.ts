import { assert, describe, it } from "@effect/vitest"
import { layerTest } from "@nominal-code/config/TestConfig"
import * as Google from "@nominal-code/llm/Google"
import type { LlmError } from "@nominal-code/llm/LlmError"
import { LlmProvider } from "@nominal-code/llm/LlmProvider"
import { Deferred, Duration, Effect, Fiber, Layer } from "effect"
import { against, fine, key, request, Text, user } from "./GoogleService.ts"
import * as Wire from "./GoogleWire.ts"
import { disconnect, type Reply, silence, status } from "./ScriptedService.ts"

describe("what passes is tried again", () => {
  const cases: Record<string, Reply> = {
    "a 429": Wire.failed(429, "RESOURCE_EXHAUSTED", "Quota exceeded, input_token_count", Wire.retryIn("0.001s")),
    "a 503": Wire.failed(503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
    "a 500": Wire.failed(500, "INTERNAL", "An internal error has occurred."),
    "a 504": Wire.failed(504, "DEADLINE_EXCEEDED", "Deadline expired before operation could complete."),
    "a 502 that is a page": status(502, "<html>Bad gateway</html>", { "content-type": "text/html" }),
    "a 502 with broken JSON": status(502, "{\"error\":"),
    "a disconnect": disconnect,
    "half a stream that breaks": Wire.half("broken"),
    "half a stream that ends as if it were whole": Wire.half("ended"),
    "half a stream that ends within an event": Wire.half("torn"),
    "an error in the middle of a stream": Wire.failedWithin(503, "UNAVAILABLE", "The model is overloaded."),
    "a page instead of a stream": status(200, "<html>Welcome</html>", { "content-type": "text/html" }),
    "an empty stream": Wire.raw(""),
    "broken JSON in a stream": Wire.raw("data: {\"candidates\":[{\"con\n\n"),
    "a chunk of the wrong shape": Wire.chunks({ candidates: [7] }),
    "a call without a name": Wire.answer([{ functionCall: { args: {} } }]),
    "no candidates": Wire.chunks({ candidates: [], usageMetadata: { promptTokenCount: 7 } }),
    "a call that the service calls malformed": Wire.answer([], { finish: "MALFORMED_FUNCTION_CALL" }),
    "a call of a tool that there is not": Wire.answer([Wire.call("Write")], { finish: "UNEXPECTED_TOOL_CALL" })
  }
  for (const [what, reply] of Object.entries(cases)) {
    it.live(what, () =>
      Effect.gen(function*() {
        const { received, send } = yield* against([reply, fine])
        assert.deepStrictEqual((yield* send(request)).content, [Text("All well.")])
        assert.strictEqual(received.length, 2)
      }))
  }

  it.live("silence, for as long as it may last", () =>
    Effect.gen(function*() {
      const { received, send } = yield* against([silence, Wire.stall, fine], {
        idle: Duration.millis(100),
        attempt: Duration.hours(1),
        total: Duration.hours(1)
      })
      assert.deepStrictEqual((yield* send(request)).content, [Text("All well.")])
      assert.strictEqual(received.length, 3)
    }))

  it.live("but not for ever, and by us alone", () =>
    Effect.gen(function*() {
      const { fails, received } = yield* against([Wire.failed(503, "UNAVAILABLE", "The model is overloaded.")])
      const error = yield* fails(request)
      assert.deepStrictEqual([error.reason, error.retryable, received.length], ["overloaded", true, 5])
    }))

  it.live("and never by the SDK on its own, from the middle of an answer", () =>
    Effect.gen(function*() {
      const begun = { content: { role: "model", parts: [Wire.text("I have found")] }, continuationToken: "dG9rZW4=" }
      const { received, send } = yield* against([Wire.chunks({ candidates: [begun] }), fine])
      assert.deepStrictEqual((yield* send(request)).content, [Text("All well.")])
      assert.deepStrictEqual(received[1]?.body, received[0]?.body)
    }))

  for (const [how, reason] of [["ended", "unavailable"], ["torn", "unavailable"], ["broken", "unavailable"]] as const) {
    it.live(`nor under another name than ${reason}, when a stream is ${how} too early`, () =>
      Effect.gen(function*() {
        const { fails } = yield* against([Wire.half(how)])
        assert.strictEqual((yield* fails(request)).reason, reason)
      }))
  }

  it.live("nor when the service wants us away for longer than we wait", () =>
    Effect.gen(function*() {
      const { fails, received } = yield* against([
        Wire.failed(429, "RESOURCE_EXHAUSTED", "come back later", Wire.because("RATE"), Wire.retryIn("3600.5s"))
      ])
      const error = yield* fails(request)
      assert.deepStrictEqual([error.reason, received.length], ["rate-limited", 1])
      assert.deepStrictEqual(error.retryAfter, Duration.seconds(3600.5))
    }))

  for (const [when, reply] of [["before the answer", silence], ["within the answer", Wire.stall]] as const) {
    it.live(`nor after the caller has gone ${when}, which closes the connection`, () =>
      Effect.gen(function*() {
        const begun = yield* Deferred.make<void>()
        const closed = yield* Deferred.make<void>()
        const { received, send } = yield* against([(response) => {
          response.on("close", () => Deferred.doneUnsafe(closed, Effect.void))
          reply(response)
          Deferred.doneUnsafe(begun, Effect.void)
        }])
        const fiber = yield* Effect.forkChild(send(request))
        yield* Deferred.await(begun)
        yield* Fiber.interrupt(fiber)
        yield* Deferred.await(closed)
        assert.strictEqual(received.length, 1)
      }))
  }
})

describe("what does not pass is said once, in one line, without the key and the prompt", () => {
  const prompt = "Review this diff, in which much has been changed and more has been left as it was."
  const cases: ReadonlyArray<readonly [Reply, LlmError["reason"], RegExp]> = [
    [
      Wire.failed(
        400,
        "INVALID_ARGUMENT",
        `Request contains an invalid argument: ${key}`,
        Wire.because("API_KEY_INVALID")
      ),
      "unauthorized",
      /GOOGLE_API_KEY/
    ],
    [Wire.failed(401, "UNAUTHENTICATED", "no credentials"), "unauthorized", /GOOGLE_API_KEY/],
    [
      Wire.failed(403, "PERMISSION_DENIED", "Your API key was reported as leaked."),
      "unauthorized",
      /reported as leaked/
    ],
    [
      Wire.failed(
        400,
        "INVALID_ARGUMENT",
        "The input token count (1100000) exceeds the maximum number of tokens allowed"
      ),
      "context-too-long",
      /too long/
    ],
    [Wire.failed(413, "INVALID_ARGUMENT", "Request payload size exceeds the limit"), "context-too-long", /too long/],
    [
      Wire.failed(500, "INTERNAL", "Your input context is too long. Please reduce it."),
      "context-too-long",
      /input context/
    ],
    [Wire.failed(400, "INVALID_ARGUMENT", `Invalid value\nat "${prompt}"`), "invalid-request", /Invalid value at "…"/],
    [
      status(400, [{ error: { code: 400, message: "User location is not supported", status: "FAILED_PRECONDITION" } }]),
      "invalid-request",
      /\(400\): User location is not supported$/
    ],
    [Wire.failed(404, "NOT_FOUND", "models/gemini-9 is not found"), "invalid-request", /gemini-9 is not found/]
  ]
  for (const [reply, reason, pattern] of cases) {
    it.live(`${reason}: ${pattern.source}`, () =>
      Effect.gen(function*() {
        const { fails, received } = yield* against([reply])
        const error = yield* fails({ ...request, messages: [user(Text(prompt))] })
        assert.deepStrictEqual([error.reason, received.length], [reason, 1])
        assert.match(error.message, pattern)
        assert.notInclude(error.message, key)
        assert.notInclude(error.message, prompt)
        assert.notInclude(error.message, "\n")
      }))
  }

  it.live("a model's name that cannot be sent", () =>
    Effect.gen(function*() {
      const { fails, received } = yield* against([fine])
      const error = yield* fails({ ...request, model: "gemini/../../x" })
      assert.deepStrictEqual([error.reason, received.length], ["invalid-request", 0])
    }))

  it.live("a missing key", () =>
    Effect.gen(function*() {
      const error = yield* LlmProvider.use((llm) => llm.send(request)).pipe(Effect.flip)
      assert.strictEqual(error.message, "There is no key for the Gemini API: set GOOGLE_API_KEY")
    }).pipe(Effect.provide(Google.layer.pipe(Layer.provide(layerTest({ providers: [] }))))))
})
