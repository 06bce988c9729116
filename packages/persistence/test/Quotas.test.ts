import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { layerMemory, type Quota, Quotas } from "@nominal-code/persistence/Quotas"
import * as QuotasRedis from "@nominal-code/persistence/QuotasRedis"
import * as QuotasSqlite from "@nominal-code/persistence/QuotasSqlite"
import * as Sqlite from "@nominal-code/persistence/Sqlite"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { emptied, redisSuite, shared } from "@nominal-code/testing/RedisServer"
import { testTime } from "@nominal-code/testing/RedisStore"
import { Effect, FileSystem, Layer, Option } from "effect"
import { TestClock } from "effect/testing"
import { freshDatabase } from "./TestDatabase.ts"

const quota = (name: string, limit: number, period: Quota["period"] = "day"): Quota => ({ name, limit, period })

/** Name of the quota that is used up; empty if the job is counted. */
const take = (job: string, ...quotas: ReadonlyArray<Quota>) =>
  Quotas.use((store) => store.take(job, quotas)).pipe(
    Effect.map(Option.match({ onNone: () => "", onSome: ({ name }) => name }))
  )

const suite = (name: string, store: Layer.Layer<Quotas, StoreError>) => {
  describe(`quotas in ${name}`, () => {
    const fresh = Effect.provide(Layer.fresh(store))

    it.effect("are exact, whatever asks at the same time", () =>
      Effect.gen(function*() {
        const jobs = Array.from({ length: 60 }, (_, at) => `job ${at}`)
        const results = yield* Effect.forEach(jobs, (job) => take(job, quota("alice", 7), quota("all", 100)), {
          concurrency: "unbounded"
        })
        assert.strictEqual(results.filter((full) => full === "").length, 7)
        assert.strictEqual(results.filter((full) => full === "alice").length, 53)
        // What was refused has not been counted under the other quota.
        assert.strictEqual(yield* take("late", quota("all", 100), quota("alice", 7)), "alice")
        assert.strictEqual(yield* take("other", quota("all", 8)), "")
        assert.strictEqual(yield* take("one more", quota("all", 8)), "all")
      }).pipe(fresh))

    it.effect("count a job once, however often it asks, and not any more once it is given back", () =>
      Effect.gen(function*() {
        const one = quota("alice", 1)
        assert.strictEqual(yield* take("a", one), "")
        assert.strictEqual(yield* take("a", one), "")
        assert.strictEqual(yield* take("b", one), "alice")
        yield* Quotas.use((store) => store.giveBack("a", [one]))
        assert.strictEqual(yield* take("b", one), "")
        assert.strictEqual(yield* take("a", one), "alice")
      }).pipe(fresh))

    it.effect("forget a job after two days, so that it counts anew", () =>
      Effect.gen(function*() {
        yield* TestClock.setTime(10 * 86_400_000)
        const one = quota("alice", 1)
        assert.strictEqual(yield* take("a", one), "")
        yield* TestClock.adjust("3 days")
        assert.strictEqual(yield* take("of another", quota("bob", 1)), "")
        assert.strictEqual(yield* take("a", one), "")
        assert.strictEqual(yield* take("b", one), "alice")
      }).pipe(fresh))

    it.effect("begin anew with the day in UTC, and after an hour", () =>
      Effect.gen(function*() {
        yield* TestClock.setTime(10 * 86_400_000 - 600_000)
        const [day, hour] = [quota("alice", 1), quota("bots", 1, "hour")]
        assert.deepStrictEqual([yield* take("a", day), yield* take("a", hour)], ["", ""])
        yield* TestClock.adjust("11 minutes")
        assert.deepStrictEqual([yield* take("b", day), yield* take("b", hour)], ["", "bots"])
        yield* TestClock.adjust("50 minutes")
        assert.strictEqual(yield* take("b", hour), "")
      }).pipe(fresh))
  })
}

suite("memory", layerMemory)
suite(
  "SQLite",
  Layer.unwrap(Effect.sync(() => QuotasSqlite.layer.pipe(Layer.provide(Layer.fresh(freshDatabase)))))
)

it.effect("quotas in SQLite survive a restart", () =>
  Effect.gen(function*() {
    const directory = yield* FileSystem.FileSystem.use((fs) => fs.makeTempDirectoryScoped())
    const asked = (job: string) =>
      Effect.provide(
        take(job, quota("alice", 1)),
        Layer.fresh(QuotasSqlite.layer.pipe(Layer.provide(Sqlite.layer(directory))))
      )
    assert.deepStrictEqual([yield* asked("a"), yield* asked("b"), yield* asked("a")], ["", "alice", ""])
  }).pipe(Effect.provide(NodeServices.layer)))

redisSuite("the quotas of Redis", () => {
  const server = shared({ aof: false })
  suite(
    "Redis",
    QuotasRedis.layer.pipe(
      Layer.provide(emptied(server)),
      Layer.provide(NodeServices.layer),
      Layer.provide(testTime)
    )
  )
})
