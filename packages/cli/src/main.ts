import * as Process from "./Process.ts"

// Loaded apart, so that other modules of a bundle share its code without loading this one, which runs the command.
const { run, teardown } = await import("./Cli.ts")

Process.run(run, teardown)
