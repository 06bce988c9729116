import { assert, describe, it, vi } from "@effect/vitest"
import { layerTest } from "@nominal-code/config/TestConfig"
import { Block, type Message } from "@nominal-code/domain/Conversation"
import * as Google from "@nominal-code/llm/Google"
import type { LlmError } from "@nominal-code/llm/LlmError"
import { LlmProvider, type LlmRequest } from "@nominal-code/llm/LlmProvider"
import { FirstDelay } from "@nominal-code/llm/Retry"
import { Deferred, Duration, Effect, Fiber, Layer, Option, Redacted } from "effect"
import * as Wire from "./GoogleWire.ts"
import { disconnect, type Reply, scripted, silence, status } from "./ScriptedService.ts"

const key = "AIzaVerySecret"
const Text = (text: string) => Block.cases.Text.make({ text })
const Own = (value: Extract<Block, { readonly _tag: "Opaque" }>["value"]) =>
  Block.cases.Opaque.make({ provider: "google", value })
const user = (...content: ReadonlyArray<Block>): Message => ({ role: "user", content })

const request: LlmRequest = {
  model: "gemini-3.8-flash",
  system: "You review.",
  messages: [user(Text("Review this."))],
  tools: [{ name: "Read", description: "Reads", inputSchema: { type: "object", properties: {} } }],
  toolChoice: "auto",
  maxOutputTokens: 16_384
}

const limits = { idle: Duration.seconds(10), attempt: Duration.seconds(20), total: Duration.seconds(30) }

/** A provider that talks to a service with a script, and what the service received. */
const against = Effect.fnUntraced(function*(replies: ReadonlyArray<Reply>, given: Partial<typeof limits> = {}) {
  const service = yield* scripted(replies)
  const provider = yield* Google.make({
    apiKey: Redacted.make(key),
    baseUrl: Option.some(service.url),
    limits: { ...limits, ...given }
  })
  const send = (request: LlmRequest) => Effect.provideService(provider.send(request), FirstDelay, Duration.millis(1))
  return { received: service.received, send, fails: (request: LlmRequest) => Effect.flip(send(request)) }
})

/** A turn of the conversation, as it goes over the wire. */
interface Sent {
  readonly role: string
  readonly parts: ReadonlyArray<{
    readonly functionCall?: { readonly id: string; readonly name: string; readonly args: object }
    readonly functionResponse?: { readonly id: string }
  }>
}

/** What the SDK would listen to. */
const environment = {
  GOOGLE_API_KEY: "another",
  GOOGLE_GEMINI_BASE_URL: "http://127.0.0.1:1",
  GOOGLE_VERTEX_BASE_URL: "http://127.0.0.1:1",
  GOOGLE_GENAI_API_VERSION: "v9",
  GOOGLE_GENAI_USE_VERTEXAI: "true",
  GOOGLE_CLOUD_PROJECT: "p",
  GOOGLE_CLOUD_LOCATION: "global"
}

const fine = Wire.answer([Wire.text("All "), Wire.text("well.")])

