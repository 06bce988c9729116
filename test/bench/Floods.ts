import { Effect, Fiber, Schedule } from "effect"
import { count, type Figure, ratio, shown } from "./Figure.ts"
import { type Flood, floods, keep } from "./Flood.ts"
import * as Load from "./Load.ts"
import type { Pace } from "./Pace.ts"
import type * as Program from "./Program.ts"
import * as Resident from "./Resident.ts"
import { percentile } from "./Samples.ts"
import * as Stage from "./Stage.ts"

const mebibyte = 1 << 20

const warmUp = 2_000
const volley = 400
const flatOut: Pace = { _tag: "FlatOut", atOnce: 16 }
const steady: Pace = { _tag: "Steady", perSecond: 50 }

/** The greatest memory that a process has had while an effect ran. */
const peakDuring = Effect.fnUntraced(function*<A, E, R>(pid: number, effect: Effect.Effect<A, E, R>) {
  let peak = 0
  const look = Effect.map(Resident.memory(pid), (bytes) => {
    peak = Math.max(peak, bytes)
  })
  const watching = yield* Effect.forkChild(Effect.repeat(look, Schedule.spaced("50 millis")))
  const value = yield* effect
  yield* look
  yield* Fiber.interrupt(watching)
  return { value, peak }
})

/** Sends signed deliveries at a steady rate. Every one has to be acknowledged, or the figure is not taken. */
const during = Effect.fnUntraced(function*(serve: Program.Serve, deliveries: Load.Volley, flood: Flood) {
  const before = yield* Resident.memory(serve.pid)
  const port = Number(new URL(serve.webhook).port)
  const { peak, value } = yield* peakDuring(
    serve.pid,
    Effect.andThen(keep(port, flood), Load.send(deliveries))
  )
  return { growth: (peak - before) / mebibyte, p99: percentile(value.millis, 0.99), before: before / mebibyte }
}, Effect.scoped)

/** Measures what deliveries and memory suffer from those who have no secret. */
export const measure = Effect.fn("Floods.measure")(function*(program: Program.Program) {
  const all = floods(1)
  const stage = yield* Stage.make(warmUp + (1 + all.length) * volley)
  const serve = yield* Stage.occupied(stage, program)
  const next = stage.volleys(serve.webhook)
  yield* Load.send(next(warmUp, flatOut))
  const quiet = percentile((yield* Load.send(next(volley, steady))).millis, 0.99)
  const figures: ReadonlyArray<ReadonlyArray<Figure>> = yield* Effect.forEach(
    all,
    (flood) =>
      Effect.map(during(serve, next(volley, steady), flood), ({ before, growth, p99 }) => {
        const name = `${shown(flood.connections)} ${flood.name}`
        return [
          count(
            `MiB that ${name} add`,
            [Math.round(growth)],
            `from ${shown(before)} MiB, ${shown(volley)} deliveries, none lost`
          ),
          ratio({ name: `p99 beside ${name}`, unit: "ms", against: "quiet" }, [p99], [quiet])
        ]
      })
  )
  return figures.flat()
}, Effect.scoped)
