import { Failure, ServiceName } from "@nominal-code/domain/job/Failure"
import { isSettled, type Job, JobOutcome } from "@nominal-code/domain/job/Job"
import type { Lane } from "@nominal-code/domain/job/Lane"
import type { Notice, NoticeOutcome } from "@nominal-code/domain/job/Notice"
import { RunSlot } from "@nominal-code/domain/job/RunSlot"
import type { ReviewSettings } from "@nominal-code/domain/settings/ReviewSettings"
import { JobResults, type JobRun } from "@nominal-code/jobs/JobResults"
import { JobRunner } from "@nominal-code/jobs/JobRunner"
import type { PayloadTooLarge } from "@nominal-code/jobs/PayloadStore"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Effect, Exit, Fiber, Layer, Option, Ref } from "effect"
import * as ClusterBreaker from "./ClusterBreaker.ts"
import { makeConclusion } from "./Conclusion.ts"
import * as KubeJobs from "./Control.ts"
import { apiFailed, apiIsAway } from "./Ending.ts"
import type { KubeError } from "./KubeError.ts"
import * as Manifest from "./Manifest.ts"
import { kubeJobName } from "./Names.ts"
import * as Placement from "./Placement.ts"
import { makePodPayload } from "./PodPayload.ts"
import { makePodResults } from "./PodResult.ts"
import { isSuspended, verdictOn } from "./Verdict.ts"
import type { KubeJobObservation } from "./Watch.ts"

const store = ServiceName.make("store")

/** Outcome of a run whose pod could not be made, or waited for, by its error. */
const outcomeOf = {
  KubeError: (error: KubeError) => Effect.succeed(apiFailed(error)),
  RunNotWanted: () =>
    Effect.succeed(
      JobOutcome.cases.Lost.make({
        failure: Failure.cases.Lease.make({ detail: "another process has the job by now" })
      })
    ),
  PayloadTooLarge: ({ message }: PayloadTooLarge) =>
    Effect.succeed(
      JobOutcome.cases.Failed.make({ failure: Failure.cases.Bug.make({ detail: message }), retryable: false })
    ),
  StoreError: ({ message }: StoreError) =>
    Effect.succeed(
      JobOutcome.cases.Postponed.make({
        failure: Failure.cases.Store.make({ reason: "unavailable", detail: message }),
        service: store
      })
    )
}

/** Settings of the Jobs, and those that travel with each. */
export interface KubernetesOptions extends Manifest.KubeJobTemplate {
  readonly review: ReviewSettings
}

