import { Conversation, Message } from "@nominal-code/domain/model/Conversation"
import { SpendLimit } from "@nominal-code/domain/model/SpendLimits"
import { Usage, UsageSummary } from "@nominal-code/domain/model/Usage"
import { AgentSettings, Effort, ModelRef } from "@nominal-code/domain/settings/ReviewSettings"
import { LlmError } from "@nominal-code/llm/LlmError"
import { LlmResponse, ToolSpec } from "@nominal-code/llm/sidecar/ModelLink"
import { StoreError } from "@nominal-code/persistence/StoreError"
import { ToolPlace } from "@nominal-code/workspace/Tool"
import { Schema } from "effect"
import { Rpc, RpcGroup } from "effect/rpc"
import { AgentEvent } from "../AgentProgress.ts"

/*
 * Remote procedures between an agent's process, which has no secret, and the publisher, which has them. The agent's
 * messages are outside input: they are decoded once, here, and one of more than 16 MiB ends the connection.
 */

/** An agent's task, as far as its process has to know it. */
export const LinkedTask = Schema.Struct({
  run: Schema.String,
  settings: AgentSettings,
  system: Schema.String,
  prompt: Schema.String,
  /** True if there is a shorter prompt. */
  mayShorten: Schema.Boolean,
  /** Checkout that the tools read; absent: it has none. */
  place: Schema.optionalKey(ToolPlace),
  tools: Schema.Array(Schema.String),
  shown: Schema.optionalKey(Schema.Array(ToolSpec)),
  explorers: Schema.optionalKey(Schema.Struct({
    settings: AgentSettings,
    system: Schema.String,
    maxConcurrent: Schema.Int,
    maxCostUsd: Schema.optionalKey(Schema.Finite)
  })),
  history: Conversation,
  isContinuation: Schema.Boolean,
  endsWithTurns: Schema.Boolean,
  /** Time that is left to its run, in milliseconds; absent: nothing limits it. */
  leftMillis: Schema.optionalKey(Schema.Natural),
  submit: ToolSpec,
  acceptsText: Schema.Boolean,
  maxCostUsd: Schema.optionalKey(Schema.Finite)
})
export type LinkedTask = typeof LinkedTask.Type

const stopped = Schema.Literals(["submitted", "turns", "budget", "prose"])

/** Result of a task. Its usage is known to the process that paid, and its answer was decoded there. */
export const LinkedResult = Schema.Struct({
  answered: Schema.Boolean,
  text: Schema.String,
  conversation: Conversation,
  turns: Schema.Natural,
  explorations: Schema.optionalKey(Schema.Array(Schema.Struct({
    prompt: Schema.String,
    conversation: Conversation,
    turns: Schema.Natural,
    usage: UsageSummary,
    stopped
  }))),
  limit: Schema.optionalKey(SpendLimit),
  stopped
})
export type LinkedResult = typeof LinkedResult.Type

const LinkedCall = Schema.Struct({
  next: Schema.Struct({ previous: Usage, newBytes: Schema.Natural, maxOutputTokens: Schema.Natural }),
  closing: Schema.Boolean,
  system: Schema.String,
  messages: Schema.Array(Message),
  tools: Schema.Array(ToolSpec),
  demand: Schema.String,
  hasSubstitute: Schema.Boolean,
  waitedMillis: Schema.Natural
})

/** Answer to a call, or the limit of dollars that does not allow it. */
export const LinkedAnswer = Schema.TaggedUnion({
  Answered: {
    response: LlmResponse,
    isLast: Schema.Boolean,
    limit: Schema.Option(SpendLimit),
    costUsd: Schema.Option(Schema.Finite)
  },
  Limited: { limit: SpendLimit }
})

const run = { run: Schema.String }
const model = { ...run, model: Schema.Natural }
const failed = Schema.Union([LlmError, StoreError])

const NotAccepted = Schema.TaggedStruct("NotAccepted", { why: Schema.String })

/** The requests of an agent's process. */
export const AgentLink = RpcGroup.make(
  /** Waits for the next task. */
  Rpc.make("Next", { success: LinkedTask }),
  /** Ends when nobody waits for a task any more. */
  Rpc.make("Over", { payload: run }),
  Rpc.make("Open", {
    payload: {
      ...run,
      ...ModelRef.fields,
      effort: Schema.optionalKey(Effort),
      contextWindow: Schema.optionalKey(Schema.Natural),
      /** Caps in nanodollars, beside those that hold for the task. */
      caps: Schema.Array(Schema.Struct({ name: Schema.String.check(Schema.isMaxLength(100)), limit: Schema.Natural }))
    },
    success: Schema.Struct({
      model: Schema.Natural,
      provider: Schema.String,
      contextWindow: Schema.optionalKey(Schema.Natural)
    }),
    error: LlmError
  }),
  Rpc.make("Call", { payload: { ...model, call: LinkedCall }, success: LinkedAnswer, error: failed }),
  Rpc.make("Used", { payload: model, success: UsageSummary }),
  Rpc.make("Close", { payload: model }),
  /** Hands in an answer, which may be refused. */
  Rpc.make("Submit", { payload: { ...run, input: Schema.Json, lenient: Schema.Boolean }, error: NotAccepted }),
  Rpc.make("Shorten", { payload: run, success: Schema.Option(Schema.String) }),
  Rpc.make("Report", { payload: { ...run, event: AgentEvent } }),
  Rpc.make("Done", { payload: { ...run, result: LinkedResult } }),
  Rpc.make("Failed", { payload: { ...run, error: failed } })
)
