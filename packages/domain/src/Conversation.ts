import { Schema } from "effect"

/** One piece of a message. A `ToolResult` answers the `ToolUse` of the same id in the message before it. */
export const Block = Schema.TaggedUnion({
  Text: { text: Schema.String },
  ToolUse: { id: Schema.String, name: Schema.String, input: Schema.Json },
  ToolResult: { toolUseId: Schema.String, content: Schema.String, isError: Schema.Boolean },
  /** A provider's own piece that has to be sent back as it came (for example signed thinking). */
  Opaque: { provider: Schema.String, value: Schema.Json }
})
export type Block = typeof Block.Type

export const Message = Schema.Struct({
  role: Schema.Literals(["user", "assistant"]),
  content: Schema.Array(Block)
})
export type Message = typeof Message.Type

/** What a pull request's earlier reviews said to the model and heard from it. Every tool call in it is answered. */
export const Conversation = Schema.Struct({
  /** The session id of a runner that keeps its own history. */
  sessionId: Schema.optionalKey(Schema.String),
  messages: Schema.Array(Message)
})
export type Conversation = typeof Conversation.Type
