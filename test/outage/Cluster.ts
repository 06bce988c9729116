import type { ServiceName } from "@nominal-code/domain/job/Failure"
import { isSettled } from "@nominal-code/domain/job/Job"
import { JobPayloadJson } from "@nominal-code/domain/job/JobPayload"
import type { JobRunner } from "@nominal-code/jobs/JobRunner"
import type { ServiceBreakers } from "@nominal-code/jobs/run/ServiceBreakers"
import * as KubeClientNode from "@nominal-code/kubernetes/KubeClientNode"
import * as KubernetesRunner from "@nominal-code/kubernetes/KubernetesRunner"
import { noticeJob, reviewJob } from "@nominal-code/review/JobForge"
import * as KubeEmulator from "@nominal-code/testing/KubeEmulator"
import { prepare } from "@nominal-code/testing/KubeEnvironment"
import type { KubePodObject } from "@nominal-code/testing/KubeStore"
import { kubernetesSettings, redisAt, reviewSettings } from "@nominal-code/testing/TestConfig"
import { testResults } from "@nominal-code/testing/TestResults"
import { Clock, Duration, Effect, Layer, Logger, Option, Schema } from "effect"
import type { Outage } from "./Network.ts"

/** Services of a review, in a pod as in a server. */
type ReviewServices = Effect.Services<ReturnType<typeof reviewJob>>

const kubernetes = kubernetesSettings("reviews")

/** Payload of a pod's job, from the environment that its node gives it. */
const payloadOf = Effect.fnUntraced(function*({ metadata, spec: { containers: [container] } }: KubePodObject) {
  const prepared = container === undefined ? undefined : prepare(container, metadata.namespace, new Map())
  const given = prepared !== undefined && "environment" in prepared && prepared.environment.get("REVIEW_JOB_PAYLOAD")
  return yield* Schema.decodeUnknownEffect(JobPayloadJson)(given)
}, Effect.orDie)

/**
 * An emulated cluster whose API server is away for a time of the test's clock, and the runner that makes each run a Job of
 * it. Its pods review with the services that are given; they and its controllers do not need the API server.
 */
export const make = Effect.fnUntraced(function*(
  services: Layer.Layer<ReviewServices>,
  needs: ReadonlyArray<ServiceName>,
  outage: Outage | undefined
) {
  const pods = yield* Layer.build(Layer.merge(services, Logger.layer([])))
  const clock = yield* Clock.Clock
  const results = yield* testResults

  const review = Effect.fnUntraced(function*(pod: KubePodObject) {
    const { job, run = 0 } = yield* payloadOf(pod)
    const outcome = yield* reviewJob(job)
    yield* Effect.orDie(results.report({ id: job.id, run }, outcome))
    return isSettled(outcome) ? { exitCode: 0, reason: "Completed" } : { exitCode: 1, reason: "Error" }
  })
  const cluster = yield* KubeEmulator.make({
    behave: (pod) => ({
      _tag: "Scripted",
      run: review(pod).pipe(Effect.provide(pods), Effect.provideService(Clock.Clock, clock))
    }),
    pace: Duration.millis(1),
    sync: Duration.millis(5)
  })
  if (outage !== undefined) {
    const away = cluster.restart(Duration.millis(outage.until - outage.from), "5 seconds")
    yield* Effect.forkScoped(Effect.delay(away, Duration.millis(outage.from)))
  }

  const options = { kubernetes, redis: redisAt("redis://redis:6379/0"), review: reviewSettings }
  const runner: Layer.Layer<JobRunner, never, ServiceBreakers> = KubernetesRunner.layer(options, {
    notice: noticeJob,
    command: () => Option.none(),
    needs: () => needs
  }).pipe(
    Layer.provide([
      Layer.succeedContext(pods),
      results.layer,
      Layer.orDie(KubeClientNode.layer({ namespace: kubernetes.namespace, kubeconfig: cluster.kubeconfig }))
    ])
  )

  /** Something that changes whenever anything happens in the cluster. */
  const signature = () => `${cluster.requests.length} ${cluster.store.version} ${results.log.length}`
  return {
    runner,
    /** Number of the API server's requests while it was away. */
    inVain: () => cluster.requests.filter(({ status }) => status === 0).length,
    /** Waits, in real time, until nothing happens in the cluster. */
    settled: Effect.gen(function*() {
      let before = ""
      for (let calm = 0; calm < 4; calm = signature() === before ? calm + 1 : 0) {
        before = signature()
        yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 3)))
      }
    })
  }
})