const make = Effect.fnUntraced(function*({ review, ...template }: KubernetesOptions) {
  const { activeDeadline } = template.kubernetes
  const { listen, read, showWaits } = makePodResults(yield* JobResults)
  const payloadOf = yield* makePodPayload(review)
  const jobs = yield* KubeJobs.make
  const { accepted, served } = yield* ClusterBreaker.make(jobs.health)
  const { abandon, conclude } = makeConclusion(jobs, read, activeDeadline)

  const awaitEnd = Effect.fnUntraced(
    function*(
      run: JobRun,
      name: string,
      observation: KubeJobObservation,
      heard: Effect.Effect<JobOutcome, StoreError>
    ) {
      const slot = yield* RunSlot
      const reported = yield* Ref.make(Option.none<JobOutcome>())
      const begun = observation.first(({ ran }) => ran ? Option.some(undefined) : Option.none())
      yield* Effect.forkScoped(Effect.andThen(begun, served))
      const resumed = observation.first((snapshot) => isSuspended(snapshot) ? Option.none() : Option.some(undefined))
      while (true) {
        const placement = Placement.make(observation, (kind, of = name) => jobs.warningsOf(of, kind))
        const { hopeless, shortened } = placement
        const apiAway = Effect.match(jobs.find(name), { onFailure: apiIsAway, onSuccess: Option.none })
        // Nothing is begun while the API server is away, so the slot is free to find out that it is.
        const verdict = yield* Effect.raceFirst(
          verdictOn({ observation, apiAway, heard, reported, hopeless }, template.kubernetes),
          Effect.forever(Effect.andThen(jobs.health.untilAway, slot.yieldWhile(jobs.health.untilBack)))
        )
        if (verdict._tag === "Done") {
          if (verdict.removes) yield* jobs.removeLater(name, activeDeadline)
          return verdict.outcome
        }
        if (verdict._tag === "Stop") return yield* abandon(run, name, observation, verdict.because)
        if (verdict._tag === "Ended") {
          return yield* conclude(run, verdict.how, observation, yield* shortened, yield* Ref.get(reported))
        }
        yield* Effect.logInfo("the Job is suspended: it waits for its queue")
        yield* slot.yieldWhile(resumed)
        yield* Effect.logInfo("the Job's queue has admitted it")
      }
    }
  )

  const runOf = Effect.fnUntraced(function*(job: Job, number: number, name: string) {
    const run: JobRun = { id: job.id, run: number, isTokenless: job.runBefore === number }
    const hearing = yield* Effect.forkScoped(yield* listen(run))
    yield* Effect.forkScoped(showWaits(run))
    const observation = yield* jobs.observe(name)
    yield* jobs.clearLane(job, number)
    // Whoever waited for it before may have died, and the Job may have ended since, and be gone.
    const known = hearing.pollUnsafe()
    if (known !== undefined && Exit.isSuccess(known) && isSettled(known.value)) return known.value
    const payload = yield* payloadOf(job, number)
    const created = yield* jobs.create(Manifest.make(template, { job, run: number, payload }))
    yield* accepted
    yield* observation.confirm(created)
    return yield* awaitEnd(run, name, observation, Fiber.join(hearing))
  }, Effect.scoped)

  return {
    run: Effect.fn("KubernetesRunner.run")((job: Job, number: number) => {
      const name = kubeJobName(job, number)
      return runOf(job, number, name).pipe(
        Effect.catchTags(outcomeOf),
        Effect.annotateLogs({ kubernetesJob: name })
      )
    }),
    cancel: Effect.fn("KubernetesRunner.cancel")((job: Job) =>
      jobs.end(job).pipe(
        Effect.catch(({ message }) => Effect.logError(`a Job of a cancelled job may still run: ${message}`))
      )
    )
  }
})

/** The functions that the server runs itself. They are parameters, so that this package knows no reviews. */
export interface KubernetesWork<R> {
  notice(job: Job, notice: Notice): Effect.Effect<NoticeOutcome, never, R>
  /** Work of a job that is done in the server; none where it needs a pod. */
  command(job: Job): Option.Option<Effect.Effect<JobOutcome, never, R>>
  /** The services that a pod needs for the job, or for a review. */
  needs(lane: Lane, job?: Job): ReadonlyArray<ServiceName>
}

/**
 * Runner that makes each run a Kubernetes Job. Interrupted, it leaves the Job running: whoever takes the same run over
 * finds it. A Job that takes too long, or whose job is cancelled, is deleted, and gone, before its run ends.
 */
export const layer = <R>(options: KubernetesOptions, { command, needs, notice }: KubernetesWork<R>) =>
  Layer.effect(
    JobRunner,
    Effect.gen(function*() {
      const { cancel, run } = yield* make(options)
      const context = yield* Effect.context<R>()
      return JobRunner.of({
        run: (job, number) =>
          Option.match(command(job), {
            onNone: () => run(job, number),
            onSome: (outcome) => Effect.provide(outcome, context)
          }),
        cancel,
        postNotice: Effect.fn("KubernetesRunner.postNotice")((job: Job, what: Notice) =>
          Effect.provide(notice(job, what), context)
        ),
        needs: (lane, job) => [ClusterBreaker.cluster, ...needs(lane, job)],
        outOfProcess: true
      })
    })
  )
