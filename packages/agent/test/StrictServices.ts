import type { ChatServiceName } from "@nominal-code/domain/model/ChatServices"
import * as Anthropic from "@nominal-code/llm/Anthropic"
import * as Google from "@nominal-code/llm/Google"
import * as OpenAi from "@nominal-code/llm/OpenAi"
import * as AnthropicWire from "../../llm/test/AnthropicWire.ts"
import { against as chat } from "../../llm/test/ChatScene.ts"
import * as ChatWire from "../../llm/test/ChatWire.ts"
import * as GoogleWire from "../../llm/test/GoogleWire.ts"
import * as OpenAiWire from "../../llm/test/OpenAiWire.ts"
import { type Reply, scripted } from "../../llm/test/ScriptedService.ts"

// oxlint-disable-next-line typescript/no-explicit-any -- requests in the services' own formats
type Wire = any

/** A service, its answers, and what it refuses in a request. */
export interface StrictService {
  readonly name: string
  readonly against: ReturnType<typeof scripted>
  /** A turn with a thought, words and two calls of `Read`. */
  readonly looksAround: Reply
  readonly submits: Reply
  readonly overloaded: Reply
  /** Complaints about a request that goes on with another service's conversation. */
  readonly complaints: (body: Wire) => ReadonlyArray<string>
}

const summary = JSON.stringify({ summary: "Fine." })

const plain = (id: unknown, longest: number, what: string): ReadonlyArray<string> =>
  typeof id === "string" && /^[a-zA-Z0-9_-]+$/.test(id) && id.length <= longest ? [] : [`${what} id ${id}`]

const same = (a: ReadonlyArray<unknown>, b: ReadonlyArray<unknown>, what: string): ReadonlyArray<string> =>
  JSON.stringify(a) === JSON.stringify(b) ? [] : [`${what}: ${JSON.stringify(a)} are answered by ${JSON.stringify(b)}`]

/** Complaints about roles that do not alternate, beginning with the user's. */
const alternation = (roles: ReadonlyArray<string>, other: string): ReadonlyArray<string> =>
  roles.flatMap((role, at) => role === (at % 2 === 0 ? "user" : other) ? [] : [`role ${role} at ${at}`])

const anthropic: StrictService = {
  name: "anthropic",
  against: scripted(Anthropic.make, "sk-ant-key"),
  looksAround: AnthropicWire.answer([
    ...AnthropicWire.thinkingBlock(0, "hm", "signature-of-anthropic"),
    ...AnthropicWire.textBlock(1, "I look around."),
    ...AnthropicWire.toolBlock(2, "toolu_1", "Read", "{\"path\":\"a.ts\"}"),
    ...AnthropicWire.toolBlock(3, "toolu_2", "Read", "{}")
  ], { stop: "tool_use" }),
  submits: AnthropicWire.answer(AnthropicWire.toolBlock(0, "toolu_9", "submit_review", summary), { stop: "tool_use" }),
  overloaded: AnthropicWire.failed(529, "overloaded_error", "Overloaded"),
  complaints: ({ messages }) => [
    ...alternation(messages.map(({ role }: Wire) => role), "assistant"),
    ...messages.flatMap(({ content }: Wire, at: number) => {
      const kinds = content.map(({ type }: Wire) => type)
      const known = ["text", "tool_use", "tool_result"]
      const calls = content.filter(({ type }: Wire) => type === "tool_use").map(({ id }: Wire) => id)
      const next = (messages[at + 1]?.content ?? []).filter(({ type }: Wire) => type === "tool_result")
      return [
        ...kinds.filter((kind: string) => !known.includes(kind)).map((kind: string) => `a block of ${kind}`),
        ...content.filter(({ text, type }: Wire) => type === "text" && text.trim() === "").map(() => "an empty text"),
        ...calls.flatMap((id: string) => plain(id, 64, "tool_use")),
        ...same(calls, next.map(({ tool_use_id }: Wire) => tool_use_id), "calls")
      ]
    })
  ]
}

