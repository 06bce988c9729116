import { assert, describe, it } from "@effect/vitest"
import { SpendScope, within } from "@nominal-code/agent/SpendScope"
import * as TaskSpend from "@nominal-code/agent/TaskSpend"
import { Usage } from "@nominal-code/domain/model/Usage"
import { LlmError } from "@nominal-code/llm/LlmError"
import type { LlmResponse } from "@nominal-code/llm/LlmProvider"
import * as Retry from "@nominal-code/llm/Retry"
import { nanoOf, type Spend } from "@nominal-code/persistence/Spend"
import * as SpendMemory from "@nominal-code/persistence/SpendMemory"
import { StoreError } from "@nominal-code/persistence/StoreError"
import { Deferred, Duration, Effect, Fiber, Option, Result } from "effect"
import { TestClock } from "effect/testing"
import { call, runToResult, says, submit, task } from "./ScriptedModel.ts"

const model = { provider: "anthropic", model: "claude-sonnet-4" }
const next = { previous: Usage.none, newBytes: 3_000, maxOutputTokens: 10_000 }

/** Prompt and 10,000 tokens of output; and the call after it. */
const [whole, closing] = [3_750_000 + 150_000_000, 3_750_000 * 1.25 + 30_000_000]

const usage = new Usage({ input: 1_000, output: 2_000, cacheRead: 0, cacheWrite: 0 })
const billed = 3_000_000 + 30_000_000
const response = { response: says([submit()], { usage }) }

const scopeOf = (ledger: Spend["Service"], limitUsd?: number): SpendScope => ({
  ledger,
  accounts: [{
    kind: "repository",
    name: "repository",
    period: "day",
    ...(limitUsd === undefined ? {} : { limit: nanoOf(limitUsd) })
  }],
  subject: { repository: "github:acme/api", author: "github:alice" },
  prices: {}
})

const fails = (reason: LlmError["reason"], billed?: "no" | "unknown") =>
  new LlmError({ provider: "anthropic", reason, message: "no", ...(billed === undefined ? {} : { billed }) })

/** Sums of the only day, in nanodollars. */
const sums = (ledger: Spend["Service"]) =>
  Effect.map(
    ledger.costs(0),
    ([costs]) => costs === undefined ? [] : [costs.spent, costs.held, costs.lost, costs.calls]
  )

/** Makes one call in a task of its own. */
const once = <A extends { readonly response: LlmResponse }>(
  scope: SpendScope,
  send: (grant: TaskSpend.CallGrant) => Effect.Effect<A, LlmError>
) => Effect.scoped(Effect.flatMap(TaskSpend.open(scope, model), (spend) => spend.call(next, false, send)))

/** The limit that allows no call. */
const refusal = (scope: SpendScope) =>
  Effect.map(once(scope, () => Effect.succeed(response)), (sent) => Option.getOrUndefined(Result.getFailure(sent)))

