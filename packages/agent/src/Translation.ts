import { Block, type Message } from "@nominal-code/domain/model/Conversation"
import { Hash } from "effect"
import { withoutOpaque } from "./Compaction.ts"

/** Ids of calls that every service takes. Some services make others: `functions.Read:0`. */
const plainId = /^[a-zA-Z0-9_-]{1,40}$/

const idFor = (id: string): string =>
  plainId.test(id) ? id : `call_${(Hash.string(id) >>> 0).toString(36)}${id.length.toString(36)}`

const neutral = (block: Block): Block => {
  if (Block.guards.ToolUse(block)) return Block.cases.ToolUse.make({ ...block, id: idFor(block.id) })
  if (Block.guards.ToolResult(block)) {
    return Block.cases.ToolResult.make({ ...block, toolUseId: idFor(block.toolUseId) })
  }
  return block
}

/**
 * Translates a conversation for another model. A service's own blocks, such as signed thoughts, are void there, and ids of
 * calls get a form that every service takes.
 */
export const translate = (messages: ReadonlyArray<Message>): ReadonlyArray<Message> =>
  messages.map(withoutOpaque).map(({ content, role }) => ({ role, content: content.map(neutral) }))
