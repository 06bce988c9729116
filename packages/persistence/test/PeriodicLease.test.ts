import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as PeriodicLease from "@nominal-code/persistence/PeriodicLease"
import * as PeriodicLeaseRedis from "@nominal-code/persistence/PeriodicLeaseRedis"
import * as PeriodicLeaseSqlite from "@nominal-code/persistence/PeriodicLeaseSqlite"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { emptied, redisSuite, shared } from "@nominal-code/testing/RedisServer"
import { testTime } from "@nominal-code/testing/RedisStore"
import { Duration, Effect, Layer, Option } from "effect"
import { TestClock } from "effect/testing"
import { freshDatabase } from "./TestDatabase.ts"

const interval = Duration.minutes(15)
const lasts = Duration.minutes(2)

/** Milliseconds to wait; 0: the lease is taken. A wait of no time is not allowed, for its caller would wait for nothing. */
const take = (holder: string, after = interval) =>
  PeriodicLease.PeriodicLease.use(({ take }) => take({ task: "look", holder, interval: after, lasts })).pipe(
    Effect.map(
      Option.match({ onNone: () => 0, onSome: (wait) => Duration.toMillis(wait) || assert.fail("a wait of 0 ms") })
    )
  )
const end = (holder: string) => PeriodicLease.PeriodicLease.use((lease) => lease.end("look", holder))

const suite = (name: string, store: Layer.Layer<PeriodicLease.PeriodicLease, StoreError>) => {
  describe(`the lease of a periodic task in ${name}`, () => {
    it.effect("is one process' at a time, and of the next one when it has ended and the interval is over", () =>
      Effect.gen(function*() {
        yield* TestClock.adjust("1 hour")
        assert.strictEqual(yield* take("a"), 0)
        assert.strictEqual(yield* take("b"), 120_000)
        yield* TestClock.adjust("1 minute")
        yield* end("b")
        assert.strictEqual(yield* take("b"), 60_000)
        yield* end("a")
        assert.strictEqual(yield* take("b"), 900_000)
        assert.strictEqual(yield* take("b", Duration.zero), 0)
      }).pipe(Effect.provide(Layer.fresh(store))))

    it.effect("lasts as long as its holder extends it, and ends with a holder that has died", () =>
      Effect.gen(function*() {
        yield* TestClock.adjust("1 hour")
        assert.strictEqual(yield* take("a"), 0)
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(yield* take("a"), 0)
        yield* TestClock.adjust("90 seconds")
        assert.strictEqual(yield* take("b"), 30_000)
        yield* TestClock.adjust(29_999)
        assert.strictEqual(yield* take("b"), 1)
        yield* TestClock.adjust(1)
        assert.strictEqual(yield* take("b"), 0)
        assert.isAbove(yield* take("a"), 0)
      }).pipe(Effect.provide(Layer.fresh(store))))

    it.effect("is not waited for longer because the clock was set back", () =>
      Effect.gen(function*() {
        yield* TestClock.setTime(10 * 86_400_000)
        assert.strictEqual(yield* take("a"), 0)
        yield* TestClock.setTime(5 * 86_400_000)
        assert.isAtMost(yield* take("b"), 120_000)
        yield* end("a")
        yield* TestClock.setTime(86_400_000)
        assert.isAtMost(yield* take("b"), 900_000)
      }).pipe(Effect.provide(Layer.fresh(store))))
  })
}

suite("memory", PeriodicLease.layerMemory)
suite(
  "SQLite",
  Layer.unwrap(
    Effect.sync(() => PeriodicLeaseSqlite.layer.pipe(Layer.provide(Layer.fresh(freshDatabase))))
  )
)

redisSuite("the leases of Redis", () => {
  const server = shared({ aof: false })
  suite(
    "Redis",
    PeriodicLeaseRedis.layer.pipe(
      Layer.provide(emptied(server)),
      Layer.provide(NodeServices.layer),
      Layer.provide(testTime)
    )
  )
})
