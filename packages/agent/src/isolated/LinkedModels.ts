import { bytesOf, withTexts } from "@nominal-code/domain/model/Conversation"
import { Usage, UsageSummary } from "@nominal-code/domain/model/Usage"
import { KnownSecrets } from "@nominal-code/domain/secret/KnownSecrets"
import type { ModelRef } from "@nominal-code/domain/settings/ReviewSettings"
import { LlmError } from "@nominal-code/llm/LlmError"
import { nanoOf, newCap, type SpendAccount } from "@nominal-code/persistence/Spend"
import { Effect, Exit, Result, Scope } from "effect"
import type { AgentTask } from "../AgentRunner.ts"
import type { TaskCall, TaskModel, TaskModelRequest, TaskModels } from "../TaskModel.ts"
import { LinkedAnswer } from "./AgentLink.ts"

/** Number of the model calls of one task, those of its explorers among them. */
const mostCalls = 2_000

/** Request of the agent's process for a model. */
interface LinkedRequest extends Omit<TaskModelRequest, "caps"> {
  readonly caps: ReadonlyArray<{ readonly name: string; readonly limit: number }>
}

/** Largest number of output tokens of one call. */
const mostOutput = 16_384

/** Bytes of a call's prompt. */
const bytesIn = ({ messages, system, tools }: TaskCall): number =>
  messages.reduce((sum, message) => sum + bytesOf(message), Buffer.byteLength(system + JSON.stringify(tools)))

/** The newest call of a model, as this process has seen it. */
interface SeenCall {
  readonly bytes: number
  readonly usage: Usage
}

/** The call as its cost is estimated: a process that tells less of it than is in it reserves no less money. */
const nextOf = (asked: TaskCall, before: SeenCall | undefined): TaskCall["next"] => {
  const { maxOutputTokens, newBytes, previous } = asked.next
  const all = bytesIn(asked)
  const goesOn = before !== undefined && previous.total > 0
  return {
    previous: goesOn ? before.usage : Usage.none,
    newBytes: Math.max(newBytes, goesOn ? all - before.bytes : all),
    maxOutputTokens: Math.min(maxOutputTokens, mostOutput)
  }
}

const refsOf = ({ fallback = [], model, provider }: AgentTask<unknown>["settings"]): ReadonlyArray<ModelRef> => [
  { provider, model },
  ...fallback
]

const isOneOf = (refs: ReadonlyArray<ModelRef>, { model, provider }: ModelRef): boolean =>
  refs.some((ref) => ref.provider === provider && ref.model === model)

const refused = (provider: string, message: string) => new LlmError({ provider, reason: "invalid-request", message })

/**
 * Opens the models of one task for the agent's process: those that the task's settings name, within the task's cap, for as
 * many calls as a task can need. They are closed with the scope.
 */
export const make = Effect.fnUntraced(function*<A>(task: AgentTask<A>, service: TaskModels["Service"]) {
  const scope = yield* Effect.scope
  const opened: Array<{ readonly model: TaskModel; readonly scope: Scope.Closeable; seen?: SeenCall }> = []
  const cap = task.maxCostUsd === undefined ? [] : [newCap(nanoOf(task.maxCostUsd))]
  // Accounts of the agent's process are no others' accounts, whatever it calls them.
  const { name: unique } = newCap(0)
  const own = refsOf(task.settings)
  const all = [...own, ...(task.explorers === undefined ? [] : refsOf(task.explorers.settings))]
  let calls = 0
  let current: ModelRef = task.settings

  const open = Effect.fnUntraced(function*({ caps, ...request }: LinkedRequest) {
    const { model, provider } = request
    if (!isOneOf(all, request)) return yield* refused(provider, `${provider} ${model} is no model of this task`)
    const accounts = caps.map(({ limit, name }): SpendAccount => ({
      kind: "task",
      name: `${unique}:${name}`,
      period: "life",
      limit
    }))
    const inner = yield* Scope.fork(scope)
    const made = yield* Scope.provide(service.open({ ...request, caps: [...cap, ...accounts] }), inner)
    const { contextWindow } = made
    return {
      model: opened.push({ model: made, scope: inner }) - 1,
      provider: made.provider,
      ...(contextWindow === undefined ? {} : { contextWindow })
    }
  })

  const one = (id: number) =>
    Effect.suspend(() => {
      const found = opened[id]
      return found === undefined ? Effect.interrupt : Effect.succeed(found)
    })

  const call = Effect.fnUntraced(function*(id: number, asked: TaskCall) {
    const found = yield* one(id)
    const { model } = found
    if (++calls > mostCalls) return yield* refused(model.provider, `a task has ${mostCalls} calls at most`)
    if (isOneOf(own, model)) current = model
    const { redactKnown } = yield* KnownSecrets
    const answer = yield* model.call({
      ...asked,
      next: nextOf(asked, found.seen),
      // The agent's process does not know what is secret here.
      messages: asked.messages.map(({ content, role }) => ({ role, content: withTexts(content, redactKnown) }))
    })
    if (Result.isSuccess(answer)) found.seen = { bytes: bytesIn(asked), usage: answer.success.response.usage }
    return Result.match(answer, {
      onFailure: (limit) => LinkedAnswer.cases.Limited.make({ limit }),
      onSuccess: (answer) => LinkedAnswer.cases.Answered.make(answer)
    })
  })

  return {
    open,
    call,
    used: (id: number) => Effect.flatMap(one(id), ({ model }) => model.usage),
    close: (id: number) => Effect.flatMap(one(id), ({ scope }) => Scope.close(scope, Exit.void)),
    /** Usage of all of them, as this process has counted it, under the name of the task's newest one. */
    usage: Effect.suspend(() => Effect.forEach(opened, ({ model }) => model.usage, { concurrency: 1 })).pipe(
      Effect.map((used) =>
        used.reduce(
          (sum, other) => sum.plus(other),
          new UsageSummary({ provider: current.provider, model: current.model, usage: Usage.none, calls: 0 })
        )
      )
    )
  }
})

/** The models of one task. */
export type LinkedModels = Effect.Success<ReturnType<typeof make>>
