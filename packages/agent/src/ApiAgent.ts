import type { UsageSummary } from "@nominal-code/domain/model/Usage"
import type { LlmError } from "@nominal-code/llm/LlmError"
import type { ToolSpec } from "@nominal-code/llm/LlmProvider"
import type { LlmProviders } from "@nominal-code/llm/LlmProviders"
import { nanoOf, newCap, type SpendAccount } from "@nominal-code/persistence/Spend"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import type { Tool } from "@nominal-code/workspace/Tool"
import { Effect, Layer, Ref } from "effect"
import { type AgentResult, AgentRunner, type AgentTask } from "./AgentRunner.ts"
import * as Explorers from "./Explorers.ts"
import * as Loop from "./Loop.ts"
import * as ModelChain from "./ModelChain.ts"
import * as Notes from "./Notes.ts"
import * as OneShot from "./OneShot.ts"
import * as TaskModel from "./TaskModel.ts"
import * as ToolCalls from "./ToolCalls.ts"

/** Parts of a task that depend on the one that started it, if one did. */
interface Family {
  /** The caps of the task and of those that it was started by. */
  readonly caps: ReadonlyArray<SpendAccount>
  readonly notes: Notes.Notes
  /** Usage of the tasks that a task has started, however they end. */
  readonly started: Ref.Ref<ReadonlyArray<Effect.Effect<UsageSummary>>>
}

const byName = (specs: ReadonlyArray<ToolSpec>) =>
  specs.toSorted((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0)

/** The tools that a task's model is offered, and their descriptions for it. */
const offered = <A>(
  { shown = [], submission, tools: own }: AgentTask<A>,
  notes: Notes.Notes,
  agent: Tool | undefined
) => {
  const submit = ToolCalls.submitSpec(submission)
  const given = agent === undefined ? own : [...own, agent]
  // Where there is nothing to look at, there is nothing to take notes of.
  const noted = given.length + shown.length === 0 ? [] : [notes.tool]
  const runnable = [...given.map(ToolCalls.toSpec), submit, ...noted.map(ToolCalls.toSpec)]
  const others = shown.filter(({ name }) => !runnable.some((spec) => spec.name === name))
  // In one order, whichever of them run: tasks that show the same tools begin with the same bytes.
  const specs = others.length === 0 ? runnable : byName([...runnable, ...others])
  return { tools: [...given, ...noted], submit, specs }
}

const make = Effect.gen(function*() {
  const service = yield* TaskModel.TaskModels
  /** Models that have refused tools, by provider and name. */
  const withoutTools = new Set<string>()
  const absences = ModelChain.makeAbsences()

  const runWithin: <A>(task: AgentTask<A>, family: Family) => Effect.Effect<AgentResult<A>, LlmError | StoreError> =
    Effect.fnUntraced(function*<A>(task: AgentTask<A>, { caps: outer, notes, started }: Family) {
      const { fallback = [], tools: mode } = task.settings
      const caps = task.maxCostUsd === undefined ? outer : [...outer, newCap(nanoOf(task.maxCostUsd))]
      const { contextWindow, effort } = task.settings
      const models = yield* ModelChain.make(
        yield* service.open({
          provider: task.settings.provider,
          model: task.settings.model,
          effort,
          contextWindow,
          caps
        }),
        // What one model can be told of its effort, another may refuse.
        yield* Effect.forEach(fallback, (other) => service.open({ ...other, contextWindow, caps }), { concurrency: 1 }),
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
          (task, notes) => runWithin(task, { caps, notes, started: children })
        )
      const session = { models, task, notes, usage, ...offered(task, notes, explorers?.tool) }
      const nameOf = Effect.map(models.current, ModelChain.nameOf)
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
      caps: [],
      notes: yield* Notes.make,
      started: yield* Ref.make<ReadonlyArray<Effect.Effect<UsageSummary>>>([])
    })
  })

  return AgentRunner.of({ run })
})

/** The agent loop in this process, on models that may be elsewhere. */
export const layerOver: Layer.Layer<AgentRunner, never, TaskModel.TaskModels> = Layer.effect(AgentRunner, make)

/** The agent loop in this process, on the API of the provider that a task names. */
export const layer: Layer.Layer<AgentRunner, never, LlmProviders> = Layer.provide(layerOver, TaskModel.layer)

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
