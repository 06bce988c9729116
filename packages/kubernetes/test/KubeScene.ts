import type { KubernetesSettings } from "@nominal-code/config/KubernetesSettings"
import { failureText } from "@nominal-code/domain/job/Failure"
import type { Job, JobOutcome } from "@nominal-code/domain/job/Job"
import { type Notice, NoticeOutcome } from "@nominal-code/domain/job/Notice"
import type { ReviewSettings } from "@nominal-code/domain/settings/ReviewSettings"
import { JobRunner } from "@nominal-code/jobs/JobRunner"
import * as ServiceBreakers from "@nominal-code/jobs/run/ServiceBreakers"
import * as KubeClientNode from "@nominal-code/kubernetes/KubeClientNode"
import * as KubernetesRunner from "@nominal-code/kubernetes/KubernetesRunner"
import * as KubeEmulator from "@nominal-code/testing/KubeEmulator"
import type { PodBehaviour, PodEnd } from "@nominal-code/testing/KubePods"
import type { KubePodObject } from "@nominal-code/testing/KubeStore"
import { kubernetesSettings, redisAt, reviewSettings } from "@nominal-code/testing/TestConfig"
import { testResults } from "@nominal-code/testing/TestResults"
import { Context, Effect, Layer, Logger, Option } from "effect"

/** Jobs as `kubernetes.image` and nothing else make them. */
export const kubernetes = kubernetesSettings("reviews")

export const review: ReviewSettings = { ...reviewSettings, botUsername: "nominal" }

/** Options of a server that starts Jobs. */
export const options = (settings: Partial<KubernetesSettings> = {}): KubernetesRunner.KubernetesOptions => ({
  kubernetes: { ...kubernetes, ...settings },
  redis: redisAt("redis://redis:6379/0"),
  review
})

const succeeded: PodEnd = { exitCode: 0, reason: "Completed" }
export const crashed: PodEnd = { exitCode: 1, reason: "Error" }

/** Behaviour of a pod that can report a result; the number of its run is in its labels. */
export type Script = (pod: KubePodObject, results: Effect.Success<typeof testResults>) => PodBehaviour

/** A pod that runs this, and then ends so. */
export const does = (what: Effect.Effect<unknown>, end: PodEnd = succeeded): PodBehaviour => ({
  _tag: "Scripted",
  run: Effect.as(what, end)
})

export interface SceneOptions extends Partial<KubeEmulator.Options> {
  /** Work that the server does itself. */
  readonly command?: KubernetesRunner.KubernetesWork<never>["command"]
  readonly settings?: Partial<KubernetesSettings>
}

/** A runner on an emulated cluster whose pods observe a script. */
export const scene = Effect.fnUntraced(
  function*(script: Script, { command = () => Option.none(), settings = {}, ...emulated }: SceneOptions = {}) {
    const results = yield* testResults
    const cluster = yield* KubeEmulator.make({ behave: (pod) => script(pod, results), ...emulated })
    const told: Array<string> = []
    const notice = (_job: Job, notice: Notice) =>
      Effect.sync(() => {
        told.push(notice._tag === "GivenUp" ? failureText(notice.failure) : notice._tag)
        return NoticeOutcome.cases.Told.make({})
      })
    const context = yield* Layer.build(
      Layer.fresh(KubernetesRunner.layer(options(settings), { notice, command, needs: () => [] })).pipe(
        Layer.provide(KubeClientNode.layer({ namespace: kubernetes.namespace, kubeconfig: cluster.kubeconfig })),
        Layer.provide([results.layer, Layer.fresh(ServiceBreakers.layer), Logger.layer([])])
      )
    )
    return { cluster, results, told, runner: Context.get(context, JobRunner) }
  }
)

/** Number of requests of a kind that the API server has got. */
export const asked = ({ requests }: KubeEmulator.KubeEmulator, verb: string): number =>
  requests.filter((request) => request.verb === verb).length

/** The reason of a failure. */
export const reasonOf = (outcome: JobOutcome): string =>
  "failure" in outcome ? failureText(outcome.failure) : outcome._tag
