import { KnownSecrets } from "@nominal-code/domain/secret/KnownSecrets"
import { type RunnerName, runnerOf } from "@nominal-code/domain/settings/ReviewSettings"
import { Context, Effect, Layer, Option } from "effect"
import { AgentRunner, type AgentTask } from "./AgentRunner.ts"

/** A task whose texts hold no secret of this process: a model cannot tell what it was never told. */
const withoutSecrets = <A>(task: AgentTask<A>, redact: (text: string) => string): AgentTask<A> => ({
  ...task,
  system: redact(task.system),
  prompt: redact(task.prompt),
  ...(task.shorter === undefined ? {} : { shorter: Effect.map(task.shorter, Option.map(redact)) })
})

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
      return AgentRunner.of({
        run: (task) =>
          Effect.flatMap(
            KnownSecrets,
            ({ redactKnown }) => built[runnerOf(task.settings)].run(withoutSecrets(task, redactKnown))
          )
      })
    })
  )