describe("the request", () => {
  it.live("carries the key in its header, and Gemini's fields", () =>
    Effect.gen(function*() {
      const { received, send } = yield* against([fine])
      yield* send({ ...request, toolChoice: "required" })
      assert.strictEqual(received[0]?.headers["x-goog-api-key"], key)
      const body = received[0]?.body
      assert.deepStrictEqual(body.systemInstruction.parts, [{ text: "You review." }])
      assert.deepStrictEqual(body.contents, [{ role: "user", parts: [{ text: "Review this." }] }])
      assert.deepStrictEqual(body.generationConfig, { maxOutputTokens: 16_384 })
      assert.deepStrictEqual(body.toolConfig, { functionCallingConfig: { mode: "ANY" } })
      assert.deepStrictEqual(body.tools, [{
        functionDeclarations: [
          { name: "Read", description: "Reads", parametersJsonSchema: { type: "object", properties: {} } }
        ]
      }])
    }))

  it.live("goes where it was told to, whatever the environment says", () =>
    Effect.gen(function*() {
      const paths: Array<string | undefined> = []
      for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
      yield* Effect.addFinalizer(() => Effect.sync(() => vi.unstubAllEnvs()))
      const { received, send } = yield* against([(response) => {
        paths.push(response.req.url)
        fine(response)
      }])
      yield* send(request)
      assert.deepStrictEqual(paths, ["/v1beta/models/gemini-3.8-flash:streamGenerateContent?alt=sse"])
      assert.strictEqual(received[0]?.headers["x-goog-api-key"], key)
    }))

  it.live("leaves tools out when there are none", () =>
    Effect.gen(function*() {
      const { received, send } = yield* against([fine])
      yield* send({ ...request, system: "", tools: [], toolChoice: "required" })
      assert.doesNotHaveAnyKeys(received[0]?.body, ["tools", "toolConfig", "systemInstruction"])
    }))

  it.live("is made again in words only when the service cannot be told to demand a call, and so from then on", () =>
    Effect.gen(function*() {
      const refusal = Wire.failed(400, "INVALID_ARGUMENT", "Request contains an invalid argument.")
      const { received, send } = yield* against([refusal, fine])
      yield* send({ ...request, toolChoice: "required" })
      yield* send({ ...request, toolChoice: "required" })
      const modes = received.map(({ body }) => body.toolConfig.functionCallingConfig.mode)
      assert.deepStrictEqual(modes, ["ANY", "AUTO", "AUTO"])
    }))

  it.live("gives each answer of a long conversation back as it came", () =>
    Effect.gen(function*() {
      const turns = [
        [Wire.text("I look."), Wire.call("Read", { n: 1 }, { thoughtSignature: "s1" }), Wire.call("Read", { n: 2 })],
        [Wire.text("hm", { thought: true }), Wire.call("Read", undefined, { thoughtSignature: "s2" })],
        [Wire.text("Done."), Wire.text("", { thoughtSignature: "s3" })]
      ]
      const { received, send } = yield* against([...turns.map((parts) => Wire.answer(parts)), fine])
      let messages = request.messages
      for (const _ of turns) {
        const { content } = yield* send({ ...request, messages })
        const results = content.filter(Block.guards.ToolUse).map(({ id }) =>
          Block.cases.ToolResult.make({ toolUseId: id, content: id, isError: false })
        )
        messages = [...messages, { role: "assistant", content }, user(...results, Text("Go on."))]
      }
      yield* send({ ...request, messages })
      const contents: ReadonlyArray<Sent> = received[3]?.body.contents
      assert.deepStrictEqual(contents.map(({ role }) => role), [
        "user",
        "model",
        "user",
        "model",
        "user",
        "model",
        "user"
      ])
      const ids = contents.flatMap(({ parts }) => parts.flatMap(({ functionCall }) => functionCall?.id ?? []))
      assert.strictEqual(new Set(ids).size, 3)
      const answered = contents.flatMap(({ parts }) =>
        parts.flatMap(({ functionResponse }) => functionResponse?.id ?? [])
      )
      assert.deepStrictEqual(answered, ids)
      const back = contents.filter(({ role }) => role === "model").map(({ parts }) =>
        parts.map(({ functionCall, ...part }) => {
          if (functionCall === undefined) return part
          const { args, name } = functionCall
          return { ...part, functionCall: { name, ...(Object.keys(args).length === 0 ? {} : { args }) } }
        })
      )
      assert.deepStrictEqual(back, turns)
    }))
})

