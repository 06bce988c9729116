import { assert, it } from "@effect/vitest"
import { StoreError } from "@nominal-code/persistence/StoreError"
import { Effect, Exit, Logger, Scope } from "effect"
import { TestClock } from "effect/testing"
import * as StoreOutage from "../src/StoreOutage.ts"

const failure = (reason: StoreError["reason"], message: string) =>
  new StoreError({ operation: "offer", reason, message })

const away = failure("unavailable", "Redis is away")

/** The log of a server, with what the lines that show are so far. `check`: the store as it answers if it is asked. */
const make = Effect.fnUntraced(function*(check: Effect.Effect<void, StoreError> = Effect.fail(away)) {
  const log: Array<string> = []
  const logger = Logger.layer([
    Logger.make(({ logLevel, message }) => void log.push(`${logLevel} ${String([message].flat()[0])}`))
  ])
  const { refused, stored } = yield* Effect.provide(StoreOutage.make(check), logger)
  return {
    /** The lines since the last call. */
    lines: () => log.splice(0),
    refused: (error: StoreError) => Effect.provide(refused(error), logger),
    stored: Effect.provide(Effect.suspend(() => stored(Effect.void)), logger)
  }
})

const begun = "The next ones are counted, and their number is logged at the end"

it.effect("of an outage the first delivery is logged, and the number of all when the store takes them again", () =>
  Effect.gen(function*() {
    const { lines, refused, stored } = yield* make()
    for (let count = 0; count < 3; count += 1) {
      yield* refused(away)
      yield* TestClock.adjust("2 seconds")
    }
    assert.deepStrictEqual(lines(), [`Error delivery not stored: Redis is away. ${begun}`])
    yield* stored
    yield* stored
    yield* TestClock.adjust("10 seconds")
    assert.deepStrictEqual(lines(), ["Warn deliveries are stored again: 3 were answered 503 within 4 s"])
    yield* stored
    yield* TestClock.adjust("1 minute")
    assert.deepStrictEqual(lines(), [])
    yield* refused(away)
    assert.lengthOf(lines(), 1)
  }).pipe(Effect.scoped))

it.effect("an outage ends also where no delivery comes after it, and the store is asked only until then", () =>
  Effect.gen(function*() {
    let isBack = false
    let asked = 0
    const { lines, refused } = yield* make(Effect.suspend(() => {
      asked += 1
      return isBack ? Effect.void : Effect.fail(away)
    }))
    yield* TestClock.adjust("1 hour")
    assert.strictEqual(asked, 0)
    for (const ended of ["first", "second"]) {
      isBack = false
      yield* refused(away)
      yield* refused(away)
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(lines(), [`Error delivery not stored: Redis is away. ${begun}`], ended)
      isBack = true
      yield* TestClock.adjust("70 seconds")
      assert.deepStrictEqual(lines(), ["Warn deliveries are stored again: 2 were answered 503 within 0 s"], ended)
      const soFar = asked
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(asked, soFar, ended)
    }
    assert.isAtMost(asked, 2 * 63)
  }).pipe(Effect.scoped))

it.effect("an outage of one node, of which others take deliveries, is one outage", () =>
  Effect.gen(function*() {
    const { lines, refused, stored } = yield* make()
    for (let count = 0; count < 20; count += 1) {
      yield* refused(away)
      yield* stored
      yield* TestClock.adjust("3 seconds")
    }
    assert.lengthOf(lines(), 1)
    yield* TestClock.adjust("10 seconds")
    assert.deepStrictEqual(lines(), [])
    yield* stored
    yield* TestClock.adjust("10 seconds")
    assert.deepStrictEqual(lines(), ["Warn deliveries are stored again: 20 were answered 503 within 57 s"])
  }).pipe(Effect.scoped))

it.effect("an outage that goes on for another reason is logged again, and counted with what was before", () =>
  Effect.gen(function*() {
    const { lines, refused, stored } = yield* make()
    yield* refused(away)
    yield* refused(failure("full", "the disk is full"))
    yield* refused(failure("full", "the disk is full"))
    assert.deepStrictEqual(lines(), [
      `Error delivery not stored: Redis is away. ${begun}`,
      `Error delivery not stored: the disk is full. ${begun}`
    ])
    yield* stored
    yield* TestClock.adjust("10 seconds")
    assert.deepStrictEqual(lines(), ["Warn deliveries are stored again: 3 were answered 503 within 0 s"])
  }).pipe(Effect.scoped))

it.effect("deliveries that fail each by itself are logged one by one", () =>
  Effect.gen(function*() {
    const { lines, refused } = yield* make()
    for (const name of ["a", "b"]) yield* refused(failure("failed", `the list of ${name} is damaged`))
    assert.deepStrictEqual(lines(), [
      "Error delivery not stored: the list of a is damaged",
      "Error delivery not stored: the list of b is damaged"
    ])
  }).pipe(Effect.scoped))

it.effect("a server that ends in an outage, or before its end is sure, logs the number", () =>
  Effect.gen(function*() {
    const seen: Array<ReadonlyArray<string>> = []
    for (const isBack of [false, true]) {
      const scope = yield* Scope.make()
      const { lines, refused, stored } = yield* Scope.provide(make(), scope)
      for (let count = 0; count < 500; count += 1) yield* refused(away)
      if (isBack) yield* stored
      lines()
      yield* Scope.close(scope, Exit.void)
      seen.push(lines())
    }
    const ended = "Warn the server ends in an outage of the store, or just after it: 500 were answered 503 within 0 s"
    assert.deepStrictEqual(seen, [[ended], [ended]])
  }))
