import { assert, describe, it } from "@effect/vitest"
import { Usage } from "@nominal-code/domain/model/Usage"
import {
  type DailyCosts,
  noCosts,
  Spend,
  type SpendAccount,
  type SpendRequest,
  type SpendSettlement
} from "@nominal-code/persistence/Spend"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Clock, Effect, Layer, Option, Random } from "effect"
import { TestClock } from "effect/testing"

const subject = { repository: "github:acme/api", author: "github:alice", provider: "anthropic", model: "claude" }

const account = (name: string, limit?: number, period: "day" | "life" = "life"): SpendAccount => ({
  kind: "repository",
  name,
  period,
  ...(limit === undefined ? {} : { limit })
})

const usage = new Usage({ input: 10, output: 5, cacheRead: 3, cacheWrite: 2 })

/** A call of a task, with one range. */
const request = (id: string, call: number, amount: number, changes: Partial<SpendRequest> = {}): SpendRequest => ({
  task: { id, accounts: [account("a", 100)] },
  subject,
  call,
  ranges: [{ least: amount, most: amount }],
  ...changes
})

const settlement = ({ call, task }: SpendRequest, spent: number, day: number, keep = 0): SpendSettlement => ({
  task,
  subject,
  call,
  day,
  costs: { ...noCosts, spent, calls: 1, usage },
  keep
})

const today = Effect.map(Clock.currentTimeMillis, (now) => Math.floor(now / 86_400_000))

const sumOf = (costs: ReadonlyArray<DailyCosts>, field: "spent" | "held" | "lost" | "calls") =>
  costs.reduce((sum, one) => sum + one[field], 0)

