import { AgentRunner, type AgentTask, type Submission } from "@nominal-code/agent/AgentRunner"
import * as ApiAgent from "@nominal-code/agent/ApiAgent"
import * as RecordedCalls from "@nominal-code/agent/RecordedCalls"
import { Block } from "@nominal-code/domain/model/Conversation"
import { Usage } from "@nominal-code/domain/model/Usage"
import type { LlmError } from "@nominal-code/llm/LlmError"
import { LlmProvider, type LlmRequest, type LlmResponse } from "@nominal-code/llm/LlmProvider"
import * as LlmProviders from "@nominal-code/llm/LlmProviders"
import type { Tool } from "@nominal-code/workspace/Tool"
import { Effect, Layer, Schema } from "effect"
import { violations } from "./Transcript.ts"

export const text = (text: string): Block => Block.cases.Text.make({ text })

let ids = 0
/** A tool call, with an id of its own. */
export const call = (name: string, input: Schema.Json = {}): Block =>
  Block.cases.ToolUse.make({ id: `call_${++ids}`, name, input })

export const submit = (input: Schema.Json = { summary: "Fine." }) => call("submit_review", input)

export const usage = (counts: Partial<Usage> = {}) =>
  new Usage({ input: 1_000, output: 100, cacheRead: 0, cacheWrite: 0, ...counts })

/** A whole answer; it stops as a model would. */
export const says = (content: ReadonlyArray<Block>, changes: Partial<LlmResponse> = {}): LlmResponse => ({
  content,
  stop: content.some(Block.guards.ToolUse) ? "tool-use" : "end",
  usage: usage(),
  ...changes
})

export type Reply = LlmResponse | LlmError | ((request: LlmRequest) => LlmResponse | LlmError)

const Answer = Schema.Struct({ summary: Schema.NonEmptyString })
export type Answer = typeof Answer.Type

/** A submission that wants a summary, and leniently makes one of any text. */
const submission: Submission<Answer> = {
  toolName: "submit_review",
  description: "Hands in the review",
  input: Answer,
  decode: (input, { lenient }) =>
    Schema.decodeUnknownEffect(Answer)(input).pipe(
      Effect.catch(({ message }) =>
        lenient && typeof input === "object" && input !== null && "text" in input
          ? Effect.succeed({ summary: `salvaged: ${String(input.text)}` })
          : Effect.fail(message)
      )
    )
}

export const tool = (name: string, run: Tool["run"] = () => Effect.succeed(`${name} ran`)): Tool => ({
  name,
  description: `${name} things`,
  input: Schema.Struct({ path: Schema.optionalKey(Schema.String) }),
  run
})

export const task = (changes: Partial<AgentTask<Answer>> = {}): AgentTask<Answer> => ({
  settings: { provider: "anthropic", model: "claude-sonnet-4", maxTurns: 8 },
  system: "You review.",
  prompt: "The diff.",
  tools: [tool("Read"), tool("Grep")],
  history: { messages: [] },
  submission,
  ...changes
})

export const turns = (maxTurns: number) => ({ settings: { ...task().settings, maxTurns } })

/** The agent on a model that answers with this function. */
export const agentOf = (send: LlmProvider["Service"]["send"], changes: Partial<LlmProvider["Service"]> = {}) =>
  ApiAgent.layer.pipe(
    Layer.provide(RecordedCalls.layer),
    Layer.provide(
      LlmProviders.layer([Layer.succeed(LlmProvider, LlmProvider.of({ name: "anthropic", send, ...changes }))])
    )
  )

/**
 * Runs a task against a model that gives the replies in turn, and the last one from then on. Like the strictest
 * service, it refuses a conversation that is out of order: that is a defect.
 */
export const run = (
  given: AgentTask<Answer>,
  replies: ReadonlyArray<Reply>,
  changes: Partial<LlmProvider["Service"]> = {}
) =>
  Effect.gen(function*() {
    const requests: Array<LlmRequest> = []
    const layer = agentOf((request) =>
      Effect.suspend(() => {
        const wrong = violations(request.messages)
        const last = request.messages.at(-1)?.role
        if (wrong.length > 0 || last !== "user") return Effect.die(new Error(`${wrong.join("; ")}, last: ${last}`))
        requests.push(request)
        const reply = replies[Math.min(requests.length, replies.length) - 1]
        const answer = typeof reply === "function" ? reply(request) : reply
        if (answer === undefined) return Effect.die(new Error("the script has no reply"))
        return "content" in answer ? Effect.succeed(answer) : Effect.fail(answer)
      }), changes)
    const exit = yield* AgentRunner.use((agent) => agent.run(given)).pipe(Effect.provide(layer), Effect.exit)
    return { requests, exit }
  })

/** Runs a task that has to come to a result. */
export const runToResult = (...[given, replies, changes]: Parameters<typeof run>) =>
  Effect.flatMap(
    run(given, replies, changes),
    ({ exit, requests }) => Effect.map(exit, (result) => ({ requests, result }))
  )
