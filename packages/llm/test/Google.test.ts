import { assert, describe, it, vi } from "@effect/vitest"
import { Block } from "@nominal-code/domain/model/Conversation"
import { Effect } from "effect"
import { against, fine, key, request, Text, user } from "./GoogleService.ts"
import * as Wire from "./GoogleWire.ts"

const Own = (value: Extract<Block, { readonly _tag: "Opaque" }>["value"]) =>
  Block.cases.Opaque.make({ provider: "google", value })

/** A turn of the conversation, as it goes over the wire. */
interface Sent {
  readonly role: string
  readonly parts: ReadonlyArray<{
    readonly functionCall?: { readonly id: string; readonly name: string; readonly args: object }
    readonly functionResponse?: { readonly id: string }
  }>
}

/** Environment variables that the SDK would read. */
const environment = {
  GOOGLE_API_KEY: "another",
  GOOGLE_GEMINI_BASE_URL: "http://127.0.0.1:1",
  GOOGLE_VERTEX_BASE_URL: "http://127.0.0.1:1",
  GOOGLE_GENAI_API_VERSION: "v9",
  GOOGLE_GENAI_USE_VERTEXAI: "true",
  GOOGLE_CLOUD_PROJECT: "p",
  GOOGLE_CLOUD_LOCATION: "global"
}

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
            thoughtsTokenCount: null
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
