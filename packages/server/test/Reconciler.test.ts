import { assert, it } from "@effect/vitest"
import * as PeriodicLease from "@nominal-code/persistence/PeriodicLease"
import { Context, Deferred, Duration, Effect, Exit, Layer, Queue, Scope } from "effect"
import { TestClock } from "effect/testing"
import { Reconcile } from "../src/Reconcile.ts"
import * as Reconciler from "../src/Reconciler.ts"

const every = Duration.minutes(15)

/** Servers that share one store. Each tells when it begins a round, which takes as long as `work`. */
const deployment = Effect.fnUntraced(function*(work: Effect.Effect<void> = Effect.void) {
  const begun = yield* Queue.unbounded<string>()
  const lease = Layer.succeed(
    PeriodicLease.PeriodicLease,
    Context.get(yield* Layer.build(PeriodicLease.layerMemory), PeriodicLease.PeriodicLease)
  )
  const start = Effect.fnUntraced(function*(name: string) {
    const scope = yield* Scope.fork(yield* Effect.scope)
    const round = () =>
      Queue.offer(begun, name).pipe(
        Effect.andThen(work),
        Effect.as({ missed: [], requests: 0, exhausted: false, unread: [] })
      )
    yield* Reconciler.layer({ every }).pipe(
      Layer.provide([Layer.succeed(Reconcile, { round }), lease]),
      Layer.buildWithScope(scope)
    )
    return { stop: Scope.close(scope, Exit.void) }
  })
  const rounds = Queue.clear(begun)
  return { begun, rounds, start }
})

it.effect("servers that start together search once, and then one of them in each interval", () =>
  Effect.gen(function*() {
    const { begun, rounds, start } = yield* deployment()
    yield* TestClock.adjust("1 hour")
    yield* start("a")
    assert.strictEqual(yield* Queue.take(begun), "a")
    yield* start("b")
    yield* TestClock.adjust("14 minutes")
    assert.deepStrictEqual(yield* rounds, [])
    yield* TestClock.adjust("2 minutes")
    assert.lengthOf(yield* rounds, 1)
    yield* TestClock.adjust("15 minutes")
    assert.lengthOf(yield* rounds, 1)
  }).pipe(Effect.scoped))

it.effect("a server that starts again later than a minute after its last search does not wait for the interval", () =>
  Effect.gen(function*() {
    const { begun, start } = yield* deployment()
    yield* TestClock.adjust("1 hour")
    const { stop } = yield* start("a")
    assert.strictEqual(yield* Queue.take(begun), "a")
    yield* stop
    yield* TestClock.adjust("2 minutes")
    yield* start("b")
    assert.strictEqual(yield* Queue.take(begun), "b")
  }).pipe(Effect.scoped))

it.effect("a long search is one server's, and another one's once that server has stopped", () =>
  Effect.gen(function*() {
    const done = yield* Deferred.make<void>()
    const { begun, rounds, start } = yield* deployment(Deferred.await(done))
    yield* TestClock.adjust("1 hour")
    const { stop } = yield* start("a")
    assert.strictEqual(yield* Queue.take(begun), "a")
    yield* start("b")
    yield* TestClock.adjust("1 hour")
    assert.deepStrictEqual(yield* rounds, [])
    yield* stop
    yield* TestClock.adjust("15 minutes")
    assert.strictEqual(yield* Queue.take(begun), "b")
  }).pipe(Effect.scoped))

it.effect("a search that ends with a bug is not the last one", () =>
  Effect.gen(function*() {
    const { begun, start } = yield* deployment(Effect.die("a bug"))
    yield* TestClock.adjust("1 hour")
    yield* start("a")
    assert.strictEqual(yield* Queue.take(begun), "a")
    yield* TestClock.adjust("15 minutes")
    assert.strictEqual(yield* Queue.take(begun), "a")
  }).pipe(Effect.scoped))
