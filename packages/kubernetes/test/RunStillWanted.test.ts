import { assert, describe, it } from "@effect/vitest"
import { NoticeOutcome } from "@nominal-code/domain/job/Notice"
import { RunStillWanted } from "@nominal-code/domain/job/RunStillWanted"
import { JobQueue, type Lease, Settlement } from "@nominal-code/jobs/JobQueue"
import { JobResults } from "@nominal-code/jobs/JobResults"
import { QueueAdmin } from "@nominal-code/jobs/QueueAdmin"
import * as RedisJobResults from "@nominal-code/jobs/redis/RedisJobResults"
import { StoreError } from "@nominal-code/persistence/StoreError"
import { laneOf, mention, push, reviewed } from "@nominal-code/testing/Jobs"
import { failed, laneWorld } from "@nominal-code/testing/LaneWorld"
import { failure } from "@nominal-code/testing/QueueSteps"
import { emptied, redisSuite, shared } from "@nominal-code/testing/RedisServer"
import { queue, testTime } from "@nominal-code/testing/RedisStore"
import { Duration, Effect, Layer, Option } from "effect"
import { TestClock } from "effect/testing"
import { asked, does, reasonOf, scene } from "./KubeScene.ts"

const job = push(laneOf(1), "a")
const { Done, Park, Release, Retry } = Settlement.cases

/** Answers that a run gets, each time that it asks. */
const hears = (...answers: ReadonlyArray<boolean>) => {
  const left = [...answers]
  return Effect.provideService(RunStillWanted, Effect.sync(() => left.shift() ?? false))
}

const ask = Effect.flatten(RunStillWanted)

/** Answers that a run, or a notice, gets in this process: one at first, and one after its lease is renewed like this. */
const heardInProcess = Effect.fnUntraced(function*(
  task: "run" | "notice",
  renewed: ReturnType<JobQueue["Service"]["renew"]>
) {
  const heard: Array<boolean> = []
  let taken = false
  // As another process does, which has the job by now, was asked to cancel it, or took the store away.
  const twice = Effect.gen(function*() {
    heard.push(yield* ask)
    taken = true
    heard.push(yield* ask)
  })
  const world = yield* laneWorld({
    queue: ({ renew }) => ({ renew: (lease) => Effect.suspend(() => taken ? renewed : renew(lease)) }),
    run: () => task === "run" ? Effect.as(twice, reviewed) : Effect.succeed(failed("a reason", false)),
    postNotice: () => Effect.as(twice, NoticeOutcome.cases.Told.make({}))
  })
  yield* world.start
  yield* world.offer(job)
  // Whoever is told nothing asks again, for as long as the lease may last.
  yield* TestClock.adjust("1 minute")
  return heard
})

const away = Effect.fail(
  new StoreError({ operation: "JobQueue.renew", message: "connection refused", reason: "unavailable" })
)

it.effect.each<readonly [task: "run" | "notice", until: string, renewed: ReturnType<JobQueue["Service"]["renew"]>]>(
  [
    ["run", "its lease is lost", Effect.succeed("lost")],
    ["run", "its job is cancelled", Effect.succeed("cancelled")],
    ["run", "its job is superseded", Effect.succeed("superseded")],
    ["run", "the store refuses to answer", away],
    ["run", "the store is silent", Effect.never],
    ["notice", "its lease is lost", Effect.succeed("lost")],
    ["notice", "its job is cancelled", Effect.succeed("cancelled")]
  ]
)("a %s in this process is wanted until %s", ([task, , renewed]) =>
  Effect.gen(function*() {
    assert.deepStrictEqual(yield* heardInProcess(task, renewed), [true, false])
  }))

const reporting = () => does(Effect.void)

describe("a run that was given up before its Job was created", () => {
  it.live("creates none", () =>
    Effect.gen(function*() {
      const { cluster, runner } = yield* scene(reporting)
      const outcome = yield* hears(false)(runner.run(job, 1))
      assert.match(reasonOf(outcome), /another process has the job by now/)
      assert.deepStrictEqual(cluster.store.jobs(), [])
    }))

  it.live("does not try again to, either", () =>
    Effect.gen(function*() {
      const { cluster, runner } = yield* scene(reporting)
      cluster.faults.next({ method: "create", path: /jobs$/ }, { _tag: "Answer", status: 500 })
      const outcome = yield* hears(true, false)(runner.run(job, 1))
      assert.match(reasonOf(outcome), /another process has the job by now/)
      assert.deepStrictEqual([asked(cluster, "create"), cluster.store.jobs().length], [1, 0])
    }))
})

redisSuite("whether a run in another process is still wanted", () => {
  const server = shared()
  const layer = Layer.mergeAll(queue, Layer.fresh(RedisJobResults.layer), testTime).pipe(Layer.provide(emptied(server)))

  /** Answers to the first and the second run of the job, after a settlement of the first. */
  const after = (settle: (queue: JobQueue["Service"], lease: Lease) => Effect.Effect<unknown, unknown, QueueAdmin>) =>
    Effect.gen(function*() {
      const jobs = yield* JobQueue
      const { isWanted } = yield* JobResults
      yield* jobs.offer(job)
      const lease = Option.getOrThrow(yield* jobs.take(job.lane))
      yield* settle(jobs, lease)
      return [yield* isWanted({ id: job.id, run: 1 }), yield* isWanted({ id: job.id, run: 2 })]
    }).pipe(Effect.provide(Layer.fresh(layer)))

  const settled = (settlement: Settlement) => after((jobs, lease) => jobs.settle(lease, settlement))

  it.effect("it does while it runs, and no other run of its job", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* after(() => Effect.void), [true, false])
    }))

  it.effect("it does while its server is replaced, for the next one takes it over", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* settled(Release.make({})), [true, false])
    }))

  it.effect("it does not when its job waits for another try", () =>
    Effect.gen(function*() {
      const retry = Retry.make({ failure, delay: Duration.seconds(10) })
      assert.deepStrictEqual(yield* settled(retry), [false, true])
    }))

  it.effect("it does not when its job has ended, was cancelled, or was superseded", () =>
    Effect.gen(function*() {
      const none = [false, false]
      assert.deepStrictEqual(yield* settled(Done.make({ outcome: reviewed })), none)
      assert.deepStrictEqual(yield* settled(Park.make({})), none)
      assert.deepStrictEqual(yield* after(() => QueueAdmin.use(({ cancel }) => cancel(job.id))), none)
      const superseded = after((jobs, lease) =>
        Effect.andThen(jobs.offer(push(job.lane, "newer")), jobs.settle(lease, Release.make({})))
      )
      assert.deepStrictEqual(yield* superseded, none)
    }))

  it.effect("of a job that no queue knows, every run does", () =>
    Effect.gen(function*() {
      const { isWanted } = yield* JobResults
      for (const run of [1, 7]) assert.isTrue(yield* isWanted({ id: mention(laneOf(2), "b").id, run }))
    }).pipe(Effect.provide(Layer.fresh(layer))))
})
