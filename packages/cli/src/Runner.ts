import { AppConfig } from "@nominal-code/config/AppConfig"
import { type Failure, failureText } from "@nominal-code/domain/Failure"
import type { Job } from "@nominal-code/domain/Job"
import { Notice } from "@nominal-code/domain/Notice"
import * as GitHub from "@nominal-code/forge/GitHub"
import * as InProcessRunner from "@nominal-code/jobs/InProcessRunner"
import type { JobRunner } from "@nominal-code/jobs/JobRunner"
import * as KubeClientNode from "@nominal-code/kubernetes/KubeClientNode"
import * as KubernetesRunner from "@nominal-code/kubernetes/KubernetesRunner"
import { notice } from "@nominal-code/review/Notice"
import * as PendingPosts from "@nominal-code/review/PendingPosts"
import { review } from "@nominal-code/review/Review"
import * as ReviewConfig from "@nominal-code/review/ReviewConfig"
import { Effect, Layer, Option } from "effect"
import * as Results from "./Results.ts"
import * as ReviewLayers from "./ReviewLayers.ts"

/** Tells a pull request that its job is given up. What cannot be told is logged. */
const giveUp = Effect.fnUntraced(function*(job: Job, failure: Failure) {
  const outcome = yield* notice(job, Notice.cases.GivenUp.make({ failure }))
  if (outcome._tag === "Refused") yield* Effect.logError(`the pull request could not be told: ${outcome.detail}`)
  if (outcome._tag === "Postponed") {
    yield* Effect.logError(`the pull request could not be told: ${failureText(outcome.failure)}`)
  }
})

const runners = {
  "in-process": InProcessRunner.layer({ review, notice: giveUp }).pipe(
    Layer.provide(PendingPosts.layerMemory),
    Layer.provide(ReviewLayers.layer),
    Layer.provide(ReviewConfig.layer())
  ),
  // The pods have the model and the checkout: the server only tells a pull request of what is given up.
  kubernetes: KubernetesRunner.layer({ notice: giveUp }).pipe(
    Layer.provide(KubeClientNode.layer),
    Layer.provide(Results.layer),
    Layer.provide(GitHub.layer),
    Layer.provide(ReviewConfig.layer())
  )
}

/** Where a server's reviews run: as Kubernetes Jobs where the configuration has an image for them, else in itself. */
export const name = Effect.map(
  AppConfig,
  ({ kubernetes }): keyof typeof runners => Option.isSome(kubernetes) ? "kubernetes" : "in-process"
)

type Any = typeof runners[keyof typeof runners]

const named = (name: keyof typeof runners): Layer.Layer<JobRunner, Layer.Error<Any>, Layer.Services<Any>> =>
  runners[name]

/** What runs them there. */
export const layer = Layer.unwrap(Effect.map(name, named))
