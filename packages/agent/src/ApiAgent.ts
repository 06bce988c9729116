import type { UsageSummary } from "@nominal-code/domain/Usage"
import type { LlmError } from "@nominal-code/llm/LlmError"
import { LlmProviders } from "@nominal-code/llm/LlmProviders"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import type { Tool } from "@nominal-code/workspace/Tool"
import { Effect, Layer, Ref } from "effect"
import { type AgentResult, AgentRunner, type AgentTask } from "./AgentRunner.ts"
import * as ContextWindow from "./ContextWindow.ts"
import * as Explorers from "./Explorers.ts"
import * as Loop from "./Loop.ts"
import * as Notes from "./Notes.ts"
import * as OneShot from "./OneShot.ts"
import { SpendScope, within } from "./SpendScope.ts"
import * as TaskSpend from "./TaskSpend.ts"
import * as ToolCalls from "./ToolCalls.ts"

/** Parts of a task that depend on the one that started it, if one did. */
interface Family {
  readonly scope: SpendScope
  readonly notes: Notes.Notes
  /** Usage of the tasks that a task has started, however they end. */
  readonly started: Ref.Ref<ReadonlyArray<Effect.Effect<UsageSummary>>>
}

/** The tools that a task's model is offered, and their descriptions for it. */
const offered = <A>({ submission, tools: own }: AgentTask<A>, notes: Notes.Notes, agent: Tool | undefined) => {
  const { description, input, toolName } = submission
  const submit = ToolCalls.toSpec({ name: toolName, description, input })
  const given = agent === undefined ? own : [...own, agent]
  // Where there is nothing to look at, there is nothing to take notes of.
  const noted = given.length === 0 ? [] : [notes.tool]
  const specs = [...given.map(ToolCalls.toSpec), submit, ...noted.map(ToolCalls.toSpec)]
  return { tools: [...given, ...noted], submit, specs }
}

const make = Effect.gen(function*() {
  const providers = yield* LlmProviders
  /** Models that have refused tools, by provider and name. */
  const withoutTools = new Set<string>()

  const runWithin: <A>(task: AgentTask<A>, family: Family) => Effect.Effect<AgentResult<A>, LlmError | StoreError> =
    Effect.fnUntraced(function*<A>(task: AgentTask<A>, { notes, scope, started }: Family) {
      const { contextWindow, model, provider, tools: mode } = task.settings
      const service = yield* providers.of(provider)
      const llm = contextWindow === undefined ? service : ContextWindow.within(service, contextWindow)
      const purse = task.maxCostUsd === undefined ? scope : within(scope, task.maxCostUsd)
      const spend = yield* TaskSpend.open(purse, { model, provider })
      const children = yield* Ref.make<ReadonlyArray<Effect.Effect<UsageSummary>>>([])
      const usage = Effect.gen(function*() {
        const others = yield* Effect.all(yield* Ref.get(children), { concurrency: 1 })
        return others.reduce((sum, other) => sum.plus(other), spend.summary(llm.name, model))
      })
      yield* Ref.update(started, (before) => [...before, usage])
      const explorers = task.explorers === undefined
        ? undefined
        : yield* Explorers.make(
          task,
          task.explorers,
          (task, notes) => runWithin(task, { scope: purse, notes, started: children })
        )
      const session = { llm, task, notes, spend, usage, ...offered(task, notes, explorers?.tool) }
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
      return explorers === undefined ? result : { ...result, explorations: yield* explorers.explorations }
    }, Effect.scoped)

  const run = Effect.fn("ApiAgent.run")(function*<A>(task: AgentTask<A>) {
    const { model, provider } = task.settings
    yield* Effect.annotateCurrentSpan({ model, provider })
    return yield* runWithin(task, {
      scope: yield* SpendScope,
      notes: yield* Notes.make,
      started: yield* Ref.make<ReadonlyArray<Effect.Effect<UsageSummary>>>([])
    })
  })

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
