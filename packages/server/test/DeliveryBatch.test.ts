import { assert, it } from "@effect/vitest"
import type { Job } from "@nominal-code/domain/job/Job"
import { laneOf, push } from "@nominal-code/testing/Jobs"
import { quiet } from "@nominal-code/testing/Quiet"
import { Effect, Fiber, Latch, Layer, Logger, Result } from "effect"
import { TestClock } from "effect/testing"
import * as DeliveryBatch from "../src/DeliveryBatch.ts"
import { type DeliveryOffer, Intake } from "../src/Intake.ts"

const names = ["a", "b", "c"] as const

const stored = ({ delivery, id }: Job): DeliveryOffer => ({
  receipt: Result.succeed({ status: "accepted", job: id }),
  follow: Effect.logInfo(`accepted ${delivery}`)
})

const bug = Effect.die(new Error("a bug"))

/** Outcome of three deliveries that come together: the status that each is answered, and the lines of the log. */
const outcomeOf = Effect.fnUntraced(function*(
  offer: (jobs: ReadonlyArray<Job>) => Effect.Effect<ReadonlyArray<DeliveryOffer>>,
  onReply: (name: string) => void = () => {}
) {
  const log: Array<string> = []
  const statuses = new Map<string, number>()
  const intake = Layer.mock(Intake, { decide: () => assert.fail("each has its own decision"), offer })
  const logger = Logger.layer([Logger.make(({ message }) => void log.push(String([message].flat()[0])))])
  yield* Effect.gen(function*() {
    const batch = yield* DeliveryBatch.make
    for (const name of names) {
      batch.add(
        () => Result.succeed({ _tag: "Admitted", job: push(laneOf(1), name) }),
        ({ status }) => {
          onReply(name)
          statuses.set(name, status)
        }
      )
    }
    yield* Effect.repeat(turn, { times: 5 })
  }).pipe(Effect.scoped, Effect.provide([intake, logger]))
  return { log, statuses: Object.fromEntries(statuses) }
})

const turn = Effect.callback<void>((resume) => void setImmediate(() => resume(quiet)))

/** A batch over a store of one's own, and the answers. */
const batchOver = Effect.fnUntraced(function*(
  offer: (jobs: ReadonlyArray<Job>) => Effect.Effect<ReadonlyArray<DeliveryOffer>>
) {
  const intake = Layer.mock(Intake, { decide: () => assert.fail("each has its own decision"), offer })
  const batch = yield* Effect.provide(DeliveryBatch.make, intake)
  /** Delivers, and waits for the answer. */
  const delivered = (name: string) =>
    Effect.callback<number>((resume) =>
      batch.add(
        () => Result.succeed({ _tag: "Admitted", job: push(laneOf(1), name) }),
        ({ status }) => resume(Effect.succeed(status))
      )
    )
  return delivered
})

/** A batch over a store that waits for its disk; `offered`: the deliveries of each batch that it was given. */
const batchOverDisk = Effect.gen(function*() {
  const offered: Array<string> = []
  const disk = yield* Latch.make()
  const delivered = yield* batchOver((jobs) => {
    offered.push(jobs.map(({ delivery }) => delivery).join())
    return Effect.andThen(disk.await, all(jobs))
  })
  const deliver = (name: string) => Effect.forkScoped(delivered(name), { startImmediately: true })
  return { deliver, disk, offered }
})

it.effect("deliveries that come while the store works are stored together, when it is done", () =>
  Effect.gen(function*() {
    const { deliver, disk, offered } = yield* batchOverDisk
    const answers = yield* Effect.forEach(
      ["a", "b", "c", "d"],
      (name) => Effect.tap(deliver(name), () => turn)
    )
    yield* disk.open
    assert.deepStrictEqual(yield* Fiber.joinAll(answers), [202, 202, 202, 202])
    assert.deepStrictEqual(offered, ["a", "b,c,d"])
  }).pipe(Effect.scoped))

it.effect("what comes in the turn in which the store is done is stored with what waits", () =>
  Effect.gen(function*() {
    const { deliver, disk, offered } = yield* batchOverDisk
    const before = yield* Effect.forEach(["a", "b"], (name) => Effect.tap(deliver(name), () => turn))
    yield* disk.open
    assert.deepStrictEqual(yield* Fiber.joinAll([...before, yield* deliver("c")]), [202, 202, 202])
    assert.deepStrictEqual(offered, ["a", "b,c"])
  }).pipe(Effect.scoped))

it.effect("a store that does not answer one delivery is asked about the next all the same", () =>
  Effect.gen(function*() {
    const delivered = yield* batchOver((jobs) =>
      jobs.some(({ delivery }) => delivery === "a") ? Effect.interruptible(Effect.never) : all(jobs)
    )
    yield* Effect.forkScoped(delivered("a"), { startImmediately: true })
    yield* turn
    const answer = yield* Effect.forkScoped(delivered("b"), { startImmediately: true })
    yield* turn
    yield* TestClock.adjust("50 millis")
    assert.strictEqual(yield* Fiber.join(answer), 202)
  }).pipe(Effect.scoped))

const all = (jobs: ReadonlyArray<Job>) => Effect.succeed(jobs.map(stored))

it.live("a bug in the storing of one delivery fails that one, and none that came with it", () =>
  Effect.gen(function*() {
    const { log, statuses } = yield* outcomeOf((jobs) =>
      jobs.some(({ delivery }) => delivery === "b") ? bug : all(jobs)
    )
    assert.deepStrictEqual(statuses, { a: 202, b: 500, c: 202 })
    assert.deepStrictEqual(log.slice(0, 3), ["accepted a", "delivery failed", "accepted c"])
  }))

it.live("a bug in what follows on one delivery is logged, and keeps no line of the others from the log", () =>
  Effect.gen(function*() {
    const { log, statuses } = yield* outcomeOf((jobs) =>
      Effect.succeed(jobs.map((job) => job.delivery === "a" ? { ...stored(job), follow: bug } : stored(job)))
    )
    assert.deepStrictEqual(statuses, { a: 202, b: 202, c: 202 })
    assert.deepStrictEqual(log.slice(0, 3), ["delivery failed", "accepted b", "accepted c"])
  }))

it.live("a bug in the answer to one delivery keeps no other from its answer", () =>
  Effect.gen(function*() {
    const { log, statuses } = yield* outcomeOf(all, (name) => {
      if (name === "a") throw new Error("a bug")
    })
    assert.deepStrictEqual(statuses, { b: 202, c: 202 })
    assert.deepStrictEqual(log.filter((line) => line.startsWith("accepted")), [
      "accepted a",
      "accepted b",
      "accepted c"
    ])
    assert.include(log, "delivery failed")
  }))
