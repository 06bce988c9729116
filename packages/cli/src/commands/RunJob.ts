import { AgentLost } from "@nominal-code/agent/isolated/AgentLost"
import { AppConfig } from "@nominal-code/config/AppConfig"
import * as AppConfigLayer from "@nominal-code/config/AppConfigLayer"
import { fileTrouble } from "@nominal-code/domain/file/FileTrouble"
import { Failure, failureText } from "@nominal-code/domain/job/Failure"
import { type Job, JobOutcome } from "@nominal-code/domain/job/Job"
import type { JobPayload } from "@nominal-code/domain/job/JobPayload"
import { laneKey } from "@nominal-code/domain/job/Lane"
import { endingWithin } from "@nominal-code/domain/job/RunDeadline"
import { MayHaveEarlierRuns, RunStillWanted } from "@nominal-code/domain/job/RunStillWanted"
import * as RunWaits from "@nominal-code/domain/job/RunWaits"
import { withoutSecrets } from "@nominal-code/domain/secret/KnownSecrets"
import { inTraceOf } from "@nominal-code/domain/telemetry/Trace"
import { JobResults } from "@nominal-code/jobs/JobResults"
import { type PayloadReference, PayloadStore, readReference } from "@nominal-code/jobs/PayloadStore"
import { kubeJobName } from "@nominal-code/kubernetes/Names"
import { reviewJob } from "@nominal-code/review/JobForge"
import { Cause, Config, Effect, FileSystem, Layer, Option, Schema, Stdio, Stream } from "effect"
import process from "node:process"
import * as Configured from "../Configured.ts"
import * as FirstUse from "../FirstUse.ts"
import * as Logging from "../Logging.ts"
import * as PodWaits from "../PodWaits.ts"
import { checkPrices } from "../Prices.ts"
import * as Results from "../Results.ts"
import * as ReviewLayers from "../ReviewLayers.ts"
import * as RunPayload from "../RunPayload.ts"
import { jobOf } from "../RunRequest.ts"
import { isWanted } from "../RunWanted.ts"
import * as Telemetry from "../Telemetry.ts"
import { recording } from "../transcripts/Recording.ts"

/** A job that was not done. The process ends with 1. */
export class JobFailed extends Schema.TaggedError<JobFailed>()("JobFailed", { message: Schema.String }) {}

const { Failed, Lost } = JobOutcome.cases

const howToGiveIt = "give the job as --payload <json>, @file, redis:<id> or -, or in REVIEW_JOB_PAYLOAD"

/** Time limit for reporting an interruption: less than a pod gets between SIGTERM and SIGKILL. */
const interruptedReportLimit = "20 seconds"

const notGiven = new JobFailed({ message: `no job payload: ${howToGiveIt}` })

const text = Effect.fnUntraced(
  function*(given: string | undefined) {
    if (given === "-") return yield* Stream.mkString(Stream.decodeText((yield* Stdio.Stdio).stdin))
    if (given?.startsWith("@")) return yield* (yield* FileSystem.FileSystem).readFileString(given.slice(1))
    return given ?? (yield* Effect.mapError(Config.NonEmptyString("REVIEW_JOB_PAYLOAD"), () => notGiven))
  },
  Effect.catchTag(
    "PlatformError",
    (error) => Effect.fail(new JobFailed({ message: `no job payload: ${fileTrouble(error)}; ${howToGiveIt}` }))
  )
)

const decode = (given: string, leftByServer: boolean) =>
  Effect.mapError(
    RunPayload.decode(given, leftByServer),
    ({ message }) => new JobFailed({ message: `${message}; ${howToGiveIt}` })
  )

/** Makes the payload that a server would make for the request. */
const asPayload = (given: RunPayload.RunPayload) =>
  given._tag === "FromServer" ?
    Effect.succeed(given.payload) :
    Effect.flatMap(AppConfig, (config) => Effect.andThen(checkPrices(config), jobOf(config, given.request))).pipe(
      Effect.mapBoth({
        onFailure: ({ message }) => new JobFailed({ message }),
        onSuccess: (job): JobPayload => ({ version: 2, job })
      })
    )

/** Fetches a payload that is too large for an environment variable, and is therefore in Redis. */
const fetched = Effect.fnUntraced(function*({ isKey, key, names }: PayloadReference) {
  if (Option.isNone((yield* AppConfig).redis)) {
    return yield* new JobFailed({
      message: `the job payload redis:${key} is in the Redis of a server: set redis.url (REDIS_URL) to it`
    })
  }
  const found = isKey ? yield* (yield* PayloadStore).get(key) : Option.none()
  if (Option.isSome(found) && names(found.value)) return yield* decode(found.value, true)
  if (Option.isSome(found)) {
    return yield* new JobFailed({
      message: `the job payload redis:${key} in the Redis of REDIS_URL is not the one that the server stored`
    })
  }
  return yield* new JobFailed({
    message: `there is no job payload redis:${key} in the Redis of REDIS_URL; ${howToGiveIt}`
  })
})

