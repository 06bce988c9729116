import { Duration, Effect, Option } from "effect"
import { clusterPostponed, isOfMissing, missingOf, neverStarted, type RunWithoutResult } from "./Ending.ts"
import type { KubeError } from "./KubeError.ts"
import type { KubeJobObservation, KubeJobSnapshot } from "./Watch.ts"

/*
 * Placement of the pods of a Job on the nodes of the cluster.
 */

/** Time limit of the start of a pod that has a node: its image has to arrive. */
export const startLimit = Duration.minutes(5)

/** Time that a pod may wait for a node before its run gives its slot in the server to others. */
const placeLimit = Duration.minutes(5)

/** Time without a pod, a node or a start after which the cluster is asked for the reason. */
const tellAfter = Duration.seconds(15)

/**
 * Time limit of a start for which a ConfigMap or Secret is not there. A node looks for it again after 15 and 31 seconds: one
 * that comes meanwhile is in time.
 */
const missingLimit = Duration.seconds(35)

/** True where the cluster is asked what a start waits for: at that limit, and again at intervals, as an answer may be lost. */
const asksAgain = (starting: Duration.Duration): boolean => {
  const over = Duration.toMillis(starting) - Duration.toMillis(missingLimit)
  return over >= 0 && over % Duration.toMillis(tellAfter) === 0
}

/** Delay before a run without a node tries again. */
const tryAgainAfter = Duration.minutes(1)

const lookEvery = Duration.seconds(5)

/** Reason why a Job has no pod on a node. */
export type PlacementProblem =
  /** No node takes its pod. */
  | { readonly _tag: "Unschedulable"; readonly detail: string }
  /** Quota, LimitRange or Pod Security refuse its pods. Only the cluster's events say why. */
  | { readonly _tag: "Refused" }

/** Finds the reason why a Job has no pod on a node; none if it has one, or if the cluster has not handled it yet. */
export const placementProblem = ({ gone, job, pods, ran }: KubeJobSnapshot): Option.Option<PlacementProblem> => {
  if (gone || Option.exists(job, ({ end, suspended }) => suspended || Option.isSome(end))) return Option.none()
  const unschedulable = Option.firstSomeOf(
    pods.map(({ phase, unschedulable }) => phase === "Pending" ? unschedulable : Option.none())
  )
  if (Option.isSome(unschedulable)) return Option.some({ _tag: "Unschedulable", detail: unschedulable.value })
  const refused = !ran && pods.length === 0 && Option.exists(job, ({ active, started }) => started && active === 0)
  return refused ? Option.some({ _tag: "Refused" }) : Option.none()
}

/**
 * Times of a Job: without a node since it last had one, without a node in all, of its pod's start, and while a container of
 * it waits for a ConfigMap or Secret.
 */
interface Times {
  readonly waited: Duration.Duration
  readonly inAll: Duration.Duration
  readonly starting: Duration.Duration
  readonly missing: Duration.Duration
}

const began: Times = { waited: Duration.zero, inAll: Duration.zero, starting: Duration.zero, missing: Duration.zero }

const longer = (duration: Duration.Duration) => Duration.sum(duration, lookEvery)

const after = ({ inAll, missing, starting, waited }: Times, snapshot: KubeJobSnapshot, has: boolean): Times => ({
  waited: has ? Duration.zero : longer(waited),
  inAll: has ? inAll : longer(inAll),
  starting: has && !snapshot.ran ? longer(starting) : starting,
  missing: Option.isSome(missingOf(snapshot)) ? longer(missing) : Duration.zero
})

const unplaced = (why: string): RunWithoutResult => clusterPostponed("full", `no node has room: ${why}`, tryAgainAfter)

/**
 * Supervises the start of a Job's pods. `hopeless` completes with the outcome if they do not start; the wait for a node
 * does not count. `shortened` tells if that wait took time of the Job's deadline.
 */
