import { assert, describe, it } from "@effect/vitest"
import { Block } from "@nominal-code/domain/model/Conversation"
import { Usage, UsageSummary } from "@nominal-code/domain/model/Usage"
import type { LlmRequest } from "@nominal-code/llm/LlmProvider"
import { Data, Effect, Fiber, Option } from "effect"
import { TestClock } from "effect/testing"
import { evaluate } from "../src/Evaluate.ts"
import * as Judge from "../src/Judge.ts"
import type { EvalCase } from "../src/Suite.ts"

class Away extends Data.TaggedError("Away")<{ readonly message: string }> {}

const caseOf = (name: string): EvalCase => ({
  name,
  title: name,
  description: "",
  url: name,
  language: undefined,
  code: { _tag: "Trees", base: {}, head: {} },
  goldens: [{ comment: "The lock is never released", severity: "high" }],
  fixedLater: [{ comment: "The name is misleading" }],
  script: []
})

const summary = (costUsd: number) =>
  new UsageSummary({
    provider: "anthropic",
    model: "m",
    calls: 1,
    costUsd,
    usage: new Usage({ input: 10, output: 1, cacheRead: 0, cacheWrite: 0 })
  })

const names = ["a", "b", "c", "d", "e", "f"]

/** Runs six cases; each review takes a second, and `cost` of the dollars that it was given. */
const runWith = ({ concurrency = 2, cost = 0.4, judge = Judge.byWords, maxUsd = Infinity, maxUsdOfCase = 1 }) =>
  Effect.gen(function*() {
    const given: Array<number> = []
    let [running, most] = [0, 0]
    const result = yield* evaluate({
      suite: {
        name: "suite",
        cases: names.map((name) => name === "c" ? { ...caseOf(name), language: "Go" } : caseOf(name))
      },
      reviewer: "m",
      judge,
      concurrency,
      maxUsd,
      maxUsdOfCase,
      onCase: () => Effect.void,
      review: ({ name }, dollars) =>
        Effect.gen(function*() {
          given.push(dollars)
          most = Math.max(most, ++running)
          yield* Effect.sleep("1 second")
          running--
          if (name === "c") return yield* new Away({ message: "the model is away" })
          return {
            findings: [{ body: "The lock is never released" }],
            cut: 2,
            usage: Option.some(summary(Math.min(cost, dollars)))
          }
        })
    })
    return { given, most, result }
  })

const finished = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(effect)
    yield* TestClock.adjust("1 minute")
    return yield* Fiber.join(fiber)
  })

describe("a run over a suite", () => {
  it.effect("keeps to its concurrency, and counts a case that fails", () =>
    Effect.gen(function*() {
      const { most, result } = yield* finished(runWith({}))
      assert.strictEqual(most, 2)
      assert.deepInclude(result.metrics, { cases: 6, failed: 1, found: 5, medianSeconds: 1, seconds: 3 })
      assert.deepStrictEqual([result.suite, result.reviewer, result.judge], ["suite", "m", "words"])
      assert.strictEqual(result.metrics.usage.total, 5 * 11)
      const { problem, ...other } = result.cases[2] ?? assert.fail("the third has failed")
      const { description: _, script: __, code: ___, ...one } = { ...caseOf("c"), language: "Go" }
      assert.deepStrictEqual(other, { ...one, state: "Failed", findings: [], cut: 0, millis: 0 })
      assert.strictEqual(problem, "the model is away")
      assert.deepInclude(result.cases[3], { cut: 2, millis: 1000 })
      assert.notProperty(result.cases[3], "language")
    }))

  it.effect("begins no case for which no dollars are left, and gives none more than what is", () =>
    Effect.gen(function*() {
      const { given, result } = yield* finished(runWith({ maxUsd: 1.5, cost: 0.5 }))
      // Two at once hold 1 and 0.5; half of the first comes back, then none but what the failed one held.
      assert.isAtMost(given.length, 4)
      for (const dollars of given) assert.isAtMost(dollars, 1)
      const spent = result.cases.reduce((sum, { dollars = 0 }) => sum + dollars, 0)
      assert.isAtMost(spent, 1.5)
      assert.strictEqual(result.metrics.notRun, names.length - given.length)
    }))

  it.effect("counts the dollars of its judge, beside those of the reviews", () =>
    Effect.gen(function*() {
      const judge: Judge.Judge = {
        name: "dear",
        judge: (findings, one) =>
          Effect.map(Judge.byWords.judge(findings, one), (judged) => ({ ...judged, dollars: Option.some(0.2) }))
      }
      const { result } = yield* finished(
        runWith({ concurrency: 1, cost: 0.3, judge, maxUsd: 1, maxUsdOfCase: 0.5 })
      )
      assert.deepStrictEqual(result.cases.map(({ dollars, judgeDollars }) => [dollars, judgeDollars]).slice(0, 2), [
        [0.3, 0.2],
        [0.3, 0.2]
      ])
      // Two cases have used up the dollar. A review alone would have left 0.4 of it.
      assert.deepStrictEqual([result.metrics.found, result.metrics.notRun], [2, 4])
    }))
})

