import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Usage } from "@nominal-code/domain/model/Usage"
import { nanoOf, newTask, noCosts, Spend, type SpendSubject } from "@nominal-code/persistence/Spend"
import * as SpendSqlite from "@nominal-code/persistence/SpendSqlite"
import * as Sqlite from "@nominal-code/persistence/Sqlite"
import { Clock, Context, Effect, FileSystem, Layer } from "effect"
import { TestClock } from "effect/testing"
import { runWith } from "./RunCommand.ts"
import { runHere } from "./RunHere.ts"

const usage = new Usage({ input: 1_000, output: 200, cacheRead: 3_000, cacheWrite: 500 })

const subjectOf = (changes: Partial<SpendSubject> = {}): SpendSubject => ({
  repository: "github:acme/api",
  author: "github:alice",
  provider: "anthropic",
  model: "claude-sonnet-5-5",
  ...changes
})

/** `nominal-code costs …`, and a server's ledger that it reads. */
const withLedger = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "costs-" })
  const ledger = Context.get(
    yield* Layer.build(SpendSqlite.layer.pipe(Layer.provide(Sqlite.layer(directory)))),
    Spend
  )
  /** One call that costs so many dollars, so many days ago; without a settlement, one that has no answer. */
  const call = Effect.fnUntraced(function*(usd: number, subject: SpendSubject, ago = 0, isAnswered = true) {
    const now = yield* Clock.currentTimeMillis
    const task = newTask([])
    const amount = nanoOf(usd)
    const at = <A, E>(effect: Effect.Effect<A, E>) =>
      Effect.gen(function*() {
        yield* TestClock.setTime(now - ago * 86_400_000)
        return yield* effect
      }).pipe(Effect.provide(TestClock.layer()))
    const { day } = yield* at(
      ledger.reserve({ task, subject, call: 1, ranges: [{ least: amount, most: amount }] })
    )
    const costs = { ...noCosts, spent: amount, calls: 1, usage }
    if (isAnswered) yield* at(ledger.settle({ task, subject, call: 1, day, costs, keep: 0 }))
  })
  return { call, costs: (...args: ReadonlyArray<string>) => runHere({ NOMINAL_DATA_DIR: directory }, "costs", ...args) }
})

describe("nominal-code costs", () => {
  it.live("sums up the last days by repository, model, author or day", () =>
    Effect.gen(function*() {
      const { call, costs } = yield* withLedger
      const started = yield* runWith({ NOMINAL_DATA_DIR: "/nowhere" }, "costs")
      assert.deepStrictEqual([started.code, started.stdout], [0, "no costs\n"])
      assert.strictEqual((yield* costs()).stdout, "no costs\n")
      yield* call(0.25, subjectOf())
      yield* call(1.5, subjectOf({ repository: "github:acme/web", author: "github:bob" }))
      // The last seven days are today and six before.
      yield* call(0.5, subjectOf({ model: "claude-opus-5-5" }), 6)
      yield* call(8, subjectOf(), 7)
      assert.deepStrictEqual((yield* costs()).stdout.split("\n"), [
        "REPOSITORY       COST     CALLS  INPUT  FROM CACHE  OUTPUT",
        "github:acme/web  $1.5000  1      4500   3000        200",
        "github:acme/api  $0.7500  2      9000   6000        400",
        "total            $2.2500  3      13500  9000        600",
        ""
      ])
      assert.match(
        (yield* costs("--since", "30d", "--by", "model")).stdout,
        /^MODEL .*\nanthropic\/claude-sonnet-5-5 +\$9\.7500 +3 .*\nanthropic\/claude-opus-5-5 +\$0\.5000 +1 .*\ntotal/
      )
      assert.match((yield* costs("--by", "author")).stdout, /\ngithub:bob +\$1\.5000 .*\ngithub:alice +\$0\.7500 /)
      const days = (yield* costs("--by", "day", "--since", "2026-01-01")).stdout.match(/^\d{4}-\d\d-\d\d/gm) ?? []
      assert.deepStrictEqual([days.length, days], [3, days.toSorted()])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("says what is only reserved, and prints JSON for programs", () =>
    Effect.gen(function*() {
      const { call, costs } = yield* withLedger
      yield* call(0.25, subjectOf())
      yield* call(0.1, subjectOf(), 0, false)
      assert.match((yield* costs()).stdout, /\ntotal +\$0\.3500 .*\n\$0\.1000 of it is reserved for calls that have no/)
      assert.deepStrictEqual(JSON.parse((yield* costs("--json")).stdout), [{
        name: "github:acme/api",
        costUsd: 0.35,
        unconfirmedUsd: 0.1,
        calls: 1,
        unpricedCalls: 0,
        usage: { ...usage }
      }])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("refuses a time that it cannot read, as wrong usage", () =>
    Effect.gen(function*() {
      for (const since of ["yesterday", "0d", "2026-13-01"]) {
        const { code, stderr } = yield* runHere({}, "costs", "--since", since)
        assert.strictEqual(code, 2, since)
        assert.include(stderr, "a number of days or a date, like 30d or 2026-11-01")
      }
    }))
})
