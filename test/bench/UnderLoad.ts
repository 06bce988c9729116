import { Clock, Effect, Fiber, Schedule } from "effect"
import { count, type Figure } from "./Figure.ts"
import * as Load from "./Load.ts"
import type { Pace } from "./Pace.ts"
import * as Program from "./Program.ts"
import * as Resident from "./Resident.ts"
import * as Shop from "./Shop.ts"
import * as Stage from "./Stage.ts"

const mebibyte = 1 << 20
const toMebibytes = (bytes: number) => Math.round(bytes / mebibyte)

/** Figure of the memory of a process above another figure of it. */
const above = (name: string, rest: number, held: number) =>
  count(name, [toMebibytes(held - rest)], `${toMebibytes(rest)} → ${toMebibytes(held)} MiB`)

const minute = 60_000
const volley = 1000
const pace: Pace = { _tag: "FlatOut", atOnce: 50 }
/** Time in which a process may give back what it no longer needs. */
const calm = "20 seconds"

/**
 * Measures the memory that a minute of deliveries on fifty connections leaves. They are about the same pull requests
 * again and again, so that no more jobs wait at its end than at its beginning.
 */
const afterLoad = Effect.fnUntraced(function*(program: Program.Program) {
  const stage = yield* Stage.make(volley)
  const serve = yield* Stage.occupied(stage, program)
  const rest = yield* Resident.memory(serve.pid)
  const next = { ...stage.volleys(serve.webhook)(volley, pace), repeated: true }
  const until = (yield* Clock.currentTimeMillis) + minute
  yield* Load.send(next).pipe(
    Effect.repeat({ while: () => Effect.map(Clock.currentTimeMillis, (now) => now < until) })
  )
  yield* Effect.sleep(calm)
  return above("MiB above rest, a minute of 50 connections later", rest, yield* Resident.memory(serve.pid))
}, Effect.scoped)

/** Measures the greatest memory of a server while it reviews a change of 3,000 files. */
const inReview = Effect.fnUntraced(function*(program: Program.Program) {
  const shop = yield* Shop.make
  const { first } = yield* shop.open("large", { files: 3000, changed: 3000, commits: 0 })
  const environment = yield* Stage.environment({
    forge: shop.emulator.apiBase,
    token: shop.emulator.account(Stage.botName).token,
    model: shop.model.url
  })
  const serve = yield* Program.serve(program, environment)
  const rest = yield* Resident.memory(serve.pid)
  let greatest = rest
  const watching = yield* Resident.memory(serve.pid).pipe(
    Effect.tap((held) => Effect.sync(() => greatest = Math.max(greatest, held))),
    Effect.repeat(Schedule.spaced("10 millis")),
    Effect.forkScoped
  )
  yield* Shop.review(shop, serve, first)
  yield* Fiber.interrupt(watching)
  return above("MiB above rest, greatest in a review of 3,000 changed files", rest, greatest)
}, Effect.scoped)

/** Measures the memory of a server that works. */
export const measure = Effect.fn("UnderLoad.measure")(function*(program: Program.Program) {
  const figures: ReadonlyArray<Figure> = [yield* afterLoad(program), yield* inReview(program)]
  return figures
})
