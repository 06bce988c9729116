import { Block, type Message } from "@nominal-code/domain/model/Conversation"
import { Option } from "effect"

/** Tokens of one call (prompt and answer) above which the conversation is compacted, in a window of this size. */
export const thresholdOf = (contextWindow = Infinity): number => Math.min(100_000, Math.floor(contextWindow * 0.6))

/** Newest messages that compaction keeps: two turns of calls and their results. */
const kept = 4

/** Characters kept of a tool's result in the shortest form of a conversation. */
const clippedResult = 4_000

const marker = "[context compacted]"

/** A conversation and the index of the task's own prompt. The messages before that index are from earlier reviews. */
export interface CompactionInput {
  readonly messages: ReadonlyArray<Message>
  readonly promptAt: number
  readonly prompt: string
  /** The model's notes; empty if there are none. */
  readonly notes: string
}

/**
 * Compacts a conversation to the prompt (with the diff), the notes and the last two turns. None without notes, because
 * nothing would replace the dropped messages, and none if there is nothing to drop.
 */
export const compact = (
  { messages, notes, prompt, promptAt }: CompactionInput
): Option.Option<ReadonlyArray<Message>> => {
  const since = messages.slice(promptAt + 1)
  if (notes === "" || since.length <= kept) return Option.none()
  return Option.some([opening(prompt, continuation(notes)), ...tailOf(since)])
}

/**
 * Shortens a conversation that the model refused as too long as far as the task allows. None if nothing can be left
 * out.
 */
export const squeeze = (
  { messages, notes, prompt, promptAt }: CompactionInput
): Option.Option<ReadonlyArray<Message>> => {
  const since = messages.slice(promptAt + 1)
  const tail = tailOf(since).map(clip)
  const shorter = [opening(prompt, since.length === 0 ? "" : continuation(notes)), ...tail]
  const saves = promptAt > 0 || since.length > kept || JSON.stringify(tail) !== JSON.stringify(since.map(withoutOpaque))
  return saves ? Option.some(shorter) : Option.none()
}

/**
 * Removes a provider's opaque blocks, which are valid only in the conversation and for the model that they came from. A
 * message of nothing else becomes a note that says so.
 */
export const withoutOpaque = ({ content, role }: Message): Message => {
  const open = content.filter((block) => !Block.guards.Opaque(block))
  return { role, content: open.length === 0 ? [Block.cases.Text.make({ text: "(nothing)" })] : open }
}

/** The newest messages, starting with one of the model: a tool result without its call would be refused. */
const tailOf = (since: ReadonlyArray<Message>): ReadonlyArray<Message> => {
  const tail = since.slice(-kept)
  const first = tail.findIndex(({ role }) => role === "assistant")
  return first === -1 ? [] : tail.slice(first).map(withoutOpaque)
}

const clip = ({ content, role }: Message): Message => ({
  role,
  content: content.map((block) =>
    Block.guards.ToolResult(block) && block.content.length > clippedResult
      ? Block.cases.ToolResult.make({
        ...block,
        content: `${block.content.slice(0, clippedResult)}\n… (cut: the conversation was too long)`
      })
      : block
  )
})

const opening = (prompt: string, rest: string): Message => ({
  role: "user",
  content: [prompt, rest].filter((text) => text !== "").map((text) => Block.cases.Text.make({ text }))
})

const continuation = (notes: string) =>
  [
    marker,
    "This conversation grew too long, and its middle was dropped. " +
    (notes === ""
      ? "You had taken no notes of it."
      : "These are the notes that you took; rely on them for what you no longer see:"),
    ...(notes === "" ? [] : [`<notes>\n${notes}\n</notes>`]),
    "The most recent messages follow word for word. Resume the work where it stood, without a remark about this."
  ].join("\n\n")
