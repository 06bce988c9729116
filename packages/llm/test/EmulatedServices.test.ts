import { LLMock } from "@copilotkit/aimock"
import { assert, describe, it } from "@effect/vitest"
import { Block, type Message } from "@nominal-code/domain/model/Conversation"
import * as Anthropic from "@nominal-code/llm/Anthropic"
import * as Google from "@nominal-code/llm/Google"
import type { LlmRequest } from "@nominal-code/llm/LlmProvider"
import * as OpenAi from "@nominal-code/llm/OpenAi"
import { FirstDelay } from "@nominal-code/llm/Retry"
import { Duration, Effect, Option, Redacted } from "effect"

/** The services, as somebody else emulates them. */
const services = [
  { name: "Anthropic", make: Anthropic.make, model: "claude-sonnet-5-5", path: "" },
  { name: "OpenAI", make: OpenAi.make, model: "gpt-5", path: "/v1" },
  { name: "Google", make: Google.make, model: "gemini-2.5-flash", path: "" }
]

const opening: Message = { role: "user", content: [Block.cases.Text.make({ text: "Review this." })] }

const request: Omit<LlmRequest, "model"> = {
  system: "You review.",
  messages: [opening],
  tools: [{ name: "Read", description: "Reads", inputSchema: { type: "object", properties: {} } }],
  toolChoice: "auto",
  maxOutputTokens: 1_000
}

const faults = [
  ["dropRate", "unavailable"],
  ["disconnectRate", "unavailable"],
  ["malformedRate", "malformed-response"],
  ["rateLimitRate", "rate-limited"]
] as const

const textOf = (content: ReadonlyArray<Block>) => content.filter(Block.guards.Text).map(({ text }) => text)

describe.each(services)("the emulated $name", ({ make, model, path }) => {
  /** The service, and a provider that talks to it. */
  const emulated = Effect.gen(function*() {
    const mock = yield* Effect.acquireRelease(
      Effect.promise(() => LLMock.create({ port: 0 })),
      (mock) => Effect.promise(() => mock.stop())
    )
    const provider = yield* make({
      apiKey: Redacted.make("sk-test"),
      baseUrl: Option.some(`${mock.url}${path}`),
      limits: { idle: Duration.seconds(5), attempt: Duration.seconds(5), total: Duration.seconds(20) }
    })
    const send = (messages: ReadonlyArray<Message> = [opening]) =>
      Effect.provideService(provider.send({ ...request, model, messages }), FirstDelay, Duration.millis(1))
    return { mock, send }
  })

  it.live("calls tools, and goes on with what they are answered", () =>
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
      assert.deepStrictEqual([textOf(second.content), second.stop], [["All well."], "end"])
    }))

  it.live("keeps its thoughts out of its text", () =>
    Effect.gen(function*() {
      const { mock, send } = yield* emulated
      mock.onMessage("Review this.", { content: "All well.", reasoning: "hm" })
      const { content } = yield* send()
      assert.deepStrictEqual(textOf(content), ["All well."])
      assert.isTrue(content.some(Block.guards.Opaque))
    }))

  it.live("says that its answer was cut off", () =>
    Effect.gen(function*() {
      const { mock, send } = yield* emulated
      mock.onMessage("Review this.", { content: "I have fou", finishReason: "length" })
      assert.strictEqual((yield* send()).stop, "length")
    }))

  it.live.each(faults)(
    "is asked again after %s, and while it lasts that is %s",
    ([fault, reason]) =>
      Effect.gen(function*() {
        const { mock, send } = yield* emulated
        mock.onMessage("Review this.", { content: "All well." })
        mock.setChaos({ [fault]: 1 })
        const error = yield* Effect.flip(send())
        assert.isTrue(error.retryable, error.message)
        assert.strictEqual(error.reason, reason, error.message)
        mock.clearChaos()
        assert.deepStrictEqual(textOf((yield* send()).content), ["All well."])
      })
  )
})
