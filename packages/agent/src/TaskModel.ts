import { appendUserText, type Message } from "@nominal-code/domain/model/Conversation"
import type { SpendLimit } from "@nominal-code/domain/model/SpendLimits"
import type { UsageSummary } from "@nominal-code/domain/model/Usage"
import type { Effort, ModelRef } from "@nominal-code/domain/settings/ReviewSettings"
import type { NextCall } from "@nominal-code/llm/CallEstimate"
import type { LlmError } from "@nominal-code/llm/LlmError"
import type { LlmProvider, LlmResponse, ToolSpec } from "@nominal-code/llm/LlmProvider"
import { LlmProviders } from "@nominal-code/llm/LlmProviders"
import { HasSubstitute } from "@nominal-code/llm/Retry"
import type { SpendAccount } from "@nominal-code/persistence/Spend"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Context, Effect, Layer, Option, Result, type Scope } from "effect"
import * as ContextWindow from "./ContextWindow.ts"
import { SpendScope } from "./SpendScope.ts"
import * as TaskSpend from "./TaskSpend.ts"

/** One call of a task's model. */
export interface TaskCall {
  /** The call, as far as its cost depends on it. */
  readonly next: Omit<NextCall, "pause">
  /** True if no other call follows. */
  readonly closing: boolean
  readonly system: string
  readonly messages: ReadonlyArray<Message>
  readonly tools: ReadonlyArray<ToolSpec>
  /** Instruction to finish, which ends the conversation of a last call. The model then has to call a tool. */
  readonly demand: string
  /** True if another model can take the call. */
  readonly hasSubstitute: boolean
  /** Time that it has waited for models that were away. */
  readonly waitedMillis: number
}

/** Answer to a call. */
export interface TaskAnswer {
  readonly response: LlmResponse
  /** True if no other call follows: the task said so, or a limit of dollars allows none. */
  readonly isLast: boolean
  /** The limit that allows no other call. */
  readonly limit: Option.Option<SpendLimit>
  /** Cost of the call in US dollars; none if the model has no known price. */
  readonly costUsd: Option.Option<number>
}

/** Model that the calls of a task go to, and what the task has used of it. */
export interface TaskModel {
  /** Name of its service. */
  readonly provider: string
  readonly model: string
  /** Size of its context window in tokens; absent: not known. */
  readonly contextWindow?: number | undefined
  /** Calls it within what the task may spend. A limit that does not allow the call is a failure in a success. */
  call(call: TaskCall): Effect.Effect<Result.Result<TaskAnswer, SpendLimit>, LlmError | StoreError>
  readonly usage: Effect.Effect<UsageSummary>
}

/** Model that a task wants to call. */
export interface TaskModelRequest extends ModelRef {
  readonly effort?: Effort | undefined
  /** Size of its context window, where the settings say it. */
  readonly contextWindow?: number | undefined
  /** Accounts that its calls are charged to, beside those of the `SpendScope`. */
  readonly caps: ReadonlyArray<SpendAccount>
}

/** The models that tasks may call. What one still holds of the money is given back when the scope closes. */
export class TaskModels extends Context.Service<TaskModels, {
  open(request: TaskModelRequest): Effect.Effect<TaskModel, LlmError, Scope.Scope>
}>()("@nominal-code/agent/TaskModels") {}

const windowOf = ({ windowOf }: LlmProvider["Service"], model: string) =>
  windowOf === undefined ? Effect.undefined : Effect.map(windowOf(model), Option.getOrUndefined)

const afterWait = (response: LlmResponse, waited: number): LlmResponse =>
  waited === 0 ? response : { ...response, waitedMillis: (response.waitedMillis ?? 0) + waited }

const open = Effect.fnUntraced(function*(
  providers: LlmProviders["Service"],
  { caps, contextWindow: given, effort, model, provider }: TaskModelRequest
) {
  const service = yield* providers.of(provider)
  const contextWindow = given ?? (yield* windowOf(service, model))
  const llm = contextWindow === undefined ? service : ContextWindow.within(service, contextWindow)
  const scope = yield* SpendScope
  const spend = yield* TaskSpend.open(
    caps.length === 0 ? scope : { ...scope, accounts: [...scope.accounts, ...caps] },
    { model, provider }
  )
  const call: TaskModel["call"] = Effect.fnUntraced(
    function*({ closing, demand, hasSubstitute, messages, next, system, tools, waitedMillis }) {
      const sent = yield* spend.call(next, closing, ({ last, maxOutputTokens }) => {
        const isLast = closing || Option.isSome(last)
        const answer = llm.send({
          model,
          system,
          messages: isLast ? appendUserText(messages, demand) : messages,
          tools,
          toolChoice: isLast ? "required" : "auto",
          maxOutputTokens,
          ...(effort === undefined ? {} : { effort }),
          ...(tools.length === 0 ? { format: "json" } : {})
        })
        return Effect.map(
          Effect.provideService(answer, HasSubstitute, hasSubstitute),
          (response) => ({ response: afterWait(response, waitedMillis), isLast, limit: last })
        )
      })
      return Result.map(sent, (answer): TaskAnswer => ({ ...answer, costUsd: spend.costOf(answer.response.usage) }))
    }
  )
  const opened: TaskModel = {
    provider: llm.name,
    model,
    contextWindow,
    call,
    usage: Effect.sync(() => spend.summary(llm.name, model))
  }
  return opened
})

/** The models of the process's providers, charged to the `SpendScope` of the task. */
export const layer: Layer.Layer<TaskModels, never, LlmProviders> = Layer.effect(
  TaskModels,
  Effect.map(LlmProviders, (providers) => TaskModels.of({ open: (request) => open(providers, request) }))
)
