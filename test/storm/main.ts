import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, Exit, Option, Random } from "effect"
import { Command, Flag } from "effect/cli"
import { breaches } from "./Invariants.ts"
import * as Plan from "./Plan.ts"
import * as Report from "./Report.ts"
import * as Storm from "./Storm.ts"
import { StormFailed } from "./World.ts"

const flags = {
  pulls: Flag.Int("pulls").pipe(Flag.withDescription("Pull requests"), Flag.withDefault(500)),
  events: Flag.Int("events").pipe(Flag.withDescription("Deliveries of each of them"), Flag.withDefault(4)),
  seed: Flag.String("seed").pipe(Flag.withDescription("The same seed plans the same storm"), Flag.optional),
  patience: Flag.Int("patience").pipe(Flag.withDescription("How many minutes it may take"), Flag.withDefault(60)),
  write: Flag.Boolean("write").pipe(
    Flag.withDescription("Keep the figures in docs/reliability.md"),
    Flag.withDefault(false)
  )
}

const storm = Command.make(
  "storm",
  flags,
  Effect.fn("storm")(function*({ events, patience, pulls, seed, write }) {
    const chosen = Option.isSome(seed) ? seed.value : String(yield* Random.nextIntBetween(1, 999_999))
    yield* Console.error(`seed ${chosen}`)
    const ended = yield* Storm.run(chosen, Plan.sizeOf(pulls, events), `${patience} minutes`)
    yield* Console.log(Report.text(ended))
    if (write) yield* Report.write(ended)
    const wrong = breaches(ended.verdict).length
    if (!ended.inTime) return yield* new StormFailed({ message: "it did not end in time" })
    if (wrong > 0) return yield* new StormFailed({ message: `${wrong} breaches` })
  })
).pipe(
  Command.withDescription("Breaks everything that can break while pull requests are reviewed, and counts what was lost")
)

const program = Command.run(storm, { version: "1" }).pipe(
  Effect.tapError(({ message }) => Console.error(`storm: ${message}`)),
  Effect.provide(NodeServices.layer)
)

NodeRuntime.runMain(program, {
  disableErrorReporting: true,
  teardown: (exit, onExit) => onExit(Exit.isSuccess(exit) ? 0 : 1)
})
