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
import type { ErrorMapper } from "./Errors.ts"
import { markOf, provider } from "./Request.ts"

const maybe = <S extends Schema.Top>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

const Counts = Schema.Struct({
  input_tokens: TokenCount,
  output_tokens: TokenCount,
  input_tokens_details: maybe(Schema.Struct({ cached_tokens: TokenCount, cache_write_tokens: TokenCount }))
})

const items = {
  message: Schema.Struct({
    content: Schema.Array(Schema.Struct({ text: maybe(Schema.String), refusal: maybe(Schema.String) })),
    phase: maybe(Schema.String)
  }),
  function_call: Schema.Struct({
    call_id: Schema.NonEmptyString,
    name: Schema.String,
    arguments: Schema.String,
    status: maybe(Schema.String)
  }),
  reasoning: Schema.Record(Schema.String, Schema.Json)
}

const Complaint = Schema.Struct({ code: maybe(Schema.String), message: maybe(Schema.String) })

const Ended = Schema.Struct({
  type: Schema.String,
  response: Schema.Struct({
    status: maybe(Schema.String),
    output: maybe(Schema.Array(Schema.Unknown)),
    usage: maybe(Counts),
    incomplete_details: maybe(Schema.Struct({ reason: maybe(Schema.String) }))
  })
})

const events = {
  done: Schema.Struct({ output_index: Schema.Natural, item: Schema.Unknown }),
  ended: Ended,
  failed: Schema.Struct({ response: Schema.Struct({ error: maybe(Complaint) }) }),
  error: Complaint
}

type Failure = Schema.SchemaError | LlmError

/** One answer, put together from its events. Fed by one fiber: its fields change in place, one event after the other. */
export class Answer {
  private readonly items = new Map<number, unknown>()
  private ended: typeof Ended.Type | undefined
  private started = false
  private readonly name: ServiceDescription
  private readonly explain: ErrorMapper

  constructor(name: ServiceDescription, explain: ErrorMapper) {
    this.name = name
    this.explain = explain
  }

  /** Takes the next event. One of a kind that we do not know is none of our business. */
  add(event: unknown): Effect.Effect<void, LlmError> {
    return asMalformed(this.name, "sent an event that it should not have", this.read(event))
  }

  /** The whole answer, when the stream has ended. Half a stream is no answer. */
  get end(): Effect.Effect<LlmResponse, LlmError> {
    return Effect.suspend(() => {
      if (!this.started) return Effect.fail(malformed(this.name, "answered with something that is no event stream"))
      return this.ended === undefined ? Effect.fail(cutOff(this.name)) : this.whole(this.ended)
    })
  }

  private whole({ response, type }: typeof Ended.Type): Effect.Effect<LlmResponse, LlmError> {
    // An item that was cut off may be in the whole only.
    for (const [index, item] of (response.output ?? []).entries()) {
      if (!this.items.has(index)) this.items.set(index, item)
    }
    const inOrder = [...this.items].sort(([one], [other]) => one - other).map(([, item]) => item)
    const cut = type === "response.incomplete" || response.status === "incomplete"
    return asMalformed(
      this.name,
      "sent something that it should not have",
      Effect.map(Effect.forEach(inOrder, (item) => toPiece(this.name, item, cut)), (pieces): LlmResponse => {
        const content = pieces.flatMap(({ blocks }) => blocks)
        const refused = pieces.some((piece) => piece.refused) ||
          response.incomplete_details?.reason === "content_filter"
        const calls = content.some(Block.guards.ToolUse)
        return {
          content,
          stop: refused ? "refusal" : cut ? "length" : calls ? "tool-use" : "end",
          usage: toUsage(response.usage ?? {})
        }
      })
    )
  }

