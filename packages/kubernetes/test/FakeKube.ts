import { KubeClient, type ListerWatcher, type WatchEvent } from "@nominal-code/kubernetes/KubeClient"
import { KubeError, type KubeErrorReason } from "@nominal-code/kubernetes/KubeError"
import type { KubeJob, KubePod } from "@nominal-code/kubernetes/KubeObjects"
import { Duration, Effect, Layer, Option, PubSub, Stream } from "effect"

/** A Job that has just been created, but for what is given. */
export const kubeJob = (given: Partial<KubeJob> & Pick<KubeJob, "name">): KubeJob => ({
  labels: {},
  annotations: {},
  deleting: false,
  suspended: false,
  started: false,
  active: 0,
  running: false,
  end: Option.none(),
  ...given
})

/** A pod that has just been made, but for what is given. */
export const kubePod = (given: Partial<KubePod> & Pick<KubePod, "name" | "job">): KubePod => ({
  phase: "Pending",
  node: Option.none(),
  failure: Option.none(),
  unschedulable: Option.none(),
  waiting: Option.none(),
  exit: Option.none(),
  ...given
})

/** An API server without a cluster behind it, for what a test's clock has to hurry. `log` is what it was asked to do. */
export const fakeKube = Effect.gen(function*() {
  const jobs = new Map<string, KubeJob>()
  const pods = new Map<string, KubePod>()
  const jobEvents = yield* PubSub.unbounded<WatchEvent<KubeJob> | KubeError>()
  const podEvents = yield* PubSub.unbounded<WatchEvent<KubePod> | KubeError>()
  const log: Array<string> = []
  let refusal = Option.none<KubeErrorReason>()
  let warnings: ReadonlyArray<string> = []
  const podWarnings = new Map<string, ReadonlyArray<string>>()
  const endingFor = new Map<string, Duration.Duration>()

  const asked = <A>(answer: () => A) =>
    Effect.suspend(() =>
      Option.match(refusal, {
        onNone: () => Effect.sync(answer),
        onSome: (reason) => Effect.fail(new KubeError({ operation: "ask", reason, detail: "nobody answers" }))
      })
    )
  const lists: Array<string> = []
  const watchable = <A>(
    kind: string,
    items: ReadonlyMap<string, A>,
    events: PubSub.PubSub<WatchEvent<A> | KubeError>
  ): ListerWatcher<A> => ({
    list: (_selector, cached) =>
      asked(() => {
        lists.push(`${kind} ${cached ? "cached" : "whole"}`)
        return { items: [...items.values()], version: "1" }
      }),
    watch: () =>
      Stream.unwrap(Effect.gen(function*() {
        yield* asked(() => undefined)
        const told = yield* PubSub.subscribe(events)
        return Stream.concat(
          Stream.succeed({ _tag: "Opened" as const }),
          Stream.mapEffect(
            Stream.fromSubscription(told),
            (event) => event instanceof KubeError ? Effect.fail(event) : Effect.succeed(event)
          )
        )
      }))
  })
  const changed = (job: KubeJob) => {
    jobs.set(job.name, job)
    return PubSub.publish(jobEvents, { _tag: "Changed", item: job, version: "1" })
  }
  const removed = (name: string) => {
    const job = jobs.get(name)
    jobs.delete(name)
    return job === undefined ? Effect.void : PubSub.publish(jobEvents, { _tag: "Removed", item: job, version: "1" })
  }

  const client = KubeClient.of({
    createJob: ({ metadata = {}, spec }) =>
      asked(() => {
        const { annotations = {}, labels = {}, name = "" } = metadata
        log.push(`create ${name}`)
        const job = kubeJob({ name, labels, annotations, suspended: spec?.suspend ?? false })
        jobs.set(name, job)
        return job
      }),
    findJob: (name) => asked(() => Option.fromUndefinedOr(jobs.get(name))),
    deleteJob: (name) => asked(() => void log.push(`delete ${name}`)),
    endingFor: (name) => asked(() => Option.fromUndefinedOr(endingFor.get(name))),
    warningsOf: (name, kind = "Job") => asked(() => kind === "Job" ? warnings : podWarnings.get(name) ?? []),
    jobs: watchable("jobs", jobs, jobEvents),
    pods: watchable("pods", pods, podEvents)
  })
  return {
    log,
    /** The lists that it was asked for. */
    lists,
    jobs,
    changed,
    removed,
    pod: (pod: KubePod) => PubSub.publish(podEvents, { _tag: "Changed", item: pod, version: "1" }),
    /** Says that a Job was deleted so long ago. */
    deleted: (name: string, ago: Duration.Input) =>
      Effect.sync(() => void endingFor.set(name, Duration.fromInputUnsafe(ago))),
    /** Every call fails for a reason, until there is none. */
    refuse: (reason?: KubeErrorReason) => Effect.sync(() => void (refusal = Option.fromUndefinedOr(reason))),
    /** It goes away: every call fails, and the watches are cut. */
    leave: Effect.suspend(() => {
      refusal = Option.some("unreachable")
      const cut = new KubeError({ operation: "watch", reason: "unreachable", detail: "the connection is lost" })
      return Effect.andThen(PubSub.publish(jobEvents, cut), PubSub.publish(podEvents, cut))
    }),
    /** Warnings of the cluster about each Job. */
    warn: (...messages: ReadonlyArray<string>) => Effect.sync(() => void (warnings = messages)),
    warnOfPod: (name: string, ...messages: ReadonlyArray<string>) =>
      Effect.sync(() => void podWarnings.set(name, messages)),
    layer: Layer.succeed(KubeClient, client)
  }
})
