import type Anthropic from "@anthropic-ai/sdk"
import { Block, type Message } from "@nominal-code/domain/model/Conversation"
import type { LlmRequest, ToolSpec } from "../LlmProvider.ts"

/** Name of this provider in its opaque blocks. */
export const provider = "anthropic"

/** Cache breakpoint: the request up to it is read from the cache. At most four in one request. */
const breakpoint: { readonly cache_control: Anthropic.CacheControlEphemeral } = { cache_control: { type: "ephemeral" } }

/**
 * Converts a request for the Messages API. System, tools and all messages but the last are a function of the
 * conversation alone: their bytes are the same from turn to turn, or the cache would miss.
 */
export const toParams = (request: LlmRequest, toolChoice: "auto" | "any"): Anthropic.MessageCreateParamsStreaming => ({
  model: request.model,
  max_tokens: request.maxOutputTokens,
  stream: true,
  messages: toMessages(request.messages),
  ...(request.effort === undefined ? {} : { output_config: { effort: request.effort } }),
  ...(request.system === "" ? {} : { system: [{ type: "text", text: request.system, ...breakpoint }] }),
  ...(request.tools.length === 0 ? {} : {
    tools: request.tools.map((tool, index) => toTool(tool, index === request.tools.length - 1)),
    tool_choice: { type: toolChoice }
  })
})

const toTool = (tool: ToolSpec, last: boolean): Anthropic.Tool => ({
  name: tool.name,
  description: tool.description,
  input_schema: { ...tool.inputSchema, type: "object" },
  ...(last ? breakpoint : {})
})

const toMessages = (messages: ReadonlyArray<Message>): Array<Anthropic.MessageParam> => {
  const wire = messages.flatMap(({ content, role }) => {
    const blocks = content.flatMap(toBlock)
    return blocks.length === 0 ? [] : [{ role, content: blocks }]
  })
  // Also the previous turn's end: with many calls in a turn, the service's own look-back does not reach that far.
  for (const message of wire.filter(({ role }) => role === "user").slice(-2)) {
    const last = message.content.at(-1)
    if (last !== undefined) message.content[message.content.length - 1] = { ...last, ...breakpoint }
  }
  return wire
}

const isRecord = (input: unknown): boolean => typeof input === "object" && input !== null && !Array.isArray(input)

type SentBlock = Anthropic.TextBlockParam | Anthropic.ToolUseBlockParam | Anthropic.ToolResultBlockParam

const toBlock = (block: Block): ReadonlyArray<SentBlock> =>
  Block.match(block, {
    // The service refuses a message with an empty text in it.
    Text: ({ text }): ReadonlyArray<SentBlock> => text.trim() === "" ? [] : [{ type: "text", text }],
    ToolUse: ({ id, input, name }): ReadonlyArray<SentBlock> => [
      { type: "tool_use", id, name, input: isRecord(input) ? input : {} }
    ],
    ToolResult: ({ content, isError, toolUseId }): ReadonlyArray<SentBlock> => [
      { type: "tool_result", tool_use_id: toolUseId, content, ...(isError ? { is_error: true } : {}) }
    ],
    // It is what this service sent us, and goes back unread.
    Opaque: ({ provider: from, value }): ReadonlyArray<SentBlock> =>
      from === provider ? [value as unknown as SentBlock] : []
  })
