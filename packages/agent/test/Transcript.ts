import { Block, type Message } from "@nominal-code/domain/model/Conversation"

/** Complaints of the strictest provider about a conversation. */
export const violations = (messages: ReadonlyArray<Message>): ReadonlyArray<string> =>
  messages.flatMap((message, index) => {
    const before = messages[index - 1]
    const at = (problem: string) => `message ${index} (${message.role}): ${problem}`
    const problems: Array<string> = []
    if (message.role !== (index % 2 === 0 ? "user" : "assistant")) problems.push(at("roles do not alternate"))
    if (message.content.length === 0) problems.push(at("is empty"))
    for (const text of message.content.filter(Block.guards.Text)) {
      if (text.text.trim() === "") problems.push(at("has a blank text"))
    }
    const calls = before?.role === "assistant" ? before.content.filter(Block.guards.ToolUse).map(({ id }) => id) : []
    const results = message.content.filter(Block.guards.ToolResult).map(({ toolUseId }) => toolUseId)
    if (calls.join() !== results.join()) problems.push(at(`answers [${results}], but was called with [${calls}]`))
    const firstOther = message.content.findIndex((block) => !Block.guards.ToolResult(block))
    if (firstOther !== -1 && message.content.slice(firstOther).some(Block.guards.ToolResult)) {
      problems.push(at("has a result after something else"))
    }
    if (message.role === "user" && message.content.some(Block.guards.ToolUse)) problems.push(at("a user calls a tool"))
    if (
      index === messages.length - 1 && message.role === "assistant" && message.content.some(Block.guards.ToolUse)
    ) problems.push(at("ends with an open call"))
    return problems
  })

/** All texts of a message, in one. */
export const textOf = (message: Message | undefined): string =>
  (message?.content ?? []).filter(Block.guards.Text).map(({ text }) => text).join("\n")
