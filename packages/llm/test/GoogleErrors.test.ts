import { assert, describe, it } from "@effect/vitest"
import * as Google from "@nominal-code/llm/Google"
import { Effect } from "effect"
import { failureSuite } from "./failureSuite.ts"
import { against, fine, key, request, Text, user } from "./GoogleService.ts"
import * as Wire from "./GoogleWire.ts"
import { status } from "./ScriptedService.ts"

const prompt = "Review this diff, in which much has been changed and more has been left as it was."

failureSuite({
  against,
  withoutKey: Google.layerWithoutKey,
  request,
  key,
  noKey: "There is no key for the Gemini API: set GOOGLE_API_KEY",
  fine,
  stall: Wire.stall,
  overloaded: Wire.failed(503, "UNAVAILABLE", "The model is overloaded."),
  away: Wire.failed(429, "RESOURCE_EXHAUSTED", "come back later", Wire.because("RATE"), Wire.retryIn("3600s")),
  passing: Wire.passing,
  lasting: [
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
      Wire.failed(
        400,
        "FAILED_PRECONDITION",
        "Free tier is not available here. Please enable billing on your project."
      ),
      "no-credit",
      /billing/
    ],
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
    [Wire.failed(404, "NOT_FOUND", "models/gemini-9 is not found"), "no-model", /gemini-9 is not found/]
  ]
})

describe("a stream that breaks off", () => {
  it.live("is not gone on with by the SDK on its own", () =>
    Effect.gen(function*() {
      const begun = { content: { role: "model", parts: [Wire.text("I have found")] }, continuationToken: "dG9rZW4=" }
      const { received, send } = yield* against([Wire.chunks({ candidates: [begun] }), fine])
      assert.deepStrictEqual((yield* send(request)).content, [Text("All well.")])
      assert.deepStrictEqual(received[1]?.body, received[0]?.body)
    }))

  for (const [how, reason] of [["ended", "unavailable"], ["torn", "unavailable"], ["broken", "unavailable"]] as const) {
    it.live(`is ${reason} when it is ${how} too early`, () =>
      Effect.gen(function*() {
        const { fails } = yield* against([Wire.half(how)])
        assert.strictEqual((yield* fails(request)).reason, reason)
      }))
  }
})

describe("what is said of a refusal", () => {
  it.live("does not hold what we sent", () =>
    Effect.gen(function*() {
      const { fails } = yield* against([Wire.failed(400, "INVALID_ARGUMENT", `Invalid value\nat "${prompt}"`)])
      const { message } = yield* fails({ ...request, messages: [user(Text(prompt))] })
      assert.notInclude(message, prompt)
    }))

  it.live("a model's name that cannot be sent", () =>
    Effect.gen(function*() {
      const { fails, received } = yield* against([fine])
      const error = yield* fails({ ...request, model: "gemini/../../x" })
      assert.deepStrictEqual([error.reason, received.length], ["invalid-request", 0])
    }))
})