export const make = (
  observation: KubeJobObservation,
  warningsOf: (kind: "Job" | "Pod", name?: string) => Effect.Effect<ReadonlyArray<string>, KubeError>
) => {
  let times = began

  const refusal = warningsOf("Job").pipe(
    Effect.map((found) => found.at(-1) ?? "the cluster tells no reason"),
    Effect.catch(({ message }) => Effect.succeed(`no reason can be read: ${message}`)),
    Effect.map((why) =>
      clusterPostponed("pods-refused", `the cluster lets no pod of the Job in: ${why}`, tryAgainAfter)
    )
  )

  /** Only events tell that a ConfigMap or a volume is not there: the containers are just being made. */
  const podWarnings = ({ pods }: KubeJobSnapshot) => {
    const pod = pods.at(-1)
    return pod === undefined ? Effect.succeed([]) : Effect.orElseSucceed(warningsOf("Pod", pod.name), () => [])
  }

  const tellOf = (what: string | undefined) => Effect.logWarning(`the pod of the Job waits: ${what}`)

  /** Outcome of a Job of which a container waits for this ConfigMap or Secret; none while it may come. */
  const unprepared = Effect.fnUntraced(function*(snapshot: KubeJobSnapshot, what: string) {
    if (Duration.equals(times.missing, tellAfter)) yield* tellOf(what)
    return Duration.isLessThan(times.missing, missingLimit)
      ? Option.none()
      : Option.some(neverStarted(snapshot, times.missing))
  })

  /** Outcome of a Job whose pod has a node and does not start; none while it may. */
  const unstarted = Effect.fnUntraced(function*(snapshot: KubeJobSnapshot) {
    const { starting } = times
    const isLate = Duration.isGreaterThanOrEqualTo(starting, startLimit)
    const isTold = Duration.equals(starting, tellAfter)
    if (!isLate && !isTold && !asksAgain(starting)) return Option.none()
    const warnings = yield* podWarnings(snapshot)
    if (isLate) return Option.some(neverStarted(snapshot, starting, warnings))
    // Those of a variable stay when what it names has come, and the container's state tells of it meanwhile.
    const ofMissing = warnings.filter((warning) => isOfMissing(warning) && !warning.startsWith("Error: "))
    if (ofMissing.length === 0) return Option.none()
    if (!isTold) return Option.some(neverStarted(snapshot, starting, ofMissing))
    yield* tellOf(ofMissing.at(-1))
    return Option.none()
  })

  const look: Effect.Effect<Option.Option<RunWithoutResult>> = Effect.gen(function*() {
    const snapshot = yield* observation.snapshot
    const without = Option.getOrUndefined(placementProblem(snapshot))
    times = after(times, snapshot, without === undefined)
    if (without === undefined) {
      const missing = Option.getOrUndefined(missingOf(snapshot))
      if (missing !== undefined) return yield* unprepared(snapshot, missing)
      return snapshot.ran ? Option.none() : yield* unstarted(snapshot)
    }
    if (without._tag === "Refused") {
      return Duration.isGreaterThanOrEqualTo(times.waited, tellAfter) ? Option.some(yield* refusal) : Option.none()
    }
    if (Duration.equals(times.waited, tellAfter)) {
      yield* Effect.logWarning(`no node has room for the pod of the Job, waiting: ${without.detail}`)
    }
    return Duration.isGreaterThanOrEqualTo(times.waited, placeLimit)
      ? Option.some(unplaced(without.detail))
      : Option.none()
  })

  return {
    hopeless: look.pipe(
      Effect.delay(lookEvery),
      Effect.repeat({ until: Option.isSome }),
      Effect.map(Option.getOrThrow)
    ),
    /** Outcome of a Job whose deadline passed mostly without a node, which says nothing about its review. */
    shortened: Effect.sync((): Option.Option<RunWithoutResult> =>
      Duration.isGreaterThanOrEqualTo(times.inAll, tellAfter)
        ? Option.some(unplaced(`its pod waited ${Duration.format(times.inAll)}, and had not enough time left`))
        : Option.none()
    )
  }
}
