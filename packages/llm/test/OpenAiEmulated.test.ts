import { LLMock } from "@copilotkit/aimock"
import { assert, it } from "@effect/vitest"
import { Block } from "@nominal-code/domain/Conversation"
import type { LlmRequest } from "@nominal-code/llm/LlmProvider"
import * as OpenAi from "@nominal-code/llm/OpenAi"
import { FirstDelay } from "@nominal-code/llm/Retry"
import { Duration, Effect, Option, Redacted } from "effect"

const request: LlmRequest = {
  model: "gpt-5",
  system: "You review.",
  messages: [{ role: "user", content: [Block.cases.Text.make({ text: "Review this." })] }],
  tools: [{ name: "Read", description: "Reads", inputSchema: { type: "object", properties: {} } }],
  toolChoice: "auto",
  maxOutputTokens: 1_000
}

/** The emulated service, and a provider that talks to it. */
const emulated = Effect.gen(function*() {
  const mock = yield* Effect.acquireRelease(
    Effect.promise(() => LLMock.create({ port: 0 })),
    (mock) => Effect.promise(() => mock.stop())
  )
  const provider = yield* OpenAi.make({
    apiKey: Redacted.make("sk-test"),
    baseUrl: Option.some(`${mock.url}/v1`),
    limits: { idle: Duration.seconds(5), attempt: Duration.seconds(5), total: Duration.seconds(20) }
  })
  const send = Effect.provideService(provider.send(request), FirstDelay, Duration.millis(1))
  return { mock, send }
})

it.live("understands the emulated service's thoughts and calls", () =>
  Effect.gen(function*() {
    const { mock, send } = yield* emulated
    mock.onMessage("Review this.", {
      reasoning: "Two files.",
      toolCalls: [
        { id: "call_1", name: "Read", arguments: "{\"file_path\":\"a.ts\"}" },
        { id: "call_2", name: "Read", arguments: "{\"file_path\":\"b.ts\"}" }
      ]
    })
    const { content, stop } = yield* send
    assert.strictEqual(stop, "tool-use")
    assert.deepStrictEqual(content.map(({ _tag }) => _tag), ["Opaque", "ToolUse", "ToolUse"])
    assert.include(JSON.stringify(content[0]), "encrypted_content")
    assert.deepStrictEqual(
      content.filter(Block.guards.ToolUse).map(({ id, input, name }) => [id, name, input]),
      [["call_1", "Read", { file_path: "a.ts" }], ["call_2", "Read", { file_path: "b.ts" }]]
    )
  }))

it.live("sees in the emulated service's answer that it was cut off", () =>
  Effect.gen(function*() {
    const { mock, send } = yield* emulated
    mock.onMessage("Review this.", { content: "I have fou", finishReason: "length" })
    assert.strictEqual((yield* send).stop, "length")
  }))

for (
  const [fault, reason] of [["dropRate", "unavailable"], [
    "disconnectRate",
    "unavailable"
  ], ["malformedRate", "malformed-response"]] as const
) {
  it.live(`comes through ${fault} once it is over, and names it when it is not`, () =>
    Effect.gen(function*() {
      const { mock, send } = yield* emulated
      mock.onMessage("Review this.", { content: "All well." })
      mock.setChaos({ [fault]: 1 })
      const error = yield* Effect.flip(send)
      assert.isTrue(error.retryable, error.message)
      assert.strictEqual(error.reason, reason, error.message)
      mock.clearChaos()
      const { content } = yield* send
      assert.deepStrictEqual(content.filter(Block.guards.Text).map(({ text }) => text), ["All well."])
    }))
}
