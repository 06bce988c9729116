import { Block } from "@nominal-code/domain/model/Conversation"
import { Option, Schema } from "effect"
import type { Quirks } from "./Quirks.ts"

/** A model's thoughts, as some services want them back. They are never text, so they do not reach a post. */
const Thoughts = Schema.Union([
  Schema.Struct({ reasoning_content: Schema.String }),
  Schema.Struct({ reasoning_details: Schema.Array(Schema.Json) })
])

/** Fields of a message that hold thoughts. */
export interface ThoughtFields {
  readonly reasoning_content?: string
  readonly reasoning_details?: ReadonlyArray<Schema.Json>
}

const decode = Schema.decodeUnknownOption(Thoughts)

/** Thoughts of an answer as a block, if the service wants them back. */
export const toBlocks = (
  provider: string,
  wanted: Quirks["thoughts"],
  { details, text }: { readonly text: string; readonly details: ReadonlyArray<Schema.Json> }
): ReadonlyArray<Block> => {
  if (wanted === "reasoning_content" && text !== "") {
    return [Block.cases.Opaque.make({ provider, value: { reasoning_content: text } })]
  }
  return wanted === "reasoning_details" && details.length > 0
    ? [Block.cases.Opaque.make({ provider, value: { reasoning_details: details } })]
    : []
}

/**
 * Thoughts to send back with an answer. A service that wants `reasoning_content` refuses a history with an answer
 * without it, such as one of another service.
 */
export const toSend = (content: ReadonlyArray<Block>, provider: string, wanted: Quirks["thoughts"]): ThoughtFields => {
  if (wanted === "none") return {}
  const kept =
    content.flatMap((block) =>
      Block.guards.Opaque(block) && block.provider === provider ? Option.toArray(decode(block.value)) : []
    )[0]
  if (wanted === "reasoning_content") {
    return { reasoning_content: kept !== undefined && "reasoning_content" in kept ? kept.reasoning_content : "" }
  }
  return kept !== undefined && "reasoning_details" in kept ? { reasoning_details: kept.reasoning_details } : {}
}

const open = "<think>"
const close = "</think>"

/** Text without the thoughts that a server without a parser for them leaves at its beginning. */
export const withoutThoughts = (text: string): string => {
  const start = text.trimStart()
  const end = text.indexOf(close)
  if (end !== -1 && (start.startsWith(open) || !text.slice(0, end).includes(open))) {
    return text.slice(end + close.length).trimStart()
  }
  return start.startsWith(open) ? "" : text
}