describe("a model as judge", () => {
  const judging = (answers: ReadonlyArray<string>, costOf: Judge.JudgeModel["costOf"] = () => Option.some(0.01)) => {
    const requests: Array<LlmRequest> = []
    const judge = Judge.ofModel({
      model: "judge-1",
      costOf,
      service: {
        name: "openai-compatible",
        send: (request) =>
          Effect.sync(() => {
            requests.push(request)
            const text = answers[Math.min(requests.length, answers.length) - 1] ?? ""
            return { content: [Block.cases.Text.make({ text })], stop: "end", usage: Usage.none }
          })
      }
    })
    return { judge, requests }
  }
  const findings = [{ body: "It stays locked" }, { body: "Rename it" }, { body: "Fine" }]

  it.effect("decides which findings match, in one call for a case; what it invents is nothing", () =>
    Effect.gen(function*() {
      const { judge, requests } = judging([
        "Sure:\n```json\n{\"matches\": [{\"candidate\": \"c1\", \"remark\": \" g1 \"}, {\"candidate\": \"C2\", \"remark\": " +
        "\"F1\"}, {\"candidate\": \"C3\", \"remark\": \"G9\"}, {\"candidate\": \"C9\", \"remark\": \"G1\"}]}\n```"
      ])
      const placed = [
        { body: "It stays locked", path: "a.ts", line: 3 },
        { body: "Rename it", path: "b.ts" },
        { body: "Fine" }
      ]
      const { dollars, matches } = yield* judge.judge(placed, caseOf("a"))
      const asked = (requests[0]?.messages ?? []).flatMap(({ content }) => content.filter(Block.guards.Text))
        .map(({ text }) => text).join("\n")
      assert.include(asked, "<G1>\nThe lock is never released\n</G1>\n\n<F1>\nThe name is misleading\n</F1>")
      assert.include(asked, "<C1> at a.ts:3\nIt stays locked\n</C1>")
      assert.include(asked, "<C2> at b.ts\nRename it\n</C2>\n\n<C3>\nFine\n</C3>")
      assert.deepStrictEqual(matches.map(({ _tag }) => _tag), ["Golden", "FixedLater", "Nothing"])
      assert.deepStrictEqual([judge.name, requests.length, dollars], ["judge-1", 1, Option.some(0.01)])
    }))

  it.effect.each([
    ["G1", "Golden"],
    ["g1", "Golden"],
    [" F1 ", "FixedLater"],
    ["G2", "Nothing"],
    ["F2", "Nothing"],
    ["F0", "Nothing"],
    ["C1", "Nothing"],
    ["the first", "Nothing"]
  ])("says %j of a remark, which is a match of the kind %s", ([remark, kind]) =>
    Effect.gen(function*() {
      const { judge } = judging([JSON.stringify({ matches: [{ candidate: " c1\n", remark }] })])
      const { matches } = yield* judge.judge(findings.slice(0, 1), caseOf("a"))
      assert.deepStrictEqual(matches.map(({ _tag }) => _tag), [kind])
    }))

  it.effect("has a price that is not known if that of one of its calls is not", () =>
    Effect.gen(function*() {
      const prices = [Option.some(0.01), Option.none<number>()]
      const { judge } = judging(["No.", "{\"matches\": []}"], () => prices.shift() ?? assert.fail("two calls"))
      const { dollars } = yield* judge.judge(findings, caseOf("a"))
      assert.deepStrictEqual(dollars, Option.none())
    }))

  it.effect("is asked once more if its answer cannot be read, and not at all where there is nothing to compare", () =>
    Effect.gen(function*() {
      const { judge, requests } = judging(["I would say C1.", "{\"matches\": []}"])
      const { dollars } = yield* judge.judge(findings, caseOf("a"))
      assert.deepStrictEqual([requests.length, dollars], [2, Option.some(0.02)])
      yield* judge.judge([], caseOf("a"))
      yield* judge.judge(findings, { ...caseOf("a"), goldens: [], fixedLater: [] })
      assert.lengthOf(requests, 2)
      const never = judging(["No."])
      const refused = yield* Effect.flip(never.judge.judge(findings, caseOf("a")))
      assert.strictEqual(refused.reason, "malformed-response")
      assert.lengthOf(never.requests, 2)
    }))
})
