import { Duration, Effect, Option, Ref, Schedule, type Scope, Stream, SubscriptionRef } from "effect"
import { KubeClient, type Seen, type Watchable } from "./KubeClient.ts"
import type { KubeError } from "./KubeError.ts"
import type { KubeJob, KubePod } from "./KubeObjects.ts"
import { everyJob } from "./Names.ts"

/** What is known of a Job. */
export interface Sight {
  readonly job: Option.Option<KubeJob>
  readonly pods: ReadonlyArray<KubePod>
  /** A pod of it has run at some time. */
  readonly ran: boolean
  /** It was there, and is no more. */
  readonly gone: boolean
}

/** One Job that somebody waits for. */
export interface Followed {
  /** The Job as an answer of the API showed it. Without this, that it is not there means nothing. */
  show(job: KubeJob): Effect.Effect<void>
  readonly sight: Effect.Effect<Sight>
  /** The first sight, from now on, of which there is something to say. */
  until<A>(say: (sight: Sight) => Option.Option<A>): Effect.Effect<A>
}

interface Entry {
  readonly name: string
  readonly sight: SubscriptionRef.SubscriptionRef<Sight>
  confirmed: boolean
}

/** A connection that was lost is made again soon, and less and less often while it cannot be. */
const again = Schedule.min([Schedule.exponential("100 millis"), Schedule.spaced("5 seconds")]).pipe(Schedule.jittered)

/** A server that may not watch is not told otherwise every second. */
const refusedPause = Duration.minutes(1)

const nothing: Sight = { job: Option.none(), pods: [], ran: false, gone: false }

const withJob = (sight: Sight, job: KubeJob): Sight => ({
  ...sight,
  job: Option.some(job),
  ran: sight.ran || job.running || Option.isSome(job.end)
})

const withPod = (sight: Sight, pod: KubePod): Sight => ({
  ...sight,
  pods: [...sight.pods.filter(({ name }) => name !== pod.name), pod],
  ran: sight.ran || /^(?:Running|Succeeded|Failed)$/.test(pod.phase)
})

/** What a kind of objects tells the entries. */
interface Teller<A> {
  /** All that there is. Takes what has to be known before the list is asked for. */
  readonly all: Effect.Effect<(items: ReadonlyArray<A>) => Effect.Effect<void>>
  changed(item: A): Effect.Effect<void>
  removed(item: A): Effect.Effect<void>
}

/** Lists once and then watches for ever, from where it was. It lists again only when it has missed too much. */
const pump = Effect.fnUntraced(function*<A>(name: string, kind: Watchable<A>, teller: Teller<A>) {
  const at = yield* Ref.make(Option.none<string>())
  const away = yield* Ref.make(false)
  const told = (seen: Seen<A>) =>
    (seen._tag === "Progress"
      ? Effect.void
      : seen._tag === "Changed"
      ? teller.changed(seen.item)
      : teller.removed(seen.item))
      .pipe(Effect.andThen(Ref.set(at, Option.some(seen.version))))

  const list = Effect.gen(function*() {
    const all = yield* teller.all
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
        Effect.all([told(seen), Ref.set(heard, true), Ref.set(away, false)], { discard: true })
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

/** Watches our Jobs and their pods while the scope is open: two connections, however many Jobs are followed. */
export const make = Effect.gen(function*() {
  const client = yield* KubeClient
  const entries = new Set<Entry>()
  const tell = (name: string, step: (sight: Sight, entry: Entry) => Sight) =>
    Effect.forEach(
      [...entries].filter((entry) => entry.name === name),
      (entry) => SubscriptionRef.update(entry.sight, (sight) => step(sight, entry)),
      { concurrency: 1, discard: true }
    )

  /** One that nobody had confirmed was another Job of the same name, of the time before. */
  const lost = (sight: Sight, { confirmed }: Entry) => confirmed ? { ...sight, gone: true } : nothing

  const jobs: Teller<KubeJob> = {
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
    changed: (job) => tell(job.name, (sight) => withJob(sight, job)),
    removed: (job) => tell(job.name, (sight, entry) => lost(withJob(sight, job), entry))
  }

  const pods: Teller<KubePod> = {
    all: Effect.succeed((items) => Effect.forEach(items, pods.changed, { concurrency: 1, discard: true })),
    changed: (pod) => tell(pod.job, (sight) => withPod(sight, pod)),
    // What it was like at its end is all that will ever be known of it.
    removed: (pod) => tell(pod.job, (sight) => withPod(sight, pod))
  }

  yield* Effect.forkScoped(pump("Jobs", client.jobs, jobs))
  yield* Effect.forkScoped(pump("pods", client.pods, pods))

  const follow = (name: string): Effect.Effect<Followed, never, Scope.Scope> =>
    Effect.acquireRelease(
      Effect.map(SubscriptionRef.make(nothing), (sight) => {
        const entry: Entry = { name, sight, confirmed: false }
        entries.add(entry)
        return entry
      }),
      (entry) => Effect.sync(() => entries.delete(entry))
    ).pipe(Effect.map((entry) => ({
      // What the watch has told meanwhile is newer than an answer.
      show: (job) =>
        Effect.andThen(
          Effect.sync(() => entry.confirmed = true),
          SubscriptionRef.update(entry.sight, (sight) => Option.isSome(sight.job) ? sight : withJob(sight, job))
        ),
      sight: SubscriptionRef.get(entry.sight),
      until: (say) =>
        SubscriptionRef.changes(entry.sight).pipe(
          Stream.map(say),
          Stream.filter(Option.isSome),
          Stream.runHead,
          Effect.flatMap(Option.match({ onNone: () => Effect.never, onSome: ({ value }) => Effect.succeed(value) }))
        )
    })))

  return { follow }
})

/** What is going on with our Jobs. */
export type JobWatch = Effect.Success<typeof make>
