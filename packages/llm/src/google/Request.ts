import type * as Google from "@google/genai"
import { Block, type Message } from "@nominal-code/domain/model/Conversation"
import { Option } from "effect"
import type { LlmRequest } from "../LlmProvider.ts"
import * as OpaqueParts from "./OpaqueParts.ts"
import { toParameters } from "./Parameters.ts"

/**
 * A request as `generateContent` reads it. System, tools and all messages but the last are a function of the
 * conversation alone: the service caches a prompt by its beginning.
 */
export const toParams = (
  request: LlmRequest,
  { level, mode }: {
    readonly mode: Google.FunctionCallingConfigMode
    readonly level: Google.ThinkingLevel | undefined
  },
  abortSignal: AbortSignal
): Google.GenerateContentParameters => ({
  model: request.model,
  contents: toContents(request.messages, needsSignatures(request.model)),
  config: {
    abortSignal,
    maxOutputTokens: request.maxOutputTokens,
    // Otherwise the SDK would ask again by itself, without our waits and limits.
    automaticContinuation: false,
    automaticFunctionCalling: { disable: true },
    ...(level === undefined ? {} : { thinkingConfig: { thinkingLevel: level } }),
    ...(request.system === "" ? {} : { systemInstruction: request.system }),
    ...(request.tools.length === 0 ? {} : {
      tools: [{
        functionDeclarations: request.tools.map(({ description, inputSchema, name }) => ({
          name,
          description,
          parametersJsonSchema: toParameters(inputSchema)
        }))
      }],
      toolConfig: { functionCallingConfig: { mode } }
    })
  }
})

/** True for Gemini from its third generation on, which refuses a call in the history without its signature. */
const needsSignatures = (model: string): boolean => /^(?:models\/)?gemini-(?![12](?:\.|-))/.test(model)

/**
 * Placeholder that the service accepts for a missing signature: of a call that it did not make, or whose signature is
 * lost.
 */
const noSignature = "skip_thought_signature_validator"

type ToolUse = Extract<Block, { readonly _tag: "ToolUse" }>

interface Turn {
  readonly role: "user" | "model"
  readonly parts: ReadonlyArray<Google.Part>
}

/**
 * Converts messages to turns by the service's rules: turns alternate, none is empty, and the turn after one with calls
 * starts with one response to each of them.
 */
const toContents = (messages: ReadonlyArray<Message>, signed: boolean): Array<Google.Content> => {
  const turns: Array<Turn> = []
  let open: ReadonlyArray<ToolUse> = []
  for (const { content, role } of messages) {
    const parts = role === "assistant" ? toModelParts(content) : toUserParts(content, open)
    if (parts.length === 0) continue
    open = role === "user" ? [] : [...open, ...content.filter(Block.guards.ToolUse)]
    const turn: Turn = { role: role === "user" ? "user" : "model", parts }
    const last = turns.at(-1)
    if (last?.role === turn.role) turns[turns.length - 1] = { ...last, parts: [...last.parts, ...parts] }
    else turns.push(turn)
  }
  return turns.map(({ parts, role }) => ({
    role,
    parts: signed && role === "model" ? withSignature(parts) : [...parts]
  }))
}

/** Moves the signature to the first of several parallel calls, which carries it for all. */
const withSignature = (parts: ReadonlyArray<Google.Part>): Array<Google.Part> => {
  const first = parts.findIndex(({ functionCall }) => functionCall !== undefined)
  return parts.map((part, index) =>
    index === first && part.thoughtSignature === undefined ? { ...part, thoughtSignature: noSignature } : part
  )
}

const toModelParts = (content: ReadonlyArray<Block>): ReadonlyArray<Google.Part> =>
  content.flatMap((block, index) => {
    const signature = Option.match(OpaqueParts.signatureIn(content[index - 1]), {
      onNone: () => ({}),
      onSome: (thoughtSignature) => ({ thoughtSignature })
    })
    return Block.match(block, {
      Text: ({ text }): ReadonlyArray<Google.Part> => text.trim() === "" ? [] : [{ text, ...signature }],
      ToolUse: ({ id, input, name }): ReadonlyArray<Google.Part> => [
        { functionCall: { id, name, args: isRecord(input) ? input : {} }, ...signature }
      ],
      ToolResult: (): ReadonlyArray<Google.Part> => [],
      Opaque: (): ReadonlyArray<Google.Part> => Option.toArray(OpaqueParts.partIn(block))
    })
  })

/** Parts of a user's turn: first the responses, in the order of their calls. A result without its call becomes text. */
const toUserParts = (content: ReadonlyArray<Block>, calls: ReadonlyArray<ToolUse>): ReadonlyArray<Google.Part> => {
  const results = content.filter(Block.guards.ToolResult)
  const responses = calls.map(({ id, name }) => {
    const result = results.find(({ toolUseId }) => toolUseId === id)
    return { functionResponse: { id, name, response: toResponse(result) } }
  })
  const said = content.flatMap((block) => {
    if (Block.guards.Text(block)) return [block.text]
    const stray = Block.guards.ToolResult(block) && !calls.some(({ id }) => id === block.toolUseId)
    return stray ? [block.content] : []
  })
  return [...responses, ...said.filter((text) => text.trim() !== "").map((text) => ({ text }))]
}

const toResponse = (result: Extract<Block, { readonly _tag: "ToolResult" }> | undefined): Record<string, string> => {
  if (result === undefined) return { error: "There is no result." }
  return result.isError ? { error: result.content } : { output: result.content }
}

const isRecord = (input: unknown): input is Record<string, unknown> =>
  typeof input === "object" && input !== null && !Array.isArray(input)
