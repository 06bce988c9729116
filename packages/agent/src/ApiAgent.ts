import type { ModelRef } from "@nominal-code/domain/ReviewSettings"
import type { UsageSummary } from "@nominal-code/domain/Usage"
import type { LlmError } from "@nominal-code/llm/LlmError"
import type { LlmProvider } from "@nominal-code/llm/LlmProvider"
import { LlmProviders } from "@nominal-code/llm/LlmProviders"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import type { Tool } from "@nominal-code/workspace/Tool"
import { Effect, Layer, Option, Ref } from "effect"
import { type AgentResult, AgentRunner, type AgentTask } from "./AgentRunner.ts"
import * as ContextWindow from "./ContextWindow.ts"
import * as Explorers from "./Explorers.ts"
import * as Loop from "./Loop.ts"
import * as ModelChain from "./ModelChain.ts"
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
  const absences = ModelChain.makeAbsences()

  const runWithin: <A>(task: AgentTask<A>, family: Family) => Effect.Effect<AgentResult<A>, LlmError | StoreError> =
    Effect.fnUntraced(function*<A>(task: AgentTask<A>, { notes, scope, started }: Family) {
      const { fallback = [], tools: mode } = task.settings
      const purse = task.maxCostUsd === undefined ? scope : within(scope, task.maxCostUsd)
      const taskModel = Effect.fnUntraced(function*({ model, provider }: ModelRef) {
        const service = yield* providers.of(provider)
        const contextWindow = task.settings.contextWindow ?? (yield* windowOf(service, model))
        const llm = contextWindow === undefined ? service : ContextWindow.within(service, contextWindow)
        return { llm, model, contextWindow, spend: yield* TaskSpend.open(purse, { model, provider }) }
      })
      const models = yield* ModelChain.make(
        { ...(yield* taskModel(task.settings)), effort: task.settings.effort },
        yield* Effect.forEach(fallback, taskModel, { concurrency: 1 }),
        absences
      )
      const children = yield* Ref.make<ReadonlyArray<Effect.Effect<UsageSummary>>>([])
      const usage = Effect.gen(function*() {
        const others = yield* Effect.all(yield* Ref.get(children), { concurrency: 1 })
        return others.reduce((sum, other) => sum.plus(other), yield* models.usage)
      })
      yield* Ref.update(started, (before) => [...before, usage])
      const explorers = task.explorers === undefined
        ? undefined
        : yield* Explorers.make(
          task,
          task.explorers,
          (task, notes) => runWithin(task, { scope: purse, notes, started: children })
        )
      const session = { models, task, notes, usage, ...offered(task, notes, explorers?.tool) }
      const nameOf = Effect.map(models.current, ({ llm, model }) => `${llm.name} ${model}`)
      const result = yield* mode === "off" || withoutTools.has(yield* nameOf)
        ? OneShot.run(session)
        : Effect.catchIf(Loop.run(session), refusesTools, ({ message }) =>
          Effect.gen(function*() {
            const name = yield* nameOf
            withoutTools.add(name)
            yield* Effect.logWarning(`${name} takes no tools, and is asked once with what is known: ${message}`)
            return yield* OneShot.run(session)
          }))
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

const windowOf = ({ windowOf }: LlmProvider["Service"], model: string) =>
  windowOf === undefined ? Effect.undefined : Effect.map(windowOf(model), Option.getOrUndefined)

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
