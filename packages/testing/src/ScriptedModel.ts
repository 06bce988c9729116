import { type ChatCompletionRequest, type ChatMessage, type FixtureResponse, LLMock } from "@copilotkit/aimock"
import { ChatServiceName, chatServices } from "@nominal-code/domain/model/ChatServices"
import type { ProviderName } from "@nominal-code/domain/settings/ReviewSettings"
import { Effect, Predicate, PubSub, Schema, Stream } from "effect"
import { setTimeout as sleep } from "node:timers/promises"
import { now } from "./GitHubState.ts"

/** Request of a review to the model. */
interface ModelRequest {
  /** `owner/name#7`: the pull request that the prompt is about; empty where it names none. */
  readonly pull: string
  /** Number of answers since that prompt: 0 on the first turn. */
  readonly turn: number
  readonly system: string
  /** The last text that the model was told. */
  readonly prompt: string
  /** Results of the tool calls of the turn before. */
  readonly toolResults: ReadonlyArray<string>
  readonly tools: ReadonlyArray<string>
  readonly model: string
}

/** Answer of the model: text, tool calls, or an HTTP error. */
export interface ModelAnswer {
  readonly text?: string
  readonly calls?: ReadonlyArray<{ readonly name: string; readonly input: unknown }>
  readonly error?: { readonly status: number; readonly message: string; readonly retryAfterSeconds?: number }
  readonly usage?: { readonly input: number; readonly output: number }
  /** Duration of the model's thinking, in milliseconds. */
  readonly latency?: number
  /** It thinks on until this is fulfilled. */
  readonly until?: Promise<unknown>
}

/** Decides an answer; undefined leaves the request to an older script. */
export type Script = (request: ModelRequest) => ModelAnswer | undefined

/** One answered request. Times are milliseconds since the epoch. */
export interface ModelTurn {
  readonly request: ModelRequest
  readonly answer: ModelAnswer
  readonly startedAt: number
  readonly endedAt: number
}

/** One comment of `submit_review`, in the words of the tool. */
export interface SubmittedComment {
  readonly path: string
  readonly line: number
  readonly start_line?: number
  readonly side?: "LEFT" | "RIGHT"
  readonly body: string
  readonly suggestion?: string
  readonly severity: "critical" | "high" | "medium" | "low"
  readonly confidence: "high" | "medium" | "low"
  readonly category: string
  /** Absent: the commented line, as the prompt shows it. */
  readonly evidence?: ReadonlyArray<{ readonly path: string; readonly line: number; readonly quote: string }>
}

/** The call that hands in a review. */
export const submitReview = (summary: string, comments: ReadonlyArray<SubmittedComment>) => ({
  name: "submit_review",
  input: { summary, comments }
})

/** The call that hands in verdicts about claims, by their names in the prompt. Those that are not named are confirmed. */
export const submitVerdicts = (prompt: string, verdicts: Readonly<Record<string, object>> = {}) => ({
  name: "submit_verdicts",
  input: {
    verdicts: Array.from(
      prompt.matchAll(/^(C\d+), /gm),
      ([, id = ""]) => ({ id, verdict: "confirmed", ...verdicts[id] })
    )
  }
})

/** One answer for each turn; the last one for every turn after it. */
export const turns = (...answers: readonly [ModelAnswer, ...Array<ModelAnswer>]): Script => ({ turn }) =>
  answers[Math.min(turn, answers.length - 1)]

const textOf = ({ content }: ChatMessage): string =>
  typeof content === "string" ? content : (content ?? []).map(({ text = "" }) => text).join("")

const header = /pull request #(\d+) on (?:<[^>]+>)?([\w./-]+\w)/i

/** OpenAI's protocol has each call of an answer as an item of its own: what the model said in one go belongs together. */
const joined = (messages: ReadonlyArray<ChatMessage>): ReadonlyArray<ChatMessage> =>
  messages.reduce<ReadonlyArray<ChatMessage>>((before, message) => {
    const last = before.at(-1)
    if (last?.role !== "assistant" || message.role !== "assistant") return [...before, message]
    const calls = [...last.tool_calls ?? [], ...message.tool_calls ?? []]
    const text = `${textOf(last)}${textOf(message)}`
    return [...before.slice(0, -1), {
      role: "assistant",
      content: text,
      ...(calls.length === 0 ? {} : { tool_calls: calls })
    }]
  }, [])

const read = ({ messages: all, model, tools = [] }: ChatCompletionRequest): ModelRequest => {
  const messages = joined(all)
  const asked = messages.findLastIndex((message) => message.role === "user" && header.test(textOf(message)))
  const since = messages.slice(asked + 1)
  const [, number, repository] = header.exec(textOf(messages[asked] ?? { role: "user", content: "" })) ?? []
  const last = messages.findLastIndex(({ role }) => role === "assistant")
  return {
    pull: repository === undefined ? "" : `${repository}#${number}`,
    turn: since.filter(({ role }) => role === "assistant").length,
    system: messages.filter(({ role }) => role === "system").map(textOf).join("\n"),
    prompt: textOf(messages.findLast(({ role }) => role === "user") ?? { role: "user", content: "" }),
    toolResults: messages.slice(last + 1).filter(({ role }) => role === "tool").map(textOf),
    tools: tools.map((tool) => tool.function.name),
    model
  }
}

