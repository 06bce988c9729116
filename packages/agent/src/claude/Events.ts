import { Block } from "@nominal-code/domain/model/Conversation"
import { Usage } from "@nominal-code/domain/model/Usage"
import { listed } from "@nominal-code/llm/ModelWindow"
import { believedOutput, bounded } from "@nominal-code/llm/TokenCount"
import { Array, Option, Result, Schema } from "effect"

/** Name of our tool server. Claude Code offers its tools as `mcp__<server>__<tool>`. */
export const serverName = "nominal"
const toolPrefix = `mcp__${serverName}__`

/** Tokens and cost of a process, as its last event counts them. */
export interface Spending {
  readonly usage: Usage
  readonly costUsd: Option.Option<number>
}

/** End of the work on one message of ours. */
export interface EndEvent {
  readonly _tag: "Ended"
  /** `success`, or the limit that was reached: `error_max_turns`, `error_max_budget_usd`, … */
  readonly subtype: string
  readonly isError: boolean
  readonly text: string
  /** HTTP status of the model's API. */
  readonly status: Option.Option<number>
  readonly spending: Option.Option<Spending>
}

/** Event of Claude Code's stream that a run reads. */
export type ClaudeEvent =
  | { readonly _tag: "Started"; readonly sessionId: string; readonly model: Option.Option<string> }
  /** Part of an answer; the parts of one answer share the id. `problem`: an error that stands in for an answer. */
  | {
    readonly _tag: "Said"
    readonly id: string
    readonly model: string
    readonly usage: Usage
    readonly content: ReadonlyArray<Block>
    readonly problem: Option.Option<string>
  }
  /** Output tokens of the answer that has just ended. Its parts told only how many there were when it began. */
  | { readonly _tag: "Counted"; readonly output: number }
  | { readonly _tag: "ToolsAnswered"; readonly results: ReadonlyArray<Block> }
  /** The account's limit is used up until then, in seconds since the epoch. */
  | { readonly _tag: "Limited"; readonly resetsAt: Option.Option<number> }
  | EndEvent

const optional = <S extends Schema.Top>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

const Text = Schema.Struct({ type: Schema.Literal("text"), text: Schema.String })
const ToolUse = Schema.Struct({
  type: Schema.Literal("tool_use"),
  id: Schema.String,
  name: Schema.String,
  input: Schema.Json
})
const ToolResult = Schema.Struct({
  type: Schema.Literal("tool_result"),
  tool_use_id: Schema.String,
  content: optional(Schema.Union([Schema.String, Schema.Array(Schema.Unknown)])),
  is_error: optional(Schema.Boolean)
})
const isText = Schema.is(Text)
const isToolUse = Schema.is(ToolUse)
const isToolResult = Schema.is(ToolResult)

const toBlock = (value: unknown): Result.Result<Block, void> => {
  if (isText(value)) return Result.succeed(Block.cases.Text.make({ text: value.text }))
  if (isToolUse(value)) {
    const { id, input, name } = value
    const own = name.startsWith(toolPrefix) ? name.slice(toolPrefix.length) : name
    return Result.succeed(Block.cases.ToolUse.make({ id, name: own, input }))
  }
  if (!isToolResult(value)) return Result.failVoid
  const content = typeof value.content === "string"
    ? value.content
    : (value.content ?? []).filter(isText).map(({ text }) => text).join("\n")
  return Result.succeed(
    Block.cases.ToolResult.make({ toolUseId: value.tool_use_id, content, isError: value.is_error === true })
  )
}

const blocksOf = (content: string | ReadonlyArray<unknown>): ReadonlyArray<Block> =>
  typeof content === "string" ? [] : Array.filterMap(content, toBlock)

const Tokens = Schema.Struct({
  input_tokens: Schema.Natural,
  output_tokens: Schema.Natural,
  cache_read_input_tokens: optional(Schema.Natural),
  cache_creation_input_tokens: optional(Schema.Natural)
})
const decodeTokens = Schema.decodeUnknownOption(Tokens)

const usageOf = (tokens: unknown, model: string): Usage =>
  Option.match(decodeTokens(tokens), {
    onNone: () => Usage.none,
    onSome: (counts) =>
      bounded(
        new Usage({
          input: counts.input_tokens,
          output: counts.output_tokens,
          cacheRead: counts.cache_read_input_tokens ?? 0,
          cacheWrite: counts.cache_creation_input_tokens ?? 0
        }),
        { window: Option.getOrUndefined(listed(model)), output: believedOutput(model) }
      )
  })

