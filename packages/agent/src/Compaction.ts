import { Block, type Message } from "@nominal-code/domain/Conversation"
import { Option } from "effect"

/** The tokens of one call, prompt and answer, from which on the conversation is made shorter. */
export const threshold = 100_000

/** Messages that stay as they are: two turns of calls and their results. */
const kept = 4

/** What is left of a tool's result when the conversation has to fit at any price. */
const clippedResult = 4_000

const marker = "[context compacted]"

/** A conversation, and where in it the task's own prompt stands. What comes before is from earlier reviews. */
export interface CompactionInput {
  readonly messages: ReadonlyArray<Message>
  readonly promptAt: number
  readonly prompt: string
  /** What the model wrote down; empty when nothing. */
  readonly notes: string
}

/**
 * The prompt (it holds the diff), the notes in place of all that was said, and the last two turns. None when the
 * model has taken no notes, for then nothing would take the place of what it has seen, or when there is nothing to drop.
 */
export const compact = (
  { messages, notes, prompt, promptAt }: CompactionInput
): Option.Option<ReadonlyArray<Message>> => {
  const since = messages.slice(promptAt + 1)
  if (notes === "" || since.length <= kept) return Option.none()
  return Option.some([opening(prompt, continuation(notes)), ...tailOf(since)])
}

/**
 * As short as it can be without losing the task: for a conversation that the model refused as too long. None when
 * nothing can be left out.
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
 * A provider's own blocks belong to the exact conversation and model that they came from, and are refused in any other.
 * A message that has nothing else says so.
 */
export const withoutOpaque = ({ content, role }: Message): Message => {
  const open = content.filter((block) => !Block.guards.Opaque(block))
  return { role, content: open.length === 0 ? [Block.cases.Text.make({ text: "(nothing)" })] : open }
}

/** The last turns, from a model's message on: a result without its call would be refused. */
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
