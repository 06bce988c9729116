import { Block } from "@nominal-code/domain/model/Conversation"
import { Usage } from "@nominal-code/domain/model/Usage"
import { oneLine } from "@nominal-code/domain/text/OneLine"
import { Effect, Schema } from "effect"
import { callInput } from "../CallInput.ts"
import { LlmError } from "../LlmError.ts"
import type { LlmResponse } from "../LlmProvider.ts"
import type { ServiceDescription } from "../ModelService.ts"
import { TokenCount, tokensOf } from "../TokenCount.ts"
import { typeOf } from "../TypeOf.ts"
import { provider } from "./Request.ts"

const Counts = Schema.Struct({
  input_tokens: TokenCount,
  output_tokens: TokenCount,
  cache_creation_input_tokens: TokenCount,
  cache_read_input_tokens: TokenCount
})

const BlockStart = Schema.Union([
  Schema.Struct({ type: Schema.Literal("text"), text: Schema.String }),
  Schema.Struct({ type: Schema.Literal("tool_use"), id: Schema.NonEmptyString, name: Schema.String }),
  Schema.Struct({ type: Schema.Literal("thinking"), thinking: Schema.String, signature: Schema.String }),
  Schema.Struct({ type: Schema.Literal("redacted_thinking"), data: Schema.String })
])
type BlockStart = typeof BlockStart.Type

const Index = Schema.Natural

const events = {
  message_start: Schema.Struct({ message: Schema.Struct({ usage: Counts }) }),
  content_block_start: Schema.Struct({ index: Index, content_block: BlockStart }),
  content_block_delta: Schema.Struct({
    index: Index,
    delta: Schema.Struct({
      text: Schema.optionalKey(Schema.String),
      partial_json: Schema.optionalKey(Schema.String),
      thinking: Schema.optionalKey(Schema.String),
      signature: Schema.optionalKey(Schema.String)
    })
  }),
  message_delta: Schema.Struct({
    delta: Schema.Struct({ stop_reason: Schema.NullOr(Schema.String) }),
    usage: Counts
  }),
  message_stop: Schema.Struct({})
}

/** One block as far as it has been streamed. */
interface PartialBlock {
  readonly start: BlockStart
  text: string
  signature: string
}

const stops: Record<string, LlmResponse["stop"]> = {
  end_turn: "end",
  stop_sequence: "end",
  tool_use: "tool-use",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  // The service wants to be asked to go on.
  pause_turn: "length",
  refusal: "refusal"
}

/** One answer, put together from its events. Fed by one fiber: its fields change in place, one event after the other. */
export class Answer {
  private readonly blocks = new Map<number, PartialBlock>()
  private counts: typeof Counts.Type = {}
  private stop: string | null = null
  private started = false
  private finished = false
  private readonly name: ServiceDescription

  constructor(name: ServiceDescription) {
    this.name = name
  }

  /** Takes the next event. One of a kind that we do not know is none of our business. */
  add(event: unknown): Effect.Effect<void, LlmError> {
    return Effect.mapError(
      this.read(event),
      (error) => malformed(this.name, `sent an event that it should not have: ${oneLine(error.message, 200)}`)
    )
  }

  /** The whole answer, when the stream has ended. Half a stream is no answer. */
  get end(): Effect.Effect<LlmResponse, LlmError> {
    return Effect.suspend(() => {
      if (!this.started) return Effect.fail(malformed(this.name, "answered with something that is no event stream"))
      if (!this.finished) return Effect.fail(cutOff(this.name))
      const stop = this.stop === null ? "end" : stops[this.stop] ?? "end"
      return Effect.map(
        Effect.forEach([...this.blocks.values()], (block) => toBlocks(this.name, block, stop)),
        (blocks) => ({ content: blocks.flat(), stop, usage: toUsage(this.counts) })
      )
    })
  }

  private read(event: unknown): Effect.Effect<void, Schema.SchemaError> {
    const decode = <S extends Schema.Decoder<unknown>>(schema: S, use: (value: S["Type"]) => void) =>
      Effect.map(Schema.decodeUnknownEffect(schema)(event), use)
    switch (typeOf(event)) {
      case "message_start":
        return decode(events.message_start, ({ message }) => {
          this.started = true
          this.count(message.usage)
        })
      case "content_block_start":
        return decode(events.content_block_start, ({ content_block: start, index }) => {
          this.blocks.set(index, {
            start,
            text: start.type === "text" ? start.text : start.type === "thinking" ? start.thinking : "",
            signature: start.type === "thinking" ? start.signature : ""
          })
        })
      case "content_block_delta":
        return decode(events.content_block_delta, ({ delta, index }) => {
          const block = this.blocks.get(index)
          if (block === undefined) return
          block.text += delta.text ?? delta.partial_json ?? delta.thinking ?? ""
          block.signature += delta.signature ?? ""
        })
      case "message_delta":
        return decode(events.message_delta, ({ delta, usage }) => {
          this.stop = delta.stop_reason ?? this.stop
          this.count(usage)
        })
      case "message_stop":
        return decode(events.message_stop, () => {
          this.finished = true
        })
      default:
        return Effect.void
    }
  }

  /** Takes counts, which are running totals: a later one replaces an earlier one, a missing one does not. */
  private count(counts: typeof Counts.Type) {
    const said = Object.entries(counts).filter(([, count]) => count !== null)
    this.counts = { ...this.counts, ...Object.fromEntries(said) }
  }
}

const toBlocks = (
  name: ServiceDescription,
  { signature, start, text }: PartialBlock,
  stop: LlmResponse["stop"]
): Effect.Effect<ReadonlyArray<Block>, LlmError> => {
  switch (start.type) {
    case "text":
      return Effect.succeed(text === "" ? [] : [Block.cases.Text.make({ text })])
    case "thinking":
      return Effect.succeed([
        Block.cases.Opaque.make({ provider, value: { type: "thinking", thinking: text, signature } })
      ])
    case "redacted_thinking":
      return Effect.succeed([Block.cases.Opaque.make({ provider, value: start })])
    case "tool_use":
      return callInput(text).pipe(
        Effect.map((input) => [Block.cases.ToolUse.make({ id: start.id, name: start.name, input })]),
        // A call whose arguments were cut off was never made.
        Effect.catch(() =>
          stop === "length" ? Effect.succeed([]) : Effect.fail(malformed(name, `called ${start.name} with broken JSON`))
        )
      )
  }
}

const toUsage = (counts: typeof Counts.Type) =>
  new Usage({
    input: tokensOf(counts.input_tokens),
    output: tokensOf(counts.output_tokens),
    cacheRead: tokensOf(counts.cache_read_input_tokens),
    cacheWrite: tokensOf(counts.cache_creation_input_tokens)
  })

const malformed = ({ api, provider }: ServiceDescription, what: string) =>
  new LlmError({ provider, reason: "malformed-response", message: `The ${api} ${what}` })

const cutOff = ({ api, provider }: ServiceDescription) =>
  new LlmError({ provider, reason: "unavailable", message: `The ${api} broke off in the middle of its answer` })
