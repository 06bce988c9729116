import { Block, type Message } from "@nominal-code/domain/model/Conversation"
import { Hash } from "effect"
import type OpenAI from "openai"
import type { LlmRequest, ToolSpec } from "../LlmProvider.ts"
import type { Quirks } from "./Quirks.ts"
import * as Thoughts from "./Thoughts.ts"

/** Parts of a request that a model may refuse, and is then asked without. */
export interface RequestVariant {
  readonly outputLimit: Quirks["outputLimit"]
  /** True if a tool call is demanded. */
  readonly forced: boolean
  readonly json: boolean
}

type MessageParam = OpenAI.ChatCompletionMessageParam

/** Messages of Chat Completions, some with the model's thoughts, which the SDK's types do not know. */
type SentMessage = MessageParam & Thoughts.ThoughtFields

/** Converts a request for Chat Completions. Its beginning is the same from turn to turn, which is what services cache. */
export const toParams = (
  { effort, maxOutputTokens, messages, model, system, tools }: LlmRequest,
  provider: string,
  quirks: Quirks,
  asked: RequestVariant
): OpenAI.ChatCompletionCreateParamsStreaming => ({
  model,
  messages: [
    ...(system === "" ? [] : [{ role: "system" as const, content: system }]),
    ...toMessages(messages, provider, quirks)
  ],
  stream: true,
  ...(effort === undefined ? {} : { reasoning_effort: effort }),
  [asked.outputLimit]: maxOutputTokens,
  ...(quirks.asksForUsage ? { stream_options: { include_usage: true } } : {}),
  ...(tools.length === 0
    ? asked.json ? { response_format: { type: "json_object" as const } } : {}
    : { tools: tools.map(toTool), ...toolChoice(quirks, asked) })
})

/** Field that lets or makes the model call a tool. Mistral's word for the latter is not one of OpenAI's. */
const toolChoice = ({ forced }: Quirks, asked: RequestVariant): { readonly tool_choice: "auto" | "required" } =>
  Object.assign({ tool_choice: "auto" as const }, asked.forced ? { tool_choice: forced } : {})

const toTool = ({ description, inputSchema, name }: ToolSpec): OpenAI.ChatCompletionFunctionTool => ({
  type: "function",
  function: { name, description, parameters: { properties: {}, ...inputSchema, type: "object" } }
})

const toMessages = (
  messages: ReadonlyArray<Message>,
  provider: string,
  quirks: Quirks
): ReadonlyArray<MessageParam> => {
  const sent = messages.flatMap(({ content, role }) =>
    role === "assistant" ? fromAssistant(content, provider, quirks) : fromUser(content, quirks)
  )
  return quirks.mistral ? withoutUserAfterTool(sent) : sent
}

const textOf = (content: ReadonlyArray<Block>): string =>
  content.flatMap((block) => Block.guards.Text(block) && block.text.trim() !== "" ? [block.text] : []).join("\n\n")

const fromAssistant = (
  content: ReadonlyArray<Block>,
  provider: string,
  quirks: Quirks
): ReadonlyArray<SentMessage> => {
  const text = textOf(content)
  const calls = content.filter(Block.guards.ToolUse).map(({ id, input, name }) => ({
    id: idFor(id, quirks),
    type: "function" as const,
    function: { name, arguments: JSON.stringify(input) }
  }))
  if (text === "" && calls.length === 0) return []
  return [{
    role: "assistant",
    content: text === "" ? null : text,
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
    ...Thoughts.toSend(content, provider, quirks.thoughts)
  }]
}

/** Messages of a user's turn, results first: nothing may stand between a call and its result. */
const fromUser = (content: ReadonlyArray<Block>, quirks: Quirks): ReadonlyArray<MessageParam> => {
  const text = textOf(content)
  const results = content.filter(Block.guards.ToolResult).map(({ content: result, toolUseId }): MessageParam => ({
    role: "tool",
    tool_call_id: idFor(toolUseId, quirks),
    content: result
  }))
  return text === "" ? results : [...results, { role: "user", content: text }]
}

const nine = /^[a-zA-Z0-9]{9}$/

/** A call's id as the service takes it: those of a conversation with another service may have any form. */
const idFor = (id: string, { mistral }: Quirks): string =>
  !mistral || nine.test(id) ? id : (Hash.string(id) >>> 0).toString(36).padStart(9, "0")

/** Moves what the user says after a tool's result into that result. */
const withoutUserAfterTool = (messages: ReadonlyArray<MessageParam>): ReadonlyArray<MessageParam> =>
  messages.reduce<ReadonlyArray<MessageParam>>((before, message) => {
    const last = before.at(-1)
    return message.role === "user" && last?.role === "tool" && typeof message.content === "string"
      ? [...before.slice(0, -1), { ...last, content: `${String(last.content)}\n\n${message.content}` }]
      : [...before, message]
  }, [])
