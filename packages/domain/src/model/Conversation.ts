import { Schema } from "effect"
import { Sha } from "../event/PullRequest.ts"

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

/** Messages of a pull request's earlier reviews. Every tool call among them is answered. */
export const Conversation = Schema.Struct({
  /** The session id of a runner that keeps its own history. */
  sessionId: Schema.optionalKey(Schema.String),
  /** The commit that its last review was of. */
  headSha: Schema.optionalKey(Sha),
  messages: Schema.Array(Message)
})
export type Conversation = typeof Conversation.Type

const textsOf = (block: Block): ReadonlyArray<string> =>
  Block.match(block, {
    Text: ({ text }) => [text],
    ToolUse: ({ id, input, name }) => [id, name, JSON.stringify(input)],
    ToolResult: ({ content, toolUseId }) => [toolUseId, content],
    Opaque: ({ value }) => [JSON.stringify(value)]
  })

const measured = (measure: (text: string) => number) => (message: Message): number =>
  message.content.flatMap(textsOf).reduce((size, text) => size + measure(text), 0)

/** The characters of a message as it is sent: tool calls and their results count in full. */
export const sizeOf = measured((text) => text.length)

/** The bytes of a message as it is sent, in UTF-8. */
export const bytesOf = measured((text) => Buffer.byteLength(text))

const withJson = (json: Schema.Json, change: (text: string) => string): Schema.Json => {
  if (typeof json === "string") return change(json)
  if (Array.isArray(json)) return json.map((one) => withJson(one, change))
  if (typeof json !== "object" || json === null) return json
  return Object.fromEntries(Object.entries(json).map(([key, one]) => [key, withJson(one, change)]))
}

/** Changes every text of a message. A provider's own pieces stay as they came. */
export const withTexts = (content: ReadonlyArray<Block>, change: (text: string) => string): ReadonlyArray<Block> =>
  content.map((block) =>
    Block.match(block, {
      Text: ({ text }): Block => Block.cases.Text.make({ text: change(text) }),
      ToolUse: (use) => Block.cases.ToolUse.make({ ...use, input: withJson(use.input, change) }),
      ToolResult: (result) => Block.cases.ToolResult.make({ ...result, content: change(result.content) }),
      Opaque: (opaque) => opaque
    })
  )

const isToolResult = Block.guards.ToolResult

/** A user's message without the tool results that it opens with, so that it can start a conversation. */
const spoken = (message: Message): Message => ({
  role: message.role,
  content: message.content.filter((block) => !isToolResult(block))
})

const startsExchange = (message: Message): boolean => message.role === "user" && spoken(message).content.length > 0

/**
 * Keeps a history within a budget of characters by dropping its oldest exchanges whole: a user's message, and all that
 * it led to. The newest exchange stays even when it is over the budget alone. What is left starts with a user's own
 * words, so it never holds a tool result whose call is gone; a history without any such words comes back empty.
 */
export const truncate = (messages: ReadonlyArray<Message>, maxCharacters: number): ReadonlyArray<Message> => {
  let start: number | undefined
  let size = 0
  for (let index = messages.length - 1; index >= 0; index--) {
    const message = messages[index]
    if (message === undefined) continue
    if (startsExchange(message)) {
      if (start !== undefined && size + sizeOf(spoken(message)) > maxCharacters) break
      start = index
    }
    size += sizeOf(message)
  }
  const first = start === undefined ? undefined : messages[start]
  return start === undefined || first === undefined ? [] : [spoken(first), ...messages.slice(start + 1)]
}

/**
 * Appends a user's text. After a user message (the results of the tools that ended a review) it joins that one, so that
 * the roles go on alternating.
 */
export const appendUserText = (messages: ReadonlyArray<Message>, text: string): ReadonlyArray<Message> => {
  const last = messages.at(-1)
  const words: Block = Block.cases.Text.make({ text })
  return last?.role === "user"
    ? [...messages.slice(0, -1), { role: "user", content: [...last.content, words] }]
    : [...messages, { role: "user", content: [words] }]
}

/**
 * Answers the tool calls of the last assistant message that have no result yet, so that the history can be kept: a
 * provider refuses one with an open call. Results come before everything else that the user said after the calls.
 */
export const answerOpenCalls = (messages: ReadonlyArray<Message>, content = "Received."): ReadonlyArray<Message> => {
  const asked = messages.findLastIndex(({ role }) => role === "assistant")
  const after = messages[asked + 1]?.content ?? []
  const answered = new Set(after.filter(isToolResult).map(({ toolUseId }) => toolUseId))
  const open = (messages[asked]?.content ?? []).filter(Block.guards.ToolUse).filter(({ id }) => !answered.has(id))
  if (open.length === 0) return messages
  const results = open.map(({ id }) => Block.cases.ToolResult.make({ toolUseId: id, content, isError: false }))
  const old = after.filter(isToolResult)
  const rest = after.filter((block) => !isToolResult(block))
  return [
    ...messages.slice(0, asked + 1),
    { role: "user", content: [...old, ...results, ...rest] },
    ...messages.slice(asked + 2)
  ]
}