describe("the answer", () => {
  it.live("is put together from its chunks, with the tokens that it used", () =>
    Effect.gen(function*() {
      const { send } = yield* against([
        Wire.answer([
          Wire.text("hm", { thought: true }),
          Wire.text("Let me "),
          Wire.text("look."),
          { functionCall: { id: "f1", name: "Read", args: { file_path: "a.ts" } }, thoughtSignature: "s" },
          { functionCall: { id: "f2", name: "Glob" } }
        ], {
          usage: {
            promptTokenCount: 1_000,
            cachedContentTokenCount: 900,
            candidatesTokenCount: 42,
            thoughtsTokenCount: 8
          }
        })
      ])
      const { content, stop, usage } = yield* send(request)
      assert.deepStrictEqual(content, [
        Own({ part: { text: "hm", thought: true } }),
        Text("Let me look."),
        Own({ signature: "s" }),
        Block.cases.ToolUse.make({ id: "f1", name: "Read", input: { file_path: "a.ts" } }),
        Block.cases.ToolUse.make({ id: "f2", name: "Glob", input: {} })
      ])
      assert.strictEqual(stop, "tool-use")
      assert.deepStrictEqual({ ...usage }, { input: 100, output: 50, cacheRead: 900, cacheWrite: 0 })
    }))

  it.live("keeps a signed text apart from the text around it", () =>
    Effect.gen(function*() {
      const parts = [Wire.text("a"), Wire.text("b", { thoughtSignature: "s" }), Wire.text("c"), Wire.text(" d")]
      const { send } = yield* against([Wire.answer(parts)])
      assert.deepStrictEqual((yield* send(request)).content, [
        Text("a"),
        Own({ signature: "s" }),
        Text("b"),
        Text("c d")
      ])
    }))

  it.live("has an id of its own for every call, also when the service gives none or one twice", () =>
    Effect.gen(function*() {
      const again = { functionCall: { id: "x", name: "Read" } }
      const { send } = yield* against([Wire.answer([Wire.call("Read"), Wire.call("Read"), again, again])])
      const ids = [yield* send(request), yield* send(request)].flatMap(({ content }) =>
        content.filter(Block.guards.ToolUse).map(({ id }) => id)
      )
      assert.strictEqual(new Set(ids).size, 7)
      assert.notInclude(ids, "")
    }))

  for (
    const [said, meant] of [
      ["STOP", "end"],
      ["MAX_TOKENS", "length"],
      ["CONTINUATION", "length"],
      ["SAFETY", "refusal"],
      ["RECITATION", "refusal"],
      ["LANGUAGE", "refusal"],
      ["BLOCKLIST", "refusal"],
      ["PROHIBITED_CONTENT", "refusal"],
      ["SPII", "refusal"],
      ["IMAGE_SAFETY", "refusal"],
      ["A_REASON_OF_NEXT_YEAR", "end"]
    ] as const
  ) {
    it.live(`stopped by ${said} is "${meant}"`, () =>
      Effect.gen(function*() {
        const { send } = yield* against([Wire.answer([Wire.text("x")], { finish: said })])
        assert.strictEqual((yield* send(request)).stop, meant)
      }))
  }

  it.live("to a prompt that was blocked is a refusal, with the tokens of the prompt", () =>
    Effect.gen(function*() {
      const { received, send } = yield* against([
        Wire.chunks({ promptFeedback: { blockReason: "PROHIBITED_CONTENT" }, usageMetadata: { promptTokenCount: 7 } })
      ])
      const { content, stop, usage } = yield* send(request)
      assert.deepStrictEqual([content, stop, usage.input, received.length], [[], "refusal", 7, 1])
    }))

  it.live("that has nothing in it is handed over as it is", () =>
    Effect.gen(function*() {
      const { received, send } = yield* against([Wire.answer([])])
      const { content, stop } = yield* send(request)
      assert.deepStrictEqual([content, stop, received.length], [[], "end", 1])
    }))
})

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
      const { received, send } = yield* against([silence, Wire.stall, fine], { idle: Duration.millis(100) })
      assert.deepStrictEqual((yield* send(request)).content, [Text("All well.")])
      assert.strictEqual(received.length, 3)
    }))

  it.live("but not for ever, and by us alone", () =>
    Effect.gen(function*() {
      const { fails, received } = yield* against([Wire.failed(503, "UNAVAILABLE", "The model is overloaded.")])
      const error = yield* fails(request)
      assert.deepStrictEqual([error.reason, error.retryable, received.length], ["overloaded", true, 5])
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
      Wire.failed(400, "INVALID_ARGUMENT", `API key not valid: ${key}`, Wire.because("API_KEY_INVALID")),
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
