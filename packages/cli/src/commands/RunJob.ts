import { AppConfig } from "@nominal-code/config/AppConfig"
import * as AppConfigLayer from "@nominal-code/config/AppConfigLayer"
import { JobOutcome } from "@nominal-code/domain/Job"
import { type JobPayload, JobPayloadJson } from "@nominal-code/domain/JobPayload"
import { review } from "@nominal-code/review/Review"
import { Config, Effect, FileSystem, Layer, Schema, Stdio, Stream } from "effect"
import * as Logging from "../Logging.ts"
import * as ReviewLayers from "../ReviewLayers.ts"
import * as Storage from "../Storage.ts"

/** The job was not done, and why. The process ends with 1. */
export class JobFailed extends Schema.TaggedError<JobFailed>()("JobFailed", { message: Schema.String }) {}

const howToGiveIt = "give the job as --payload <json>, @file or -, or in REVIEW_JOB_PAYLOAD"

const notGiven = new JobFailed({ message: `no job payload: ${howToGiveIt}` })

const text = Effect.fnUntraced(
  function*(given: string | undefined) {
    if (given === "-") return yield* Stream.mkString(Stream.decodeText((yield* Stdio.Stdio).stdin))
    if (given?.startsWith("@")) return yield* (yield* FileSystem.FileSystem).readFileString(given.slice(1))
    return given ?? (yield* Effect.mapError(Config.NonEmptyString("REVIEW_JOB_PAYLOAD"), () => notGiven))
  },
  Effect.catchTag(
    "PlatformError",
    ({ message }) => Effect.fail(new JobFailed({ message: `no job payload: ${message}; ${howToGiveIt}` }))
  )
)

const decode = (payload: string) =>
  Effect.mapError(
    Schema.decodeEffect(JobPayloadJson)(payload),
    (error) =>
      new JobFailed({ message: `the job payload is not one: ${error.message.replaceAll("\n", " ")}; ${howToGiveIt}` })
  )

/** The process's own configuration, with the settings that came with the job in place of its own. */
const configuration = ({ settings }: JobPayload) =>
  Layer.effect(AppConfig, Effect.map(AppConfig, (own) => AppConfig.of({ ...own, review: settings ?? own.review })))
    .pipe(
      Layer.provide(AppConfigLayer.layer("run-job"))
    )

/** Runs one job to its end: decode, review, publish. Starts no server. */
export const runJob = Effect.fn("cli.runJob")(function*(given: string | undefined) {
  const payload = yield* Effect.flatMap(text(given), decode)
  const { job } = payload
  const dependencies = Layer.merge(ReviewLayers.layer, Storage.conversations).pipe(
    Layer.provideMerge(Logging.layer),
    Layer.provideMerge(configuration(payload))
  )
  return yield* review(job).pipe(
    Effect.tap(JobOutcome.match({
      Reviewed: ({ alreadyPosted, findings }) =>
        Effect.logInfo(alreadyPosted ? "the review was posted before" : `review posted with ${findings} findings`),
      Skipped: ({ reason }) => Effect.logInfo(`nothing to review: ${reason}`),
      Failed: ({ reason }) => Effect.fail(new JobFailed({ message: `job ${job.id} failed: ${reason}` }))
    })),
    Effect.annotateLogs({ job: job.id, lane: String(job.event.pullRequest) }),
    Effect.provide(dependencies)
  )
})
