import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Clock, Console, Duration, Effect, Exit, Option } from "effect"
import { Command, Flag } from "effect/cli"
import * as Acknowledge from "./Acknowledge.ts"
import { NotMeasured } from "./Figure.ts"
import * as FirstDay from "./FirstDay.ts"
import * as Floods from "./Floods.ts"
import * as Memory from "./Memory.ts"
import * as Models from "./Models.ts"
import * as Overhead from "./Overhead.ts"
import * as Program from "./Program.ts"
import * as Queues from "./Queues.ts"
import * as Report from "./Report.ts"
import * as Scale from "./Scale.ts"
import * as StartUp from "./StartUp.ts"

const names = [
  "acknowledge",
  "overhead",
  "memory",
  "start-up",
  "first-day",
  "scale",
  "queues",
  "floods",
  "models"
] as const
type Name = typeof names[number]

const write = Flag.Boolean("write").pipe(
  Flag.withDescription("Keep the figures in docs/performance.md"),
  Flag.withDefault(false)
)
const against = Flag.String("against").pipe(
  Flag.withDescription("Compare with another checkout in the same run, which is installed: its acknowledgements"),
  Flag.optional
)
const only = Flag.Literals("only", names).pipe(Flag.withDescription("Measure one subject alone"), Flag.optional)

const jobs = Flag.Int("jobs").pipe(
  Flag.withDescription("How many jobs wait where many do"),
  Flag.withDefault(100_000)
)

const minutes = Flag.Int("minutes").pipe(
  Flag.withDescription("Limit of the whole run's time: a million jobs need more than the eight that are usual"),
  Flag.withDefault(8)
)

const subjects = {
  acknowledge: { title: "Deliveries acknowledged", measure: Acknowledge.measure },
  overhead: { title: "A review without its model", measure: Overhead.measure },
  memory: { title: "Memory", measure: Memory.measure },
  "start-up": { title: "Start-up", measure: StartUp.measure },
  "first-day": { title: "The command", measure: FirstDay.measure },
  scale: { title: "Many jobs", measure: (_program: unknown, _others: unknown, jobs: number) => Scale.measure(jobs) },
  queues: { title: "The queue against BullMQ", measure: Queues.measure },
  floods: { title: "Floods", measure: Floods.measure },
  models: { title: "Models", measure: Models.measure }
} as const

const within = (minutes: number, until: number) => <A, E, R>(measure: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Effect.timeoutOrElse(measure, {
      duration: Math.max(0, until - now),
      orElse: () => Effect.fail(new NotMeasured({ message: `${minutes} minutes for all did not suffice` }))
    }))

interface BenchOptions {
  readonly against: Option.Option<string>
  readonly only: Option.Option<Name>
  readonly write: boolean
  readonly jobs: number
  readonly minutes: number
}

const bench = Effect.fn("bench")(function*({ against, jobs, minutes, only, write }: BenchOptions) {
  const about = yield* Report.circumstances
  const until = (yield* Clock.currentTimeMillis) + Duration.toMillis(Duration.minutes(minutes))
  const program = yield* Program.bundle
  const other = yield* Effect.forEach(Option.toArray(against), Program.bundleOf, { concurrency: 1 })
  const [parts, missing] = yield* Effect.partition(
    Option.match(only, { onNone: () => names, onSome: (name) => [name] }),
    Effect.fnUntraced(function*(name) {
      const { measure, title } = subjects[name]
      yield* Console.error(`measuring: ${title}`)
      const figures = yield* within(minutes, until)(measure(program, other, jobs))
      return { title, figures }
    }, (measuring, name) => Effect.mapError(measuring, ({ message }) => `${name}: ${message}`)),
    { concurrency: 1 }
  )
  yield* Console.log(`${about}\n${Report.table(parts, yield* Report.kept())}`)
  if (missing.length > 0) return yield* new NotMeasured({ message: `not measured:\n${missing.join("\n")}` })
  if (write) yield* Report.write(parts, about)
})

const command = Command.make("bench", { against, jobs, minutes, only, write }, bench).pipe(
  Command.withDescription("Figures of speed and size, as ratios and counts that another machine would give as well")
)

const program = Command.run(command, { version: "1" }).pipe(
  Effect.tapError(({ message }) => Console.error(`bench: ${message}`)),
  Effect.provide(NodeServices.layer)
)

NodeRuntime.runMain(program, {
  disableErrorReporting: true,
  teardown: (exit, onExit) => onExit(Exit.isSuccess(exit) ? 0 : 1)
})
