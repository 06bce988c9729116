import { assert, describe, it } from "@effect/vitest"
import { chatServices } from "@nominal-code/domain/model/ChatServices"
import * as Chat from "@nominal-code/llm/Chat"
import { FirstDelay } from "@nominal-code/llm/Retry"
import { Duration, Effect, Option } from "effect"
import { against, fine, key, request } from "./ChatScene.ts"
import * as Wire from "./ChatWire.ts"
import { failureSuite } from "./failureSuite.ts"
import { disconnect, serve, status } from "./ScriptedService.ts"

failureSuite({
  against: against("deepseek"),
  withoutKey: Chat.layerWithoutKey("deepseek"),
  request,
  key,
  noKey: "There is no key for the DeepSeek API: set DEEPSEEK_API_KEY",
  fine,
  stall: Wire.stall,
  overloaded: Wire.failed(503, { message: "Server overloaded" }),
  away: Wire.failed(429, { message: "Slow down" }, { "retry-after": "3600" }),
  passing: {
    "a 429": Wire.failed(429, { message: "Rate limit reached" }, { "retry-after": "0" }),
    "a 500": Wire.failed(500, { message: "Server error" }),
    "a 503": Wire.failed(503, { message: "Server overloaded" }),
    "a 502 that is a page": status(502, "<html>Bad gateway</html>", { "content-type": "text/html" }),
    "a disconnect": disconnect,
    "half a stream that breaks": Wire.half("broken"),
    "half a stream that ends as if it were whole": Wire.half("ended"),
    "an error in the middle of a stream": Wire.errorEvent(502, "Provider disconnected"),
    "an answer that is given up": Wire.answer([Wire.text("I have")], { finish: "insufficient_system_resource" }),
    "a page instead of a stream": status(200, "<html>Welcome</html>", { "content-type": "text/html" }),
    "broken JSON in a stream": Wire.stream("data: {\"choices\": [\n\n"),
    "a chunk of the wrong shape": Wire.stream("data: {\"choices\": 7}\n\n"),
    "a call with broken JSON": Wire.answer([Wire.call(0, "c1", "Read", "{\"file")], { finish: "tool_calls" })
  },
  lasting: [
    [
      Wire.failed(401, { message: `Your api key: ${key} is invalid`, type: "authentication_error" }),
      "unauthorized",
      /DeepSeek API refused the key \(401\), check DEEPSEEK_API_KEY/
    ],
    [Wire.failed(403, { message: "no access" }), "unauthorized", /DEEPSEEK_API_KEY/],
    [Wire.failed(402, { message: "Insufficient Balance" }), "no-credit", /no quota left for this key \(402\)/],
    [
      Wire.failed(400, { message: "This model's maximum context length is 65536 tokens, you requested 90000" }),
      "context-too-long",
      /65536/
    ],
    [Wire.failed(400, { message: "This model's maximum prompt length is 131072" }), "context-too-long", /131072/],
    [status(413, { detail: "Payload too large" }), "context-too-long", /too long/],
    [Wire.failed(422, { message: "messages: field\nrequired" }), "invalid-request", /: messages: field required/],
    [status(422, { detail: [{ msg: "extra fields" }] }), "invalid-request", /extra fields/],
    [status(400, { object: "error", message: "Invalid model: m", code: 1500 }), "invalid-request", /Invalid model: m/],
    [status(404, { error: "model 'm' not found" }), "no-model", /model 'm' not found/],
    [Wire.errorEvent("context_length_exceeded", "The prompt is too long"), "context-too-long", /too long/]
  ]
})

describe("a model that knows no tools is told from a wrong request", () => {
  const words = [
    ["ollama", 400, "registry.ollama.ai/library/gemma:2b does not support tools"],
    ["openrouter", 404, "No endpoints found that support tool use. To learn more, visit https://openrouter.ai"],
    ["vllm", 400, "\"auto\" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set"],
    ["groq", 400, "`tool calling` is not supported with this model"]
  ] as const
  it.live.each(words)("as %s says it", ([service, code, message]) =>
    Effect.gen(function*() {
      const { fails } = yield* against(service)([Wire.failed(code, { message })])
      const error = yield* fails(request)
      assert.deepStrictEqual([error.reason, error.refusesTools], ["invalid-request", true])
    }))

  it.live("and no other refusal is taken for that", () =>
    Effect.gen(function*() {
      const { fails } = yield* against("ollama")([Wire.failed(400, { message: "invalid temperature" })])
      assert.isUndefined((yield* fails(request)).refusesTools)
    }))
})

it.live("a server that does not run is named by its address", () =>
  Effect.gen(function*() {
    const { url } = yield* Effect.scoped(serve([]))
    const ollama = yield* Chat.make({
      service: "ollama",
      apiKey: Option.none(),
      baseUrl: Option.some(`${url}/v1`),
      limits: Chat.limitsWithin("ollama", Duration.minutes(1))
    })
    const error = yield* Effect.flip(Effect.provideService(ollama.send(request), FirstDelay, Duration.millis(1)))
    assert.strictEqual(error.reason, "unavailable")
    assert.include(error.message, "Cannot reach the Ollama server, check its address")
    assert.include(error.message, new URL(url).host)
  }))

it("no two services have one variable for their keys", () => {
  const variables = Object.values(chatServices).map(({ keyVariable }) => keyVariable)
  assert.strictEqual(new Set([...variables, "OPENAI_API_KEY"]).size, variables.length + 1)
})
