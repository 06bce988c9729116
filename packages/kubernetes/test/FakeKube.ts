import { KubeClient, type Watchable, type WatchEvent } from "@nominal-code/kubernetes/KubeClient"
import { KubeError } from "@nominal-code/kubernetes/KubeError"
import type { KubeJob, KubePod } from "@nominal-code/kubernetes/KubeObjects"
import { Effect, Layer, Option, PubSub, Stream } from "effect"

/** An API server without a cluster behind it, for what a test's clock has to hurry. `log` is what it was asked to do. */
export const fakeKube = Effect.gen(function*() {
  const jobs = new Map<string, KubeJob>()
  const pods = new Map<string, KubePod>()
  const jobEvents = yield* PubSub.unbounded<WatchEvent<KubeJob>>()
  const podEvents = yield* PubSub.unbounded<WatchEvent<KubePod>>()
  const log: Array<string> = []
  let away = false

  const unreachable = new KubeError({ operation: "ask", reason: "unreachable", detail: "nobody answers" })
  const asked = <A>(answer: () => A) => Effect.suspend(() => away ? Effect.fail(unreachable) : Effect.sync(answer))
  const watchable = <A>(items: ReadonlyMap<string, A>, events: PubSub.PubSub<WatchEvent<A>>): Watchable<A> => ({
    list: () => asked(() => ({ items: [...items.values()], version: "1" })),
    watch: () => Stream.fromPubSub(events)
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
    createJob: ({ metadata = {} }) =>
      asked(() => {
        const { annotations = {}, labels = {}, name = "" } = metadata
        log.push(`create ${name}`)
        const job: KubeJob = { name, labels, annotations, deleting: false, running: false, end: Option.none() }
        jobs.set(name, job)
        return job
      }),
    findJob: (name) => asked(() => Option.fromUndefinedOr(jobs.get(name))),
    deleteJob: (name) => asked(() => void log.push(`delete ${name}`)),
    jobs: watchable(jobs, jobEvents),
    pods: watchable(pods, podEvents)
  })
  return {
    log,
    jobs,
    changed,
    removed,
    pod: (pod: KubePod) => PubSub.publish(podEvents, { _tag: "Changed", item: pod, version: "1" }),
    /** Whether nobody answers. */
    away: (yes: boolean) => Effect.sync(() => void (away = yes)),
    layer: Layer.succeed(KubeClient, client)
  }
})
