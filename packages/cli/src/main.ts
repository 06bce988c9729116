import process from "node:process"
import * as Process from "./Process.ts"

const [name, ...others] = process.argv.slice(2)

// Loaded apart, so that other modules of a bundle share its code without loading this one, which runs the command.
if ((name === "serve" || name === "run-job") && others.length === 0) {
  const { runJob, serve } = await import("./UsualCommands.ts")
  const { teardown } = await import("./Ending.ts")
  if (name === "serve") Process.run(serve, teardown)
  else Process.run(runJob, teardown)
} else {
  const { run, teardown } = await import("./Cli.ts")
  Process.run(run, teardown)
}