describe("a call is settled", () => {
  it.effect("with the time that it waited for its turn", () =>
    Effect.gen(function*() {
      const spend = yield* TaskSpend.open(scopeOf(SpendMemory.make()), model)
      for (const waitedMillis of [2_000, 500]) {
        yield* spend.call(next, false, () => Effect.succeed({ response: { ...response.response, waitedMillis } }))
      }
      const summary = spend.summary("anthropic", "claude-sonnet-4")
      assert.strictEqual(summary.waitedMillis, 2_500)
      assert.strictEqual(summary.plus(summary).waitedMillis, 5_000)
    }))

  it.effect("at its cost, and what was reserved for the next one is given back at the end of the task", () =>
    Effect.gen(function*() {
      const ledger = SpendMemory.make()
      yield* Effect.scoped(Effect.gen(function*() {
        const spend = yield* TaskSpend.open(scopeOf(ledger), model)
        yield* spend.call(next, false, () =>
          Effect.gen(function*() {
            assert.deepStrictEqual(yield* sums(ledger), [0, whole + closing, 0, 0])
            return response
          }).pipe(Effect.orDie))
        assert.deepStrictEqual(yield* sums(ledger), [billed, closing, 0, 1])
        assert.deepInclude(spend.summary("anthropic", "m"), { calls: 1, costUsd: 0.033 })
      }))
      assert.deepStrictEqual(yield* sums(ledger), [billed, 0, 0, 1])
    }))

  it.effect("before it, what is reserved after a long pause counts on no cache", () =>
    Effect.gen(function*() {
      const ledger = SpendMemory.make()
      const spend = yield* TaskSpend.open(scopeOf(ledger), model)
      const cached = new Usage({ input: 0, output: 0, cacheRead: 50_000, cacheWrite: 0 })
      const following = { previous: cached, newBytes: 0, maxOutputTokens: 0 }
      const reserved: Array<number> = []
      for (const minutes of [0, 1, 6]) {
        yield* TestClock.adjust(Duration.minutes(minutes))
        yield* spend.call(following, true, () =>
          Effect.map(Effect.orDie(sums(ledger)), ([, held = 0]) => {
            reserved.push(held)
            return response
          }))
      }
      assert.deepStrictEqual(reserved, [15_000_000, 15_000_000, 187_500_000])
    }))

  it.effect("at nothing if the service refused it, and at its reservation if it may have been billed", () =>
    Effect.gen(function*() {
      for (const reason of ["rate-limited", "unauthorized", "invalid-request", "context-too-long"] as const) {
        const ledger = SpendMemory.make()
        yield* Effect.flip(once(scopeOf(ledger), () => Effect.fail(fails(reason))))
        assert.deepStrictEqual(yield* sums(ledger), [0, 0, 0, 0], reason)
      }
      for (const reason of ["timeout", "malformed-response", "unavailable", "refused"] as const) {
        const ledger = SpendMemory.make()
        yield* Effect.flip(once(scopeOf(ledger), () => Effect.fail(fails(reason))))
        assert.deepStrictEqual(yield* sums(ledger), [whole, 0, whole, 1], reason)
      }
      const ledger = SpendMemory.make()
      yield* Effect.flip(once(scopeOf(ledger), () => Effect.fail(fails("unavailable", "no"))))
      assert.deepStrictEqual(yield* sums(ledger), [0, 0, 0, 0])
    }))

  it.effect("at its reservation if its fiber is interrupted or dies", () =>
    Effect.gen(function*() {
      const ledger = SpendMemory.make()
      const begun = yield* Deferred.make<void>()
      const fiber = yield* Effect.forkChild(
        once(scopeOf(ledger), () => Effect.andThen(Deferred.succeed(begun, undefined), Effect.never))
      )
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(fiber)
      yield* Effect.exit(once(scopeOf(ledger), () => Effect.die("a bug")))
      assert.deepStrictEqual(yield* sums(ledger), [2 * whole, 0, 2 * whole, 2])
    }))

  it.effect("each attempt of it: one whose answer was lost is paid for, and the next one reserves anew", () =>
    Effect.gen(function*() {
      const ledger = SpendMemory.make()
      let attempts = 0
      const attempt = Effect.suspend(() => ++attempts < 3 ? Effect.fail(fails("timeout")) : Effect.succeed(response))
      const fiber = yield* Effect.forkChild(
        once(scopeOf(ledger), () => Retry.retrying("anthropic", { total: Duration.minutes(5) })(attempt))
      )
      yield* TestClock.adjust("1 minute")
      assert.isTrue(Result.isSuccess(yield* Fiber.join(fiber)))
      assert.deepStrictEqual(yield* sums(ledger), [2 * whole + billed, 0, 2 * whole, 3])
    }))

  it.effect("and not repeated when no more attempts can be paid for", () =>
    Effect.gen(function*() {
      const ledger = SpendMemory.make()
      let attempts = 0
      const attempt = Effect.suspend(() => {
        attempts++
        return Effect.fail(fails("timeout"))
      })
      const fiber = yield* Effect.forkChild(Effect.flip(
        once(scopeOf(ledger, 0.45), () => Retry.retrying("anthropic", { total: Duration.minutes(5) })(attempt))
      ))
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "LlmError")
      assert.strictEqual(attempts, 2)
      assert.deepStrictEqual(yield* sums(ledger), [2 * whole, 0, 2 * whole, 2])
    }))

  it.effect("as far as its limit of all attempts let it come: one that hangs then counts as lost", () =>
    Effect.gen(function*() {
      const ledger = SpendMemory.make()
      let attempts = 0
      const attempt = Effect.suspend(() => ++attempts === 1 ? Effect.fail(fails("rate-limited")) : Effect.never)
      const fiber = yield* Effect.forkChild(Effect.flip(
        once(scopeOf(ledger), () => Retry.retrying("anthropic", { total: Duration.minutes(5) })(attempt))
      ))
      yield* TestClock.adjust("5 minutes")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(yield* sums(ledger), [whole, 0, whole, 1])
    }))
})

