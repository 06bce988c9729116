import { LlmProviders } from "@nominal-code/llm/LlmProviders"
import { Effect, Layer } from "effect"
import { type AgentResult, AgentRunner, type AgentTask } from "./AgentRunner.ts"
import * as Loop from "./Loop.ts"
import * as Notes from "./Notes.ts"
import { SpendScope, within } from "./SpendScope.ts"
import * as TaskSpend from "./TaskSpend.ts"
import * as ToolCalls from "./ToolCalls.ts"

const make = Effect.gen(function*() {
  const providers = yield* LlmProviders

  const run = Effect.fn("ApiAgent.run")(function*<A>(task: AgentTask<A>) {
    const { model, provider } = task.settings
    yield* Effect.annotateCurrentSpan({ model, provider })
    const llm = yield* providers.of(provider)
    const scope = yield* SpendScope
    const spend = yield* TaskSpend.open(task.maxCostUsd === undefined ? scope : within(scope, task.maxCostUsd), {
      model,
      provider
    })
    const notes = yield* Notes.make
    // Where there is nothing to look at, there is nothing to take notes of.
    const tools = task.tools.length === 0 ? [] : [...task.tools, notes.tool]
    const { description, input, toolName } = task.submission
    const submit = ToolCalls.toSpec({ name: toolName, description, input })
    const specs = [
      ...task.tools.map(ToolCalls.toSpec),
      submit,
      ...(tools.length === 0 ? [] : [ToolCalls.toSpec(notes.tool)])
    ]
    const result = yield* Loop.run({ llm, task, tools, submit, specs, notes, spend })
    yield* report(result)
    return result
  }, Effect.scoped)

  return AgentRunner.of({ run })
})

/** The agent loop in this process, on the API of the provider that a task names. */
export const layer: Layer.Layer<AgentRunner, never, LlmProviders> = Layer.effect(AgentRunner, make)

const report = ({ stopped, turns, usage }: AgentResult<unknown>) =>
  Effect.logInfo("The agent is done").pipe(Effect.annotateLogs({
    stopped,
    turns,
    calls: usage.calls,
    model: usage.model,
    ...usage.usage,
    ...(usage.costUsd === undefined ? {} : { costUsd: usage.costUsd.toFixed(4) })
  }))
