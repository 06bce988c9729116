import { assert } from "@effect/vitest"
import { Failure, type ServiceName } from "@nominal-code/domain/job/Failure"
import type { Job } from "@nominal-code/domain/job/Job"
import { JobQueue, type Lease, Settlement } from "@nominal-code/jobs/JobQueue"
import { JobRecords, type JobState, reasonOf } from "@nominal-code/jobs/JobRecords"
import { JobRequestResult, QueueAdmin } from "@nominal-code/jobs/QueueAdmin"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Context, Duration, Effect, Option } from "effect"
import { laneOf, reviewed } from "./Jobs.ts"

/* The words in which the suites of a queue tell what happens to one lane. */

/** Services of a store of jobs. */
export type Services = JobQueue | JobRecords | QueueAdmin

/** Names a behaviour and what shows it. */
export type TestFunction = (title: string, body: Effect.Effect<void, StoreError, Services>) => void

/** A queue together with its records. */
export type Store = JobQueue["Service"] & JobRecords["Service"] & QueueAdmin["Service"]

export const storeIn = (context: Context.Context<Services>): Store => ({
  ...Context.get(context, JobQueue),
  ...Context.get(context, JobRecords),
  ...Context.get(context, QueueAdmin)
})

export const lane = laneOf(1)
export const done = Settlement.cases.Done.make({ outcome: reviewed })
export const park = Settlement.cases.Park.make({})
export const release = Settlement.cases.Release.make({})
export const failure = Failure.cases.Bug.make({ detail: "it broke" })
export const retryIn = (delay: Duration.Input) =>
  Settlement.cases.Retry.make({ failure, delay: Duration.fromInputUnsafe(delay) })

export const offer = (job: Job) => JobQueue.use((queue) => queue.offer(job))
export const offerAll = (...jobs: ReadonlyArray<Job>) => Effect.forEach(jobs, offer, { concurrency: 1 })
export const settle = (lease: Lease, settlement: Settlement) => JobQueue.use((queue) => queue.settle(lease, settlement))
export const settleAndTake = (lease: Lease, settlement: Settlement) =>
  JobQueue.use((queue) => queue.settleAndTake(lease, settlement))
export const renew = (lease: Lease, waitsFor?: ServiceName) => JobQueue.use((queue) => queue.renew(lease, waitsFor))
const takeMaybe = JobQueue.use((queue) => queue.take(lane))
export const take = Effect.map(takeMaybe, Option.getOrThrow)
export const nothing = Effect.map(takeMaybe, (lease) => assert.deepStrictEqual(lease, Option.none()))
export const cancel = (job: Job) => QueueAdmin.use((admin) => admin.cancel(job.id))
export const retry = (job: Job) => QueueAdmin.use((admin) => admin.retry(job.id))
export const handled = JobRequestResult.cases.Done.make({})
export const refused = (reason: string) => JobRequestResult.cases.Refused.make({ reason })
export const record = (job: Job) => Effect.map(JobRecords.use(({ find }) => find(job.id)), Option.getOrThrow)

export const stands = Effect.fnUntraced(function*(job: Job, state: JobState, reason = "") {
  const found = yield* record(job)
  assert.deepStrictEqual([found.state, reasonOf(found)], [state, reason])
})

/** Runs the lane to its end; the deliveries in the order of running. */
export const runAll = Effect.gen(function*() {
  const ran: Array<string> = []
  for (;;) {
    const lease = yield* takeMaybe
    if (Option.isNone(lease)) return ran
    ran.push(lease.value.job.delivery)
    assert.isTrue(yield* settle(lease.value, done))
  }
})
