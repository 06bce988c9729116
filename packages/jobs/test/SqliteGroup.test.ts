import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import type { Job } from "@nominal-code/domain/job/Job"
import { laneKey } from "@nominal-code/domain/job/Lane"
import * as SqliteQueue from "@nominal-code/jobs/sqlite/SqliteQueue"
import { Sqlite, type Statements } from "@nominal-code/persistence/Sqlite"
import { StoreError } from "@nominal-code/persistence/StoreError"
import { laneOf, mention, push } from "@nominal-code/testing/Jobs"
import { done, storeIn } from "@nominal-code/testing/QueueSteps"
import { quiet } from "@nominal-code/testing/Quiet"
import { Context, Deferred, Effect, Exit, Fiber, Layer, Option, Result, Schema, Scope } from "effect"
import { TestClock } from "effect/testing"
import { databaseAt, temporaryDirectory } from "./TestStore.ts"

const numbers = Array.from({ length: 50 }, (_, index) => index + 1)
const together = <A, E>(effects: ReadonlyArray<Effect.Effect<A, E>>) =>
  Effect.all(effects, { concurrency: "unbounded" })

/** A queue whose commits and statements are counted, and its database. `process` ends the queue. */
const countedIn = Effect.fnUntraced(function*(process: Scope.Scope) {
  const sqlite = Context.get(yield* Layer.build(databaseAt(yield* temporaryDirectory)), Sqlite)
  let [commits, statements, waits] = [0, 0, 0]
  const countingIn = ({ all, get, run }: Statements): Statements => ({
    run: (...given) => (statements++, run(...given)),
    get: (...given) => (statements++, get(...given)),
    all: (...given) => (statements++, all(...given))
  })
  const committing = (run: typeof sqlite.transaction): typeof sqlite.transaction => (operation, body) =>
    Effect.tap(
      Effect.andThen(Effect.suspend(() => disk.begun), run(operation, (given) => body(countingIn(given)))),
      () => Effect.suspend(() => (commits++, disk.committed))
    )
  const disk: {
    wait: Effect.Effect<void, StoreError>
    begun: Effect.Effect<void, StoreError>
    committed: Effect.Effect<void>
  } = {
    wait: sqlite.synced,
    begun: Effect.void,
    committed: Effect.void
  }
  const counting = Sqlite.of({
    ...sqlite,
    transaction: committing(sqlite.transaction),
    unsynced: committing(sqlite.unsynced),
    synced: Effect.suspend(() => (waits++, disk.wait))
  })
  const queue = storeIn(
    yield* Layer.buildWithScope(
      Layer.fresh(SqliteQueue.layer).pipe(Layer.provide(Layer.succeed(Sqlite, counting))),
      process
    )
  )
  const commitsOf = <A, E>(effect: Effect.Effect<A, E>) =>
    Effect.gen(function*() {
      const before = { commits, statements, waits }
      const done = yield* effect
      return {
        done,
        commits: commits - before.commits,
        statements: statements - before.statements,
        waits: waits - before.waits
      }
    })
  return { sqlite, queue, commitsOf, disk }
}, Effect.provide(NodeServices.layer))

const counted = Effect.flatMap(Effect.scope, countedIn)

it.effect("changes of the same moment share commits, at most 3 for 50: offers, takes, renewals, settlements", () =>
  Effect.gen(function*() {
    const { commitsOf, queue } = yield* counted
    const offered = yield* commitsOf(together(numbers.map((number) => queue.offer(push(laneOf(number), `${number}`)))))
    const taken = yield* commitsOf(together(numbers.map((number) => queue.take(laneOf(number)))))
    const leases = taken.done.map(Option.getOrThrow)
    assert.deepStrictEqual(leases.map(({ lane }) => lane.number), numbers)
    const renewed = yield* commitsOf(together(leases.map((lease) => queue.renew(lease))))
    const settled = yield* commitsOf(together(leases.map((lease) => queue.settle(lease, done))))
    assert.isTrue(settled.done.every((held) => held))
    for (const { commits } of [offered, taken, renewed, settled]) assert.isAtMost(commits, 3)
  }))