/** Contract of every ledger. */
export const spendSuite = (name: string, store: Layer.Layer<Spend, StoreError>) => {
  const fresh = Layer.fresh(store)

  describe(`Spend (${name})`, () => {
    it.effect("the tightest account tells if it has too little left, before anything is reserved", () =>
      Effect.gen(function*() {
        const ledger = yield* Spend
        const accounts = [account("counted"), account("wide", 1000), account("day", 100, "day")]
        yield* ledger.reserve(request("t1", 1, 70, { task: { id: "t1", accounts } }))
        const left = (amount: number) => Effect.map(ledger.exhausted(accounts, amount), Option.map(({ name }) => name))
        assert.deepStrictEqual(yield* left(30), Option.none())
        assert.deepStrictEqual(yield* left(31), Option.some("day"))
        assert.deepStrictEqual(yield* ledger.exhausted([account("counted")], 1e15), Option.none())
        assert.strictEqual(
          (yield* ledger.reserve(request("t2", 1, 30, { task: { id: "t2", accounts } })))._tag,
          "Granted"
        )
      }).pipe(Effect.provide(fresh)))

    it.effect("a reservation counts until it is settled, and then its cost does", () =>
      Effect.gen(function*() {
        const ledger = yield* Spend
        const first = request("t1", 1, 80)
        const granted = yield* ledger.reserve(first)
        assert.deepStrictEqual(granted, { _tag: "Granted", amount: 80, range: 0, day: granted.day })
        const refused = yield* ledger.reserve(request("t2", 1, 30))
        assert.deepStrictEqual([refused._tag, "tightest" in refused && refused.tightest?.name], ["Refused", "a"])
        yield* ledger.settle(settlement(first, 50, granted.day))
        assert.strictEqual((yield* ledger.reserve(request("t2", 1, 51)))._tag, "Refused")
        assert.strictEqual((yield* ledger.reserve(request("t2", 1, 50)))._tag, "Granted")
      }).pipe(Effect.provide(fresh)))

    it.effect("the first range that fits is taken, and as much of it as fits", () =>
      Effect.gen(function*() {
        const ledger = yield* Spend
        const ranges = [{ least: 60, most: 90 }, { least: 10, most: 40 }]
        const task = (id: string) => request(id, 1, 0, { ranges })
        const grants = yield* Effect.forEach(["t1", "t2", "t3"], (id) => ledger.reserve(task(id)), { concurrency: 1 })
        assert.deepStrictEqual(
          grants.map((grant) => grant._tag === "Granted" ? [grant.range, grant.amount] : grant.tightest.kind),
          [[0, 90], [1, 10], "repository"]
        )
      }).pipe(Effect.provide(fresh)))

    it.effect("the tightest of several accounts decides, and is named", () =>
      Effect.gen(function*() {
        const ledger = yield* Spend
        const task = { id: "t1", accounts: [account("wide", 1_000), account("counted"), account("tight", 20)] }
        const refused = yield* ledger.reserve(request("t1", 1, 21, { task }))
        assert.strictEqual(refused._tag === "Refused" && refused.tightest.name, "tight")
        const all = [{ least: 21, most: 30 }, { least: 1, most: 30 }]
        const granted = yield* ledger.reserve(request("t1", 2, 0, { task, ranges: all }))
        assert.deepStrictEqual(
          granted._tag === "Granted" && [granted.amount, granted.range, granted.tightest?.name],
          [20, 1, "tight"]
        )
      }).pipe(Effect.provide(fresh)))

    it.effect("what a task holds after a call is part of its next reservation, and is given back at its end", () =>
      Effect.gen(function*() {
        const ledger = yield* Spend
        const first = request("t1", 1, 60)
        const { day } = yield* ledger.reserve(first)
        yield* ledger.settle(settlement(first, 10, day, 40))
        // 10 are spent and 40 held: others have 50, and the task itself 90.
        assert.strictEqual((yield* ledger.reserve(request("t2", 1, 51)))._tag, "Refused")
        const held = { day, subject }
        const second = yield* ledger.reserve(request("t1", 2, 90, { held }))
        assert.strictEqual(second._tag, "Granted")
        yield* ledger.settle(settlement(request("t1", 2, 90), 20, second.day, 40))
        yield* ledger.release({ id: "t1", accounts: [account("a", 100)] }, held)
        yield* ledger.release({ id: "t1", accounts: [account("a", 100)] }, held)
        assert.strictEqual((yield* ledger.reserve(request("t2", 1, 71)))._tag, "Refused")
        assert.strictEqual((yield* ledger.reserve(request("t2", 1, 70)))._tag, "Granted")
      }).pipe(Effect.provide(fresh)))

    it.effect("a repeated reservation or settlement counts once, as if the first answer had been heard", () =>
      Effect.gen(function*() {
        const ledger = yield* Spend
        const first = request("t1", 1, 40)
        const granted = yield* ledger.reserve(first)
        assert.deepStrictEqual(yield* ledger.reserve(first), granted)
        for (let time = 0; time < 3; time++) yield* ledger.settle(settlement(first, 30, granted.day))
        const costs = yield* ledger.costs(0)
        assert.deepStrictEqual([sumOf(costs, "spent"), sumOf(costs, "held"), sumOf(costs, "calls")], [30, 0, 1])
        assert.strictEqual((yield* ledger.reserve(request("t2", 1, 71)))._tag, "Refused")
        assert.strictEqual((yield* ledger.reserve(request("t2", 1, 70)))._tag, "Granted")
      }).pipe(Effect.provide(fresh)))

    it.effect("a repetition gets what was reserved, whatever has become free since, and a kept rest is not charged twice", () =>
      Effect.gen(function*() {
        const ledger = yield* Spend
        const other = request("t2", 1, 40)
        const { day } = yield* ledger.reserve(other)
        const first = request("t1", 1, 0, { ranges: [{ least: 20, most: 100 }] })
        const granted = yield* ledger.reserve(first)
        assert.deepInclude(granted, { amount: 60 })
        yield* ledger.settle(settlement(other, 0, day))
        assert.deepInclude(yield* ledger.reserve(first), { amount: 60 })
        for (let time = 0; time < 3; time++) yield* ledger.settle(settlement(first, 30, day, 20))
        const costs = yield* ledger.costs(0)
        assert.deepStrictEqual([sumOf(costs, "spent"), sumOf(costs, "held"), sumOf(costs, "calls")], [30, 20, 2])
      }).pipe(Effect.provide(fresh)))

    it.effect("a reservation that nobody settles counts as spent, and is listed as held", () =>
      Effect.gen(function*() {
        const ledger = yield* Spend
        yield* ledger.reserve(request("t1", 1, 100))
        assert.strictEqual((yield* ledger.reserve(request("t2", 1, 1)))._tag, "Refused")
        const costs = yield* ledger.costs(0)
        assert.deepStrictEqual([sumOf(costs, "spent"), sumOf(costs, "held")], [0, 100])
      }).pipe(Effect.provide(fresh)))

    it.effect("costs are listed by day and by name, with the tokens of every call", () =>
      Effect.gen(function*() {
        const ledger = yield* Spend
        const others = { ...subject, model: "other" }
        const calls = [["t1", subject], ["t2", subject], ["t3", others]] as const
        for (const [id, named] of calls) {
          const one = request(id, 1, 10, { subject: named })
          const { day } = yield* ledger.reserve(one)
          yield* ledger.settle({ ...settlement(one, 7, day), subject: named })
        }
        const costs = [...yield* ledger.costs(0)].sort((a, b) => a.subject.model.localeCompare(b.subject.model))
        assert.deepStrictEqual(costs.map(({ subject }) => subject), [subject, others])
        assert.deepStrictEqual(costs.map(({ calls, spent }) => [calls, spent]), [[2, 14], [1, 7]])
        assert.deepStrictEqual({ ...costs[0]?.usage }, { input: 20, output: 10, cacheRead: 6, cacheWrite: 4 })
        assert.deepStrictEqual(yield* ledger.costs((costs[0]?.day ?? 0) + 1), [])
      }).pipe(Effect.provide(fresh)))

    it.effect("a notice belongs to the first that claims it", () =>
      Effect.gen(function*() {
        const ledger = yield* Spend
        const claims = yield* Effect.forEach(["j1", "j2", "j1"], (by) => ledger.claimNotice("limit", by), {
          concurrency: 1
        })
        assert.deepStrictEqual([...claims, yield* ledger.claimNotice("another", "j2")], [true, false, true, true])
      }).pipe(Effect.provide(fresh)))

    it.effect("sixty tasks at once never pass a limit, and the sums are what was billed", () =>
      Effect.gen(function*() {
        const ledger = yield* Spend
        const limits = { all: 10_000, even: 3_000 }
        const one = Effect.fnUntraced(function*(index: number) {
          const task = {
            id: `t${index}`,
            accounts: [account("all", limits.all), account(index % 2 === 0 ? "even" : "odd", limits.even, "day")]
          }
          let billed = 0
          for (let call = 1; call <= 4; call++) {
            const most = yield* Random.nextIntBetween(20, 120)
            const asked = { task, subject, call, ranges: [{ least: 20, most }] }
            const granted = yield* ledger.reserve(asked)
            if (granted._tag === "Refused") break
            const spent = yield* Random.nextIntBetween(0, granted.amount)
            yield* ledger.settle({ ...settlement(asked, spent, granted.day), task })
            billed += spent
          }
          return [index % 2 === 0 ? "even" : "odd", billed] as const
        })
        const billed = yield* Effect.forEach(Array.from({ length: 60 }, (_, index) => index), one, {
          concurrency: 60
        })
        const sum = (of: "even" | "odd") =>
          billed.reduce((total, [kind, cost]) => kind === of ? total + cost : total, 0)
        assert.isAtMost(sum("even"), limits.even)
        assert.isAtMost(sum("odd"), limits.even)
        assert.isAbove(sum("even"), 0)
        const costs = yield* ledger.costs(0)
        assert.deepStrictEqual([sumOf(costs, "spent"), sumOf(costs, "held")], [sum("even") + sum("odd"), 0])
      }).pipe(Effect.provide(fresh)))
  })
}