  private read(event: unknown): Effect.Effect<void, Failure> {
    const decode = <S extends Schema.Decoder<unknown>>(schema: S) => Schema.decodeUnknownEffect(schema)(event)
    const type = typeOf(event)
    this.started ||= type !== undefined
    switch (type) {
      case "response.output_item.done":
        return Effect.map(decode(events.done), ({ item, output_index: index }) => {
          this.items.set(index, item)
        })
      case "response.completed":
      case "response.incomplete":
        return Effect.map(decode(events.ended), (ended) => {
          this.ended = ended
        })
      case "response.failed":
        return Effect.flatMap(decode(events.failed), ({ response }) => this.failed(response.error ?? {}))
      case "error":
        return Effect.flatMap(decode(events.error), (complaint) => this.failed(complaint))
      default:
        return Effect.void
    }
  }

  private failed({ code, message }: typeof Complaint.Type) {
    return Effect.fail(this.explain.said({ code, message: message ?? code ?? "no reason was given" }))
  }
}

/** Blocks and calls of one item of an answer. */
interface Piece {
  readonly blocks: ReadonlyArray<Block>
  readonly refused: boolean
}

const piece = (...blocks: ReadonlyArray<Block>): Piece => ({ blocks, refused: false })

const toPiece = (name: ServiceDescription, item: unknown, cut: boolean): Effect.Effect<Piece, Failure> => {
  switch (typeOf(item)) {
    case "message":
      return Effect.map(Schema.decodeUnknownEffect(items.message)(item), toText)
    case "function_call":
      return Effect.flatMap(Schema.decodeUnknownEffect(items.function_call)(item), (call) => toCall(name, call, cut))
    case "reasoning":
      return Effect.map(
        Schema.decodeUnknownEffect(items.reasoning)(item),
        (value) => piece(Block.cases.Opaque.make({ provider, value }))
      )
    default:
      return Effect.succeed(piece())
  }
}

const toText = ({ content, phase }: typeof items.message.Type): Piece => {
  const refused = content.some(({ refusal }) => typeof refusal === "string")
  const text = content.map(({ refusal, text }) => text ?? refusal ?? "").join("")
  const mark = phase === "commentary" || phase === "final_answer" ? [markOf(phase)] : []
  return { blocks: text === "" ? [] : [...mark, Block.cases.Text.make({ text })], refused }
}

const toCall = (
  name: ServiceDescription,
  call: typeof items.function_call.Type,
  cut: boolean
): Effect.Effect<Piece, LlmError> => {
  // A call whose arguments were cut off was never made.
  if (cut && call.status === "incomplete") return Effect.succeed(piece())
  return callInput(call.arguments).pipe(
    Effect.map((input) => piece(Block.cases.ToolUse.make({ id: call.call_id, name: call.name, input }))),
    Effect.catch(() =>
      cut ? Effect.succeed(piece()) : Effect.fail(malformed(name, `called ${call.name} with broken JSON`))
    )
  )
}

/** Usage of a call. The service counts what came from its cache, and what went into it, as input. */
const toUsage = ({ input_tokens: all, input_tokens_details: details, output_tokens: output }: typeof Counts.Type) => {
  const cacheRead = tokensOf(details?.cached_tokens)
  const cacheWrite = tokensOf(details?.cache_write_tokens)
  return new Usage({
    input: Math.max(0, tokensOf(all) - cacheRead - cacheWrite),
    output: tokensOf(output),
    cacheRead,
    cacheWrite
  })
}

const asMalformed = <A>(
  name: ServiceDescription,
  what: string,
  effect: Effect.Effect<A, Failure>
): Effect.Effect<A, LlmError> =>
  Effect.mapError(
    effect,
    (error) => error._tag === "LlmError" ? error : malformed(name, `${what}: ${oneLine(error.message, 200)}`)
  )

const malformed = ({ api, provider }: ServiceDescription, what: string) =>
  new LlmError({ provider, reason: "malformed-response", message: `The ${api} ${what}` })

const cutOff = ({ api, provider }: ServiceDescription) =>
  new LlmError({ provider, reason: "unavailable", message: `The ${api} broke off in the middle of its answer` })
