import { backoff } from "@nominal-code/domain/job/Backoff"
import { Duration, Effect, Option, Schedule, type Scope } from "effect"
import { mayPass, type Retries } from "./ApiRetries.ts"
import { isOver } from "./Ending.ts"
import type { KubeClient } from "./KubeClient.ts"
import type { KubeJobObservation, KubeJobSnapshot } from "./Watch.ts"

/** Retries of the removal of a Job that nobody waits for. */
const removalRetries = backoff("1 second", "30 seconds").pipe(Schedule.jittered)

/** Time limit of a Job's end: the grace period of its pods, and the time that the cluster takes to notice. */
const endLimit = Duration.seconds(90)

/** Interval of reads of a deleted Job, in case the watch misses its end. */
const lookEvery = Duration.seconds(5)

/** The pods of a Job that have not ended, and their nodes. One that is disrupted may not have: its node is lost. */
const places = ({ pods }: KubeJobSnapshot): string => {
  const left = pods.filter(({ phase }) => phase !== "Succeeded" && phase !== "Failed")
  const named = left.map(({ name, node }) => `${name} on node ${Option.getOrElse(node, () => "(none)")}`)
  return named.length === 0 ? "no pod of it is known" : named.join(", ")
}

/** Makes the removal of kube jobs. What goes on in the background ends with the scope. */
export const makeRemoval = (client: KubeClient["Service"], withRetries: Retries, scope: Scope.Scope) => {
  /** Asks for a Job until it has ended or is gone: its watch may have missed that. */
  const pollUntilEnded = (name: string) =>
    client.findJob(name).pipe(
      Effect.delay(lookEvery),
      Effect.retry(Schedule.spaced(lookEvery)),
      Effect.repeat({ until: (found) => Option.isNone(found) || Option.isSome(found.value.end) })
    )

  /** Waits until nothing of a Job runs any more; false after the time limit. */
  const awaitEnd = (name: string, observation: KubeJobObservation, limit: Duration.Duration) =>
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
  const stop = Effect.fn("KubeJobs.stop")(function*(name: string, observation: KubeJobObservation) {
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

  return { awaitEnd, stop, removeLater }
}
