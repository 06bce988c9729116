import { assert, describe, it } from "@effect/vitest"
import { Block, type Message } from "@nominal-code/domain/model/Conversation"
import { Usage } from "@nominal-code/domain/model/Usage"
import { mostCalls } from "@nominal-code/llm/CallRepair"
import { Effect } from "effect"
import { env } from "node:process"
import { against, fine, key, keyless, request } from "./ChatScene.ts"
import * as Wire from "./ChatWire.ts"
import { Text } from "./OpenAiScene.ts"

const user = (...content: ReadonlyArray<Block>): Message => ({ role: "user", content })
const assistant = (...content: ReadonlyArray<Block>): Message => ({ role: "assistant", content })
const called = (id: string, input: { readonly file_path?: string } = {}) =>
  Block.cases.ToolUse.make({ id, name: "Read", input })
const result = (toolUseId: string, content: string) =>
  Block.cases.ToolResult.make({ toolUseId, content, isError: false })

const looked = [
  ...request.messages,
  assistant(Text("Let me look."), called("call_1", { file_path: "a.ts" }), called("call_2")),
  user(result("call_1", "text"), result("call_2", "nothing"), Text("Go on."))
]

describe("the request", () => {
  it.live("carries the key in its header, and its limit and usage as the service wants them", () =>
    Effect.gen(function*() {
      const { received, send } = yield* against("deepseek")([fine])
      yield* send(request)
      const [{ body, headers } = { body: {}, headers: {} }] = received
      assert.strictEqual(headers.authorization, `Bearer ${key}`)
      assert.deepStrictEqual([body.max_tokens, body.stream, body.stream_options, body.tool_choice], [
        16_384,
        true,
        { include_usage: true },
        "auto"
      ])
      assert.deepStrictEqual(body.messages, [
        { role: "system", content: "You review." },
        { role: "user", content: "Review this." }
      ])
      assert.deepStrictEqual(body.tools[1], {
        type: "function",
        function: { name: "submit_review", description: "Submits", parameters: { type: "object", properties: {} } }
      })
    }))

  it.live("has no key where there is none, also with another service's in the environment", () =>
    Effect.gen(function*() {
      const before = env["OPENAI_API_KEY"]
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          if (before === undefined) delete env["OPENAI_API_KEY"]
          else env["OPENAI_API_KEY"] = before
        })
      )
      env["OPENAI_API_KEY"] = "sk-of-another-company"
      const { received, send } = yield* keyless([fine])
      yield* send(request)
      assert.isUndefined(received[0]?.headers.authorization)
      assert.notInclude(JSON.stringify(received), "sk-of-another-company")
    }))

  it.live("has the conversation in order: calls, then their results, then the user's words", () =>
    Effect.gen(function*() {
      const { received, send } = yield* against("groq")([fine])
      yield* send({ ...request, messages: looked })
      const { max_completion_tokens: max, messages } = received[0]?.body ?? {}
      assert.strictEqual(max, 16_384)
      assert.deepStrictEqual(messages.slice(2), [
        {
          role: "assistant",
          content: "Let me look.",
          tool_calls: [
            { id: "call_1", type: "function", function: { name: "Read", arguments: "{\"file_path\":\"a.ts\"}" } },
            { id: "call_2", type: "function", function: { name: "Read", arguments: "{}" } }
          ]
        },
        { role: "tool", tool_call_id: "call_1", content: "text" },
        { role: "tool", tool_call_id: "call_2", content: "nothing" },
        { role: "user", content: "Go on." }
      ])
    }))

  it.live("has what Mistral alone wants: ids of nine characters, no words after a result, another word for a must", () =>
    Effect.gen(function*() {
      const { received, send } = yield* against("mistral")([fine])
      yield* send({ ...request, messages: looked, toolChoice: "required" })
      const { messages, stream_options: asked, tool_choice: choice } = received[0]?.body ?? {}
      assert.deepStrictEqual([choice, asked], ["any", undefined])
      const ids = messages[2].tool_calls.map(({ id }: { readonly id: string }) => id)
      for (const id of ids) assert.match(id, /^[a-zA-Z0-9]{9}$/)
      assert.deepStrictEqual(messages.slice(3), [
        { role: "tool", tool_call_id: ids[0], content: "text" },
        { role: "tool", tool_call_id: ids[1], content: "nothing\n\nGo on." }
      ])
    }))

  it.live("asks for JSON where there are no tools, and no longer of a model that refuses it", () =>
    Effect.gen(function*() {
      const refusal = Wire.failed(400, { message: "response_format json_object is not supported" })
      const { received, send } = yield* against("together")([refusal, fine])
      const asked = { ...request, tools: [], format: "json" } as const
      yield* send(asked)
      yield* send(asked)
      assert.deepStrictEqual(received.map(({ body }) => body.response_format), [
        { type: "json_object" },
        undefined,
        undefined
      ])
      assert.doesNotHaveAnyKeys(received[2]?.body, ["tools", "tool_choice"])
    }))

  it.live("asks a model that cannot be forced in words only, and goes on so", () =>
    Effect.gen(function*() {
      const refusal = Wire.failed(400, { message: "deepseek-reasoner does not support this tool_choice" })
      const { received, send } = yield* against("deepseek")([refusal, fine])
      yield* send({ ...request, toolChoice: "required" })
      yield* send({ ...request, toolChoice: "required" })
      assert.deepStrictEqual(received.map(({ body }) => body.tool_choice), ["required", "auto", "auto"])
    }))

  it.live("gives its limit the name that an endpoint asks for", () =>
    Effect.gen(function*() {
      const refusal = Wire.failed(400, {
        message: "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead."
      })
      const { received, send } = yield* against("openai-compatible")([refusal, fine])
      yield* send(request)
      assert.deepStrictEqual(received.map(({ body }) => [body.max_tokens, body.max_completion_tokens]), [
        [16_384, undefined],
        [undefined, 16_384]
      ])
    }))
})

