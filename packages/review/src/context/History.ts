import type { Lane } from "@nominal-code/domain/job/Lane"
import { answerOpenCalls, Block, type Conversation, sizeOf, truncate } from "@nominal-code/domain/model/Conversation"
import { ConversationStore } from "@nominal-code/persistence/ConversationStore"
import type { Checkout } from "@nominal-code/workspace/Workspace"
import { Effect, Option, Predicate } from "effect"
import { withoutDiffs } from "../prompt/UntrustedBlocks.ts"

/** Maximum number of characters of a prompt and the history before it: at most about 170,000 tokens. */
const longest = 500_000

/** Maximum number of characters of the notes of earlier reviews. The newest are kept. */
const longestNotes = 20_000

/** The conversation of a pull request that was not reviewed yet. */
export const none: Conversation = { messages: [] }

const withMessages = (conversation: Conversation, messages: Conversation["messages"]): Conversation => ({
  ...conversation,
  messages
})

/** Notes in a message: those that the model wrote, and those that it was shown of an earlier part of its work. */
const notesOf = ({ content }: Conversation["messages"][number]): ReadonlyArray<string> =>
  content.flatMap((block) =>
    Block.match(block, {
      Text: ({ text }) => Array.from(text.matchAll(/<notes>\n([^]*?)\n<\/notes>/g), ([, notes = ""]) => notes),
      ToolUse: ({ input, name }) =>
        name === "WriteNotes" && Predicate.hasProperty(input, "content") ? [String(input.content)] : [],
      ToolResult: () => [],
      Opaque: () => []
    })
  )

/** Messages about another commit, of which only the notes remain: what its tools showed is no longer so. */
const notesIn = ({ messages }: Conversation): Conversation["messages"] => {
  const notes = [...new Set(messages.flatMap(notesOf).map((text) => text.trim()))].join("\n\n").slice(-longestNotes)
  if (notes === "") return []
  const text = "You have reviewed an earlier commit of this pull request. These are your notes of it. Lines may have " +
    `moved, and code may have changed since:\n\n<notes>\n${notes}\n</notes>`
  return [{ role: "user", content: [Block.cases.Text.make({ text })] }]
}

/** Commit that is reviewed, and the changes to it. */
type ReviewedCommit = Pick<Checkout, "headSha" | "since">

/**
 * The part of a conversation that helps with another commit. A runner's own session goes on as long as its commit is in
 * the history, since the runner compacts it by itself.
 */
const about = Effect.fnUntraced(function*({ headSha, since }: ReviewedCommit, stored: Conversation) {
  if (stored.headSha === headSha) return stored
  const messages = notesIn(stored)
  if (stored.sessionId === undefined || stored.headSha === undefined) return { messages }
  const changed = yield* Effect.orElseSucceed(since(stored.headSha), () => Option.none())
  return Option.isSome(changed) ? { sessionId: stored.sessionId, messages } : { messages }
})

/**
 * Loads the conversation of the lane's earlier reviews, as far as it fits before a prompt of that many characters. Of a
 * review of another commit, only the notes are left. If the store does not answer, the review runs without it.
 */
export const load = Effect.fn("History.load")(function*(lane: Lane, promptLength: number, reviewed: ReviewedCommit) {
  const store = yield* ConversationStore
  const stored = yield* store.load(lane).pipe(
    Effect.catchTag(
      "StoreError",
      ({ message }) =>
        Effect.as(
          Effect.logWarning(`Reviewing without the conversation so far: ${message}`),
          Option.none<Conversation>()
        )
    )
  )
  if (Option.isNone(stored)) return none
  const known: Conversation = yield* about(reviewed, stored.value)
  const room = Math.max(0, longest - promptLength)
  const messages = answerOpenCalls(truncate(known.messages, room))
  const size = messages.reduce((sum, message) => sum + sizeOf(message), 0)
  return withMessages(known, size <= room ? messages : [])
})

/** Saves the conversation for the lane's next review, without its diffs, which will be old by then. */
export const save = Effect.fn("History.save")(function*(lane: Lane, conversation: Conversation) {
  const store = yield* ConversationStore
  const messages = answerOpenCalls(conversation.messages).map((message) => ({
    ...message,
    content: message.content.map((block) =>
      message.role === "user" && Block.guards.Text(block)
        ? Block.cases.Text.make({ text: withoutDiffs(block.text) })
        : block
    )
  }))
  yield* store.save(lane, withMessages(conversation, messages)).pipe(
    Effect.catchTag("StoreError", ({ message }) => Effect.logWarning(`The conversation could not be kept: ${message}`))
  )
})
