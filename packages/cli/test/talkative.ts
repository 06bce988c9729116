import { Console, Effect, Schedule } from "effect"
import process from "node:process"
import * as Ending from "../src/Ending.ts"
import * as Process from "../src/Process.ts"

/** A program that writes to stderr, for longer than its first lines are read, and then its result to stdout. */
const program = Effect.sync(() => process.stderr.write("working\n")).pipe(
  Effect.repeat({ schedule: Schedule.spaced("10 millis"), times: 30 }),
  Effect.andThen(Console.log("done"))
)

Process.run(program, Ending.teardown)
