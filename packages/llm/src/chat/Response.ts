import { Block } from "@nominal-code/domain/model/Conversation"
import { Usage } from "@nominal-code/domain/model/Usage"
import { oneLine } from "@nominal-code/domain/text/OneLine"
import { Effect, Schema } from "effect"
import { LlmError } from "../LlmError.ts"
import type { LlmResponse } from "../LlmProvider.ts"
import type { ServiceDescription } from "../ModelService.ts"
import { TokenCount, tokensOf } from "../TokenCount.ts"
import { PartialCalls, ToolDelta } from "./PartialCalls.ts"
import type { Quirks } from "./Quirks.ts"
import * as Thoughts from "./Thoughts.ts"

const maybe = <S extends Schema.Top>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

/** Counts of a call. Where the cached part of the prompt is told, it is told in one of several places. */
const Counts = Schema.Struct({
  prompt_tokens: TokenCount,
  completion_tokens: TokenCount,
  total_tokens: TokenCount,
  prompt_tokens_details: maybe(Schema.Struct({ cached_tokens: TokenCount, cache_write_tokens: TokenCount })),
  prompt_cache_hit_tokens: TokenCount,
  cached_tokens: TokenCount
})

/** Text, or parts of which some are thoughts. */
const Content = Schema.Union([
  Schema.String,
  Schema.Array(Schema.Struct({ type: Schema.String, text: maybe(Schema.String) }))
])

const Delta = Schema.Struct({
  content: maybe(Content),
  refusal: maybe(Schema.String),
  reasoning: maybe(Schema.String),
  reasoning_content: maybe(Schema.String),
  reasoning_details: maybe(Schema.Array(Schema.Json)),
  tool_calls: maybe(Schema.Array(ToolDelta))
})

const Chunk = Schema.Struct({
  choices: maybe(Schema.Array(Schema.Struct({ delta: maybe(Delta), finish_reason: maybe(Schema.String) }))),
  usage: maybe(Counts)
})

const stops: Readonly<Record<string, LlmResponse["stop"]>> = { length: "length", content_filter: "refusal" }

/** Ends by which the service gives an answer up. */
const broken = new Set(["error", "insufficient_system_resource"])

/** One answer, put together from its chunks. Fed by one fiber: its fields change in place, one chunk after the other. */
export class Answer {
  private readonly text: Array<string> = []
  private readonly thoughts: Array<string> = []
  private readonly details: Array<Schema.Json> = []
  private readonly calls = new PartialCalls()
  private counts: typeof Counts.Type = {}
  private finish: string | undefined
  private refused = false
  private started = false
  private readonly name: ServiceDescription
  private readonly quirks: Quirks

  constructor(name: ServiceDescription, quirks: Quirks) {
    this.name = name
    this.quirks = quirks
  }

  add(chunk: unknown): Effect.Effect<void, LlmError> {
    return Schema.decodeUnknownEffect(Chunk)(chunk).pipe(
      Effect.map(({ choices, usage }) => {
        const choice = choices?.[0]
        this.started ||= choice !== undefined
        this.counts = usage ?? this.counts
        this.finish = choice?.finish_reason ?? this.finish
        this.take(choice?.delta ?? {})
      }),
      Effect.mapError((error) => this.malformed(`sent a chunk that it should not have: ${oneLine(error.message, 200)}`))
    )
  }

  /** The whole answer, when the stream has ended. Half a stream is no answer. */
  get end(): Effect.Effect<LlmResponse, LlmError> {
    return Effect.suspend(() => {
      const { finish, name } = this
      if (!this.started) return Effect.fail(this.malformed("answered with something that is no event stream"))
      if (finish === undefined || broken.has(finish)) {
        return Effect.fail(
          new LlmError({
            provider: name.provider,
            reason: "unavailable",
            message: `The ${name.api} broke off in the middle of its answer`
          })
        )
      }
      const stop = this.refused ? "refusal" : stops[finish]
      return Effect.map(this.blocks(stop === "length"), (content) => ({
        content,
        stop: stop ?? (content.some(Block.guards.ToolUse) ? "tool-use" : "end"),
        usage: toUsage(this.counts)
      }))
    })
  }

  private take({ content, reasoning, reasoning_content, reasoning_details, refusal, tool_calls }: typeof Delta.Type) {
    if (typeof refusal === "string" && refusal !== "") {
      this.refused = true
      this.text.push(refusal)
    }
    this.text.push(textOf(content ?? ""))
    this.thoughts.push(reasoning_content ?? reasoning ?? "")
    for (const detail of reasoning_details ?? []) this.details.push(detail)
    for (const delta of tool_calls ?? []) this.calls.add(delta)
  }

  private blocks(cut: boolean): Effect.Effect<ReadonlyArray<Block>, LlmError> {
    const text = Thoughts.withoutThoughts(this.text.join(""))
    const thoughts = Thoughts.toBlocks(this.name.provider, this.quirks.thoughts, {
      text: this.thoughts.join(""),
      details: this.details
    })
    return this.calls.whole(cut).pipe(
      Effect.map((calls) => [...thoughts, ...(text === "" ? [] : [Block.cases.Text.make({ text })]), ...calls]),
      Effect.mapError((tool) => this.malformed(`called ${oneLine(tool, 100)} with broken JSON`))
    )
  }

  private malformed(what: string): LlmError {
    const { api, provider } = this.name
    return new LlmError({ provider, reason: "malformed-response", message: `The ${api} ${what}` })
  }
}

const textOf = (content: typeof Content.Type): string =>
  typeof content === "string"
    ? content
    : content.flatMap(({ text, type }) => type === "text" ? [text ?? ""] : []).join("")

/**
 * Usage of a call. The prompt's count holds what came from a cache. The answer's count holds the thoughts at most services; where it does
 * not, the total does.
 */
const toUsage = (counts: typeof Counts.Type) => {
  const prompt = tokensOf(counts.prompt_tokens)
  const details = counts.prompt_tokens_details
  const cached = [details?.cached_tokens, counts.prompt_cache_hit_tokens, counts.cached_tokens].map(tokensOf)
  const cacheRead = Math.min(prompt, Math.max(...cached))
  const cacheWrite = Math.min(prompt - cacheRead, tokensOf(details?.cache_write_tokens))
  return new Usage({
    input: prompt - cacheRead - cacheWrite,
    output: Math.max(tokensOf(counts.completion_tokens), tokensOf(counts.total_tokens) - prompt),
    cacheRead,
    cacheWrite
  })
}
