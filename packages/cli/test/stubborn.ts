import { Console, Effect } from "effect"
import * as Cli from "../src/Cli.ts"
import * as Process from "../src/Process.ts"

/** A program that a signal does not end: it is in the middle of something. */
const program = Console.log("started").pipe(Effect.andThen(Effect.never), Effect.uninterruptible)

Process.run(program, Cli.teardown)
