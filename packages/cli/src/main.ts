import process from "node:process"
import * as Process from "./Process.ts"

const args = process.argv.slice(2)

// Loaded apart, so that other modules of a bundle share its code without loading this one, which runs the command.
const { programOf } = await import("./UsualCommands.ts")
const usual = programOf(args)
if (usual === undefined) {
  const { run, teardown } = await import("./Cli.ts")
  Process.run(run, teardown)
} else {
  const { teardown } = await import("./Ending.ts")
  Process.run(usual, teardown)
}
