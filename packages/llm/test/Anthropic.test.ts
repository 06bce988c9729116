import { assert, describe, it } from "@effect/vitest"
import { Block, type Message } from "@nominal-code/domain/model/Conversation"
import * as Anthropic from "@nominal-code/llm/Anthropic"
import type { LlmRequest } from "@nominal-code/llm/LlmProvider"
import { Effect } from "effect"
import * as Wire from "./AnthropicWire.ts"
import { failureSuite } from "./failureSuite.ts"
import { scripted } from "./ScriptedService.ts"

const key = "sk-ant-api03-very-secret"
const Text = (text: string) => Block.cases.Text.make({ text })
const user = (...content: ReadonlyArray<Block>): Message => ({ role: "user", content })
const assistant = (...content: ReadonlyArray<Block>): Message => ({ role: "assistant", content })
const tool = (name: string) => ({
  name,
  description: `${name} things`,
  inputSchema: { type: "object", properties: {} }
})

const request: LlmRequest = {
  model: "claude-sonnet-4-20250514",
  system: "You review.",
  messages: [user(Text("Review this."))],
  tools: [tool("Read"), tool("submit_review")],
  toolChoice: "auto",
  maxOutputTokens: 16_384
}

const against = scripted(Anthropic.make, key)

const fine = Wire.answer(Wire.textBlock(0, "All ", "well."))