it.effect("a thousand cycles in fifty lanes take at most 70 commits: a settlement hands the lane's next lease over", () =>
  Effect.gen(function*() {
    const { commitsOf, queue } = yield* counted
    const jobs = Array.from({ length: 1000 }, (_, index) => mention(laneOf(1 + (index % 50)), `${index}`))
    const { commits } = yield* commitsOf(Effect.gen(function*() {
      yield* queue.offerAll(jobs)
      let leases = (yield* together(numbers.map((number) => queue.take(laneOf(number))))).map(Option.getOrThrow)
      for (let cycle = 0; cycle < 20; cycle++) {
        assert.strictEqual(leases.length, 50)
        const settled = yield* together(leases.map((lease) => queue.settleAndTake(lease, done)))
        leases = settled.flatMap(({ next }) => Option.toArray(next))
      }
      assert.deepStrictEqual(leases, [])
    }))
    assert.isAtMost(commits, 70)
    assert.strictEqual((yield* queue.depth).waiting, 0)
  }))

it.live("a thousand cycles, fifty at a time in lanes of their own, take at most 140 commits, and a wait for the disk each", () =>
  Effect.gen(function*() {
    const { commitsOf, queue } = yield* counted
    const jobs = Array.from({ length: 1000 }, (_, index) => mention(laneOf(1 + index), `${index}`))
    yield* queue.offerAll(jobs)
    const cycle = ({ lane }: Job) =>
      Effect.flatMap(queue.take(lane), (lease) => queue.settleAndTake(Option.getOrThrow(lease), done))
    const { commits, waits } = yield* commitsOf(Effect.forEach(jobs, cycle, { concurrency: 50, discard: true }))
    assert.isAtMost(commits, 140)
    assert.isAtMost(waits, commits)
  }))

it.effect("a thousand deliveries of the same moment are stored by at most two commits, and those known are told apart", () =>
  Effect.gen(function*() {
    const { commitsOf, queue } = yield* counted
    const jobs = Array.from({ length: 1000 }, (_, index) => push(laneOf(1 + (index % 500)), `${index % 800}`))
    const { commits, done } = yield* commitsOf(queue.offerAll(jobs))
    assert.isAtMost(commits, 2)
    const tags = done.map((result) =>
      Result.match(result, { onSuccess: ({ _tag }) => _tag, onFailure: ({ reason }) => reason })
    )
    assert.deepStrictEqual(Object.entries(Object.groupBy(tags, (tag) => tag)).map(([tag, all]) => [tag, all?.length]), [
      ["Accepted", 800],
      ["Duplicate", 200]
    ])
  }))

it.effect("a thousand new deliveries of the same moment take two statements each, and at most eleven for all", () =>
  Effect.gen(function*() {
    const { commitsOf, queue } = yield* counted
    const jobs = Array.from({ length: 1000 }, (_, index) => push(laneOf(1 + index), `${index}`))
    const { commits, done, statements } = yield* commitsOf(queue.offerAll(jobs))
    assert.strictEqual(done.filter(Result.isSuccess).length, 1000)
    // The clean-up of the first hour may be among them.
    assert.isAtMost(commits, 2)
    assert.isAtMost(statements, 2011)
  }))

it.effect("a job is accepted when the disk has it, and the next ones are stored meanwhile", () =>
  Effect.gen(function*() {
    const { disk, queue } = yield* counted
    const written = yield* Deferred.make<void>()
    disk.wait = Deferred.await(written)
    const offers: Array<Fiber.Fiber<ReadonlyArray<Result.Result<unknown, StoreError>>>> = []
    for (const number of [1, 2]) {
      offers.push(yield* Effect.forkChild(queue.offerAll([push(laneOf(number), `${number}`)])))
      yield* Effect.repeat(queue.depth, { until: ({ waiting }) => waiting === number })
    }
    yield* quiet
    assert.deepStrictEqual(offers.map((offer) => offer.pollUnsafe()), [undefined, undefined])
    yield* Deferred.succeed(written, undefined)
    const results = (yield* Effect.forEach(offers, Fiber.join)).flat()
    assert.deepStrictEqual(results.map(Result.isSuccess), [true, true])
  }))

