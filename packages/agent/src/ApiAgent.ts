import type { LlmError } from "@nominal-code/llm/LlmError"
import { LlmProviders } from "@nominal-code/llm/LlmProviders"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Effect, Layer } from "effect"
import { type AgentResult, AgentRunner, type AgentTask } from "./AgentRunner.ts"
import * as ContextWindow from "./ContextWindow.ts"
import * as Loop from "./Loop.ts"
import * as Notes from "./Notes.ts"
import * as OneShot from "./OneShot.ts"
import { SpendScope, within } from "./SpendScope.ts"
import * as TaskSpend from "./TaskSpend.ts"
import * as ToolCalls from "./ToolCalls.ts"

const make = Effect.gen(function*() {
  const providers = yield* LlmProviders
  /** Models that have refused tools, by provider and name. */
  const withoutTools = new Set<string>()

  const run = Effect.fn("ApiAgent.run")(function*<A>(task: AgentTask<A>) {
    const { contextWindow, model, provider, tools: mode } = task.settings
    yield* Effect.annotateCurrentSpan({ model, provider })
    const service = yield* providers.of(provider)
    const llm = contextWindow === undefined ? service : ContextWindow.within(service, contextWindow)
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
    const session = { llm, task, tools, submit, specs, notes, spend }
    const name = `${provider} ${model}`
    const result = yield* mode === "off" || withoutTools.has(name)
      ? OneShot.run(session)
      : Effect.catchIf(Loop.run(session), refusesTools, ({ message }) => {
        withoutTools.add(name)
        return Effect.andThen(
          Effect.logWarning(`${model} takes no tools, and is asked once with what is known: ${message}`),
          OneShot.run(session)
        )
      })
    yield* report(result)
    return result
  }, Effect.scoped)

  return AgentRunner.of({ run })
})

/** The agent loop in this process, on the API of the provider that a task names. */
export const layer: Layer.Layer<AgentRunner, never, LlmProviders> = Layer.effect(AgentRunner, make)

const refusesTools = (error: LlmError | StoreError): error is LlmError =>
  error._tag === "LlmError" && error.refusesTools === true

const report = ({ stopped, turns, usage }: AgentResult<unknown>) =>
  Effect.logInfo("The agent is done").pipe(Effect.annotateLogs({
    stopped,
    turns,
    calls: usage.calls,
    model: usage.model,
    ...usage.usage,
    ...(usage.costUsd === undefined ? {} : { costUsd: usage.costUsd.toFixed(4) })
  }))