const diffOf = /^### <file-path>(.+?)<\/file-path>.*\n(?:(?!^###).*\n)*?<untrusted-diff>\n([^]*?)\n<\/untrusted-diff>/gm

/** The lines of the diffs in a prompt: number and code by path and side. */
const shownLines = (prompt: string) =>
  Array.from(prompt.matchAll(diffOf)).flatMap(([, path = "", diff = ""]) =>
    Array.from(diff.matchAll(/^([+ -])(\d+):(.*)$/gm), ([, sign, number, quote = ""]) => (
      { path, side: sign === "-" ? "LEFT" : "RIGHT", line: Number(number), quote }
    ))
  )

const isReview = ({ name }: { readonly name: string }): boolean => name.endsWith("submit_review")
const isVerdicts = (name: string): boolean => name.endsWith("submit_verdicts")

/** True if a verifier asks: what it may hand in can be shown to a reviewer, too. */
const isVerification = ({ tools }: ModelRequest, messages: ReadonlyArray<ChatMessage>): boolean =>
  tools.some(isVerdicts) &&
  messages.some((message) => message.role === "user" && /^## Claims\n\nC1, /m.test(textOf(message)))

/** Name of a file without its directories, in whatever spelling its path was written. */
const nameIn = (path: string): string => path.normalize("NFC").split("/").at(-1) ?? path

/** Quotes the commented lines for a script that quotes nothing, as a model does that sees them. */
const withEvidence = (answer: ModelAnswer, messages: ReadonlyArray<ChatMessage>): ModelAnswer => {
  const { calls = [] } = answer
  if (!calls.some(isReview)) return answer
  const shown = shownLines(messages.filter(({ role }) => role === "user").map(textOf).join("\n"))
  const quoted = (comment: unknown): unknown => {
    if (!Predicate.isObject(comment) || "evidence" in comment) return comment
    const { line, path, side = "RIGHT" } = comment
    if (typeof path !== "string") return comment
    const ofFile = shown.filter((one) => nameIn(one.path) === nameIn(path))
    const exact = ofFile.filter((one) => one.path === path)
    const near = (exact.length > 0 ? exact : ofFile).filter((one) => one.side === side && /\w/.test(one.quote))
      .toSorted((a, b) => Math.abs(a.line - Number(line)) - Math.abs(b.line - Number(line)))[0]
    return near === undefined
      ? comment
      : { ...comment, evidence: [{ path: near.path, line: near.line, quote: near.quote }] }
  }
  return {
    ...answer,
    calls: calls.map(({ input, name }) =>
      isReview({ name }) && Predicate.isObject(input) && Array.isArray(input["comments"])
        ? { name, input: { ...input, comments: input["comments"].map(quoted) } }
        : { name, input }
    )
  }
}

/** Finds what the provider would refuse in a conversation: it has to answer every tool call before anything else. */
const disorder = (messages: ReadonlyArray<ChatMessage>): string | undefined => {
  const talk = joined(messages.filter(({ role }) => role !== "system"))
  if (talk[0]?.role !== "user") return "messages: first message must use the \"user\" role"
  let open = new Set<string>()
  for (const { role, tool_call_id: id = "", tool_calls: calls = [] } of talk) {
    if (role === "tool" && !open.delete(id)) return `messages: unexpected \`tool_use_id\` found: ${id}`
    if (role !== "assistant") continue
    if (open.size > 0) break
    open = new Set(calls.map((call) => call.id))
  }
  if (open.size === 0) return undefined
  return `messages: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${
    [...open].join(", ")
  }`
}

const refusal = (status: number, message: string): ModelAnswer => ({ error: { status, message } })

/** Tokens that the model bills for an answer. */
export const billed = ({ usage }: ModelAnswer): NonNullable<ModelAnswer["usage"]> =>
  usage ?? { input: 1000, output: 100 }

const toResponse = (answer: ModelAnswer): FixtureResponse => {
  const { calls = [], error, text = "" } = answer
  if (error !== undefined) {
    const { message, retryAfterSeconds: retryAfter, status } = error
    const type = status === 429 ? "rate_limit_error" : status === 400 ? "invalid_request_error" : "api_error"
    return { error: { message, type }, status, ...(retryAfter === undefined ? {} : { retryAfter }) }
  }
  const { input, output } = billed(answer)
  const tokens = { usage: { input_tokens: input, output_tokens: output } }
  const toolCalls = calls.map(({ input, name }) => ({ name, arguments: JSON.stringify(input) }))
  if (calls.length === 0) return { content: text, ...tokens }
  return text === "" ? { toolCalls, ...tokens } : { content: text, toolCalls, ...tokens }
}

/** Confirms all claims. Claude Code gives our tools longer names, and wants a last word. */
const confirming: Script = ({ prompt, tools, turn }) =>
  turn > 0
    ? { text: "done" }
    : { calls: tools.filter(isVerdicts).map((name) => ({ ...submitVerdicts(prompt), name })) }

interface ModelState {
  readonly scripts: Array<Script>
  readonly verifierScripts: Array<Script>
  readonly answered: ReadonlyArray<ModelTurn>
  readonly unanswered: ReadonlyArray<ModelRequest>
  readonly violations: ReadonlyArray<string>
  respond(wire: ChatCompletionRequest): Promise<FixtureResponse>
}

/** The model: scripts decide, the newest first. What no script answers is refused, and kept in `unanswered`. */
const makeMind = (pubsub: PubSub.PubSub<ModelTurn>): ModelState => {
  const scripts: Array<Script> = []
  const verifierScripts: Array<Script> = [confirming]
  const answered: Array<ModelTurn> = []
  const unanswered: Array<ModelRequest> = []
  const violations: Array<string> = []

  const decide = (request: ModelRequest, messages: ReadonlyArray<ChatMessage>): ModelAnswer => {
    const wrong = disorder(messages)
    if (wrong !== undefined) {
      violations.push(wrong)
      return refusal(400, wrong)
    }
    for (const script of isVerification(request, messages) ? verifierScripts : scripts) {
      const answer = script(request)
      if (answer !== undefined) return answer
    }
    unanswered.push(request)
    return refusal(400, `no script for turn ${request.turn} of ${request.pull}`)
  }

  const respond = (wire: ChatCompletionRequest): Promise<FixtureResponse> => {
    const startedAt = now()
    const request = read(wire)
    const answer = withEvidence(decide(request, wire.messages), wire.messages)
    return Promise.all([sleep(answer.latency ?? 0), answer.until]).then(() => {
      const turn = { request, answer, startedAt, endedAt: now() }
      answered.push(turn)
      PubSub.publishUnsafe(pubsub, turn)
      return toResponse(answer)
    })
  }

  return { scripts, verifierScripts, answered, unanswered, violations, respond }
}

const isChatService = Schema.is(ChatServiceName)

const addressed = (url: string, provider: ProviderName, key: string): Readonly<Record<string, string>> => {
  if (isChatService(provider)) {
    const { keyVariable, urlVariable } = chatServices[provider]
    return { [keyVariable]: key, [urlVariable]: `${url}/v1` }
  }
  return {
    anthropic: { ANTHROPIC_API_KEY: key, ANTHROPIC_BASE_URL: url },
    openai: { OPENAI_API_KEY: key, OPENAI_BASE_URL: `${url}/v1` },
    google: { GOOGLE_API_KEY: key, GOOGLE_GEMINI_BASE_URL: url },
    bedrock: { AWS_REGION: "eu-central-1", AWS_BEARER_TOKEN_BEDROCK: key, BEDROCK_BASE_URL: url },
    vertex: { VERTEX_API_KEY: key, GOOGLE_VERTEX_BASE_URL: url },
    azure: { AZURE_OPENAI_API_KEY: key, AZURE_OPENAI_ENDPOINT: url }
  }[provider]
}

/** The variables by which a program asks this model: as the service of one of the providers. */
export const variables = (url: string, provider: ProviderName, key: string): Readonly<Record<string, string>> => ({
  AGENT_PROVIDER: provider,
  ...addressed(url, provider, key)
})

/**
 * A model on the loopback that speaks the protocols of all providers and says what it is told to: `variables` tell how
 * to ask it. It refuses conversations that a real one refuses.
 */
export const make = Effect.gen(function*() {
  const pubsub = yield* PubSub.unbounded<ModelTurn>()
  const mind = makeMind(pubsub)
  const mock = new LLMock({ host: "127.0.0.1", port: 0, strict: true })
  mock.on({ predicate: () => true }, mind.respond)
  const url = yield* Effect.acquireRelease(
    Effect.promise(() => mock.start()),
    () => Effect.promise(() => mock.stop())
  )
  return {
    url,
    /** The server itself, for its chaos. */
    mock,
    script: (script: Script): void => void mind.scripts.unshift(script),
    /** Decides what is said of claims. By default all are confirmed. */
    scriptVerifier: (script: Script): void => void mind.verifierScripts.unshift(script),
    turns: mind.answered,
    /** Every turn from now on, when it has been answered. */
    journal: Stream.fromPubSub(pubsub),
    /** Requests that no script had an answer for. */
    unanswered: mind.unanswered,
    /** Complaints that the provider would have refused a request for. */
    violations: mind.violations,
    /** Time that the model has thought in all, in milliseconds. No review can be faster. */
    thought: () => mind.answered.reduce((total, { endedAt, startedAt }) => total + endedAt - startedAt, 0)
  }
})

/** A running scripted model. */
export type ScriptedModel = Effect.Success<typeof make>