describe("the request", () => {
  it.live("marks the ends of what can be cached, and its prefix is the same from turn to turn", () =>
    Effect.gen(function*() {
      const { received, send } = yield* against([fine])
      const first = request.messages
      const second = [
        ...first,
        assistant(Block.cases.ToolUse.make({ id: "t1", name: "Read", input: { file_path: "a.ts" } })),
        user(Block.cases.ToolResult.make({ toolUseId: "t1", content: "text", isError: false }))
      ]
      yield* send(request)
      yield* send({ ...request, messages: second })
      const [one, two] = received.map(({ body }) => body)
      const mark = { type: "ephemeral" }
      assert.deepStrictEqual(one.system, [{ type: "text", text: "You review.", cache_control: mark }])
      assert.deepStrictEqual(one.tools.map((tool: { cache_control?: unknown }) => tool.cache_control), [
        undefined,
        mark
      ])
      assert.deepStrictEqual(one.messages[0].content[0].cache_control, mark)
      assert.deepStrictEqual(two.messages[2].content[0].cache_control, mark)
      assert.isAtMost(JSON.stringify(two).split("cache_control").length - 1, 4)
      assert.deepStrictEqual({ system: two.system, tools: two.tools }, { system: one.system, tools: one.tools })
      assert.deepStrictEqual(two.messages.slice(0, one.messages.length), one.messages)
    }))

  it.live("never has more than the four marks that the service takes, however long the conversation", () =>
    Effect.gen(function*() {
      const { received, send } = yield* against([fine])
      const rounds = ["a", "b", "c", "d"].flatMap((id) => [
        assistant(Block.cases.ToolUse.make({ id, name: "Read", input: {} })),
        user(Block.cases.ToolResult.make({ toolUseId: id, content: "text", isError: false }))
      ])
      yield* send({ ...request, messages: [...request.messages, ...rounds] })
      const [body] = received.map(({ body }) => body)
      const marked = body.messages.map(({ content }: { content: ReadonlyArray<object> }) =>
        content.some((block) => "cache_control" in block)
      )
      assert.deepStrictEqual(marked, [false, false, false, false, false, false, true, false, true])
      assert.strictEqual(JSON.stringify(body).split("cache_control").length - 1, 4)
      for (let length = 1; length < 100; length += 7) {
        const long = Array.from({ length }, (_, at) => rounds[at % rounds.length] ?? assert.fail())
        yield* send({ ...request, messages: [...request.messages, ...long] })
      }
      for (const { body } of received) assert.isAtMost(JSON.stringify(body).split("cache_control").length - 1, 4)
      assert.isAbove(received.length, 10)
    }))

  it.live("carries the key in its header, and the conversation in Anthropic's shapes", () =>
    Effect.gen(function*() {
      const { received, send } = yield* against([fine])
      const thinking = { type: "thinking", thinking: "hm", signature: "sig" }
      yield* send({
        ...request,
        toolChoice: "required",
        messages: [
          user(Text("Review this."), Text(" ")),
          assistant(
            Block.cases.Opaque.make({ provider: "anthropic", value: thinking }),
            Block.cases.Opaque.make({ provider: "openai", value: { id: "rs_1" } }),
            Block.cases.ToolUse.make({ id: "t1", name: "Read", input: "cut off" })
          ),
          user(Block.cases.ToolResult.make({ toolUseId: "t1", content: "File not found: x", isError: true }))
        ]
      })
      assert.strictEqual(received[0]?.headers.authorization, `Bearer ${key}`)
      const [{ max_tokens, messages, stream, tool_choice }] = received.map(({ body }) => body)
      assert.deepStrictEqual([max_tokens, stream, tool_choice], [16_384, true, { type: "any" }])
      assert.deepStrictEqual(messages[0].content.map((block: { text: string }) => block.text), ["Review this."])
      assert.deepStrictEqual(messages[1].content, [thinking, { type: "tool_use", id: "t1", name: "Read", input: {} }])
      assert.include(messages[2].content[0], { type: "tool_result", tool_use_id: "t1", is_error: true })
    }))

  it.live("is made again without thoughts that the service takes for those of another conversation", () =>
    Effect.gen(function*() {
      const bound =
        "messages.1.content.0: Invalid `signature` in `thinking` block. The block is bound to a different " +
        "conversation. Remove the block, or set `thinking.block_binding.prefix_mismatch_behavior` to \"drop_block\"."
      const { received, send } = yield* against([Wire.failed(400, "invalid_request_error", bound), fine])
      const thinking = { type: "thinking", thinking: "hm", signature: "sig" }
      const answer = yield* send({
        ...request,
        messages: [
          ...request.messages,
          assistant(
            Block.cases.Opaque.make({ provider: "anthropic", value: thinking }),
            Block.cases.ToolUse.make({ id: "t1", name: "Read", input: {} })
          ),
          user(Block.cases.ToolResult.make({ toolUseId: "t1", content: "text", isError: false }))
        ]
      })
      assert.deepStrictEqual(answer.content, [Text("All well.")])
      const kinds = received.map(({ body }) => body.messages[1].content.map(({ type }: { type: string }) => type))
      assert.deepStrictEqual(kinds, [["thinking", "tool_use"], ["tool_use"]])
    }))

  it.live("leaves tools out when there are none", () =>
    Effect.gen(function*() {
      const { received, send } = yield* against([fine])
      yield* send({ ...request, system: "", tools: [] })
      assert.doesNotHaveAnyKeys(received[0]?.body, ["tools", "tool_choice", "system"])
    }))
})

