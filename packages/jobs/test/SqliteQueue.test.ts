import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Failure, ServiceName } from "@nominal-code/domain/job/Failure"
import type { Lane } from "@nominal-code/domain/job/Lane"
import { JobQueue, QueueLimits, Settlement } from "@nominal-code/jobs/JobQueue"
import { JobRecords } from "@nominal-code/jobs/JobRecords"
import * as StoredJob from "@nominal-code/jobs/table/StoredJob"
import { Sqlite } from "@nominal-code/persistence/Sqlite"
import { laneOf, mention, push, reviewed } from "@nominal-code/testing/Jobs"
import { retryIn, storeIn } from "@nominal-code/testing/QueueSteps"
import { quiet } from "@nominal-code/testing/Quiet"
import { Clock, Context, Duration, Effect, Exit, Fiber, Layer, Option, Queue, Scope, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { TestClock } from "effect/testing"
import { rmSync } from "node:fs"
import type { Process } from "./interleavings.ts"
import { interleavingsSuite } from "./interleavingsSuite.ts"
import { queueSuite } from "./queueSuite.ts"
import { databaseAt, freshQueue, queueAt, quickDirectory, temporaryDirectory } from "./TestStore.ts"

queueSuite("SQLite", freshQueue)

/** Opens the store as a process of its own would; a crash closes it as the kernel would, with its leases unsettled. */
const processAt = Effect.fnUntraced(function*(directory: string): Effect.fn.Return<Process, never, Scope.Scope> {
  const parent = yield* Effect.scope
  const open = Effect.gen(function*() {
    const scope = yield* Scope.fork(parent)
    const context = yield* Layer.buildWithScope(queueAt(directory), scope)
    return { queue: storeIn(context), scope }
  }).pipe(Effect.orDie)
  let opened = yield* open
  return {
    queue: () => opened.queue,
    crash: Option.some(Effect.gen(function*() {
      yield* Scope.close(opened.scope, Exit.void)
      opened = yield* open
    }))
  }
})

interleavingsSuite(
  "two processes on one SQLite file",
  130,
  Effect.gen(function*() {
    const directory = yield* quickDirectory
    return [yield* processAt(directory), yield* processAt(directory)]
  })
)

/** Starts a process that offers two jobs and takes the first; answers when it has, with what it takes to kill it. */
const workerAt = Effect.fnUntraced(function*(directory: string) {
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const worker = yield* spawner.spawn(
    ChildProcess.make(process.execPath, [`${import.meta.dirname}/worker.ts`, directory])
  )
  const [epoch] = yield* worker.stdout.pipe(Stream.decodeText, Stream.splitLines, Stream.take(1), Stream.runCollect)
  return { epoch: Number(epoch), kill: worker.kill({ killSignal: "SIGKILL" }) }
})

const longBeforeItsLeaseEnds = "20 seconds"

it.live("what a killed process had accepted and begun is there for the next one, at once", () =>
  Effect.gen(function*() {
    const directory = yield* temporaryDirectory
    const { epoch, kill } = yield* workerAt(directory)
    yield* kill
    yield* Effect.gen(function*() {
      const { ready, settle, take } = yield* JobQueue
      const named = Stream.runCollect(Stream.map(Stream.take(ready, 1), ({ lane }) => lane))
      const [lane] = yield* Effect.timeout(named, longBeforeItsLeaseEnds)
      assert.deepStrictEqual(lane, laneOf(1))
      const first = Option.getOrThrow(yield* take(laneOf(1)))
      assert.deepStrictEqual([first.job.delivery, first.attempt, first.losses], ["a", 1, 1])
      assert.isAbove(first.epoch, epoch)
      assert.isTrue(yield* settle(first, Settlement.cases.Done.make({ outcome: reviewed })))
      assert.strictEqual(Option.getOrThrow(yield* take(laneOf(1))).job.delivery, "b")
    }).pipe(Effect.provide(queueAt(directory)))
  }).pipe(Effect.provide(NodeServices.layer)))

it.live("the lease of a living process is never taken from it; when it is killed, who is there takes over", () =>
  Effect.gen(function*() {
    const directory = yield* temporaryDirectory
    const { kill } = yield* workerAt(directory)
    const often = Layer.succeed(QueueLimits, { ...QueueLimits.defaultValue(), sweepEvery: Duration.millis(20) })
    yield* Effect.gen(function*() {
      const { ready, take } = yield* JobQueue
      const { depth } = yield* JobRecords
      const named = Stream.runCollect(Stream.map(Stream.take(ready, 1), ({ lane }) => lane))
      assert.deepStrictEqual(yield* Effect.timeoutOption(named, "300 millis"), Option.none())
      assert.deepStrictEqual(yield* take(laneOf(1)), Option.none())
      assert.deepInclude(yield* depth, { waiting: 1, running: 1, parked: 0 })
      yield* kill
      assert.deepStrictEqual(yield* Effect.timeout(named, longBeforeItsLeaseEnds), [laneOf(1)])
      assert.strictEqual(Option.getOrThrow(yield* take(laneOf(1))).job.delivery, "a")
    }).pipe(Effect.provide(queueAt(directory).pipe(Layer.provide(often))))
  }).pipe(Effect.provide(NodeServices.layer)))

it.effect("what would end with the process is not accepted: the file was deleted under it", () =>
  Effect.gen(function*() {
    const directory = yield* temporaryDirectory
    const { check, offer, settle, take } = (yield* processAt(directory)).queue()
    yield* offer(push(laneOf(1), "a"))
    yield* check
    rmSync(directory, { recursive: true })
    const refused = yield* Effect.flip(offer(push(laneOf(2), "b")))
    assert.match(refused.message, /moved or deleted/)
    assert.match((yield* Effect.flip(check)).message, /moved or deleted/)
    // What was accepted before is still worked on: nobody else can.
    const lease = Option.getOrThrow(yield* take(laneOf(1)))
    assert.isTrue(yield* settle(lease, Settlement.cases.Done.make({ outcome: reviewed })))
  }))

it.effect("a job does not wait for longer because the clock of another machine's start was ahead", () =>
  Effect.gen(function*() {
    const directory = yield* temporaryDirectory
    const before = (yield* processAt(directory)).queue()
    yield* TestClock.setTime(Duration.toMillis("2 days"))
    for (const number of [1, 2]) {
      yield* before.offer(push(laneOf(number), `${number}`))
      const lease = Option.getOrThrow(yield* before.take(laneOf(number)))
      yield* before.settle(
        lease,
        Settlement.cases.Wait.make({
          failure: Failure.cases.Model.make({ reason: "overloaded", detail: "529" }),
          service: ServiceName.make("model:anthropic"),
          delay: number === 1 ? Duration.hours(2) : Duration.zero
        })
      )
    }
    const lanes = Effect.fnUntraced(function*(count: number) {
      const { queue } = yield* processAt(directory)
      const named = yield* Stream.runCollect(Stream.take(queue().ready, count))
      return named.map(({ lane }) => lane.number).sort((one, other) => one - other)
    })
    assert.deepStrictEqual(yield* lanes(1), [2])
    assert.deepStrictEqual(yield* before.take(laneOf(1)), Option.none())
    yield* TestClock.setTime(Duration.toMillis("1 day"))
    const { transaction } = Context.get(yield* Layer.build(databaseAt(directory)), Sqlite)
    yield* transaction("test", ({ run }) => run("DELETE FROM installation WHERE name = 'clock'"))
    assert.deepStrictEqual(yield* lanes(2), [1, 2])
  }))

/** The test's clock, which goes on in its own pace when it is set. */
const settable = Effect.map(Clock.Clock, (clock) => {
  const set = { ahead: Duration.toMillis("10 days") }
  const now = () => clock.currentTimeMillisUnsafe() + set.ahead
  return { set, clock: { ...clock, currentTimeMillisUnsafe: now, currentTimeMillis: Effect.sync(now) } }
})

it.effect("a retry waits no longer because the clock was set back, and each step shortens a wait once", () =>
  Effect.flatMap(settable, ({ clock, set }) =>
    Effect.gen(function*() {
      const directory = yield* temporaryDirectory
      const [here, there] = [(yield* processAt(directory)).queue(), (yield* processAt(directory)).queue()]
      yield* here.offerAll([1, 2, 3].map((number) => push(laneOf(number), `${number}`)))
      yield* TestClock.adjust("1 day")
      for (const [number, delay] of [[1, "1 hour"], [2, "20 hours"]] as const) {
        yield* here.settle(Option.getOrThrow(yield* here.take(laneOf(number))), retryIn(delay))
      }
      // Each look of a process begins with one at its clock, and names the lane that waits for nothing.
      const look = Effect.forEach([here, there], ({ ready }) => Stream.runDrain(Stream.take(ready, 1)))
      yield* look
      // The second one is so small, and so soon, that the time is later than that of the first.
      for (const step of ["10 hours", "90 seconds"] as const) {
        yield* TestClock.adjust("100 seconds")
        set.ahead -= Duration.toMillis(step)
        yield* look
      }
      const isDueAfter = (delay: Duration.Input, number: number) =>
        Effect.andThen(TestClock.adjust(delay), Effect.map(here.take(laneOf(number)), Option.isSome))
      assert.isFalse(yield* isDueAfter("56 minutes", 1))
      assert.isTrue(yield* isDueAfter("1 minute", 1))
      assert.isFalse(yield* isDueAfter("18 hours", 2))
      assert.isTrue(yield* isDueAfter("1 hour", 2))
    }).pipe(Effect.provideService(Clock.Clock, clock))))

it.effect("a retry waits no longer because the clock was set forward, and back while no process was there", () =>
  Effect.flatMap(settable, ({ clock, set }) =>
    Effect.gen(function*() {
      const directory = yield* temporaryDirectory
      const first = yield* processAt(directory)
      const look = ({ queue }: Process) => Stream.runDrain(Stream.take(queue().ready, 1))
      yield* first.queue().offerAll([1, 2, 3].map((number) => push(laneOf(number), `${number}`)))
      yield* look(first)
      set.ahead += Duration.toMillis("10 hours")
      yield* TestClock.adjust("5 minutes")
      yield* look(first)
      for (const [number, delay] of [[1, "1 hour"], [2, "2 minutes"]] as const) {
        yield* first.queue().settle(Option.getOrThrow(yield* first.queue().take(laneOf(number))), retryIn(delay))
      }
      for (const step of ["10 hours", "1 hour"] as const) {
        yield* Option.getOrThrow(first.crash)
        set.ahead -= Duration.toMillis(step)
        yield* look(first)
      }
      yield* look(yield* processAt(directory))
      const isDueAfter = (delay: Duration.Input, number: number) =>
        Effect.andThen(TestClock.adjust(delay), Effect.map(first.queue().take(laneOf(number)), Option.isSome))
      assert.isFalse(yield* isDueAfter("1 minute", 2))
      assert.isTrue(yield* isDueAfter("1 minute", 2))
      assert.isFalse(yield* isDueAfter("57 minutes", 1))
      assert.isTrue(yield* isDueAfter("1 minute", 1))
    }).pipe(Effect.provideService(Clock.Clock, clock))))

it.effect("a retry of a job that came before the clock was set back waits for its delay, whoever looks", () =>
  Effect.flatMap(settable, ({ clock, set }) =>
    Effect.gen(function*() {
      const { offer, offerAll, ready, settle, take } = (yield* processAt(yield* temporaryDirectory)).queue()
      const look = Stream.runDrain(Stream.take(ready, 1))
      yield* offerAll([1, 2].map((number) => push(laneOf(number), `${number}`)))
      yield* look
      set.ahead -= Duration.toMillis("2 hours")
      yield* look
      yield* settle(Option.getOrThrow(yield* take(laneOf(1))), retryIn("10 minutes"))
      yield* offer(push(laneOf(3), "3"))
      yield* look
      assert.deepStrictEqual(yield* take(laneOf(1)), Option.none())
      yield* TestClock.adjust("10 minutes")
      assert.isTrue(Option.isSome(yield* take(laneOf(1))))
    }).pipe(Effect.provideService(Clock.Clock, clock))))

it.effect("a lane is named to the other processes on the file within the sweep", () =>
  Effect.gen(function*() {
    const directory = yield* temporaryDirectory
    const [here, there] = [yield* processAt(directory), yield* processAt(directory)]
    yield* there.queue().offer(push(laneOf(1), "a"))
    const named = yield* Queue.unbounded<Lane>()
    yield* Effect.forkScoped(Stream.runForEach(here.queue().ready, ({ lane }) => Queue.offer(named, lane)))
    // It has looked, and sleeps until the next look.
    assert.deepStrictEqual(yield* Queue.take(named), laneOf(1))
    yield* quiet
    yield* there.queue().offer(push(laneOf(7), "b"))
    yield* TestClock.adjust("5 seconds")
    assert.deepStrictEqual(
      yield* Effect.repeat(Queue.take(named), { until: ({ number }) => number !== 1 }),
      laneOf(7)
    )
  }))

it.effect("work that another process uncovers and leaves is named too, however long it has waited", () =>
  Effect.gen(function*() {
    const directory = yield* temporaryDirectory
    const [here, there] = [yield* processAt(directory), yield* processAt(directory)]
    yield* there.queue().offer(mention(laneOf(1), "a"))
    yield* there.queue().offer(mention(laneOf(1), "b"))
    const lease = Option.getOrThrow(yield* there.queue().take(laneOf(1)))
    const named = yield* Effect.forkScoped(
      Stream.runCollect(Stream.map(Stream.take(here.queue().ready, 1), ({ lane }) => lane))
    )
    yield* TestClock.adjust("20 seconds")
    yield* quiet
    assert.isUndefined(named.pollUnsafe())
    yield* there.queue().settle(lease, Settlement.cases.Done.make({ outcome: reviewed }))
    const timePasses = Effect.forever(Effect.andThen(TestClock.adjust("5 seconds"), quiet))
    assert.deepStrictEqual(yield* Effect.raceFirst(Fiber.join(named), timePasses), [laneOf(1)])
  }))

it.effect("a job whose stored form cannot be read is left to another version, with its lane, and is not parked", () =>
  Effect.gen(function*() {
    const directory = yield* temporaryDirectory
    const database = yield* Layer.build(databaseAt(directory))
    const { queue } = yield* processAt(directory)
    const { depth, find, offer, take } = queue()
    const newer = mention(laneOf(1), "a")
    yield* offer(newer)
    yield* offer(mention(laneOf(1), "b"))
    const { transaction } = Context.get(database, Sqlite)
    const store = (payload: string) =>
      transaction(
        "test",
        (statements) => statements.run("UPDATE jobs SET payload = :payload WHERE id = :id", { id: newer.id, payload })
      )
    yield* store("9:what a later version makes of it")
    assert.deepStrictEqual(yield* take(laneOf(1)), Option.none())
    assert.deepStrictEqual(yield* depth, { waiting: 2, running: 0, parked: 0, oldestWaitMillis: 0 })
    assert.isTrue(Option.getOrThrow(yield* find(newer.id)).unreadable)
    yield* store(StoredJob.encode(newer))
    assert.strictEqual(Option.getOrThrow(yield* take(laneOf(1))).job.delivery, "a")
  }))
