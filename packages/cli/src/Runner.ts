import { AppConfig } from "@nominal-code/config/AppConfig"
import { commandOf } from "@nominal-code/domain/command/CommandParser"
import { modelService, ServiceName } from "@nominal-code/domain/job/Failure"
import type { Job } from "@nominal-code/domain/job/Job"
import type { Lane } from "@nominal-code/domain/job/Lane"
import { answererOf } from "@nominal-code/domain/settings/ReviewSettings"
import type { Forges } from "@nominal-code/forge/Forges"
import { JobRunner } from "@nominal-code/jobs/JobRunner"
import * as InProcessRunner from "@nominal-code/jobs/run/InProcessRunner"
import * as KubeClientNode from "@nominal-code/kubernetes/KubeClientNode"
import * as KubernetesRunner from "@nominal-code/kubernetes/KubernetesRunner"
import type { Quotas } from "@nominal-code/persistence/Quotas"
import type { Spend } from "@nominal-code/persistence/Spend"
import type { AdmittanceRules } from "@nominal-code/review/Admittance"
import { forgeService } from "@nominal-code/review/Failure"
import { admittedJob, commandJob, noticeJob, reviewJob, stoppedJob } from "@nominal-code/review/JobForge"
import * as PendingPosts from "@nominal-code/review/PendingPosts"
import type { ReviewConfig } from "@nominal-code/review/ReviewConfig"
import { Effect, Layer, Option } from "effect"
import * as Configured from "./Configured.ts"
import * as Results from "./Results.ts"
import * as ReviewLayers from "./ReviewLayers.ts"
import { recording, type TranscriptSettings } from "./transcripts/Recording.ts"

const disk = ServiceName.make("disk")

/**
 * The services that a review needs, whose breakers hold it back while they are away. A question needs the answerer's
 * model service instead.
 */
const needsOf = ({ review }: AppConfig["Service"]) => ({ platform }: Lane, job?: Job) => {
  const isQuestion = job !== undefined && commandOf(job)._tag === "Ask"
  return [forgeService(platform), modelService((isQuestion ? answererOf(review) : review.reviewer).provider)]
}

type RequiredServices = ReturnType<typeof needsOf>

/** The runner of the jobs that may run, by the rules of this server. The pods are only started for those. */
const admitting = (rules: AdmittanceRules) =>
  Layer.effect(
    JobRunner,
    Effect.gen(function*() {
      const runner = yield* JobRunner
      const context = yield* Effect.context<Forges | ReviewConfig | Quotas | Spend>()
      return JobRunner.of({
        ...runner,
        run: (job, number) => Effect.provide(admittedJob(rules)(job, runner.run(job, number)), context)
      })
    })
  )

/** The runner, which tells the commit of a review that it was told to stop. Nobody waits for that. */
const tellingStopped = Layer.effect(
  JobRunner,
  Effect.gen(function*() {
    const runner = yield* JobRunner
    const context = yield* Effect.context<Forges | ReviewConfig>()
    const scope = yield* Effect.scope
    return JobRunner.of({
      ...runner,
      cancel: (job) =>
        Effect.andThen(runner.cancel(job), Effect.forkIn(Effect.provide(stoppedJob(job), context), scope)).pipe(
          Effect.asVoid
        )
    })
  })
)

const inProcess = (needs: RequiredServices, rules: AdmittanceRules, transcripts: TranscriptSettings) =>
  tellingStopped.pipe(
    Layer.provide(admitting(rules)),
    Layer.provide(
      InProcessRunner.layer({
        review: (job) => recording(transcripts, job, reviewJob(job)),
        notice: noticeJob,
        needs: (lane, job) => [...needs(lane, job), disk]
      })
    ),
    Layer.provide(PendingPosts.layerMemory),
    Layer.provide(ReviewLayers.layer),
    Layer.provide(Configured.reviewConfig())
  )

// The pods have the model and the checkout: the server only tells pull requests what they have to hear.
const inCluster = (options: KubernetesRunner.KubernetesOptions, needs: RequiredServices, rules: AdmittanceRules) =>
  tellingStopped.pipe(
    Layer.provide(admitting(rules)),
    Layer.provide(KubernetesRunner.layer(options, { notice: noticeJob, command: commandJob, needs })),
    Layer.provide(KubeClientNode.layer(options.kubernetes)),
    Layer.provide(Configured.signingKeys),
    Layer.provide(Results.layer),
    Layer.provide(Configured.forges),
    Layer.provide(Configured.reviewConfig())
  )

type Runner = ReturnType<typeof inProcess> | ReturnType<typeof inCluster>

/** Name of the runner: `kubernetes` if the configuration has an image for Jobs, else `in-process`. */
export const name = Effect.map(
  AppConfig,
  (config) => Option.isSome(Configured.kubernetesOptions(config)) ? "kubernetes" : "in-process"
)

/** The configured runner. */
export const layer = Layer.unwrap(
  Effect.map(
    AppConfig,
    (config): Layer.Layer<JobRunner, Layer.Error<Runner>, Layer.Services<Runner>> =>
      Option.match(Configured.kubernetesOptions(config), {
        onNone: () => inProcess(needsOf(config), config, config),
        onSome: (options) => inCluster(options, needsOf(config), config)
      })
  )
)