describe("a limit", () => {
  it.effect("is shared by a task and the tasks within it, whose own cap only makes it tighter", () =>
    Effect.gen(function*() {
      const ledger = SpendMemory.make()
      const parent = scopeOf(ledger, 1)
      const child = within(parent, 0.05)
      const cramped = yield* once(child, (grant) => Effect.succeed({ ...response, grant }))
      assert.deepStrictEqual(
        Result.map(cramped, ({ grant }) => grant),
        Result.succeed({ maxOutputTokens: 3_083, last: Option.some("task" as const) })
      )
      assert.strictEqual(yield* refusal(child), "task")
      for (let time = 0; time < 29; time++) yield* once(parent, () => Effect.succeed(response))
      assert.strictEqual(yield* refusal(within(parent, 10)), "repository")
    }))

  it.effect("is named by the task that it ended, in a last call or before one", () =>
    Effect.gen(function*() {
      const run = (limitUsd: number) =>
        runToResult(task(), [({ toolChoice }) => says(toolChoice === "required" ? [submit()] : [call("Read")])]).pipe(
          Effect.provideService(SpendScope, scopeOf(SpendMemory.make(), limitUsd))
        )
      const last = yield* run(0.06)
      assert.deepInclude(last.result, { stopped: "submitted", limit: "repository" })
      const none = yield* run(0.001)
      assert.deepInclude(none.result, { stopped: "budget", limit: "repository" })
      assert.strictEqual(none.requests.length, 0)
      assert.notProperty((yield* run(1_000)).result, "limit")
    }))

  it.effect("makes no call while the ledger is away", () =>
    Effect.gen(function*() {
      const away = new StoreError({ operation: "Spend.reserve", message: "away", reason: "unavailable" })
      const ledger = { ...SpendMemory.make(), reserve: () => Effect.fail(away) }
      let sent = 0
      const fiber = yield* Effect.forkChild(Effect.flip(once(scopeOf(ledger), () => {
        sent++
        return Effect.succeed(response)
      })))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual([yield* Fiber.join(fiber), sent], [away, 0])
    }))
})

it.effect("an answer is kept although its cost cannot be stored: it counts as what was reserved", () =>
  Effect.gen(function*() {
    const ledger = SpendMemory.make()
    const away = new StoreError({ operation: "Spend.settle", message: "away", reason: "unavailable" })
    const fiber = yield* Effect.forkChild(
      once(scopeOf({ ...ledger, settle: () => Effect.fail(away) }), () => Effect.succeed(response))
    )
    yield* TestClock.adjust("1 minute")
    assert.isTrue(Result.isSuccess(yield* Fiber.join(fiber)))
    assert.deepStrictEqual(yield* sums(ledger), [0, whole + closing, 0, 0])
  }))

it.effect("a call is one reservation and one settlement, and a task gives back once", () =>
  Effect.gen(function*() {
    const asked: Array<string> = []
    const counted = <A extends ReadonlyArray<unknown>, B>(name: string, ask: (...args: A) => B) => (...args: A) => {
      asked.push(name)
      return ask(...args)
    }
    const { reserve, release, settle, ...rest } = SpendMemory.make()
    const ledger = {
      ...rest,
      reserve: counted("reserve", reserve),
      settle: counted("settle", settle),
      release: counted("release", release)
    }
    yield* runToResult(task(), [says([call("Read")]), says([submit()])]).pipe(
      Effect.provideService(SpendScope, scopeOf(ledger))
    )
    assert.deepStrictEqual(asked, ["reserve", "settle", "reserve", "settle", "release"])
  }))
