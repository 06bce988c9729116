/** The commands that a cluster and a service manager run. They start without the parser of the command line. */
import type * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect } from "effect"
import type { ExaminationMode } from "./commands/Serve.ts"
import * as Ending from "./Ending.ts"

const explained = <A, E, R>(command: Effect.Effect<A, E, R>) =>
  command.pipe(Effect.tapError(Ending.explain), Effect.tapDefect(Ending.explainDefect))

const serve = (examined: ExaminationMode) =>
  explained(Effect.flatMap(Effect.promise(() => import("./commands/Serve.ts")), ({ serve }) => serve(examined)))

/** `run-job` whose job is in the environment. */
const runJob = explained(
  Effect.flatMap(Effect.promise(() => import("./commands/RunJob.ts")), ({ runJob }) => runJob(undefined)).pipe(
    Effect.withSpan("cli.run-job")
  )
)

// A map: an object has a `constructor`, too.
const programs = new Map<string, Effect.Effect<void, unknown, NodeServices.NodeServices>>([
  ["serve", serve("warn")],
  ["serve --no-doctor", serve("no")],
  ["run-job", runJob]
])

/** The program of a command line, if that is one of the usual ones. */
export const programOf = (args: ReadonlyArray<string>) => programs.get(args.join(" "))
