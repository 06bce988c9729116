import { LLMock } from "@copilotkit/aimock"
import { assert, it } from "@effect/vitest"
import { Block, type Message } from "@nominal-code/domain/Conversation"
import * as Google from "@nominal-code/llm/Google"
import type { LlmRequest } from "@nominal-code/llm/LlmProvider"
import { FirstDelay } from "@nominal-code/llm/Retry"
import { Duration, Effect, Option, Redacted } from "effect"

const opening: Message = { role: "user", content: [Block.cases.Text.make({ text: "Review this." })] }

const request: LlmRequest = {
  model: "gemini-2.5-flash",
  system: "You review.",
  messages: [opening],
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
  const provider = yield* Google.make({
    apiKey: Redacted.make("AIzaTest"),
    baseUrl: Option.some(mock.url),
    limits: { idle: Duration.seconds(5), attempt: Duration.seconds(5), total: Duration.seconds(20) }
  })
  const send = (messages: ReadonlyArray<Message> = [opening]) =>
    Effect.provideService(provider.send({ ...request, messages }), FirstDelay, Duration.millis(1))
  return { mock, send }
})

it.live("understands the emulated service's calls, and the service what they are answered with", () =>
  Effect.gen(function*() {
    const { mock, send } = yield* emulated
    mock.on({ userMessage: "Review this.", turnIndex: 0 }, {
      toolCalls: [
        { name: "Read", arguments: "{\"file_path\":\"a.ts\"}" },
        { name: "Read", arguments: "{\"file_path\":\"b.ts\"}" }
      ]
    })
    mock.on({ userMessage: "Review this.", turnIndex: 1 }, { content: "All well." })
    const { content, stop } = yield* send()
    assert.strictEqual(stop, "tool-use")
    const calls = content.filter(Block.guards.ToolUse)
    assert.deepStrictEqual(calls.map(({ input, name }) => [name, input]), [
      ["Read", { file_path: "a.ts" }],
      ["Read", { file_path: "b.ts" }]
    ])
    const results = calls.map(({ id }) =>
      Block.cases.ToolResult.make({ toolUseId: id, content: "text", isError: false })
    )
    const second = yield* send([opening, { role: "assistant", content }, { role: "user", content: results }])
    assert.deepStrictEqual([second.content, second.stop], [[Block.cases.Text.make({ text: "All well." })], "end"])
  }))

it.live("keeps the emulated service's thoughts out of its text", () =>
  Effect.gen(function*() {
    const { mock, send } = yield* emulated
    mock.onMessage("Review this.", { content: "All well.", reasoning: "hm" })
    const { content } = yield* send()
    assert.deepStrictEqual(content.filter((block) => !Block.guards.Opaque(block)), [
      Block.cases.Text.make({ text: "All well." })
    ])
    assert.isTrue(content.some(Block.guards.Opaque))
  }))

for (
  const [fault, reason] of [
    ["dropRate", "unavailable"],
    ["disconnectRate", "unavailable"],
    ["malformedRate", "malformed-response"],
    ["rateLimitRate", "rate-limited"]
  ] as const
) {
  it.live(`comes through ${fault} once it is over, and names it when it is not`, () =>
    Effect.gen(function*() {
      const { mock, send } = yield* emulated
      mock.onMessage("Review this.", { content: "All well." })
      mock.setChaos({ [fault]: 1 })
      const error = yield* Effect.flip(send())
      assert.isTrue(error.retryable, error.message)
      assert.strictEqual(error.reason, reason, error.message)
      mock.clearChaos()
      assert.deepStrictEqual((yield* send()).content, [Block.cases.Text.make({ text: "All well." })])
    }))
}