it.effect("a job is taken and settled when the disk has it, and a lease is renewed before that", () =>
  Effect.gen(function*() {
    const { disk, queue } = yield* counted
    yield* queue.offerAll([push(laneOf(1), "1")])
    /** Carries a change out, and shows that it is answered when the disk has it. */
    const waiting = Effect.fnUntraced(function*<A>(change: Effect.Effect<A, StoreError>, running: number) {
      const written = yield* Deferred.make<void>()
      disk.wait = Deferred.await(written)
      const changing = yield* Effect.forkChild(change)
      yield* Effect.repeat(queue.depth, { until: (depth) => depth.running === running })
      yield* quiet
      assert.strictEqual(changing.pollUnsafe(), undefined)
      yield* Deferred.succeed(written, undefined)
      return yield* Fiber.join(changing)
    })
    const lease = Option.getOrThrow(yield* waiting(queue.take(laneOf(1)), 1))
    disk.wait = Effect.never
    assert.strictEqual(yield* queue.renew(lease), "kept")
    assert.isTrue(yield* waiting(queue.settle(lease, done), 0))
  }))

const broken = new StoreError({ operation: "test", message: "the disk is broken", reason: "unavailable" })

it.effect("a settlement that the disk did not take is known when it is tried again, with the lease that it handed over", () =>
  Effect.gen(function*() {
    const { disk, queue } = yield* counted
    yield* queue.offerAll([mention(laneOf(1), "a"), mention(laneOf(1), "b"), mention(laneOf(1), "c")])
    const first = Option.getOrThrow(yield* queue.take(laneOf(1)))
    const working = disk.wait
    const twice = Effect.fnUntraced(function*<A>(change: Effect.Effect<A, StoreError>) {
      disk.wait = Effect.fail(broken)
      assert.strictEqual(yield* Effect.flip(change), broken)
      assert.strictEqual(yield* Effect.flip(change), broken)
      disk.wait = working
      return yield* change
    })
    const { next, settled } = yield* twice(queue.settleAndTake(first, done))
    assert.isTrue(settled)
    const second = Option.getOrThrow(next)
    assert.strictEqual(second.job.delivery, "b")
    assert.strictEqual(yield* queue.renew(second), "kept")
    assert.isTrue(yield* twice(queue.settle(second, done)))
    const third = Option.getOrThrow(yield* queue.take(laneOf(1)))
    const settling = queue.settle(third, done)
    assert.isTrue(yield* settling)
    assert.isFalse(yield* settling)
  }))

it.effect("a take that finds nothing to run does not wait for the disk, also beside one that does, nor if that fails", () =>
  Effect.gen(function*() {
    const { commitsOf, disk, queue } = yield* counted
    yield* queue.offerAll([push(laneOf(1), "1"), push(laneOf(2), "2")])
    yield* queue.take(laneOf(1))
    const takes = [1, 3].map((number) => queue.take(laneOf(number)))
    const nothing = yield* commitsOf(together(takes))
    assert.deepStrictEqual([nothing.done, nothing.waits], [[Option.none(), Option.none()], 0])
    const written = yield* Deferred.make<void, StoreError>()
    disk.wait = Deferred.await(written)
    const taking = yield* Effect.forkChild(queue.take(laneOf(2)))
    assert.deepStrictEqual(yield* together(takes), [Option.none(), Option.none()])
    assert.isUndefined(taking.pollUnsafe())
    yield* Deferred.fail(written, broken)
    assert.strictEqual(yield* Effect.flip(Fiber.join(taking)), broken)
    assert.deepStrictEqual(yield* together(takes), [Option.none(), Option.none()])
  }))

it.effect("a take that finds nothing to run waits for the disk where it has counted a loss", () =>
  Effect.gen(function*() {
    const { commitsOf, queue } = yield* counted
    yield* queue.offerAll([push(laneOf(1), "1")])
    const taken = Effect.map(
      commitsOf(queue.take(laneOf(1))),
      ({ done, waits }) => [Option.isSome(done) ? "taken" : "nothing", waits]
    )
    const afterItsLease = Effect.andThen(TestClock.adjust("30 seconds"), taken)
    assert.deepStrictEqual(yield* Effect.all([taken, afterItsLease, afterItsLease, taken]), [
      ["taken", 1],
      ["taken", 1],
      ["nothing", 1],
      ["nothing", 0]
    ])
  }))