const calls = (content: ReadonlyArray<Block>) => content.filter(Block.guards.ToolUse)

describe("the answer", () => {
  it.live("has calls that came in pieces, side by side", () =>
    Effect.gen(function*() {
      const piece = (index: number, text: string) => ({ tool_calls: [{ index, function: { arguments: text } }] })
      const { send } = yield* against("xai")([Wire.answer([
        Wire.text("Let me look."),
        Wire.call(0, "a", "Read", ""),
        Wire.call(1, "b", "Read", ""),
        piece(0, "{\"path\":"),
        piece(1, "{\"path\":\"b"),
        piece(0, "\"a.ts\"}"),
        piece(1, ".ts\"}")
      ], { finish: "tool_calls" })])
      const { content, stop } = yield* send(request)
      assert.strictEqual(stop, "tool-use")
      assert.deepStrictEqual(calls(content).map(({ id, input }) => [id, input]), [
        ["a", { path: "a.ts" }],
        ["b", { path: "b.ts" }]
      ])
    }))

  it.live("has the first 128 of 10,000 calls", () =>
    Effect.gen(function*() {
      const { send } = yield* keyless([
        Wire.answer(Array.from({ length: 10_000 }, (_, index) => Wire.call(index, `c${index}`, "Read")))
      ])
      const ids = calls((yield* send(request)).content).map(({ id }) => id)
      assert.deepStrictEqual([ids.length, ids[0], ids.at(-1)], [mostCalls, "c0", `c${mostCalls - 1}`])
    }))

  it.live("has every call of a server that numbers them all alike, and ends with stop", () =>
    Effect.gen(function*() {
      const { send } = yield* keyless([
        Wire.answer([Wire.call(0, "a", "Read", "{\"path\":\"a\"}"), Wire.call(0, "b", "Read", "{\"path\":\"b\"}")])
      ])
      const { content, stop } = yield* send(request)
      assert.deepStrictEqual([stop, calls(content).map(({ id }) => id)], ["tool-use", ["a", "b"]])
    }))

  it.live.each(
    [
      ["a field of its own", [{ reasoning_content: "hm" }, { reasoning: "hm" }, Wire.text("All well.")]],
      ["tags", [Wire.text("<think>\nhm"), Wire.text("</think>\n\nAll well.")]],
      ["tags of which the template has eaten the first", [Wire.text("hm</think>All well.")]],
      ["parts", [{ content: [{ type: "thinking", thinking: [{ text: "hm" }] }, { type: "text", text: "All well." }] }]]
    ] as const
  )("has no thoughts in its text that came in %s", ([, deltas]) =>
    Effect.gen(function*() {
      const { send } = yield* against("mistral")([Wire.answer(deltas)])
      assert.deepStrictEqual((yield* send(request)).content, [Text("All well.")])
    }))

  it.live("keeps thoughts that DeepSeek wants back, and gives an answer without any an empty one", () =>
    Effect.gen(function*() {
      const thinking = Wire.answer([
        { reasoning_content: "I should " },
        { reasoning_content: "look." },
        Wire.call(0, "c", "Read")
      ], {
        finish: "tool_calls"
      })
      const { received, send } = yield* against("deepseek")([thinking, fine])
      const { content } = yield* send(request)
      yield* send({ ...request, messages: [...looked, assistant(...content), user(result("c", "text"))] })
      const thoughts = received[1]?.body.messages
        .filter(({ role }: { readonly role: string }) => role === "assistant")
        .map(({ reasoning_content }: { readonly reasoning_content?: string }) => reasoning_content)
      assert.deepStrictEqual(thoughts, ["", "I should look."])
    }))

  it.live("keeps OpenRouter's reasoning as it came, for OpenRouter alone", () =>
    Effect.gen(function*() {
      const details = [{ type: "reasoning.encrypted", data: "gAAA" }, { type: "reasoning.text", text: "hm" }]
      const thinking = Wire.answer(
        [...details.map((one) => ({ reasoning_details: [one] })), Wire.call(0, "c", "Read")],
        { finish: "tool_calls" }
      )
      const first = yield* against("openrouter")([thinking, fine])
      const { content } = yield* first.send(request)
      const messages = [...request.messages, assistant(...content), user(result("c", "text"))]
      yield* first.send({ ...request, messages })
      assert.deepStrictEqual(first.received[1]?.body.messages[2].reasoning_details, details)
      const other = yield* against("groq")([fine])
      yield* other.send({ ...request, messages })
      assert.notInclude(JSON.stringify(other.received), "gAAA")
    }))

  it.live("has OpenRouter's reasoning in however many parts it came", () =>
    Effect.gen(function*() {
      const parts = Array.from({ length: 200_000 }, () => 0)
      const { send } = yield* against("openrouter")([Wire.answer([{ reasoning_details: parts }, { content: "Fine." }])])
      const { content } = yield* send(request)
      assert.include(JSON.stringify(content), "Fine.")
    }))

  it.live.each(
    [
      [
        "OpenAI's way",
        { prompt_tokens: 100, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 60 } },
        60,
        5
      ],
      ["DeepSeek's", { prompt_tokens: 100, completion_tokens: 5, prompt_cache_hit_tokens: 60 }, 60, 5],
      [
        "both at once",
        {
          prompt_tokens: 100,
          completion_tokens: 5,
          prompt_cache_hit_tokens: 60,
          prompt_tokens_details: { cached_tokens: 60 }
        },
        60,
        5
      ],
      [
        "thoughts in the total only, as xAI does",
        { prompt_tokens: 100, completion_tokens: 5, total_tokens: 145 },
        0,
        45
      ]
    ] as const
  )("counts each token once: %s", ([, usage, cacheRead, output]) =>
    Effect.gen(function*() {
      const { send } = yield* against("deepseek")([Wire.answer([Wire.text("All well.")], { usage })])
      const expected = new Usage({ input: 100 - cacheRead, output, cacheRead, cacheWrite: 0 })
      assert.deepStrictEqual((yield* send(request)).usage, expected)
    }))

  it.live.each(
    [
      ["length", { finish: "length" }, "length"],
      ["content_filter", { finish: "content_filter" }, "refusal"]
    ] as const
  )("that ended with %s says so", ([, answered, stop]) =>
    Effect.gen(function*() {
      const { send } = yield* against("together")([Wire.answer([Wire.text("I have fou")], answered)])
      assert.strictEqual((yield* send(request)).stop, stop)
    }))

  it.live("has no call of which the arguments were cut off", () =>
    Effect.gen(function*() {
      const { send } = yield* against("together")([
        Wire.answer([Wire.call(0, "a", "Read", "{}"), Wire.call(1, "b", "Read", "{\"pa")], { finish: "length" })
      ])
      const { content, stop } = yield* send(request)
      assert.deepStrictEqual([calls(content).map(({ id }) => id), stop], [["a"], "length"])
    }))
})
