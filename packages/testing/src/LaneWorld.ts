import { Failure, failureText } from "@nominal-code/domain/job/Failure"
import { type Job, JobOutcome } from "@nominal-code/domain/job/Job"
import { Notice, NoticeOutcome } from "@nominal-code/domain/job/Notice"
import { JobQueue, type Lease, type RunLocation, type Settlement } from "@nominal-code/jobs/JobQueue"
import { JobRecords, reasonOf } from "@nominal-code/jobs/JobRecords"
import { JobRunner } from "@nominal-code/jobs/JobRunner"
import * as Lanes from "@nominal-code/jobs/lane/Lane"
import * as MemoryQueue from "@nominal-code/jobs/memory/MemoryQueue"
import { QueueAdmin } from "@nominal-code/jobs/QueueAdmin"
import * as ServiceBreakers from "@nominal-code/jobs/run/ServiceBreakers"
import { Context, Duration, Effect, Exit, Layer, Logger, Option, Scope } from "effect"
import { reviewed } from "./Jobs.ts"
import { quiet } from "./Quiet.ts"

type Queue = JobQueue["Service"]

/** Behaviour of the runner, in place of a review that takes no time and a notice that is posted at once. */
export interface Script extends Partial<JobRunner["Service"]> {
  /** The queue as the lanes see it. */
  readonly queue?: (queue: Queue) => Partial<Queue>
  readonly settings?: Partial<Lanes.LaneOptions>
}

/** An attempt that failed for a reason of the job's own. */
export const failed = (detail: string, retryable = true) =>
  JobOutcome.cases.Failed.make({ failure: Failure.cases.Bug.make({ detail }), retryable })

const told = NoticeOutcome.cases.Told.make({})

const textOf = Notice.match({ GivenUp: ({ failure }) => failureText(failure), Busy: () => "busy" })

/** A run that takes its time. */
export const lasting = (duration: Duration.Input) => Effect.delay(Effect.succeed<JobOutcome>(reviewed), duration)

/**
 * Lanes over a memory queue and a scripted runner. `events` tells what the runner was asked, in order; `log`
 * is what the lanes logged. `start` starts
 * the lanes and gives what stops them.
 */
export const laneWorld = Effect.fnUntraced(function*(script: Script = {}) {
  const store = yield* Layer.build(Layer.fresh(MemoryQueue.layer))
  const base = Context.get(store, JobQueue)
  const admin = Context.get(store, QueueAdmin)
  const records = Context.get(store, JobRecords)
  const events: Array<string> = []
  const log: Array<string> = []
  const say = (event: string) => Effect.sync(() => events.push(event))

  const runner = JobRunner.of({
    run: (job, run) =>
      say(`start ${job.delivery}`).pipe(
        Effect.andThen(script.run?.(job, run) ?? Effect.succeed(reviewed)),
        Effect.tap(() => say(`end ${job.delivery}`)),
        Effect.onInterrupt(() => say(`stop ${job.delivery}`))
      ),
    cancel: (job) => Effect.andThen(say(`cancel ${job.delivery}`), script.cancel?.(job) ?? Effect.void),
    postNotice: (job, notice) =>
      Effect.andThen(
        say(`tell ${job.delivery}: ${textOf(notice)}`),
        script.postNotice?.(job, notice) ?? Effect.succeed(told)
      ),
    needs: script.needs ?? (() => []),
    outOfProcess: script.outOfProcess ?? false
  })
  const options: Lanes.LaneOptions = {
    maxConcurrent: 4,
    maxAttempts: 3,
    giveUpAfter: Duration.hours(24),
    deadline: Duration.minutes(30),
    // A test that ends with a running job need not wait for it: the clock stands still then.
    gracePeriod: Duration.zero,
    ...script.settings
  }
  const parts = script.queue?.(base)
  const scripted = { ...base, ...parts }
  const seen = JobQueue.of({
    ...scripted,
    // As the script says what its parts do.
    settleAndTake: parts?.settleAndTake ??
      Effect.fnUntraced(function*(lease: Lease, settlement: Settlement, runs?: RunLocation) {
        const settled = yield* scripted.settle(lease, settlement)
        return { settled, next: settled ? yield* scripted.take(lease.lane, runs) : Option.none() }
      }, Effect.uninterruptible)
  })
  const lanes = Layer.fresh(Lanes.layer(options)).pipe(
    Layer.provideMerge(Layer.fresh(ServiceBreakers.layer)),
    Layer.provide([
      Logger.layer([Logger.make(({ message }) => void log.push([message].flat().join(" ")))]),
      Layer.succeed(JobRunner, runner),
      Layer.succeed(JobQueue, seen)
    ])
  )

  const start = Effect.gen(function*() {
    const scope = yield* Scope.fork(yield* Effect.scope)
    const { outages } = Context.get(yield* Layer.buildWithScope(lanes, scope), ServiceBreakers.ServiceBreakers)
    yield* quiet
    return { outages, stop: Scope.close(scope, Exit.void) }
  })
  const offer = (...jobs: ReadonlyArray<Job>) =>
    Effect.andThen(Effect.forEach(jobs, (job) => base.offer(job), { concurrency: 1, discard: true }), quiet)
  const stateOf = (job: Job) =>
    Effect.map(records.find(job.id), (found) => {
      const record = Option.getOrThrow(found)
      return { attempts: record.attempts, state: record.state, reason: reasonOf(record) }
    })
  return { admin, events, log, offer, queue: base, records, start, stateOf }
})