it.effect("a lease that the disk did not take is given back at once, without a loss", () =>
  Effect.gen(function*() {
    const { disk, queue } = yield* counted
    yield* queue.offerAll([mention(laneOf(1), "a")])
    const working = disk.wait
    disk.wait = Effect.fail(broken)
    assert.strictEqual(yield* Effect.flip(queue.take(laneOf(1))), broken)
    disk.wait = working
    const { attempt, losses, run } = Option.getOrThrow(yield* queue.take(laneOf(1)))
    assert.deepStrictEqual({ attempt, losses, run }, { attempt: 1, losses: 0, run: 1 })
  }))

it.effect.each(["while its process goes on", "while it ends"])(
  "a lease that the disk did not take, and that cannot be given back at first, is given back %s",
  (when) =>
    Effect.gen(function*() {
      const process = yield* Scope.fork(yield* Effect.scope)
      const { disk, queue, sqlite } = yield* countedIn(process)
      yield* queue.offerAll([mention(laneOf(1), "a")])
      // From the end of the take's own transaction on, nothing can be written.
      disk.wait = Effect.suspend(() => {
        disk.begun = Effect.fail(broken)
        return Effect.fail(broken)
      })
      assert.strictEqual(yield* Effect.flip(queue.take(laneOf(1))), broken)
      yield* TestClock.adjust("1 second")
      const ending = when === "while it ends" ? yield* Effect.forkChild(Scope.close(process, Exit.void)) : undefined
      yield* quiet
      disk.begun = Effect.void
      yield* TestClock.adjust("5 seconds")
      if (ending !== undefined) yield* Fiber.join(ending)
      const states = Schema.Struct({ state: Schema.String, losses: Schema.Int })
      assert.deepStrictEqual(
        yield* sqlite.read("test", ({ all }) => all(states, "SELECT state, losses FROM jobs")),
        [{ state: "waiting", losses: 0 }]
      )
    })
)

it.effect("a process that ends tries to give all its leases back at once, in the time of a shutdown", () =>
  Effect.gen(function*() {
    const process = yield* Scope.fork(yield* Effect.scope)
    const { disk, queue } = yield* countedIn(process)
    const lanes = [1, 2, 3].map((number) => laneOf(number))
    yield* queue.offerAll(lanes.map((lane) => mention(lane, `${lane.number}`)))
    disk.wait = Effect.suspend(() => {
      disk.begun = Effect.fail(broken)
      return Effect.fail(broken)
    })
    yield* together(lanes.map((lane) => Effect.flip(queue.take(lane))))
    yield* TestClock.adjust("1 second")
    const ending = yield* Effect.forkChild(Scope.close(process, Exit.void))
    // In steps: a try may begin later than the clock goes on. Eight seconds suffice for one lease, and not for two.
    yield* Effect.repeat(Effect.andThen(TestClock.adjust("100 millis"), quiet), {
      until: () => ending.pollUnsafe() !== undefined,
      times: 80
    })
    assert.isDefined(ending.pollUnsafe())
  }))

it.effect("a cycle of a job that this process has offered takes six statements at most, and a transaction four more", () =>
  Effect.gen(function*() {
    const { commitsOf, queue } = yield* counted
    const jobs = Array.from({ length: 1000 }, (_, index) => mention(laneOf(1 + index), `${index}`))
    const { commits, statements } = yield* commitsOf(Effect.gen(function*() {
      yield* queue.offerAll(jobs)
      const leases = (yield* together(jobs.map(({ lane }) => queue.take(lane)))).map(Option.getOrThrow)
      const settled = yield* together(leases.map((lease) => queue.settleAndTake(lease, done)))
      assert.isTrue(settled.every((one) => one.settled && Option.isNone(one.next)))
    }))
    assert.isAtMost(commits, 4)
    assert.isAtMost(statements, 6 * jobs.length + 4 * commits)
  }))

