import * as Anthropic from "@nominal-code/llm/Anthropic"
import * as Google from "@nominal-code/llm/Google"
import type { LlmRequest } from "@nominal-code/llm/LlmProvider"
import * as OpenAi from "@nominal-code/llm/OpenAi"
import { Option, Schema } from "effect"
import { against as chat, key as chatKey } from "./ChatScene.ts"
import * as Clouds from "./CloudScenes.ts"
import { request as ofOpenAi } from "./OpenAiScene.ts"
import { scripted } from "./ScriptedService.ts"

/** A piece of an answer, whoever writes it. */
export type Part = { readonly text: string } | { readonly id: string; readonly name: string; readonly json: string }

/** Counts as a service may send them, wrong ones too. */
export interface Counts {
  readonly uncached: unknown
  readonly cached: unknown
  /** Tokens of the answer, without those of thoughts. */
  readonly output: unknown
  readonly thoughts?: number
}

export interface WrittenAnswer {
  readonly stop?: "length" | "refusal"
  /** Null: no word about tokens. */
  readonly counts?: Counts | null
}

/** A service's protocol: how it writes what every service may have to say. */
export interface Dialect {
  readonly name: string
  readonly against: ReturnType<typeof scripted>
  readonly key: string
  readonly request: LlmRequest
  /** The event stream of a whole answer. */
  readonly write: (parts: ReadonlyArray<Part>, written?: WrittenAnswer) => string
  /** The beginning of an answer's text, without an end. */
  readonly begin: (text: string) => string
  /** Part of the body of a request that demands a call. */
  readonly forced: RegExp
  /** Part of the body of a request that asks for little effort. */
  readonly lowEffort: RegExp
}

const decodeJson = Schema.decodeOption(Schema.fromJsonString(Schema.Unknown))

const usual: Counts = { uncached: 10, cached: 0, output: 5 }

const sse = (events: ReadonlyArray<object>) => events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("")

const named = (events: ReadonlyArray<{ readonly type: string }>) =>
  events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("")

const countsOf = ({ counts = usual }: WrittenAnswer) => counts

/** Count of the whole prompt at a service that counts what was cached twice. */
const whole = ({ cached, uncached }: Counts) =>
  typeof cached === "number" && typeof uncached === "number" ? cached + uncached : uncached

/** Count of the whole answer at a service that counts thoughts with it. */
const withThoughts = ({ output, thoughts = 0 }: Counts) => typeof output === "number" ? output + thoughts : output

const request = (model: string): LlmRequest => ({ ...ofOpenAi, model })

/** Arguments as an object, or as the text that they are if they are no JSON. */
const argumentsOf = (json: string): unknown => Option.getOrElse(decodeJson(json), () => json)

/** Both in the order of the request. */
const hasCalls = (parts: ReadonlyArray<Part>) => parts.some((part) => "name" in part)

const anthropic: Dialect = {
  name: "Anthropic",
  key: "sk-ant-very-secret",
  against: scripted(Anthropic.make, "sk-ant-very-secret"),
  request: request("claude-sonnet-5-5"),
  forced: /"tool_choice":\{"type":"any"\}/,
  lowEffort: /"output_config":\{"effort":"low"\}/,
  begin: (text) =>
    named([
      { type: "message_start", message: { usage: {} } } as { readonly type: string },
      { type: "content_block_start", index: 0, content_block: { type: "text", text } } as { readonly type: string }
    ]),
  write: (parts, written = {}) => {
    const counts = countsOf(written)
    const stops = { length: "max_tokens", refusal: "refusal", none: hasCalls(parts) ? "tool_use" : "end_turn" }
    const prompt = counts === null ? {} : { input_tokens: counts.uncached, cache_read_input_tokens: counts.cached }
    const events: ReadonlyArray<{ readonly type: string; readonly [field: string]: unknown }> = [
      { type: "message_start", message: { usage: prompt } },
      ...parts.flatMap((part, index) => [
        {
          type: "content_block_start",
          index,
          content_block: "text" in part
            ? { type: "text", text: "" }
            : { type: "tool_use", id: part.id, name: part.name, input: {} }
        },
        {
          type: "content_block_delta",
          index,
          delta: "text" in part ? { type: "text_delta", text: part.text } : { partial_json: part.json }
        }
      ]),
      {
        type: "message_delta",
        delta: { stop_reason: stops[written.stop ?? "none"] },
        usage: counts === null ? {} : { output_tokens: withThoughts(counts) }
      },
      { type: "message_stop" }
    ]
    return named(events)
  }
}