const Spent = Schema.Struct({
  total_cost_usd: optional(Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))),
  modelUsage: Schema.Record(
    Schema.String,
    Schema.Struct({
      inputTokens: Schema.Natural,
      outputTokens: Schema.Natural,
      cacheReadInputTokens: Schema.Natural,
      cacheCreationInputTokens: Schema.Natural
    })
  )
})
const decodeSpent = Schema.decodeUnknownOption(Spent)

/** Reads what a process has spent so far. None if its figures are missing or impossible. */
const spendingOf = (result: unknown): Option.Option<Spending> =>
  Option.map(decodeSpent(result), ({ modelUsage, total_cost_usd }) => ({
    usage: Object.values(modelUsage).reduce(
      (sum, model) =>
        sum.plus(
          new Usage({
            input: model.inputTokens,
            output: model.outputTokens,
            cacheRead: model.cacheReadInputTokens,
            cacheWrite: model.cacheCreationInputTokens
          })
        ),
      Usage.none
    ),
    costUsd: Option.fromNullishOr(total_cost_usd)
  }))

const Started = Schema.Struct({
  type: Schema.Literal("system"),
  subtype: Schema.Literal("init"),
  session_id: Schema.String,
  model: optional(Schema.String)
})
const Said = Schema.Struct({
  type: Schema.Literal("assistant"),
  error: optional(Schema.String),
  message: Schema.Struct({
    id: Schema.String,
    model: Schema.String,
    content: Schema.Array(Schema.Unknown),
    usage: Schema.optionalKey(Schema.Unknown)
  })
})
const Counted = Schema.Struct({
  type: Schema.Literal("stream_event"),
  event: Schema.Struct({
    type: Schema.Literal("message_delta"),
    usage: Schema.Struct({ output_tokens: Schema.Natural })
  })
})
const ToolsAnswered = Schema.Struct({
  type: Schema.Literal("user"),
  message: Schema.Struct({ content: Schema.Union([Schema.String, Schema.Array(Schema.Unknown)]) })
})
const Limited = Schema.Struct({
  type: Schema.Literal("rate_limit_event"),
  rate_limit_info: Schema.Struct({ status: Schema.Literal("rejected"), resetsAt: optional(Schema.Finite) })
})
const Ended = Schema.Struct({
  type: Schema.Literal("result"),
  subtype: optional(Schema.String),
  is_error: optional(Schema.Boolean),
  result: optional(Schema.String),
  errors: optional(Schema.Array(Schema.String)),
  api_error_status: optional(Schema.Finite)
})

const decode = Schema.decodeUnknownOption(Schema.Union([Started, Said, Counted, ToolsAnswered, Limited, Ended]))
const parse = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))

const toEvent = (event: Option.Option.Value<ReturnType<typeof decode>>, raw: unknown): ClaudeEvent => {
  switch (event.type) {
    case "system":
      return { _tag: "Started", sessionId: event.session_id, model: Option.fromNullishOr(event.model) }
    case "assistant": {
      const { content, id, model, usage } = event.message
      const problem = Option.fromNullishOr(event.error)
      return { _tag: "Said", id, model, usage: usageOf(usage, model), content: blocksOf(content), problem }
    }
    case "stream_event":
      return { _tag: "Counted", output: event.event.usage.output_tokens }
    case "user":
      return { _tag: "ToolsAnswered", results: blocksOf(event.message.content).filter(Block.guards.ToolResult) }
    case "rate_limit_event":
      return { _tag: "Limited", resetsAt: Option.fromNullishOr(event.rate_limit_info.resetsAt) }
    case "result":
      return {
        _tag: "Ended",
        subtype: event.subtype ?? "",
        isError: event.is_error === true,
        text: event.result ?? (event.errors ?? []).join("; "),
        status: Option.fromNullishOr(event.api_error_status),
        spending: spendingOf(raw)
      }
  }
}

/** Reads one line of the stream. None for an event that a run does not need, and for what is no event. */
export const fromLine = (line: string): Option.Option<ClaudeEvent> =>
  Option.flatMap(parse(line), (raw) => Option.map(decode(raw), (event) => toEvent(event, raw)))
