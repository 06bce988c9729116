import { answerOpenCalls, Block, type Conversation, sizeOf, truncate } from "@nominal-code/domain/Conversation"
import type { Lane } from "@nominal-code/domain/Lane"
import { ConversationStore } from "@nominal-code/persistence/ConversationStore"
import { Effect, Option } from "effect"
import { withoutDiffs } from "./UntrustedBlocks.ts"

/** Maximum number of characters of a prompt and the history before it: at most about 170,000 tokens. */
const longest = 500_000

/** The conversation of a pull request that was not reviewed yet. */
export const none: Conversation = { messages: [] }

const withMessages = (conversation: Conversation, messages: Conversation["messages"]): Conversation => ({
  ...conversation,
  messages
})

/**
 * Loads the conversation of the lane's earlier reviews, as far as it fits before a prompt of that many characters. If
 * the store does not answer, the review runs without it.
 */
export const load = Effect.fn("History.load")(function*(lane: Lane, promptLength: number) {
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
  const room = Math.max(0, longest - promptLength)
  const messages = answerOpenCalls(truncate(stored.value.messages, room))
  const size = messages.reduce((sum, message) => sum + sizeOf(message), 0)
  return withMessages(stored.value, size <= room ? messages : [])
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
