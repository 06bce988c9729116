/** The commands that a cluster and a service manager run. They have no arguments, and start without their parser. */
import { Effect } from "effect"
import * as Ending from "./Ending.ts"

const explained = <A, E, R>(command: Effect.Effect<A, E, R>) =>
  command.pipe(Effect.tapError(Ending.explain), Effect.tapDefect(Ending.explainDefect))

/** `serve` without arguments. */
export const serve = explained(
  Effect.flatMap(Effect.promise(() => import("./commands/Serve.ts")), ({ serve }) => serve("warn"))
)

/** `run-job` whose job is in the environment. */
export const runJob = explained(
  Effect.flatMap(Effect.promise(() => import("./commands/RunJob.ts")), ({ runJob }) => runJob(undefined)).pipe(
    Effect.withSpan("cli.run-job")
  )
)
