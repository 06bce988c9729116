import type { V1Job } from "@kubernetes/client-node"
import type { Job } from "@nominal-code/domain/Job"
import { RunStillWanted } from "@nominal-code/domain/RunStillWanted"
import { Duration, Effect, Option, Schedule } from "effect"
import { isOver } from "./Ending.ts"
import { KubeClient } from "./KubeClient.ts"
import { KubeError } from "./KubeError.ts"
import type { KubeJob } from "./KubeObjects.ts"
import { attemptJobs, jobName, laneJobs, receivedAtAnnotation } from "./Names.ts"
import * as JobWatch from "./Watch.ts"

/** An API server that is away or busy is asked again, for about a minute. */
const apiRetries = Schedule.min([Schedule.exponential("250 millis"), Schedule.spaced("8 seconds")]).pipe(
  Schedule.jittered,
  Schedule.upTo({ duration: "60 seconds" })
)

/** What its pods have to end, and what the cluster takes to notice. */
const endLimit = Duration.seconds(90)

/** A Job that has said how it ended is gone soon; and nothing of the next one may run before. */
const leavingLimit = Duration.seconds(5)

/** How often the end of a deleted Job is asked for, should the watch not tell. */
const lookEvery = Duration.seconds(5)

const withRetries = <A, R>(effect: Effect.Effect<A, KubeError, R>) =>
  effect.pipe(
    Effect.tapError(({ message, retryAfter, retryable }) =>
      retryable
        ? Effect.andThen(Effect.logDebug(message), retryAfter === undefined ? Effect.void : Effect.sleep(retryAfter))
        : Effect.void
    ),
    Effect.retry({ schedule: apiRetries, while: ({ retryable }) => retryable })
  )

const sameLabels = (wanted: V1Job, { labels }: KubeJob): boolean =>
  Object.entries(wanted.metadata?.labels ?? {}).every(([name, value]) => labels[name] === value)

/** A Job of the same pull request that arrived before this one's is needless, or its run is lost: nobody waits for it. */
const isOlder = ({ annotations }: KubeJob, { receivedAt }: Job): boolean =>
  !(Number(annotations[receivedAtAnnotation] ?? 0) > receivedAt)

const givenUp = Effect.fail(
  new KubeError({ operation: "create Job", reason: "refused", detail: "another process has the job by now" })
)

/** What may be done with Jobs, with patience for an API server that is away. */
export const make = Effect.gen(function*() {
  const client = yield* KubeClient
  const watch = yield* JobWatch.make

  const adopt = Effect.fnUntraced(function*(wanted: V1Job) {
    const name = wanted.metadata?.name ?? ""
    const found = yield* client.findJob(name)
    // It was there a moment ago: this is the next try's chance.
    if (Option.isNone(found)) {
      return yield* new KubeError({ operation: "create Job", reason: "busy", detail: `Job ${name} is just ending` })
    }
    if (!sameLabels(wanted, found.value)) {
      const detail = `there is a Job ${name} already, and it is not ours: its labels differ`
      return yield* new KubeError({ operation: "create Job", reason: "refused", detail })
    }
    yield* Effect.logInfo("the Job is there already: waiting for it")
    return found.value
  })

  /**
   * Creates a Job, or finds the one of its name; unless its run has been given up meanwhile. A request that was sent is
   * waited for: what it does must be known.
   */
  const create = Effect.fn("KubeJobs.create")((wanted: V1Job) =>
    Effect.flatten(RunStillWanted).pipe(
      Effect.flatMap((stillWanted) => stillWanted ? Effect.uninterruptible(client.createJob(wanted)) : givenUp),
      Effect.tap(() => Effect.logInfo("created the Job")),
      Effect.catchIf(({ reason }) => reason === "exists", () => adopt(wanted)),
      withRetries
    )
  )

  const noticed = (name: string) =>
    client.findJob(name).pipe(
      Effect.delay(lookEvery),
      Effect.retry(Schedule.spaced(lookEvery)),
      Effect.repeat({ until: (found) => Option.isNone(found) || Option.isSome(found.value.end) })
    )

  /** Whether nothing of a Job runs any more, within a time. */
  const over = (name: string, observation: JobWatch.KubeJobObservation, limit: Duration.Duration) =>
    Effect.raceFirst(
      observation.first((snapshot) => isOver(snapshot) ? Option.some(true) : Option.none()),
      noticed(name)
    ).pipe(
      Effect.timeoutOption(limit),
      Effect.map(Option.isSome)
    )

  /** Ends a Job with its pods; true when nothing of it runs any more. */
  const stop = Effect.fn("KubeJobs.stop")((name: string, observation: JobWatch.KubeJobObservation) =>
    withRetries(client.deleteJob(name)).pipe(
      Effect.andThen(over(name, observation, endLimit)),
      Effect.catchTag(
        "KubeError",
        ({ message }) => Effect.as(Effect.logError(`the Job was not ended: ${message}`), false)
      )
    )
  )

  const endOther = Effect.fnUntraced(function*(other: KubeJob, job: Job) {
    const observation = yield* watch.observe(other.name)
    yield* observation.confirm(other)
    if (yield* over(other.name, observation, leavingLimit)) return true
    if (!isOlder(other, job)) {
      yield* Effect.logWarning(`waiting for ${other.name}, a newer Job of the same pull request`)
      return yield* over(other.name, observation, endLimit)
    }
    yield* Effect.logWarning(`ending ${other.name}, a Job of the same pull request that nobody waits for`)
    return yield* stop(other.name, observation)
  }, Effect.scoped)

  /**
   * Makes this attempt's Job the only one of its lane; false if it cannot. There is another one where the process that
   * waited for it died and its job has been replaced since.
   */
  const clearLane = Effect.fn("KubeJobs.clearLane")(function*(job: Job, attempt: number) {
    const { items } = yield* withRetries(client.jobs.list(laneJobs(job.lane)))
    const others = items.filter(({ end, name }) => Option.isNone(end) && name !== jobName(job, attempt))
    const ended = yield* Effect.forEach(others, (other) => endOther(other, job), { concurrency: 4 })
    return ended.every((yes) => yes)
  })

  const endOne = Effect.fnUntraced(function*(left: KubeJob) {
    const observation = yield* watch.observe(left.name)
    yield* observation.confirm(left)
    yield* Effect.logInfo(`ending ${left.name}: its job was cancelled`)
    return yield* stop(left.name, observation)
  }, Effect.scoped)

  /** Ends the Jobs of all attempts of a job that still run; false if it cannot. */
  const end = Effect.fn("KubeJobs.end")(function*(job: Job) {
    const { items } = yield* withRetries(client.jobs.list(attemptJobs(job)))
    const left = items.filter(({ end }) => Option.isNone(end))
    const ended = yield* Effect.forEach(left, endOne, { concurrency: 4 })
    return ended.every((yes) => yes)
  })

  return { observe: watch.observe, create, stop, clearLane, end }
})
