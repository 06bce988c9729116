import { Block, Message } from "@nominal-code/domain/model/Conversation"
import { Usage } from "@nominal-code/domain/model/Usage"
import { Effort } from "@nominal-code/domain/settings/ReviewSettings"
import { Schema } from "effect"
import { Rpc, RpcGroup } from "effect/rpc"
import { LlmError } from "../LlmError.ts"

/*
 * Calls of models between two processes: one that knows what to ask, and one that has the keys.
 */

export const ToolSpec = Schema.Struct({
  name: Schema.String,
  description: Schema.String,
  inputSchema: Schema.Record(Schema.String, Schema.Unknown)
})

const LlmRequest = Schema.Struct({
  model: Schema.String,
  system: Schema.String,
  messages: Schema.Array(Message),
  tools: Schema.Array(ToolSpec),
  toolChoice: Schema.Literals(["auto", "required"]),
  maxOutputTokens: Schema.Natural,
  format: Schema.optionalKey(Schema.Literal("json")),
  effort: Schema.optionalKey(Effort)
})

export const LlmResponse = Schema.Struct({
  content: Schema.Array(Block),
  stop: Schema.Literals(["end", "tool-use", "length", "refusal"]),
  usage: Usage,
  waitedMillis: Schema.optionalKey(Schema.Natural)
})

/** The calls that the process with the keys answers. */
export const ModelLink = RpcGroup.make(
  /** One attempt of a call: repetitions are the caller's, who pays for them. */
  Rpc.make("Send", {
    payload: { provider: Schema.String, request: LlmRequest },
    success: LlmResponse,
    error: LlmError
  }),
  Rpc.make("WindowOf", {
    payload: { provider: Schema.String, model: Schema.String },
    success: Schema.Option(Schema.Natural),
    error: LlmError
  })
)
