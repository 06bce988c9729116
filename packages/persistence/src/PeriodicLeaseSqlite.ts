import { Clock, Duration, Effect, Layer, Option, Schema } from "effect"
import { PeriodicLease, unheld, waitMillis } from "./PeriodicLease.ts"
import { Sqlite } from "./Sqlite.ts"

const Row = Schema.Struct({ holder: Schema.String, until: Schema.Int, endedAt: Schema.Int })

const make = Effect.map(Sqlite, ({ transaction }) =>
  PeriodicLease.of({
    take: Effect.fn("PeriodicLease.take")(function*(request) {
      const now = yield* Clock.currentTimeMillis
      const { holder, lasts, task } = request
      return yield* transaction("PeriodicLease.take", ({ get, run }) => {
        const state =
          get(Row, "SELECT holder, until, ended_at AS endedAt FROM periodic_leases WHERE task = :task", { task }) ??
            unheld
        const wait = waitMillis(state, request, now)
        if (wait > 0) return Option.some(Duration.millis(wait))
        run("INSERT OR REPLACE INTO periodic_leases VALUES (:task, :holder, :until, :endedAt)", {
          task,
          holder,
          until: now + Duration.toMillis(lasts),
          endedAt: state.endedAt
        })
        return Option.none()
      })
    }),
    end: Effect.fn("PeriodicLease.end")(function*(task, holder) {
      const now = yield* Clock.currentTimeMillis
      yield* transaction("PeriodicLease.end", ({ run }) =>
        run(
          "UPDATE periodic_leases SET holder = '', until = 0, ended_at = :now WHERE task = :task AND holder = :holder",
          { task, holder, now }
        ))
    })
  }))

/** Leases of the processes that share a data directory. */
export const layer = Layer.effect(PeriodicLease, make)