const openai: StrictService = {
  name: "openai",
  against: scripted(OpenAi.make, "sk-proj-key", "/v1"),
  looksAround: OpenAiWire.answer([
    OpenAiWire.reasoning("sealed-by-openai"),
    OpenAiWire.message("I look around.", { phase: "commentary" }),
    OpenAiWire.call("call_1", "Read", "{\"path\":\"a.ts\"}"),
    OpenAiWire.call("call_2", "Read")
  ]),
  submits: OpenAiWire.answer([OpenAiWire.call("call_9", "submit_review", summary)]),
  overloaded: OpenAiWire.failed(503, { message: "Overloaded", code: "server_is_overloaded" }),
  complaints: ({ input }) => {
    const ids = (type: string) => input.filter((item: Wire) => item.type === type).map(({ call_id }: Wire) => call_id)
    const known = ["message", "function_call", "function_call_output"]
    return [
      ...input.filter(({ type }: Wire) => !known.includes(type)).map(({ type }: Wire) => `an item of ${type}`),
      ...input.filter(({ phase }: Wire) => phase !== undefined).map(({ phase }: Wire) => `a phase ${phase}`),
      ...ids("function_call").flatMap((id: string) => plain(id, 64, "function_call")),
      ...same(ids("function_call"), ids("function_call_output"), "calls")
    ]
  }
}

const google: StrictService = {
  name: "google",
  against: scripted(Google.make, "AIza-key"),
  looksAround: GoogleWire.answer([
    GoogleWire.text("hm", { thought: true }),
    GoogleWire.text("I look around."),
    GoogleWire.call("Read", { path: "a.ts" }, { thoughtSignature: "signature-of-google" }),
    GoogleWire.call("Read")
  ]),
  submits: GoogleWire.answer([GoogleWire.call("submit_review", { summary: "Fine." })]),
  overloaded: GoogleWire.failed(503, "UNAVAILABLE", "The model is overloaded."),
  complaints: ({ contents }) => [
    ...alternation(contents.map(({ role }: Wire) => role), "model"),
    ...contents.flatMap(({ parts }: Wire, at: number) => {
      const calls = parts.filter(({ functionCall }: Wire) => functionCall).map(({ functionCall }: Wire) => functionCall)
      const next = (contents[at + 1]?.parts ?? []).flatMap(({ functionResponse }: Wire) => functionResponse ?? [])
      const signatures = parts.flatMap(({ thoughtSignature }: Wire) => thoughtSignature ?? [])
      return [
        ...parts.filter(({ thought }: Wire) => thought === true).map(() => "a thought"),
        ...signatures.filter((one: string) => one !== "skip_thought_signature_validator"),
        ...(calls.length > 0 && signatures.length === 0 ? ["a call without a signature"] : []),
        ...same(calls.map(({ name }: Wire) => name), next.map(({ name }: Wire) => name), "calls")
      ]
    })
  ]
}

/** Complaints about calls that are not answered at once, each by one message of its own. */
const unanswered = (messages: ReadonlyArray<Wire>): ReadonlyArray<string> =>
  messages.flatMap(({ tool_calls: calls = [] }: Wire, at) => {
    const results = messages.slice(at + 1, at + 1 + calls.length)
    const next = results.filter(({ role }: Wire) => role === "tool").map(({ tool_call_id }: Wire) => tool_call_id)
    return calls.length === 0 ? [] : same(calls.map(({ id }: Wire) => id), next, "calls")
  })

/** A service that speaks Chat Completions; `more`: what it complains about beside what all of them do. */
const compatible = (
  name: ChatServiceName,
  { ids, more, thoughts }: {
    /** Ids of two calls, as its models make them. */
    readonly ids: readonly [string, string]
    readonly thoughts: object
    readonly more: (messages: ReadonlyArray<Wire>, body: Wire) => ReadonlyArray<string>
  }
): StrictService => ({
  name,
  against: chat(name),
  looksAround: ChatWire.answer([
    thoughts,
    ChatWire.text("I look around."),
    ChatWire.call(0, ids[0], "Read", "{\"path\":\"a.ts\"}"),
    ChatWire.call(1, ids[1], "Read")
  ], { finish: "tool_calls" }),
  submits: ChatWire.answer([ChatWire.call(0, "Abcdef123", "submit_review", summary)], { finish: "tool_calls" }),
  overloaded: ChatWire.failed(503, { message: "Service is too busy" }),
  complaints: (body) => {
    const { messages } = body
    const said = messages.filter(({ role }: Wire) => role === "assistant")
    const results = messages.filter(({ role }: Wire) => role === "tool")
    const calls = said.flatMap(({ tool_calls = [] }: Wire) => tool_calls)
    return [
      ...calls.flatMap(({ id }: Wire) => plain(id, 40, "call")),
      ...unanswered(messages),
      ...(calls.length === results.length ? [] : [`${calls.length} calls, ${results.length} results`]),
      ...said.filter(({ content, tool_calls }: Wire) => content === null && tool_calls === undefined).map(() =>
        "empty"
      ),
      ...results.filter(({ content }: Wire) => typeof content !== "string").map(() => "a result that is no text"),
      ...more(messages, body)
    ]
  }
})

