import { assert, it } from "@effect/vitest"
import type { LlmRequest, LlmResponse } from "@nominal-code/llm/LlmProvider"
import { listedPrices } from "@nominal-code/llm/Pricing"
import { Effect, Option } from "effect"
import { call, runToResult, says, submit, task, tool, turns, usage } from "./ScriptedModel.ts"
import { textOf, violations } from "./Transcript.ts"

const model = "claude-sonnet-4"
const bytesPerToken = 3

const tokensOf = (content: unknown) => Math.floor(Buffer.byteLength(JSON.stringify(content)) / bytesPerToken / 1.3)

/** A model that bills what it was sent, reads from its cache what begins as before, and writes all that it may. */
const billing = (answer: (request: LlmRequest) => LlmResponse["content"]) => {
  let cached: Pick<LlmRequest, "messages" | "tools"> = { messages: [], tools: [] }
  return (request: LlmRequest) => {
    const { messages, system, tools } = request
    const begins = JSON.stringify([tools, messages.slice(0, cached.messages.length)])
    const hit = begins === JSON.stringify([cached.tools, cached.messages])
    const read = hit ? tokensOf([system, tools, cached.messages]) : 0
    cached = { messages, tools }
    const prompt = tokensOf([system, tools, messages])
    return says(answer(request), {
      usage: usage({ input: 0, cacheRead: read, cacheWrite: prompt - read, output: request.maxOutputTokens })
    })
  }
}

for (const maxCostUsd of [0.02, 0.05, 0.1, 0.25, 0.5, 1, 3]) {
  it.effect(`a model that never comes to an end costs no more than $${maxCostUsd}`, () =>
    Effect.gen(function*() {
      for (const character of ["x", "漢"]) {
        const read = tool("Read", () => Effect.succeed(character.repeat(9_000)))
        const endless = billing(() => [call("Read")])
        const { result } = yield* runToResult(task({ ...turns(0), tools: [read], maxCostUsd }), [endless])
        assert.strictEqual(result.stopped, "budget")
        assert.isAtMost(result.usage.costUsd ?? Number.NaN, maxCostUsd)
        assert.deepStrictEqual(violations(result.conversation.messages), [])
      }
    }))
}

it.effect("a model that ignores the last call's demand gets no other", () =>
  Effect.gen(function*() {
    const cheap = () => says([call("Read")], { usage: usage({ input: 100, output: 10 }) })
    const { requests, result } = yield* runToResult(task({ ...turns(0), maxCostUsd: 0.03 }), [cheap])
    assert.deepStrictEqual(requests.map(({ toolChoice }) => toolChoice), ["required"])
    assert.deepStrictEqual([result.stopped, result.turns], ["budget", 1])
  }))

it.effect("a conversation that was made shorter is paid for anew, within the cap", () =>
  Effect.gen(function*() {
    const read = tool("Read", () => Effect.succeed("x".repeat(150_000)))
    for (const maxCostUsd of Array.from({ length: 40 }, (_, step) => 1 + step / 20)) {
      const answer = billing(() => [call("Read"), call("WriteNotes", { content: "a.ts:3 leaks" })])
      const { requests, result } = yield* runToResult(task({ ...turns(0), tools: [read], maxCostUsd }), [answer])
      assert.isAtMost(result.usage.costUsd ?? Number.NaN, maxCostUsd)
      const compacted = requests.some(({ messages }) => textOf(messages[0]).includes("[context compacted]"))
      assert.isTrue(compacted || maxCostUsd < 2)
    }
  }))

it.effect("the last call that can be paid for is the one in which the review is handed in", () =>
  Effect.gen(function*() {
    const answer = billing(({ toolChoice }) => toolChoice === "required" ? [submit()] : [call("Read")])
    const { requests, result } = yield* runToResult(task({ ...turns(0), maxCostUsd: 0.5 }), [answer])
    assert.strictEqual(result.stopped, "submitted")
    assert.match(textOf(requests.at(-1)?.messages.at(-1)), /last turn/)
    assert.isAtLeast(requests.length, 2)
    assert.isAtMost(result.usage.costUsd ?? Number.NaN, 0.5)
  }))

it.effect("no call is made when not even one can be paid for", () =>
  Effect.gen(function*() {
    const { requests, result } = yield* runToResult(task({ maxCostUsd: 0.001 }), [says([submit()])])
    assert.deepStrictEqual([requests.length, result.stopped, result.usage.calls], [0, "budget", 0])
    assert.deepStrictEqual(violations(result.conversation.messages), [])
  }))

it.effect("a model without a known price is bounded by its turns", () =>
  Effect.gen(function*() {
    const settings = { provider: "anthropic", model: "mine", maxTurns: 3 } as const
    const { result } = yield* runToResult(task({ settings, maxCostUsd: 0.001 }), [() => says([call("Read")])])
    assert.deepStrictEqual([result.stopped, result.usage.calls], ["turns", 4])
    assert.notProperty(result.usage, "costUsd")
  }))

it.effect("the cost is the sum of all calls", () =>
  Effect.gen(function*() {
    const one = usage({ input: 10, cacheRead: 5_000, cacheWrite: 300, output: 50 })
    const { result } = yield* runToResult(task(), [
      says([call("Read")], { usage: one }),
      says([submit()], { usage: one })
    ])
    assert.closeTo(result.usage.costUsd ?? 0, 2 * Option.getOrThrow(listedPrices.costOf(model, one)), 1e-12)
    assert.deepStrictEqual({ ...result.usage.usage }, { input: 20, cacheRead: 10_000, cacheWrite: 600, output: 100 })
  }))