/** Outcome of a review that ended with a defect, or whose agent's container has ended. */
const broken = Effect.fnUntraced(function*(cause: Cause.Cause<unknown>): Effect.fn.Return<JobOutcome> {
  const defect = Cause.squash(cause)
  if (defect instanceof AgentLost) {
    return Lost.make({ failure: Failure.cases.Pod.make({ reason: "killed", detail: defect.message }) })
  }
  yield* Effect.logError("the review failed unexpectedly", cause)
  const detail = `an unexpected error: ${Cause.pretty(cause).split("\n")[0]}`
  return Failed.make({ failure: Failure.cases.Bug.make({ detail }), retryable: true })
})

/** Runs the review. Its resources are closed before its outcome is reported. */
const reviewed = (payload: JobPayload) =>
  reviewJob(payload.job).pipe(
    Effect.provide(
      Layer.mergeAll(ReviewLayers.layer, Configured.conversations, Configured.spend).pipe(
        Layer.provide(Configured.markerKeys("read")),
        Layer.provideMerge(Configured.reviewConfig(Option.fromUndefinedOr(payload.settings)))
      )
    ),
    Effect.catchCause((cause) => Cause.hasInterrupts(cause) ? Effect.interrupt : broken(cause)),
    Effect.flatMap(withoutSecrets)
  )

const logged = JobOutcome.match({
  Reviewed: ({ alreadyPosted, findings }) =>
    Effect.logInfo(alreadyPosted ? "the review was posted before" : `review posted with ${findings} findings`),
  Answered: ({ command }) => Effect.logInfo(`answered: ${command}`),
  Skipped: ({ detail }) => Effect.logInfo(`nothing to review: ${detail}`),
  Failed: ({ failure }) => Effect.logError(`failed: ${failureText(failure)}`),
  Postponed: ({ failure, service }) => Effect.logWarning(`postponed until ${service} is back: ${failureText(failure)}`),
  Lost: ({ failure }) => Effect.logWarning(`not finished: ${failureText(failure)}`)
})

const exitOf = ({ id }: Job, outcome: JobOutcome) =>
  "failure" in outcome
    ? Effect.fail(new JobFailed({ message: `job ${id} failed: ${failureText(outcome.failure)}` }))
    : Effect.void

/** Stores the outcome and signals it, if a server waits for it. */
const report = Effect.fnUntraced(
  function*({ job, run, token }: JobPayload, outcome: JobOutcome) {
    if (run !== undefined) yield* (yield* JobResults).report({ id: job.id, run, token }, outcome)
  },
  (effect) => Effect.catch(effect, ({ message }) => Effect.logError(`the result could not be reported: ${message}`))
)

const stopped = Lost.make({
  failure: Failure.cases.Pod.make({ reason: "stopped", detail: "it was stopped before the review was done" })
})

/**
 * Reports that the run was interrupted, within the time that is left. The outcome is `Lost`, so that the job runs
 * again.
 */
const reportInterrupted = Effect.fnUntraced(function*(payload: JobPayload) {
  process.exitCode = 1
  yield* logged(stopped)
  yield* Effect.timeoutOption(report(payload, stopped), interruptedReportLimit)
})

const runReview = Effect.fnUntraced(function*(payload: JobPayload) {
  const { job, run } = payload
  const config = yield* AppConfig
  const waits = yield* RunWaits.make
  return yield* reviewed(payload).pipe(
    Effect.provideService(RunWaits.RunWaits, waits),
    Effect.raceFirst(PodWaits.reportWaits(payload, waits)),
    endingWithin(config.jobs.deadline),
    (run) => recording(config, job, run, "redis"),
    Effect.provideService(RunStillWanted, isWanted(yield* JobResults, payload)),
    Effect.provideService(MayHaveEarlierRuns, run !== 1),
    Effect.onInterrupt(() => reportInterrupted(payload)),
    Effect.tap(logged),
    Effect.tap((outcome) => Effect.uninterruptible(report(payload, outcome))),
    Effect.flatMap((outcome) => exitOf(job, outcome)),
    Effect.annotateLogs({
      job: job.id,
      lane: laneKey(job.lane),
      delivery: job.delivery,
      ...(run === undefined ? {} : { run, kubernetesJob: kubeJobName(job, run) })
    }),
    inTraceOf(job)
  )
})

/** Runs one job to its end: decode, review, publish, store the result, signal it. Starts no server. */
export const runJob = Effect.fn("cli.runJob")(function*(given: string | undefined) {
  const written = yield* text(given)
  const reference = readReference(written.trim())
  const inline = Option.isSome(reference) ? Option.none() : Option.some(yield* decode(written, given === undefined))
  const own = Results.layer.pipe(
    Layer.provideMerge(Configured.configured(({ tracing }) => Telemetry.layer({ tracing }))),
    Layer.provideMerge(Configured.configured(Logging.layer)),
    Layer.provideMerge(AppConfigLayer.layer("run-job"))
  )
  return yield* Effect.fromOption(inline).pipe(
    Effect.catchTag("NoSuchElementError", () => Effect.flatMap(Effect.fromOption(reference), fetched)),
    Effect.flatMap(asPayload),
    Effect.flatMap(runReview),
    Effect.provide(own),
    Effect.provideService(FirstUse.MakesAtFirstUse, true)
  )
})
