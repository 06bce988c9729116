import { type RunnerName, runnerOf } from "@nominal-code/domain/ReviewSettings"
import { Context, Effect, Layer } from "effect"
import { AgentRunner } from "./AgentRunner.ts"

/** Runs each task with the runner that its settings name. */
export const layer = <E, R>(
  runners: Readonly<Record<RunnerName, Layer.Layer<AgentRunner, E, R>>>
): Layer.Layer<AgentRunner, E, R> =>
  Layer.effect(
    AgentRunner,
    Effect.gen(function*() {
      const built: Record<RunnerName, AgentRunner["Service"]> = {
        api: Context.get(yield* Layer.build(runners.api), AgentRunner),
        "claude-code": Context.get(yield* Layer.build(runners["claude-code"]), AgentRunner)
      }
      return AgentRunner.of({ run: (task) => built[runnerOf(task.settings)].run(task) })
    })
  )