it.effect("what another process has changed, or was undone, is read again", () =>
  Effect.gen(function*() {
    const { commitsOf, queue, sqlite } = yield* counted
    const there = storeIn(
      yield* Layer.build(
        Layer.fresh(SqliteQueue.layer).pipe(
          Layer.provide(Layer.fresh(databaseAt(sqlite.directory))),
          Layer.provide(NodeServices.layer)
        )
      )
    )
    const jobs = [mention(laneOf(1), "a"), mention(laneOf(1), "b")]
    yield* queue.offerAll(jobs)
    const theirs = Option.getOrThrow(yield* there.take(laneOf(1)))
    assert.isTrue(Option.isNone(yield* queue.take(laneOf(1))))
    assert.isTrue(yield* there.settle(theirs, done))
    const lease = Option.getOrThrow(yield* queue.take(laneOf(1)))
    assert.strictEqual(lease.job.delivery, "b")
    yield* sqlite.transaction("test", (statements) => {
      statements.run("CREATE TEMP TRIGGER broken BEFORE INSERT ON ended_jobs BEGIN SELECT raise(ABORT, 'broken'); END")
    })
    assert.strictEqual((yield* Effect.flip(queue.settle(lease, done))).reason, "failed")
    yield* sqlite.transaction("test", (statements) => statements.run("DROP TRIGGER broken"))
    assert.strictEqual(yield* queue.renew(lease), "kept")
    const { statements } = yield* commitsOf(queue.settle(lease, done))
    assert.isAtMost(statements, 6)
  }))

it.effect("what was undone is read again, also when another change learns only then that it is committed", () =>
  Effect.gen(function*() {
    const { disk, queue, sqlite } = yield* counted
    yield* queue.offerAll([push(laneOf(1), "1"), push(laneOf(2), "2")])
    const lease = Option.getOrThrow(yield* queue.take(laneOf(1)))
    const learned = yield* Deferred.make<void>()
    disk.committed = Deferred.await(learned)
    const other = yield* Effect.forkChild(queue.take(laneOf(2)))
    yield* Effect.repeat(queue.depth, { until: ({ running }) => running === 2 })
    disk.committed = Effect.void
    yield* sqlite.transaction("test", (statements) => {
      statements.run("CREATE TEMP TRIGGER broken BEFORE INSERT ON ended_jobs BEGIN SELECT raise(ABORT, 'broken'); END")
    })
    assert.strictEqual((yield* Effect.flip(queue.settle(lease, done))).reason, "failed")
    yield* Deferred.succeed(learned, undefined)
    assert.isTrue(Option.isSome(yield* Fiber.join(other)))
    yield* sqlite.transaction("test", (statements) => statements.run("DROP TRIGGER broken"))
    assert.strictEqual(yield* queue.renew(lease), "kept")
    assert.isTrue(yield* queue.settle(lease, done))
  }))

it.effect("a job that the disk did not take is not accepted", () =>
  Effect.gen(function*() {
    const { disk, queue } = yield* counted
    disk.wait = Effect.fail(broken)
    const [result] = yield* queue.offerAll([push(laneOf(1), "1")])
    assert.deepStrictEqual(
      result && Result.getFailure(result).pipe(Option.map(({ message }) => message)),
      Option.some("the disk is broken")
    )
  }))

it.effect("a lane that cannot be changed keeps no other from it", () =>
  Effect.gen(function*() {
    const { queue, sqlite } = yield* counted
    yield* together(numbers.map((number) => queue.offer(push(laneOf(number), `${number}`))))
    const other = Context.get(yield* Layer.build(Layer.fresh(databaseAt(sqlite.directory))), Sqlite)
    yield* other.transaction("test", ({ run }) =>
      run("UPDATE jobs SET stop = 'nonsense' WHERE lane = :lane", { lane: laneKey(laneOf(7)) }))
    const taken = yield* together(numbers.map((number) =>
      Effect.option(queue.take(laneOf(number)))
    ))
    const failed = numbers.filter((_, index) => Option.isNone(Option.flatten(taken[index] ?? Option.none())))
    assert.deepStrictEqual(failed, [7])
  }))
