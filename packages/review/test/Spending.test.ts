import { assert, it } from "@effect/vitest"
import * as ApiAgent from "@nominal-code/agent/ApiAgent"
import { Job, JobId } from "@nominal-code/domain/job/Job"
import { Block } from "@nominal-code/domain/model/Conversation"
import { Usage } from "@nominal-code/domain/model/Usage"
import { LlmProvider } from "@nominal-code/llm/LlmProvider"
import * as LlmProviders from "@nominal-code/llm/LlmProviders"
import { nanoOf, newTask } from "@nominal-code/persistence/Spend"
import { Effect, Layer, Struct } from "effect"
import { TestClock } from "effect/testing"
import { answer } from "../src/commands/Question.ts"
import { review } from "../src/Review.ts"
import * as Scene from "./Scene.ts"

/** An agent whose model submits at once, with 8,000 tokens if it may: 12 cents a review. */
const agent = ApiAgent.layer.pipe(
  Layer.provide(
    LlmProviders.layer([Layer.succeed(LlmProvider, {
      name: "anthropic",
      send: ({ maxOutputTokens }) =>
        Effect.succeed({
          content: [
            Block.cases.ToolUse.make({ id: "t", name: "submit_review", input: { summary: "s", comments: [] } })
          ],
          stop: "tool-use" as const,
          usage: new Usage({ input: 0, output: Math.min(8_000, maxOutputTokens), cacheRead: 0, cacheWrite: 0 })
        })
    })])
  )
)

const reviewer = { provider: "anthropic", model: "claude-sonnet-4", maxTurns: 8 }

/** Reviews a pull request again and again, as jobs of their own, until a limit ends it; the number of its reviews. */
const untilLimited = (changes: Partial<typeof Scene.settings>) => {
  const world = Scene.world({ settings: { ...Scene.settings, reviewer, ...changes } })
  const run = (number: number, event = Scene.pushJob.event) => {
    const job = new Job({ ...Scene.pushJob, event, id: JobId.make(String(number).padStart(20, "0")) })
    return Effect.provide(review(job), Layer.merge(Scene.layer(world), agent))
  }
  const loop = Effect.gen(function*() {
    for (let number = 0; number < 20; number++) {
      const outcome = yield* run(number)
      if (outcome._tag !== "Reviewed") return { number, outcome }
    }
    return assert.fail("no limit held")
  })
  return { loop, run, world }
}

it.effect("each limit of several reviews ends the last one that it cannot pay for, and names itself", () =>
  Effect.gen(function*() {
    const limits = [
      [{ limits: { pullRequestUsd: 1 } }, "the dollar limit of this pull request is used up"],
      [{ limits: { repositoryUsd: 1 } }, "this repository's dollar limit for one day (UTC) is used up"],
      [{ limits: { authorUsd: 1 } }, "its author's dollar limit for one day (UTC) is used up"],
      [{ limits: { dayUsd: 1 } }, "my dollar limit for one day (UTC) is used up"]
    ] as const
    for (const [changes, detail] of limits) {
      const { loop, world } = untilLimited(changes)
      const { number, outcome } = yield* loop
      const [costs] = yield* world.spend.costs(0)
      assert.isAtMost(costs?.spent ?? Number.NaN, 1_000_000_000)
      assert.isAtLeast(number, 8)
      assert.deepInclude(outcome, { _tag: "Skipped", reason: "limit-reached", detail })
    }
  }))

it.effect("a limit that is used up ends a job before anything is checked out for it", () =>
  Effect.gen(function*() {
    const { run, world } = untilLimited({ limits: { repositoryUsd: 0.25 } })
    const repository = { kind: "repository", name: "repository:github:acme/shop", period: "day" } as const
    yield* world.spend.reserve({
      task: newTask([repository]),
      subject: { repository: "github:acme/shop", author: "", ...Struct.pick(reviewer, ["provider", "model"]) },
      call: 1,
      ranges: [{ least: nanoOf(0.24), most: nanoOf(0.24) }]
    })
    assert.deepInclude(yield* run(100), { _tag: "Skipped", reason: "limit-reached" })
    const asked = yield* Effect.provide(answer(Scene.mentionJob, "Why?"), Layer.merge(Scene.layer(world), agent))
    assert.strictEqual(asked._tag, "Answered")
    assert.include(world.replies.at(-1), "I cannot answer this: this repository's dollar limit for one day (UTC)")
    assert.deepStrictEqual(world.checkouts, [])
    yield* TestClock.adjust("1 day")
    assert.strictEqual((yield* run(101))._tag, "Reviewed")
    assert.strictEqual(world.checkouts.length, 1)
  }))

it.effect("a day's limit lets reviews through again on the next day, and a pull request's does not", () =>
  Effect.gen(function*() {
    for (const [limits, next] of [[{ dayUsd: 1 }, "Reviewed"], [{ pullRequestUsd: 1 }, "Skipped"]] as const) {
      const { loop, run } = untilLimited({ limits })
      yield* loop
      yield* TestClock.adjust("1 day")
      assert.strictEqual((yield* run(100))._tag, next)
    }
  }))

it.effect("further attempts of a job share its limit", () =>
  Effect.gen(function*() {
    const { run } = untilLimited({ maxCostUsd: 0.3 })
    assert.strictEqual((yield* run(1))._tag, "Reviewed")
    const again = yield* Effect.forEach([1, 2, 3], () => run(1), { concurrency: 1 })
    assert.strictEqual(again.at(-1)?._tag, "Skipped")
    assert.strictEqual((yield* run(2))._tag, "Reviewed")
  }))

it.effect("costs are listed under the repository and the account that caused them, at the configured price", () =>
  Effect.gen(function*() {
    const { run, world } = untilLimited({ prices: { "claude-sonnet-4": { input: 1, output: 1 } } })
    yield* run(1)
    yield* run(2, Scene.mentionJob.event)
    const costs = yield* world.spend.costs(0)
    assert.deepStrictEqual(costs.map(({ subject: { author, repository }, spent }) => [repository, author, spent]), [
      ["github:acme/shop", "github:alice", 8_000_000],
      ["github:acme/shop", "github:bob", 8_000_000]
    ])
  }))
