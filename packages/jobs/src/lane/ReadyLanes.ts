import { laneOfKey } from "@nominal-code/domain/job/Lane"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Clock, Duration, Effect, Latch, Option, Stream } from "effect"
import type { HeadWork, ReadyLane } from "../JobQueue.ts"
import type { Head } from "../table/JobTable.ts"

/** Store of the lanes' heads. */
export interface HeadSource {
  /** Heads that are due at the instant or later. */
  heads(from: number): Effect.Effect<ReadonlyArray<Head>, StoreError>
  /** Number that changes each time another process has changed the store. */
  readonly version: Effect.Effect<number, StoreError>
}

/** Source of ready lanes for its listeners. */
export interface ReadyLanes {
  /** Reports that a lane's head may have changed. Call it synchronously after the change is stored. */
  touched(head: Head | undefined, now: number): void
  /** Reads the store at once, because of a change that was not reported. */
  look(): void
  readonly ready: Stream.Stream<ReadyLane, StoreError>
}

/** A listener and its unread lanes, each of them once. */
interface Listener {
  readonly lanes: Map<string, HeadWork>
  readonly some: Latch.Latch
  /** End of the timer's sleep. Unknown while the store is being read; then every change counts. */
  until: number
  /** Opened when a lane gets due before that. */
  readonly sooner: Latch.Latch
}

// How far a look reaches back behind the last one: a clock that is set back by less is not noticed otherwise.
const overlapMillis = 60_000

const workOf = ({ lifecycle, task }: Head): HeadWork => {
  if (task !== "review") return "notice"
  return lifecycle ? "lifecycle" : "comment"
}

/** Passes lanes on together, so that the listener can choose among them. */
const name = ({ lanes, some }: Listener, heads: ReadonlyArray<Head>): void => {
  for (const head of heads) lanes.set(head.lane, workOf(head))
  if (heads.length > 0) some.openUnsafe()
}

// So few lanes are named at a time that the process can do something else in between.
const portion = 100

/**
 * Makes the source of ready lanes. A lane is emitted when this process changes it. The store is read at the start,
 * whenever the next delay or lease has run out, and every `sweepEvery`: this emits the lanes that have become due
 * since, or all that are due if another process has changed something. One timer serves all lanes; a waiting lane costs
 * its key.
 */
export const make = (
  { heads, version }: HeadSource,
  sweepEvery: Duration.Duration
): ReadyLanes => {
  const listeners = new Set<Listener>()

  const watch = Effect.fnUntraced(function*(listener: Listener) {
    let looked = { at: 0, version: -1 }
    for (;;) {
      // Before the store is read: what changes after the reading opens it again.
      listener.until = Infinity
      listener.sooner.closeUnsafe()
      const now = yield* Clock.currentTimeMillis
      const current = yield* version
      const known = current === looked.version && looked.at <= now
      const due = yield* heads(known ? looked.at - overlapMillis : 0)
      name(listener, due.filter(({ dueAt }) => dueAt <= now))
      const next = due.reduce(
        (soonest, { dueAt }) => dueAt > now ? Math.min(soonest, dueAt) : soonest,
        now + Duration.toMillis(sweepEvery)
      )
      looked = { at: now, version: current }
      listener.until = next
      yield* Effect.timeoutOption(listener.sooner.await, next - now)
    }
  })

  const named = (listener: Listener) =>
    Effect.map(listener.some.await, () => {
      const found = listener.lanes.entries().take(portion).toArray()
      for (const [key] of found) listener.lanes.delete(key)
      if (listener.lanes.size === 0) listener.some.closeUnsafe()
      // Somebody else may have named what is no lane.
      return found.flatMap(([key, work]) => Option.toArray(laneOfKey(key)).map((lane): ReadyLane => ({ lane, work })))
    })

  const listen = Effect.acquireRelease(
    Effect.sync(() => {
      const listener: Listener = {
        lanes: new Map(),
        some: Latch.makeUnsafe(),
        until: Infinity,
        sooner: Latch.makeUnsafe()
      }
      listeners.add(listener)
      return listener
    }),
    (listener) => Effect.sync(() => listeners.delete(listener))
  )

  return {
    touched: (head, now) => {
      if (head === undefined) return
      for (const listener of listeners) {
        if (head.dueAt <= now) name(listener, [head])
        else if (head.dueAt < listener.until) listener.sooner.openUnsafe()
      }
    },
    look: () => {
      for (const listener of listeners) listener.sooner.openUnsafe()
    },
    // It listens before it looks, so nothing falls between the two.
    ready: Stream.unwrap(
      Effect.map(
        listen,
        (listener) => Stream.fromIterableEffectRepeat(named(listener)).pipe(Stream.mergeEffect(watch(listener)))
      )
    )
  }
}
