import { Clock, Context, Duration, Effect, Layer, Option } from "effect"
import type { StoreError } from "./StoreError.ts"

/** Turn of a periodic task that a process asks for. */
export interface LeaseRequest {
  readonly task: string
  /** Name of the process, of its own. */
  readonly holder: string
  /** Minimum time between the end of one turn and the begin of the next. */
  readonly interval: Duration.Duration
  /** Time after which the lease of a holder that does not take it again has ended. */
  readonly lasts: Duration.Duration
}

/** Leases of periodic tasks, which one process of a deployment does at a time. */
export class PeriodicLease extends Context.Service<PeriodicLease, {
  /** Takes the lease, or extends the holder's own. Some: the time until it is worth asking again; nothing was changed. */
  take(request: LeaseRequest): Effect.Effect<Option.Option<Duration.Duration>, StoreError>
  /** Ends the holder's turn. The lease of another holder stays. */
  end(task: string, holder: string): Effect.Effect<void, StoreError>
}>()("@nominal-code/persistence/PeriodicLease") {}

/** Lease of a task. Instants are milliseconds since the epoch, by the store's clock; 0: none. */
export interface LeaseState {
  /** Empty: nobody. */
  readonly holder: string
  readonly until: number
  readonly endedAt: number
}

/** A task that nobody has done yet. */
export const unheld: LeaseState = { holder: "", until: 0, endedAt: 0 }

/** Milliseconds that a process has to wait for its turn; 0: it is its turn. A clock that was set back extends no wait. */
export const waitMillis = (
  { endedAt, holder, until }: LeaseState,
  { holder: self, interval, lasts }: LeaseRequest,
  now: number
): number => {
  const held = holder === "" || holder === self ? 0 : Math.min(until - now, Duration.toMillis(lasts))
  const rest = endedAt === 0 ? 0 : Math.min(endedAt - now, 0) + Duration.toMillis(interval)
  return Math.max(0, held, rest)
}

const make = Effect.sync(() => {
  const states = new Map<string, LeaseState>()
  return PeriodicLease.of({
    take: Effect.fnUntraced(function*(request) {
      const now = yield* Clock.currentTimeMillis
      const state = states.get(request.task) ?? unheld
      const wait = waitMillis(state, request, now)
      if (wait > 0) return Option.some(Duration.millis(wait))
      states.set(request.task, {
        ...state,
        holder: request.holder,
        until: now + Duration.toMillis(request.lasts)
      })
      return Option.none()
    }),
    end: Effect.fnUntraced(function*(task, holder) {
      const now = yield* Clock.currentTimeMillis
      if (states.get(task)?.holder === holder) states.set(task, { ...unheld, endedAt: now })
    })
  })
})

/** Leases of a deployment of one process. */
export const layerMemory = Layer.effect(PeriodicLease, make)