/** Complaints about a field that an answer has, or has not. */
const field = (messages: ReadonlyArray<Wire>, name: string, wanted: boolean): ReadonlyArray<string> =>
  messages.filter(({ role }: Wire) => role === "assistant").flatMap((message) =>
    (typeof message[name] === "string") === wanted ? [] : [`${name} of an answer: ${JSON.stringify(message[name])}`]
  )

// In its thinking mode, an answer without its thoughts is refused (api-docs.deepseek.com, Thinking Mode).
const deepseek = compatible("deepseek", {
  // Ids as Kimi's models make them.
  ids: ["functions.Read:0", "functions.Read:1"],
  thoughts: { reasoning_content: "thought-of-deepseek" },
  more: (messages) => field(messages, "reasoning_content", true)
})

// "property 'reasoning_content' is unsupported".
const groq = compatible("groq", {
  ids: ["fc_1a2b", "fc_3c4d"],
  thoughts: { reasoning: "thought-of-groq" },
  more: (messages) => [...field(messages, "reasoning_content", false), ...field(messages, "reasoning", false)]
})

// "Tool call id was … but must be a-z, A-Z, 0-9, with a length of 9", "Unexpected role 'user' after role 'tool'" and
// "Expected last role User or Tool".
const mistral = compatible("mistral", {
  ids: ["D681PevKs", "0aZ9bY8cX"],
  thoughts: { content: [{ type: "thinking", thinking: [{ type: "text", text: "thought-of-mistral" }] }] },
  more: (messages) => [
    ...field(messages, "reasoning_content", false),
    ...messages.flatMap(({ role, tool_call_id, tool_calls = [] }: Wire, at) => {
      const before = messages[at - 1]?.role
      const ids = [...tool_calls.map(({ id }: Wire) => id), ...(role === "tool" ? [tool_call_id] : [])]
      return [
        ...ids.filter((id) => !/^[a-zA-Z0-9]{9}$/.test(id)).map((id) => `the id ${id}`),
        ...(role === "user" && before === "tool" ? ["a user after a tool"] : []),
        ...(role === before && role !== "tool" ? [`${role} twice`] : [])
      ]
    }),
    ...(["user", "tool"].includes(messages.at(-1)?.role) ? [] : ["the last role"])
  ]
})

// "presencePenalty, frequencyPenalty and stop parameters are not supported by reasoning models. Adding them in the request
// would result in an error" (docs.x.ai, Reasoning). Roles may come in any order (docs.x.ai, Chat).
const xai = compatible("xai", {
  ids: ["call_54010372", "call_70316493"],
  thoughts: { reasoning_content: "thought-of-xai" },
  more: (messages, body) => [
    ...field(messages, "reasoning_content", false),
    ...["presence_penalty", "frequency_penalty", "stop"].filter((name) => name in body),
    ...["low", "medium", "high", "xhigh", undefined].includes(body.reasoning_effort) ? [] : ["the effort"]
  ]
})

/** Services that document no rules of their own: the usual ones hold. */
export const others: ReadonlyArray<StrictService> = (["together", "fireworks", "openrouter"] as const).map((name) =>
  compatible(name, {
    ids: ["call_a1", "call_b2"],
    thoughts: { reasoning: "thought-of-a-gateway" },
    more: (messages) => [
      ...field(messages, "reasoning", false),
      ...messages.filter((message) => "reasoning_details" in message).map(() => "details of another's thoughts")
    ]
  })
)

/** Words and seals that belong to one service. */
export const seals = [
  "signature-of-anthropic",
  "sealed-by-openai",
  "signature-of-google",
  "thought-of-deepseek",
  "thought-of-groq",
  "thought-of-mistral",
  "thought-of-xai"
]

export const services: ReadonlyArray<StrictService> = [
  anthropic,
  openai,
  google,
  deepseek,
  groq,
  mistral,
  xai
]
