import { assert, it } from "@effect/vitest"
import type { LlmRequest, LlmResponse } from "@nominal-code/llm/LlmProvider"
import { costOf } from "@nominal-code/llm/Pricing"
import { Effect, Option } from "effect"
import { call, runToResult, says, submit, task, tool, turns, usage } from "./ScriptedModel.ts"
import { textOf, violations } from "./Transcript.ts"

const model = "claude-sonnet-4"
const charactersPerToken = 3

/** A model that bills what it was sent, caches it, and writes all that it may. */
const billing = (answer: (request: LlmRequest) => LlmResponse["content"]) => {
  let cached = 0
  return (request: LlmRequest) => {
    const characters = JSON.stringify([request.system, request.tools]).length +
      request.messages.flatMap(({ content }) => content).reduce((sum, block) => sum + JSON.stringify(block).length, 0)
    const prompt = Math.floor(characters / charactersPerToken / 1.3)
    const read = Math.min(cached, prompt)
    cached = prompt
    return says(answer(request), {
      usage: usage({ input: 0, cacheRead: read, cacheWrite: prompt - read, output: request.maxOutputTokens })
    })
  }
}

for (const maxCostUsd of [0.02, 0.05, 0.1, 0.25, 0.5, 1, 3]) {
  it.effect(`a model that never comes to an end costs no more than $${maxCostUsd}`, () =>
    Effect.gen(function*() {
      const read = tool("Read", () => Effect.succeed("x".repeat(9_000)))
      const endless = billing(() => [call("Read")])
      const { result } = yield* runToResult(task({ ...turns(0), tools: [read], maxCostUsd }), [endless])
      assert.strictEqual(result.stopped, "budget")
      assert.isAtMost(result.usage.costUsd ?? Number.NaN, maxCostUsd)
      assert.deepStrictEqual(violations(result.conversation.messages), [])
    }))
}

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
    assert.closeTo(result.usage.costUsd ?? 0, 2 * Option.getOrThrow(costOf(model, one)), 1e-12)
    assert.deepStrictEqual({ ...result.usage.usage }, { input: 20, cacheRead: 10_000, cacheWrite: 600, output: 100 })
  }))