/** Contract of the days of a ledger whose time is the test's clock. */
export const spendDaysSuite = (name: string, store: Layer.Layer<Spend, StoreError>) => {
  const fresh = Layer.fresh(store)

  describe(`Spend by day (${name})`, () => {
    it.effect("a daily account is empty again at midnight, and one for life is not", () =>
      Effect.gen(function*() {
        const ledger = yield* Spend
        for (const period of ["day", "life"] as const) {
          const task = (id: string) => ({ id: `${period}${id}`, accounts: [account(period, 100, period)] })
          const first = request("", 1, 100, { task: task("1") })
          const { day } = yield* ledger.reserve(first)
          yield* ledger.settle(settlement(first, 100, day))
          yield* TestClock.adjust("1 day")
          const next = yield* ledger.reserve(request("", 1, 100, { task: task("2") }))
          assert.strictEqual(next._tag, period === "day" ? "Granted" : "Refused")
        }
      }).pipe(Effect.provide(fresh)))

    it.effect("a call over midnight is charged to the day on which it began", () =>
      Effect.gen(function*() {
        const ledger = yield* Spend
        yield* TestClock.adjust("23 hours")
        const task = { id: "t1", accounts: [account("a", 100, "day")] }
        const first = request("t1", 1, 60, { task })
        const before = yield* ledger.reserve(first)
        yield* TestClock.adjust("2 hours")
        yield* ledger.settle({ ...settlement(first, 50, before.day, 30), task })
        const held = { day: before.day, subject }
        // What it holds of yesterday is no part of today's account.
        assert.strictEqual((yield* ledger.reserve(request("t1", 2, 101, { task, held })))._tag, "Refused")
        const second = yield* ledger.reserve(request("t1", 2, 100, { task, held }))
        assert.deepStrictEqual([second._tag, second.day], ["Granted", before.day + 1])
        yield* ledger.settle({ ...settlement(request("t1", 2, 100, { task }), 90, second.day), task })
        const costs = yield* ledger.costs(before.day)
        assert.sameDeepMembers(
          costs.map(({ day, held, spent }) => ({ day, held, spent })),
          [{ day: before.day, held: 0, spent: 50 }, { day: before.day + 1, held: 0, spent: 90 }]
        )
      }).pipe(Effect.provide(fresh)))

    it.effect("costs are kept for 400 days", () =>
      Effect.gen(function*() {
        const ledger = yield* Spend
        const first = request("t1", 1, 10)
        const { day } = yield* ledger.reserve(first)
        yield* ledger.settle(settlement(first, 10, day))
        yield* TestClock.adjust("399 days")
        yield* ledger.reserve(request("t2", 1, 10))
        assert.strictEqual((yield* ledger.costs(day)).length, 2)
        yield* TestClock.adjust("3 days")
        yield* ledger.reserve(request("t3", 1, 10))
        assert.deepStrictEqual((yield* ledger.costs(day)).map((one) => one.day), [day + 399, day + 402])
        assert.strictEqual(yield* today, day + 402)
      }).pipe(Effect.provide(fresh)))
  })
}
