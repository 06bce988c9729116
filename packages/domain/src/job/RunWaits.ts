import { Context, Effect, Option, Ref } from "effect"
import type { ServiceName } from "./Failure.ts"

/** Waits of one run, and of the agents in it, for their turns at services whose calls keep to a rate. */
export interface RunWaits {
  /** Waits for a service: the effect is the wait. */
  during(service: ServiceName): <A, E, R>(wait: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** The service that the run waits for now: of several, the one that it has waited for longest. */
  readonly current: Effect.Effect<Option.Option<ServiceName>>
}

/** Makes the waits of a run. */
export const make: Effect.Effect<RunWaits> = Effect.gen(function*() {
  const waits = yield* Ref.make<ReadonlyArray<{ readonly service: ServiceName }>>([])
  return {
    during: (service) => (wait) => {
      const own = { service }
      return Effect.acquireUseRelease(
        Ref.update(waits, (all) => [...all, own]),
        () => wait,
        () => Ref.update(waits, (all) => all.filter((one) => one !== own))
      )
    },
    current: Effect.map(
      Ref.get(waits),
      ([first]) => Option.map(Option.fromUndefinedOr(first), ({ service }) => service)
    )
  }
})

/** The waits of the present run. By default nobody looks at them. */
export const RunWaits = Context.Reference<RunWaits>("@nominal-code/domain/RunWaits", {
  defaultValue: () => ({ during: () => (wait) => wait, current: Effect.succeedNone })
})
