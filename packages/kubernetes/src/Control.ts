import { backoff } from "@nominal-code/domain/job/Backoff"
import type { Job } from "@nominal-code/domain/job/Job"
import { ensureWanted } from "@nominal-code/domain/job/RunStillWanted"
import { Duration, Effect, Option, Schedule } from "effect"
import { makeRetries, mayPass } from "./ApiRetries.ts"
import { makeCreate } from "./Creation.ts"
import { isOver } from "./Ending.ts"
import { KubeClient } from "./KubeClient.ts"
import { KubeError } from "./KubeError.ts"
import type { KubeJob } from "./KubeObjects.ts"
import { kubeJobName, kubeJobsOfLabels, laneLabels } from "./Names.ts"
import * as KubeJobWatch from "./Watch.ts"

/** Retries of the removal of a Job that nobody waits for. */
const removalRetries = backoff("1 second", "30 seconds").pipe(Schedule.jittered)

/** Time limit of the first list of our Jobs. */
const listLimit = Duration.minutes(1)

/** Time limit of a Job's end: the grace period of its pods, and the time that the cluster takes to notice. */
const endLimit = Duration.seconds(90)

/** Time limit of the removal of a Job that has reported its result. The next one must not run before. */
const leavingLimit = Duration.seconds(5)

/** Interval of reads of a deleted Job, in case the watch misses its end. */
const lookEvery = Duration.seconds(5)

/** The pods of a Job that have not ended, and their nodes. One that is disrupted may not have: its node is lost. */
const places = ({ pods }: KubeJobWatch.KubeJobSnapshot): string => {
  const left = pods.filter(({ phase }) => phase !== "Succeeded" && phase !== "Failed")
  const named = left.map(({ name, node }) => `${name} on node ${Option.getOrElse(node, () => "(none)")}`)
  return named.length === 0 ? "no pod of it is known" : named.join(", ")
}

/** Makes the operations on kube jobs, with retries while the API server is away. */
export const make = Effect.gen(function*() {
  const client = yield* KubeClient
  const watch = yield* KubeJobWatch.make
  const scope = yield* Effect.scope

  const withRetries = makeRetries(watch.health)
  const create = makeCreate(client, withRetries)

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

  /** Asks for a Job until it has ended or is gone: its watch may have missed that. */
  const pollUntilEnded = (name: string) =>
    client.findJob(name).pipe(
      Effect.delay(lookEvery),
      Effect.retry(Schedule.spaced(lookEvery)),
      Effect.repeat({ until: (found) => Option.isNone(found) || Option.isSome(found.value.end) })
    )

  /** Waits until nothing of a Job runs any more; false after the time limit. */
  const awaitEnd = (name: string, observation: KubeJobWatch.KubeJobObservation, limit: Duration.Duration) =>
    Effect.raceFirst(
      observation.first((snapshot) => isOver(snapshot) ? Option.some(true) : Option.none()),
      pollUntilEnded(name)
    ).pipe(
      Effect.timeoutOption(limit),
      Effect.map(Option.isSome)
    )

  /**
   * Ends a Job with its pods: none when nothing of it runs any more, else the pods that do not end, and their nodes. What
   * was deleted before, by whomever, is given what is left of its time: a lost node costs that once.
   */
  const stop = Effect.fn("KubeJobs.stop")(function*(name: string, observation: KubeJobWatch.KubeJobObservation) {
    const { job } = yield* observation.snapshot
    const spent = Option.exists(job, ({ deleting }) => deleting)
      ? yield* withRetries(client.endingFor(name))
      : Option.none()
    if (Option.isNone(spent)) yield* withRetries(client.deleteJob(name))
    const left = Option.match(spent, { onNone: () => endLimit, onSome: (spent) => Duration.subtract(endLimit, spent) })
    if (yield* awaitEnd(name, observation, left)) return Option.none<string>()
    return Option.some(places(yield* observation.snapshot))
  })

  /**
   * Removes a Job whose run is over, in the background and for as long as its pods may run. Whoever runs the lane's next
   * job ends it before, if it is still there.
   */
  const removeLater = (name: string, limit: Duration.Duration) =>
    client.deleteJob(name).pipe(
      Effect.retry({ schedule: Schedule.upTo(removalRetries, { duration: limit }), while: mayPass }),
      Effect.catch(({ message }) => Effect.logError(`the Job was not removed: ${message}`)),
      Effect.forkIn(scope),
      Effect.asVoid
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
