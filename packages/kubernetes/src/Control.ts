import type { Job } from "@nominal-code/domain/job/Job"
import { ensureWanted } from "@nominal-code/domain/job/RunStillWanted"
import { Duration, Effect, Option } from "effect"
import { makeRetries } from "./ApiRetries.ts"
import { makeCreate } from "./Creation.ts"
import { KubeClient } from "./KubeClient.ts"
import { KubeError } from "./KubeError.ts"
import type { KubeJob } from "./KubeObjects.ts"
import { kubeJobName, kubeJobsOfLabels, laneLabels } from "./Names.ts"
import { makeRemoval } from "./Removal.ts"
import * as KubeJobWatch from "./Watch.ts"

/** Time limit of the first list of our Jobs. */
const listLimit = Duration.minutes(1)

/** Time limit of the removal of a Job that has reported its result. The next one must not run before. */
const leavingLimit = Duration.seconds(5)

/** Makes the operations on kube jobs, with retries while the API server is away. */
export const make = Effect.gen(function*() {
  const client = yield* KubeClient
  const watch = yield* KubeJobWatch.make

  const withRetries = makeRetries(watch.health)
  const create = makeCreate(client, withRetries)
  const { awaitEnd, removeLater, stop } = makeRemoval(client, withRetries, yield* Effect.scope)

  const jobsWith = (labels: Readonly<Record<string, string>>) =>
    watch.jobsWith(labels).pipe(
      Effect.timeoutOrElse({
        duration: listLimit,
        orElse: () =>
          Effect.fail(
            new KubeError({ operation: "list Jobs", reason: "unreachable", detail: "the Jobs cannot be listed" })
          )
      }),
      Effect.map((found) => found.filter(({ end }) => Option.isNone(end)))
    )

  const endOther = Effect.fnUntraced(function*(other: KubeJob) {
    const observation = yield* watch.observe(other.name)
    yield* observation.confirm(other)
    if (!other.deleting && (yield* awaitEnd(other.name, observation, leavingLimit))) return
    yield* ensureWanted
    yield* Effect.logWarning(`ending ${other.name}, a Job of the same pull request, whose run is over`)
    const left = yield* stop(other.name, observation)
    if (Option.isNone(left)) return
    yield* ensureWanted
    yield* Effect.logError(
      `${other.name} does not end (${left.value}), its node may be lost: going on, because its run can no longer post`
    )
  }, Effect.scoped)

  /**
   * Ends the other Jobs of the lane. There are some where a server died and its job was replaced, and where a node was
   * lost. The queue wants this run and no other: what cannot be ended can no longer post, and is not waited for long.
   */
  const clearLane = Effect.fn("KubeJobs.clearLane")(function*(job: Job, run: number) {
    const jobs = yield* jobsWith(laneLabels(job.lane))
    const others = jobs.filter(({ name }) => name !== kubeJobName(job, run))
    yield* Effect.forEach(others, endOther, { concurrency: 4, discard: true })
  })

  const endOne = Effect.fnUntraced(function*(left: KubeJob) {
    const observation = yield* watch.observe(left.name)
    yield* observation.confirm(left)
    yield* Effect.logInfo(`ending ${left.name}: its job was stopped`)
    const pods = yield* stop(left.name, observation)
    if (Option.isSome(pods)) yield* Effect.logError(`${left.name} does not end, and may still run: ${pods.value}`)
  }, Effect.scoped)

  /** Ends the Jobs of all runs of a job that still run. */
  const end = Effect.fn("KubeJobs.end")(function*(job: Job) {
    yield* Effect.forEach(yield* jobsWith(kubeJobsOfLabels(job)), endOne, { concurrency: 4, discard: true })
  })

  return {
    health: watch.health,
    observe: watch.observe,
    find: client.findJob,
    warningsOf: client.warningsOf,
    create,
    stop,
    removeLater,
    clearLane,
    end
  }
})

/** Operations on the kube jobs of this server. */
export type KubeJobs = Effect.Success<typeof make>
