import { Block } from "@nominal-code/domain/model/Conversation"
import { Usage } from "@nominal-code/domain/model/Usage"
import { oneLine } from "@nominal-code/domain/text/OneLine"
import { Effect, Schema } from "effect"
import { LlmError } from "../LlmError.ts"
import type { LlmResponse } from "../LlmProvider.ts"
import type { ServiceDescription } from "../ModelService.ts"
import { TokenCount, tokensOf } from "../TokenCount.ts"
import * as OpaqueParts from "./OpaqueParts.ts"

/** A field that may be absent, or null as some gateways write it. */
const optional = <S extends Schema.Constraint>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

const Counts = Schema.Struct({
  promptTokenCount: TokenCount,
  toolUsePromptTokenCount: TokenCount,
  cachedContentTokenCount: TokenCount,
  candidatesTokenCount: TokenCount,
  thoughtsTokenCount: TokenCount
})

/** A part as it came: what we do not read of it goes back with it. */
const RawPart = Schema.Record(Schema.String, Schema.Json)
type RawPart = typeof RawPart.Type

const Part = Schema.Struct({
  text: optional(Schema.String),
  thought: optional(Schema.Boolean),
  thoughtSignature: optional(Schema.String),
  functionCall: optional(Schema.Struct({
    id: optional(Schema.String),
    name: Schema.NonEmptyString,
    args: optional(Schema.Record(Schema.String, Schema.Json))
  }))
})

const Chunk = Schema.Struct({
  candidates: optional(Schema.Array(Schema.Struct({
    content: optional(Schema.Struct({ parts: optional(Schema.Array(RawPart)) })),
    finishReason: optional(Schema.String)
  }))),
  promptFeedback: optional(Schema.Struct({ blockReason: optional(Schema.String) })),
  usageMetadata: optional(Counts)
})

const stops: Record<string, LlmResponse["stop"]> = {
  MAX_TOKENS: "length",
  // The service wants to be asked to go on.
  CONTINUATION: "length",
  SAFETY: "refusal",
  RECITATION: "refusal",
  LANGUAGE: "refusal",
  BLOCKLIST: "refusal",
  PROHIBITED_CONTENT: "refusal",
  SPII: "refusal",
  IMAGE_SAFETY: "refusal",
  IMAGE_PROHIBITED_CONTENT: "refusal",
  IMAGE_RECITATION: "refusal"
}

/** Answers that the service itself calls broken. What the model meant to call is lost, and the next try may be whole. */
const broken = new Set([
  "MALFORMED_FUNCTION_CALL",
  "MALFORMED_RESPONSE",
  "UNEXPECTED_TOOL_CALL",
  "TOO_MANY_TOOL_CALLS",
  "OTHER"
])

/** One answer, put together from its chunks. Fed by one fiber: its fields change in place, one chunk after the other. */
export class Answer {
  private readonly blocks: Array<Block> = []
  private counts: typeof Counts.Type = {}
  private finish: string | undefined
  private blocked = false
  private answering = false
  /** True if the next piece of text goes on with the last block. */
  private talking = false
  private readonly name: ServiceDescription

  constructor(name: ServiceDescription) {
    this.name = name
  }

  add(chunk: unknown): Effect.Effect<void, LlmError> {
    return Schema.decodeUnknownEffect(Chunk)(chunk).pipe(
      Effect.flatMap(({ candidates, promptFeedback, usageMetadata }) => {
        this.count(usageMetadata ?? {})
        if (typeof promptFeedback?.blockReason === "string") this.blocked = true
        const candidate = candidates?.[0]
        this.answering ||= candidate !== undefined
        this.finish = candidate?.finishReason ?? this.finish
        return Effect.forEach(candidate?.content?.parts ?? [], (part) => this.addPart(part), { discard: true })
      }),
      Effect.mapError((error) =>
        malformed(this.name, `sent a chunk that it should not have: ${oneLine(error.message, 200)}`)
      )
    )
  }

  /** The whole answer, when the stream has ended. Half a stream is no answer. */
  get end(): Effect.Effect<LlmResponse, LlmError> {
    return Effect.suspend(() => {
      const { finish } = this
      if (this.blocked) return this.answer("refusal")
      if (finish === undefined) return Effect.fail(this.brokeOff)
      if (broken.has(finish)) {
        return Effect.fail(malformed(this.name, `ended its answer as broken (${oneLine(finish, 200)})`))
      }
      return this.answer(stops[finish] ?? (this.blocks.some(Block.guards.ToolUse) ? "tool-use" : "end"))
    })
  }

  /** Error of a stream that has ended too early. */
  get brokeOff(): LlmError {
    return this.answering ? cutOff(this.name) : malformed(this.name, "sent something that is no answer of a model")
  }

  private answer(stop: LlmResponse["stop"]): Effect.Effect<LlmResponse> {
    return Effect.succeed({ content: this.blocks, stop, usage: toUsage(this.counts) })
  }

  private addPart(raw: RawPart): Effect.Effect<void, Schema.SchemaError> {
    return Effect.map(Schema.decodeEffect(Part)(raw), ({ functionCall, text, thought, thoughtSignature }) => {
      const signature = thoughtSignature ?? ""
      if (functionCall) {
        const { args, id, name } = functionCall
        this.push(signature, Block.cases.ToolUse.make({ id: id ?? "", name, input: args ?? {} }))
      } else if (typeof text === "string" && thought !== true) {
        this.addText(text, signature)
      } else if (Object.keys(raw).length > 0) {
        this.push("", OpaqueParts.toBlock({ part: raw }))
      }
    })
  }

  private addText(text: string, signature: string) {
    const last = this.blocks.at(-1)
    if (signature !== "" && text.trim() === "") {
      this.push("", OpaqueParts.toBlock({ part: { text, thoughtSignature: signature } }))
    } else if (signature === "" && this.talking && last !== undefined && Block.guards.Text(last)) {
      this.blocks[this.blocks.length - 1] = Block.cases.Text.make({ text: last.text + text })
    } else if (text !== "") {
      this.push(signature, Block.cases.Text.make({ text }))
      this.talking = signature === ""
    }
  }

  private push(signature: string, block: Block) {
    if (signature !== "") this.blocks.push(OpaqueParts.toBlock({ signature }))
    this.blocks.push(block)
    this.talking = false
  }

  /** Takes counts, which are running totals: a later one replaces an earlier one, a missing one does not. */
  private count(counts: typeof Counts.Type) {
    const said = Object.entries(counts).filter(([, count]) => count !== null)
    this.counts = { ...this.counts, ...Object.fromEntries(said) }
  }
}

/** Usage of a call. The prompt's count includes what was read from the cache, the candidates' leaves out thoughts. */
const toUsage = (counts: typeof Counts.Type) => {
  const cacheRead = tokensOf(counts.cachedContentTokenCount)
  const prompt = tokensOf(counts.promptTokenCount) + tokensOf(counts.toolUsePromptTokenCount)
  return new Usage({
    input: Math.max(0, prompt - cacheRead),
    output: tokensOf(counts.candidatesTokenCount) + tokensOf(counts.thoughtsTokenCount),
    cacheRead,
    cacheWrite: 0
  })
}

const malformed = ({ api, provider }: ServiceDescription, what: string) =>
  new LlmError({ provider, reason: "malformed-response", message: `The ${api} ${what}` })

const cutOff = ({ api, provider }: ServiceDescription) =>
  new LlmError({ provider, reason: "unavailable", message: `The ${api} broke off in the middle of its answer` })
