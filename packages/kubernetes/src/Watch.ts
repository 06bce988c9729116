import { Deferred, Effect, Option, type Scope, Stream, SubscriptionRef } from "effect"
import * as ApiHealth from "./ApiHealth.ts"
import { KubeClient } from "./KubeClient.ts"
import type { KubeJob, KubePod } from "./KubeObjects.ts"
import { pump, type WatchHandler } from "./WatchPump.ts"

/** Snapshot of one Job and its pods, from the watches. */
export interface KubeJobSnapshot {
  readonly job: Option.Option<KubeJob>
  readonly pods: ReadonlyArray<KubePod>
  /** True if a pod of it has run at some time. */
  readonly ran: boolean
  /** True if it existed and exists no more. */
  readonly gone: boolean
}

/** The observation of one Job by the run that waits for it. */
export interface KubeJobObservation {
  /**
   * Tells the observation that the API has shown the Job. Before this, an absent Job is not taken for a deleted one.
   */
  confirm(job: KubeJob): Effect.Effect<void>
  readonly snapshot: Effect.Effect<KubeJobSnapshot>
  /** The first snapshot, from now on, for which `select` gives a value. */
  first<A>(select: (snapshot: KubeJobSnapshot) => Option.Option<A>): Effect.Effect<A>
}

interface Entry {
  readonly name: string
  readonly snapshot: SubscriptionRef.SubscriptionRef<KubeJobSnapshot>
  confirmed: boolean
}

const nothing: KubeJobSnapshot = { job: Option.none(), pods: [], ran: false, gone: false }

const withJob = (snapshot: KubeJobSnapshot, job: KubeJob): KubeJobSnapshot => ({
  ...snapshot,
  job: Option.some(job),
  ran: snapshot.ran || job.running || Option.isSome(job.end)
})

const withPod = (snapshot: KubeJobSnapshot, pod: KubePod): KubeJobSnapshot => ({
  ...snapshot,
  pods: [...snapshot.pods.filter(({ name }) => name !== pod.name), pod],
  ran: snapshot.ran || /^(?:Running|Succeeded|Failed)$/.test(pod.phase)
})

/**
 * Makes the watch on our Jobs and their pods, for the time of the scope: two connections, however many Jobs are
 * observed.
 */
export const make = Effect.gen(function*() {
  const client = yield* KubeClient
  const entries = new Set<Entry>()
  const knownJobs = new Map<string, KubeJob>()
  const knownPods = new Map<string, KubePod>()
  const listed = yield* Deferred.make<void>()
  const tell = (name: string, step: (snapshot: KubeJobSnapshot, entry: Entry) => KubeJobSnapshot) =>
    Effect.forEach(
      [...entries].filter((entry) => entry.name === name),
      (entry) => SubscriptionRef.update(entry.snapshot, (snapshot) => step(snapshot, entry)),
      { concurrency: 1, discard: true }
    )

  /** Snapshot of a deleted Job. One that was not confirmed was an earlier Job of the same name. */
  const lost = (snapshot: KubeJobSnapshot, { confirmed }: Entry) => confirmed ? { ...snapshot, gone: true } : nothing

  const jobs: WatchHandler<KubeJob> = {
    // One that was created after the list was asked for may not be in it.
    all: Effect.sync(() => {
      const confirmed = [...entries].filter(({ confirmed }) => confirmed).map(({ name }) => name)
      return (items) => {
        const present = new Set(items.map(({ name }) => name))
        const missing = confirmed.filter((name) => !present.has(name))
        knownJobs.clear()
        return Effect.forEach(items, jobs.changed, { concurrency: 1, discard: true }).pipe(
          Effect.andThen(Effect.forEach(missing, (name) => tell(name, lost), { concurrency: 1, discard: true })),
          Effect.andThen(Deferred.succeed(listed, undefined))
        )
      }
    }),
    changed: (job) => {
      knownJobs.set(job.name, job)
      return tell(job.name, (snapshot) => withJob(snapshot, job))
    },
    removed: (job) => {
      knownJobs.delete(job.name)
      return tell(job.name, (snapshot, entry) => lost(withJob(snapshot, job), entry))
    }
  }

  const pods: WatchHandler<KubePod> = {
    all: Effect.succeed((items) => {
      knownPods.clear()
      return Effect.forEach(items, pods.changed, { concurrency: 1, discard: true })
    }),
    changed: (pod) => {
      knownPods.set(pod.name, pod)
      return tell(pod.job, (snapshot) => withPod(snapshot, pod))
    },
    // What it was like at its end is all that will ever be known of it.
    removed: (pod) => {
      knownPods.delete(pod.name)
      return tell(pod.job, (snapshot) => withPod(snapshot, pod))
    }
  }

  // One of the two watches tells: the other one may be forbidden.
  const health = yield* ApiHealth.make
  yield* Effect.forkScoped(pump("Jobs", client.jobs, jobs, health))
  yield* Effect.forkScoped(pump("pods", client.pods, pods, { served: Effect.void, failed: () => Effect.void }))

  const observe = (name: string): Effect.Effect<KubeJobObservation, never, Scope.Scope> =>
    Effect.acquireRelease(
      Effect.map(
        SubscriptionRef.make([...knownPods.values()].filter(({ job }) => job === name).reduce(withPod, nothing)),
        (snapshot) => {
          const entry: Entry = { name, snapshot, confirmed: false }
          entries.add(entry)
          return entry
        }
      ),
      (entry) => Effect.sync(() => entries.delete(entry))
    ).pipe(Effect.map((entry) => ({
      // What the watch has told meanwhile is newer than an answer.
      confirm: (job) =>
        Effect.andThen(
          Effect.sync(() => {
            entry.confirmed = true
            if (!knownJobs.has(job.name)) knownJobs.set(job.name, job)
          }),
          SubscriptionRef.update(
            entry.snapshot,
            (snapshot) => Option.isSome(snapshot.job) ? snapshot : withJob(snapshot, job)
          )
        ),
      snapshot: SubscriptionRef.get(entry.snapshot),
      first: (select) =>
        SubscriptionRef.changes(entry.snapshot).pipe(
          Stream.map(select),
          Stream.filter(Option.isSome),
          Stream.runHead,
          Effect.flatMap(Option.match({ onNone: () => Effect.never, onSome: ({ value }) => Effect.succeed(value) }))
        )
    })))

  return {
    health,
    observe,
    /** Our Jobs with these labels, from the watch and without a request. Waits for the first list. */
    jobsWith: (labels: Readonly<Record<string, string>>): Effect.Effect<ReadonlyArray<KubeJob>> =>
      Effect.map(
        Deferred.await(listed),
        () =>
          [...knownJobs.values()].filter((job) =>
            Object.entries(labels).every(([name, value]) => job.labels[name] === value)
          )
      )
  }
})

/** The watches on our Jobs and their pods. */
export type KubeJobWatch = Effect.Success<typeof make>
