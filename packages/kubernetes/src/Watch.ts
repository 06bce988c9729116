import { Duration, Effect, Option, Ref, Schedule, type Scope, Stream, SubscriptionRef } from "effect"
import { KubeClient, type Watchable, type WatchEvent } from "./KubeClient.ts"
import type { KubeError } from "./KubeError.ts"
import type { KubeJob, KubePod } from "./KubeObjects.ts"
import { everyJob } from "./Names.ts"

/** What the watches have told of one Job and its pods. */
export interface KubeJobSnapshot {
  readonly job: Option.Option<KubeJob>
  readonly pods: ReadonlyArray<KubePod>
  /** A pod of it has run at some time. */
  readonly ran: boolean
  /** It was there, and is no more. */
  readonly gone: boolean
}

/** The observation of one Job by the run that waits for it. */
export interface KubeJobObservation {
  /** The Job as an answer of the API showed it. Without this, that it is not there means nothing. */
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

/** A connection that was lost is made again soon, and less and less often while it cannot be. */
const again = Schedule.min([Schedule.exponential("100 millis"), Schedule.spaced("5 seconds")]).pipe(Schedule.jittered)

/** A server that may not watch is not told otherwise every second. */
const refusedPause = Duration.minutes(1)

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

/** Applies one kind of objects to the observations. */
interface WatchHandler<A> {
  /** All that there is. Takes what has to be known before the list is asked for. */
  readonly all: Effect.Effect<(items: ReadonlyArray<A>) => Effect.Effect<void>>
  changed(item: A): Effect.Effect<void>
  removed(item: A): Effect.Effect<void>
}

/** Lists once and then watches for ever, from where it was. It lists again only when it has missed too much. */
const pump = Effect.fnUntraced(function*<A>(name: string, kind: Watchable<A>, handler: WatchHandler<A>) {
  const at = yield* Ref.make(Option.none<string>())
  const away = yield* Ref.make(false)
  const apply = (seen: WatchEvent<A>) =>
    (seen._tag === "Progress"
      ? Effect.void
      : seen._tag === "Changed"
      ? handler.changed(seen.item)
      : handler.removed(seen.item))
      .pipe(Effect.andThen(Ref.set(at, Option.some(seen.version))))

  const list = Effect.gen(function*() {
    const all = yield* handler.all
    const { items, version } = yield* kind.list(everyJob)
    yield* all(items)
    yield* Ref.set(at, Option.some(version))
  })
  const step = Effect.gen(function*() {
    const version = yield* Ref.get(at)
    if (Option.isNone(version)) return yield* list
    const heard = yield* Ref.make(false)
    yield* kind.watch(everyJob, version.value).pipe(
      Stream.runForEach((seen) =>
        Effect.all([apply(seen), Ref.set(heard, true), Ref.set(away, false)], { discard: true })
      ),
      Effect.catchIf(({ reason }) => reason === "expired", () => Ref.set(at, Option.none())),
      // A connection that told something has worked: its end begins no series of failures.
      Effect.catch((error) =>
        Effect.flatMap(Ref.get(heard), (worked) => worked ? Effect.logDebug(error.message) : Effect.fail(error))
      )
    )
    yield* Effect.sleep("100 millis")
  })
  const complain = (error: KubeError) =>
    Effect.flatMap(
      Ref.getAndSet(away, true),
      (known) =>
        known ? Effect.logDebug(error.message) : Effect.logWarning(`${name} cannot be watched: ${error.detail}`)
    )

  return yield* step.pipe(
    Effect.tap(() => Ref.set(away, false)),
    Effect.tapError((error) =>
      Effect.andThen(complain(error), error.reason === "refused" ? Effect.sleep(refusedPause) : Effect.void)
    ),
    Effect.retry(again),
    Effect.forever
  )
})

/** Watches our Jobs and their pods while the scope is open: two connections, however many Jobs are observation. */
export const make = Effect.gen(function*() {
  const client = yield* KubeClient
  const entries = new Set<Entry>()
  const tell = (name: string, step: (snapshot: KubeJobSnapshot, entry: Entry) => KubeJobSnapshot) =>
    Effect.forEach(
      [...entries].filter((entry) => entry.name === name),
      (entry) => SubscriptionRef.update(entry.snapshot, (snapshot) => step(snapshot, entry)),
      { concurrency: 1, discard: true }
    )

  /** One that nobody had confirmed was another Job of the same name, of the time before. */
  const lost = (snapshot: KubeJobSnapshot, { confirmed }: Entry) => confirmed ? { ...snapshot, gone: true } : nothing

  const jobs: WatchHandler<KubeJob> = {
    // One that was created after the list was asked for may not be in it.
    all: Effect.sync(() => {
      const known = [...entries].filter(({ confirmed }) => confirmed).map(({ name }) => name)
      return (items) => {
        const present = new Set(items.map(({ name }) => name))
        const missing = known.filter((name) => !present.has(name))
        return Effect.andThen(
          Effect.forEach(items, jobs.changed, { concurrency: 1, discard: true }),
          Effect.forEach(missing, (name) => tell(name, lost), { concurrency: 1, discard: true })
        )
      }
    }),
    changed: (job) => tell(job.name, (snapshot) => withJob(snapshot, job)),
    removed: (job) => tell(job.name, (snapshot, entry) => lost(withJob(snapshot, job), entry))
  }

  const pods: WatchHandler<KubePod> = {
    all: Effect.succeed((items) => Effect.forEach(items, pods.changed, { concurrency: 1, discard: true })),
    changed: (pod) => tell(pod.job, (snapshot) => withPod(snapshot, pod)),
    // What it was like at its end is all that will ever be known of it.
    removed: (pod) => tell(pod.job, (snapshot) => withPod(snapshot, pod))
  }

  yield* Effect.forkScoped(pump("Jobs", client.jobs, jobs))
  yield* Effect.forkScoped(pump("pods", client.pods, pods))

  const observe = (name: string): Effect.Effect<KubeJobObservation, never, Scope.Scope> =>
    Effect.acquireRelease(
      Effect.map(SubscriptionRef.make(nothing), (snapshot) => {
        const entry: Entry = { name, snapshot, confirmed: false }
        entries.add(entry)
        return entry
      }),
      (entry) => Effect.sync(() => entries.delete(entry))
    ).pipe(Effect.map((entry) => ({
      // What the watch has told meanwhile is newer than an answer.
      confirm: (job) =>
        Effect.andThen(
          Effect.sync(() => entry.confirmed = true),
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

  return { observe }
})

/** The watches on our Jobs and their pods. */
export type JobWatch = Effect.Success<typeof make>
