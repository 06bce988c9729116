import { Block, type Message } from "@nominal-code/domain/model/Conversation"
import { Option, Schema } from "effect"
import type { Responses } from "openai/resources/responses/responses"
import type { LlmRequest, ToolSpec } from "../LlmProvider.ts"

/** The name under which this provider's own blocks come back to it. */
export const provider = "openai"

/** Models that answer without thinking. They refuse to be asked for their thoughts. */
const thoughtless = /^(?:ft:)?(?:gpt-3|gpt-4|chatgpt-)|-chat-latest$/

/** True if a model may have thoughts that have to be sent back to it. */
export const isReasoningModel = (model: string): boolean => !thoughtless.test(model)

/**
 * A request as the Responses API reads it. Nothing is kept by the service: each request holds the whole conversation,
 * with the model's thoughts in a form that only the service can read. Its beginning is the same from turn to turn, which
 * is what the service caches.
 */
export const toParams = (
  { effort, maxOutputTokens, messages, model, system, toolChoice, tools }: LlmRequest,
  withThoughts: boolean
): Responses.ResponseCreateParamsStreaming => ({
  model,
  input: messages.flatMap((message) => toItems(message, withThoughts)),
  max_output_tokens: maxOutputTokens,
  store: false,
  stream: true,
  ...(system === "" ? {} : { instructions: system }),
  ...(effort === undefined ? {} : { reasoning: { effort } }),
  ...(withThoughts ? { include: ["reasoning.encrypted_content" as const] } : {}),
  ...(tools.length === 0 ? {} : { tools: tools.map(toTool), tool_choice: toolChoice })
})

const toTool = ({ description, inputSchema, name }: ToolSpec): Responses.FunctionTool => ({
  type: "function",
  name,
  description,
  // The service refuses an object that does not say what is in it.
  parameters: { properties: {}, ...inputSchema, type: "object" },
  // Strictly, every property would have to be required.
  strict: false
})

const toItems = ({ content, role }: Message, withThoughts: boolean): ReadonlyArray<Responses.ResponseInputItem> => {
  const items = content.flatMap((block, index) => toItem(block, role, phaseBefore(content[index - 1]), withThoughts))
  // The service refuses a thought to which nothing was said or done.
  return items.slice(0, items.findLastIndex(({ type }) => type !== "reasoning") + 1)
}

type Phase = NonNullable<Responses.EasyInputMessage["phase"]>

const MarkOf = Schema.Struct({
  type: Schema.Literal("message"),
  phase: Schema.Literals(["commentary", "final_answer"])
})

/** Opaque block that marks the phase of the text after it, because a text block has no field for it. */
export const markOf = (phase: Phase): Block =>
  Block.cases.Opaque.make({ provider, value: { type: "message", phase } satisfies typeof MarkOf.Type })

const phaseBefore = (block: Block | undefined): Option.Option<Phase> =>
  block !== undefined && Block.guards.Opaque(block) && block.provider === provider
    ? Option.map(Schema.decodeUnknownOption(MarkOf)(block.value), ({ phase }) => phase)
    : Option.none()

const Thought = Schema.Struct({
  type: Schema.Literal("reasoning"),
  id: Schema.String,
  summary: Schema.mutable(
    Schema.Array(Schema.Struct({ type: Schema.Literal("summary_text"), text: Schema.String }))
  ),
  encrypted_content: Schema.NonEmptyString
})

/** True for a thought with its encrypted content. Without it, it names something that the service has not kept. */
const isThought = Schema.is(Thought)

const toItem = (
  block: Block,
  role: Message["role"],
  phase: Option.Option<Phase>,
  withThoughts: boolean
): ReadonlyArray<Responses.ResponseInputItem> =>
  Block.match(block, {
    Text: ({ text }): ReadonlyArray<Responses.ResponseInputItem> =>
      text.trim() === ""
        ? []
        : [{ type: "message", role, content: text, ...(Option.isSome(phase) ? { phase: phase.value } : {}) }],
    ToolUse: ({ id, input, name }): ReadonlyArray<Responses.ResponseInputItem> => [
      { type: "function_call", call_id: id, name, arguments: JSON.stringify(input) }
    ],
    ToolResult: ({ content, toolUseId }): ReadonlyArray<Responses.ResponseInputItem> => [
      { type: "function_call_output", call_id: toolUseId, output: content }
    ],
    // It is what this service sent us, and goes back unread.
    Opaque: ({ provider: from, value }): ReadonlyArray<Responses.ResponseInputItem> =>
      withThoughts && from === provider && isThought(value)
        ? [value]
        : []
  })