describe("the answer", () => {
  it.live("is put together from its events, with the tokens that it used", () =>
    Effect.gen(function*() {
      const { send } = yield* against([
        Wire.answer([
          ...Wire.thinkingBlock(0, "hm", "sig"),
          ...Wire.textBlock(1, "Let me ", "look."),
          ...Wire.toolBlock(2, "t1", "Read", "{\"file_", "path\":\"a.ts\"}"),
          ...Wire.toolBlock(3, "t2", "Glob")
        ], {
          stop: "tool_use",
          output: 42,
          usage: { input_tokens: 7, cache_read_input_tokens: 900, cache_creation_input_tokens: 80 }
        })
      ])
      const { content, stop, usage } = yield* send(request)
      assert.deepStrictEqual(content, [
        Block.cases.Opaque.make({
          provider: "anthropic",
          value: { type: "thinking", thinking: "hm", signature: "sig" }
        }),
        Text("Let me look."),
        Block.cases.ToolUse.make({ id: "t1", name: "Read", input: { file_path: "a.ts" } }),
        Block.cases.ToolUse.make({ id: "t2", name: "Glob", input: {} })
      ])
      assert.strictEqual(stop, "tool-use")
      assert.deepStrictEqual({ ...usage }, { input: 7, output: 42, cacheRead: 900, cacheWrite: 80 })
    }))

  // Usage as the Messages API documents it: thoughts are part of the output, and what was cached is not of the input.
  it.live("counts thoughts with the output, and what was cached once, by the service's own example", () =>
    Effect.gen(function*() {
      const { send } = yield* against([
        Wire.answer(Wire.textBlock(0, "x"), {
          output: 503,
          usage: {
            input_tokens: 21,
            cache_creation_input_tokens: 188_086,
            cache_read_input_tokens: 12,
            cache_creation: { ephemeral_5m_input_tokens: 188_086, ephemeral_1h_input_tokens: 0 },
            output_tokens: 1,
            output_tokens_details: { thinking_tokens: 400 },
            service_tier: "standard"
          }
        })
      ])
      const { usage } = yield* send({ ...request, system: "x".repeat(188_086) })
      assert.deepStrictEqual({ ...usage }, { input: 21, output: 503, cacheRead: 12, cacheWrite: 188_086 })
    }))

  for (
    const [said, meant] of [
      ["end_turn", "end"],
      ["stop_sequence", "end"],
      ["max_tokens", "length"],
      ["model_context_window_exceeded", "length"],
      ["pause_turn", "length"],
      ["refusal", "refusal"],
      ["a_reason_of_next_year", "end"]
    ] as const
  ) {
    it.live(`stopped by ${said} is "${meant}"`, () =>
      Effect.gen(function*() {
        const { send } = yield* against([Wire.answer(Wire.textBlock(0, "x"), { stop: said })])
        assert.strictEqual((yield* send(request)).stop, meant)
      }))
  }

  it.live("that was cut off inside a call's arguments does not hold the call", () =>
    Effect.gen(function*() {
      const blocks = [...Wire.textBlock(0, "So:"), ...Wire.toolBlock(1, "t1", "submit_review", "{\"summary\":\"a")]
      const { send } = yield* against([Wire.answer(blocks, { stop: "max_tokens" })])
      assert.deepStrictEqual((yield* send(request)).content, [Text("So:")])
    }))
})

failureSuite({
  against,
  withoutKey: Anthropic.layerWithoutKey,
  request,
  key,
  noKey: "There is no key for the Anthropic API: set ANTHROPIC_API_KEY",
  fine,
  stall: Wire.stall,
  overloaded: Wire.failed(529, "overloaded_error", "Overloaded"),
  away: Wire.failed(429, "rate_limit_error", "come back tomorrow", { "retry-after": "3600" }),
  passing: Wire.passing,
  lasting: [
    [Wire.failed(401, "authentication_error", `invalid x-api-key ${key}`), "unauthorized", /ANTHROPIC_API_KEY/],
    [Wire.failed(403, "permission_error", "no access"), "unauthorized", /ANTHROPIC_API_KEY/],
    [Wire.failed(402, "billing_error", "payment required"), "no-credit", /billing/],
    [
      Wire.failed(
        400,
        "invalid_request_error",
        "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade."
      ),
      "no-credit",
      /no credit left \(400\)/
    ],
    [
      Wire.failed(400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"),
      "context-too-long",
      /too long/
    ],
    [Wire.failed(413, "request_too_large", "Request exceeds the maximum size"), "context-too-long", /too long/],
    [Wire.failed(400, "invalid_request_error", "max_tokens:\n16384 > 4096"), "invalid-request", /16384 > 4096/],
    [Wire.failed(404, "not_found_error", "model: claude-9"), "no-model", /model: claude-9/]
  ]
})
