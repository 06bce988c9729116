import { Effect, Schedule } from "effect"
import { count, type Figure, NotMeasured, ratio, shown } from "./Figure.ts"
import * as Inspector from "./Inspector.ts"
import * as Load from "./Load.ts"
import type { Pace } from "./Pace.ts"
import * as Program from "./Program.ts"
import * as Reference from "./Reference.ts"
import * as Resident from "./Resident.ts"
import * as Stage from "./Stage.ts"
import * as UnderLoad from "./UnderLoad.ts"

const mebibyte = 1 << 20

const restRuns = 3
const settling = "2 seconds"

/** The memory, in MiB, of what has been started and left alone. */
const atRest = Effect.fnUntraced(function*(programs: ReadonlyArray<Program.Program>) {
  const { origin } = yield* Stage.silent
  const neighbours = { forge: `${origin}/api/v3`, token: "bench", model: origin }
  const node = yield* Reference.idle
  const serves = yield* Effect.forEach(
    programs,
    (program) => Effect.flatMap(Stage.environment(neighbours), (environment) => Program.serve(program, environment)),
    { concurrency: 1 }
  )
  yield* Effect.sleep(settling)
  const pids = [node, ...serves].map(({ pid }) => pid)
  const bytes = yield* Effect.forEach(pids, Resident.memory, { concurrency: 1 })
  return bytes.map((held) => held / mebibyte)
}, Effect.scoped)

const rest = Effect.fnUntraced(function*(programs: ReadonlyArray<Program.Program>) {
  // Together: nobody's memory depends on how fast it was taken.
  const all = yield* Effect.replicateEffect(atRest(programs), restRuns, { concurrency: restRuns })
  const idle = all.map(([node = NaN]) => node)
  return programs.map(({ name }, index) =>
    ratio(
      { name: `resident at rest, ${name}`, unit: "MiB", against: "an idle node" },
      all.map((held) => held[index + 1] ?? NaN),
      idle
    )
  )
})

const volley = 1000
/** Number of deliveries after which the process has taken the memory that it needs once. */
const warmUp = 2 * volley
const many = 10_000
const few = 2000
/** Limit of the time for the deliveries. Fewer are sent where they would take longer. */
const longestSeconds = 20
const pace: Pace = { _tag: "FlatOut", atOnce: 16 }

/** Until the reactions to all deliveries are sent, or given up. */
const quiet = ({ emulator }: Stage.Stage) => {
  const asked = Effect.sync(() => emulator.requests.length)
  return Effect.flatMap(asked, (before) => Effect.map(Effect.delay(asked, "1 second"), (after) => after === before))
    .pipe(
      Effect.repeat({ until: (same) => same, schedule: Schedule.recurs(30) })
    )
}

/** Measures the memory of an idle `serve`. */
const settled = Effect.fnUntraced(function*(stage: Stage.Stage, serve: Program.Serve) {
  yield* quiet(stage)
  const { waiting } = yield* Stage.depth(serve)
  const heap = yield* Inspector.collectGarbage(serve.log)
  const resident = yield* Resident.memory(serve.pid)
  return { lanes: waiting, heap, resident, files: yield* Resident.openFiles(serve.pid) }
})

/** Measures the memory of waiting lanes: that of many, less that of the first ones. */
const lanes = Effect.fnUntraced(function*(program: Program.Program) {
  const stage = yield* Stage.make(warmUp + many)
  const serve = yield* Stage.occupied(stage, program, Inspector.environment)
  const next = stage.volleys(serve.webhook)
  const deliver = (deliveries: number) =>
    Effect.forEach(
      Array.from({ length: deliveries / volley }, () => next(volley, pace)),
      Load.send,
      { concurrency: 1 }
    )
  const first = yield* deliver(warmUp)
  const before = yield* settled(stage, serve)
  const seconds = first.reduce((total, { seconds }) => total + seconds, 0)
  const wanted = (seconds * many) / warmUp > longestSeconds ? few : many
  yield* deliver(wanted)
  const after = yield* settled(stage, serve)
  const added = after.lanes - before.lanes
  if (added !== wanted) {
    return yield* new NotMeasured({ message: `${wanted} lanes were to wait, and ${added} did` })
  }
  const held = (name: string, less: number, more: number) =>
    count(
      name,
      [Math.round((more - less) / added)],
      `${shown(less / mebibyte)} → ${shown(more / mebibyte)} MiB with ${shown(added)} lanes more`
    )
  return [
    held("resident bytes per waiting lane", before.resident, after.resident),
    held("heap bytes per waiting lane", before.heap, after.heap),
    count(
      `open files that ${shown(added)} waiting lanes add`,
      [after.files - before.files],
      `${before.files} → ${after.files}`
    )
  ]
}, Effect.scoped)

/** Measures the memory of `serve`: idle, for every pull request that waits, and at work. */
export const measure = Effect.fn("Memory.measure")(function*(program: Program.Program) {
  const image = yield* Program.inImage
  // Together: no memory depends on how fast it is taken, and a minute of load would be one of the whole run's few.
  const [idle, waiting, working] = yield* Effect.all(
    [rest([program, image, Program.sources]), lanes(program), UnderLoad.measure(image)],
    { concurrency: 3 }
  )
  const figures: ReadonlyArray<Figure> = [...idle, ...waiting, ...working]
  return figures
}, Effect.scoped)
