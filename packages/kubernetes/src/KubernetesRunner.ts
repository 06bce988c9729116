import { AppConfig } from "@nominal-code/config/AppConfig"
import { Failure, failureText } from "@nominal-code/domain/Failure"
import { isSettled, type Job, JobOutcome } from "@nominal-code/domain/Job"
import { JobPayloadJson } from "@nominal-code/domain/JobPayload"
import { JobResults, type JobRun } from "@nominal-code/jobs/JobResults"
import { JobRunner } from "@nominal-code/jobs/JobRunner"
import { PayloadStore } from "@nominal-code/jobs/PayloadStore"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Duration, Effect, Exit, Fiber, Layer, Option, Ref, Schedule, Schema } from "effect"
import * as KubeJobs from "./Control.ts"
import {
  clusterFailed,
  type Ending,
  endingOf,
  failureOf,
  neverStarted,
  podFailed,
  tooLong,
  type Unfinished
} from "./Ending.ts"
import { KubeConfigError } from "./KubeClient.ts"
import type { KubeError } from "./KubeError.ts"
import * as Manifest from "./Manifest.ts"
import { jobName } from "./Names.ts"
import type { KubeJobObservation } from "./Watch.ts"

/** What has to be done now. `Stop`: nobody waits for the Job any more, and it has to be gone before the next one. */
type Verdict =
  | { readonly _tag: "Done"; readonly outcome: JobOutcome }
  | { readonly _tag: "Ended"; readonly how: Exclude<Ending["_tag"], "Stuck"> }
  | { readonly _tag: "Stop"; readonly because: Unfinished }

/** What a Job is given beyond its own deadline, before it is taken for lost. */
const deadlineMargin = Duration.seconds(10)

/** How long a pod may take to start: its place on a node, its image. */
const startLimit = "5 minutes"

/** How long a result that is stored already may take to be read. */
const readLimit = Duration.millis(500)

/** A pod that has succeeded stored its result before. */
const graceLimit = Duration.seconds(2)

/** A store that is away is asked again, for about as long as a lease can be kept without it. */
const listening = Schedule.spaced("500 millis").pipe(Schedule.upTo({ times: 60 }))

const encode = Schema.encodeSync(JobPayloadJson)

const refused = ({ message, retryable }: KubeError): Unfinished =>
  clusterFailed(retryable ? "unavailable" : "refused", message, retryable)