const openai: Dialect = {
  name: "OpenAI",
  key: "sk-proj-very-secret",
  against: scripted(OpenAi.make, "sk-proj-very-secret", "/v1"),
  request: request("gpt-5"),
  forced: /"tool_choice":"required"/,
  lowEffort: /"reasoning":\{"effort":"low"\}/,
  begin: (text) =>
    sse([
      { type: "response.created", response: {} },
      { type: "response.output_text.delta", output_index: 0, delta: text }
    ]),
  write: (parts, written = {}) => {
    const counts = countsOf(written)
    const items = parts.map((part) =>
      "text" in part
        ? {
          type: "message",
          content: [
            written.stop === "refusal"
              ? { type: "refusal", refusal: part.text }
              : { type: "output_text", text: part.text }
          ]
        }
        : { type: "function_call", call_id: part.id, name: part.name, arguments: part.json }
    )
    const cut = written.stop === "length"
    return sse([
      { type: "response.created", response: {} },
      ...items.map((item, index) => ({ type: "response.output_item.done", output_index: index, item })),
      {
        type: cut ? "response.incomplete" : "response.completed",
        response: {
          ...(cut ? { incomplete_details: { reason: "max_output_tokens" } } : {}),
          usage: counts === null ? null : {
            input_tokens: whole(counts),
            input_tokens_details: { cached_tokens: counts.cached },
            output_tokens: withThoughts(counts),
            output_tokens_details: { reasoning_tokens: counts.thoughts ?? 0 }
          }
        }
      }
    ])
  }
}

const google: Dialect = {
  name: "Google",
  key: "AIzaVerySecret",
  against: scripted(Google.make, "AIzaVerySecret"),
  request: request("gemini-3.8-flash"),
  forced: /"mode":"ANY"/,
  lowEffort: /"thinkingLevel":"LOW"/,
  begin: (text) => sse([{ candidates: [{ content: { role: "model", parts: [{ text }] } }] }]),
  write: (parts, written = {}) => {
    const counts = countsOf(written)
    const finishes = { length: "MAX_TOKENS", refusal: "SAFETY", none: "STOP" }
    return sse([
      ...parts.map((part) => ({
        candidates: [{
          content: {
            role: "model",
            parts: [
              "text" in part
                ? { text: part.text }
                : { functionCall: { id: part.id, name: part.name, args: argumentsOf(part.json) } }
            ]
          }
        }]
      })),
      {
        candidates: [{ content: { role: "model" }, finishReason: finishes[written.stop ?? "none"] }],
        ...(counts === null ? {} : {
          usageMetadata: {
            promptTokenCount: whole(counts),
            cachedContentTokenCount: counts.cached,
            candidatesTokenCount: counts.output,
            ...(counts.thoughts === undefined ? {} : { thoughtsTokenCount: counts.thoughts })
          }
        })
      }
    ])
  }
}

const completions: Dialect = {
  name: "Chat Completions",
  key: chatKey,
  against: chat("deepseek"),
  request: request("m"),
  forced: /"tool_choice":"required"/,
  lowEffort: /"reasoning_effort":"low"/,
  begin: (text) => sse([{ choices: [{ delta: { content: text } }] }]),
  write: (parts, written = {}) => {
    const counts = countsOf(written)
    const finishes = { length: "length", refusal: "content_filter", none: hasCalls(parts) ? "tool_calls" : "stop" }
    return `${
      sse([
        ...parts.map((part, index) => ({
          choices: [{
            delta: "text" in part
              ? { content: part.text }
              : { tool_calls: [{ index, id: part.id, function: { name: part.name, arguments: part.json } }] }
          }]
        })),
        { choices: [{ delta: {}, finish_reason: finishes[written.stop ?? "none"] }] },
        ...(counts === null ? [] : [{
          choices: [],
          usage: {
            prompt_tokens: whole(counts),
            completion_tokens: withThoughts(counts),
            completion_tokens_details: { reasoning_tokens: counts.thoughts ?? 0 },
            prompt_tokens_details: { cached_tokens: counts.cached }
          }
        }])
      ])
    }data: [DONE]\n\n`
  }
}

/** The same models in the clouds, with credentials of the cloud. */
const clouds: ReadonlyArray<Dialect> = [
  { ...anthropic, name: "Bedrock", key: Clouds.secretKey, against: Clouds.bedrock },
  { ...openai, name: "Azure", key: Clouds.azureKey, against: Clouds.azure },
  { ...google, name: "Vertex", key: Clouds.accessToken, against: Clouds.vertex },
  { ...anthropic, name: "Claude in Vertex", key: Clouds.accessToken, against: Clouds.vertex }
]

export const dialects: ReadonlyArray<Dialect> = [anthropic, openai, google, completions, ...clouds]
