import type { KubernetesSettings } from "@nominal-code/config/KubernetesSettings"
import { NoticeOutcome } from "@nominal-code/domain/job/Notice"
import { RunSlot } from "@nominal-code/domain/job/RunSlot"
import { RunStillWanted } from "@nominal-code/domain/job/RunStillWanted"
import { JobRunner } from "@nominal-code/jobs/JobRunner"
import { PayloadStore } from "@nominal-code/jobs/PayloadStore"
import * as ServiceBreakers from "@nominal-code/jobs/run/ServiceBreakers"
import type { KubeErrorReason } from "@nominal-code/kubernetes/KubeError"
import type { KubeJob } from "@nominal-code/kubernetes/KubeObjects"
import * as KubernetesRunner from "@nominal-code/kubernetes/KubernetesRunner"
import { kubeJobName } from "@nominal-code/kubernetes/Names"
import { laneOf, mention } from "@nominal-code/testing/Jobs"
import { quiet } from "@nominal-code/testing/Quiet"
import { testResults } from "@nominal-code/testing/TestResults"
import { Context, type Duration, Effect, Layer, Logger, Option } from "effect"
import { fakeKube, kubeJob } from "./FakeKube.ts"
import { options } from "./KubeScene.ts"

export const job = mention(laneOf(1), "a")
export const name = kubeJobName(job, 1)
export const run = { id: job.id, run: 1 }

/** Options of a run. */
interface RunOptions {
  /** The Jobs that are there already. */
  readonly before?: ReadonlyArray<KubeJob>
  /** Times since some of them were deleted. */
  readonly deleted?: Readonly<Record<string, Duration.Input>>
  readonly settings?: Partial<KubernetesSettings>
  /** Answer to the run when it asks whether it is still wanted. */
  readonly wanted?: boolean
  /** Slot of the run. */
  readonly slot?: Context.Service.Shape<typeof RunSlot>
  /** Reason why every call of the API fails. */
  readonly refused?: KubeErrorReason
  /** Request of the job, in place of a short one. */
  readonly prompt?: string
  /** Differences of the payloads' store from the usual. */
  readonly payloads?: Partial<PayloadStore["Service"]>
}

/** A runner whose run of the job is under way. `lines` is what it has logged. */
export const started = Effect.fnUntraced(
  function*(
    { before = [], deleted = {}, payloads = {}, prompt, refused, settings = {}, slot, wanted = true }: RunOptions = {}
  ) {
    const kube = yield* fakeKube
    for (const job of before) kube.jobs.set(job.name, job)
    for (const [name, ago] of Object.entries(deleted)) yield* kube.deleted(name, ago)
    const results = yield* testResults
    const lines: Array<string> = []
    const logger = Logger.layer([Logger.make(({ message }) => void lines.push(String(message)))])
    const context = yield* Layer.build(
      Layer.fresh(
        KubernetesRunner.layer(options(settings), {
          notice: () => Effect.succeed(NoticeOutcome.cases.Told.make({})),
          command: () => Option.none(),
          needs: () => []
        })
      ).pipe(
        Layer.provideMerge(Layer.fresh(ServiceBreakers.layer)),
        Layer.provide([
          kube.layer,
          results.layer,
          Layer.succeed(PayloadStore, { ...results.payloadStore, ...payloads })
        ])
      )
    )
    yield* quiet
    yield* kube.refuse(refused)
    const runner = Context.get(context, JobRunner)
    const asked = prompt === undefined ? job : mention(laneOf(1), "a", prompt)
    const running = yield* runner.run(asked, 1).pipe(
      Effect.provideService(RunStillWanted, Effect.succeed(wanted)),
      Effect.provideService(RunSlot, slot ?? RunSlot.defaultValue()),
      Effect.provide(logger),
      Effect.forkChild
    )
    yield* quiet
    const { begin, outages } = Context.get(context, ServiceBreakers.ServiceBreakers)
    return { begin, kube, outages, results, runner, running, lines }
  }
)

/** The run's Job, as it is while its pod runs. */
export const runs = (found: KubeJob | undefined): KubeJob => kubeJob({ name, ...found, running: true })