const make = Effect.gen(function*() {
  const config = yield* AppConfig
  if (Option.isNone(config.kubernetes) || Option.isNone(config.redis)) {
    return yield* new KubeConfigError({ message: "Jobs need kubernetes.image and redis.url" })
  }
  const template = {
    kubernetes: config.kubernetes.value,
    redis: config.redis.value,
    conversationTtl: config.conversationTtl
  }
  const { activeDeadline, backoffLimit } = template.kubernetes
  const results = yield* JobResults
  const payloads = yield* PayloadStore
  const jobs = yield* KubeJobs.make

  const listen = (run: JobRun) => Effect.retry(results.listen(run), listening)

  /** The result that is stored, if there is one: a signal may have been lost. */
  const read = (run: JobRun, limit: Duration.Duration) =>
    Effect.scoped(Effect.flatMap(results.listen(run), Effect.timeoutOption(limit))).pipe(
      Effect.retry(listening),
      Effect.catch(({ message }) => Effect.as(Effect.logWarning(`no result could be read: ${message}`), Option.none()))
    )

  const payloadOf = Effect.fnUntraced(function*(job: Job, attempt: number) {
    const payload = encode({ version: 1, job, settings: config.review, attempt })
    if (Manifest.fitsInline(payload)) return payload
    yield* Effect.retry(payloads.put(job.id, payload), listening)
    return `redis:${job.id}`
  })

  /** The Job has ended. What it has left says more than how it ended. */
  const conclude = Effect.fnUntraced(
    function*(
      run: JobRun,
      ending: Exclude<Ending["_tag"], "Stuck">,
      observation: KubeJobObservation,
      reported: Option.Option<JobOutcome>
    ) {
      const stored = yield* read(run, ending === "Succeeded" ? graceLimit : readLimit)
      if (Option.exists(stored, isSettled)) return Option.getOrThrow(stored)
      if (ending === "Succeeded") return podFailed("no-result", "the Job succeeded and left no result")
      const failure = failureOf(yield* observation.snapshot, activeDeadline)
      if (failure.failure._tag === "Deadline") return failure
      return Option.getOrElse(stored, () => Option.getOrElse(reported, () => failure))
    }
  )

  /** Waits for whatever tells first what becomes of the Job. */
  const verdictOn = Effect.fnUntraced(
    function*(observation: KubeJobObservation, heard: Effect.Effect<JobOutcome, StoreError>) {
      const reported = yield* Ref.make(Option.none<JobOutcome>())

      // A failed pod may be replaced by the next: only the Job says that it was the last.
      const signal = Effect.flatMap(
        Effect.catch(heard, () => Effect.never),
        (outcome): Effect.Effect<Verdict> => {
          if (isSettled(outcome)) return Effect.succeed({ _tag: "Done", outcome })
          if (outcome._tag === "Failed" && !outcome.retryable && backoffLimit > 0) {
            return Effect.succeed({ _tag: "Stop", because: outcome })
          }
          return Effect.andThen(Ref.set(reported, Option.some(outcome)), Effect.never)
        }
      )
      const ended = Effect.map(
        observation.first(endingOf),
        (ending): Verdict =>
          ending._tag === "Stuck" ? { _tag: "Stop", because: ending.outcome } : { _tag: "Ended", how: ending._tag }
      )
      const unstarted = observation.snapshot.pipe(
        Effect.delay(startLimit),
        Effect.flatMap((snapshot): Effect.Effect<Verdict> =>
          snapshot.ran ? Effect.never : Effect.succeed({ _tag: "Stop", because: neverStarted(snapshot, startLimit) })
        )
      )
      const expired = Effect.delay(
        Effect.succeed<Verdict>({ _tag: "Stop", because: tooLong(activeDeadline) }),
        Duration.sum(activeDeadline, deadlineMargin)
      )
      const verdict = yield* Effect.raceAllFirst([signal, ended, unstarted, expired])
      return { verdict, reported: yield* Ref.get(reported) }
    }
  )

  const awaitEnd = Effect.fnUntraced(
    function*(
      run: JobRun,
      name: string,
      observation: KubeJobObservation,
      heard: Effect.Effect<JobOutcome, StoreError>
    ) {
      const { reported, verdict } = yield* verdictOn(observation, heard)
      if (verdict._tag === "Done") return verdict.outcome
      if (verdict._tag === "Ended") return yield* conclude(run, verdict.how, observation, reported)
      yield* Effect.logWarning(`ending the Job: ${failureText(verdict.because.failure)}`)
      yield* jobs.stop(name, observation)
      const stored = yield* read(run, readLimit)
      return Option.getOrElse(Option.filter(stored, isSettled), () => verdict.because)
    }
  )

  const attemptOf = Effect.fnUntraced(function*(job: Job, attempt: number, name: string) {
    const run: JobRun = { id: job.id, attempt }
    const hearing = yield* Effect.forkScoped(yield* listen(run))
    const observation = yield* jobs.observe(name)
    if (!(yield* jobs.clearLane(job, attempt))) {
      return clusterFailed("not-started", "another Job of the same pull request does not end")
    }
    // Whoever waited for it before may have died, and the Job may have ended since, and be gone.
    const known = hearing.pollUnsafe()
    if (known !== undefined && Exit.isSuccess(known) && isSettled(known.value)) return known.value
    const payload = yield* payloadOf(job, attempt)
    yield* observation.confirm(yield* jobs.create(Manifest.make(template, { job, attempt, payload })))
    return yield* awaitEnd(run, name, observation, Fiber.join(hearing))
  }, Effect.scoped)

  return {
    run: Effect.fn("KubernetesRunner.run")((job: Job, attempt: number) => {
      const name = jobName(job, attempt)
      return attemptOf(job, attempt, name).pipe(
        Effect.catchTags({
          KubeError: (error) => Effect.succeed(refused(error)),
          StoreError: ({ message }) =>
            Effect.succeed(
              JobOutcome.cases.Failed.make({
                failure: Failure.cases.Store.make({ reason: "unavailable", detail: message }),
                retryable: true
              })
            )
        }),
        Effect.annotateLogs({ kubernetesJob: name })
      )
    }),
    cancel: Effect.fn("KubernetesRunner.cancel")((job: Job) =>
      jobs.end(job).pipe(
        Effect.flatMap((ended) => ended ? Effect.void : Effect.logError("a Job of a cancelled job may still run")),
        Effect.catch(({ message }) => Effect.logError(`a Job of a cancelled job may still run: ${message}`))
      )
    )
  }
})

/** What telling a pull request takes: a function, so that this package knows no reviews. */
export interface KubernetesWork<E, R> {
  /** Tells the pull request that its job is given up. */
  notice(job: Job, failure: Failure): Effect.Effect<void, E, R>
}

/**
 * Runs each job as a Kubernetes Job of its own. Interrupted, it leaves the Job running: whoever runs the same attempt
 * next finds it. A Job that takes too long, or whose job is cancelled, is deleted, and gone, before its run ends.
 */
export const layer = <E extends { readonly message: string }, R>({ notice }: KubernetesWork<E, R>) =>
  Layer.effect(
    JobRunner,
    Effect.gen(function*() {
      const { cancel, run } = yield* make
      const context = yield* Effect.context<R>()
      return JobRunner.of({
        run,
        cancel,
        giveUp: Effect.fn("KubernetesRunner.giveUp")((job: Job, failure: Failure) =>
          notice(job, failure).pipe(
            Effect.catch((error) => Effect.logError(`the pull request could not be told: ${error.message}`)),
            Effect.provide(context)
          )
        )
      })
    })
  )
