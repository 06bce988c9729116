import { Block } from "@nominal-code/domain/model/Conversation"
import { KnownSecrets } from "@nominal-code/domain/secret/KnownSecrets"
import * as Redaction from "@nominal-code/domain/secret/Redaction"
import type { ToolSpec } from "@nominal-code/llm/LlmProvider"
import { type Tool, ToolError } from "@nominal-code/workspace/Tool"
import { Cause, Duration, Effect, identity } from "effect"
import { AgentEvent, AgentProgress } from "./AgentProgress.ts"
import type { Submission } from "./AgentRunner.ts"
import * as ToolSchema from "./ToolSchema.ts"

/** A model's request to run a tool. */
export type ToolCall = Extract<Block, { readonly _tag: "ToolUse" }>

/** Number of one turn's calls that run concurrently. */
const concurrency = 8

/** Number of one turn's calls that run at all. */
const mostCalls = 32

const timeLimit = Duration.minutes(2)

const redact = Redaction.make([])

/** The calls in what a model answered. */
export const callsIn = (content: ReadonlyArray<Block>): ReadonlyArray<ToolCall> => content.filter(Block.guards.ToolUse)

/** Describes a tool to the model. */
export const toSpec = ({ description, input, name }: Pick<Tool, "name" | "description" | "input">): ToolSpec => ({
  name,
  description,
  inputSchema: ToolSchema.make(input)
})

/** Describes the tool that hands in the answer. */
export const submitSpec = (
  { description, input, inputSchema, toolName: name }: Omit<Submission<unknown>, "decode">
): ToolSpec => inputSchema === undefined ? toSpec({ name, description, input }) : { name, description, inputSchema }

/** Answers a call. Results and errors are redacted before they leave a tool. */
export const answer = (call: ToolCall, content: string, isError = false): Block =>
  Block.cases.ToolResult.make({ toolUseId: call.id, content: redact(content), isError })

/**
 * Runs the calls of one turn side by side and answers every one of them, in their order. Only the tools that were
 * offered run; a failure is an answer that the model can read.
 */
export const runAll = (
  tools: ReadonlyArray<Tool>,
  calls: ReadonlyArray<ToolCall>
): Effect.Effect<ReadonlyArray<Block>> =>
  Effect.forEach(
    calls,
    (call, at) =>
      at < mostCalls
        ? runOne(tools, call)
        : Effect.succeed(
          answer(call, `Not run: a turn may have ${mostCalls} calls at most. Call it in the next one.`, true)
        ),
    { concurrency }
  )

/** Hides the secrets of this process in what a tool says: a transcript is sent to the model, and kept. */
const hidingKnown = (text: string) => Effect.map(KnownSecrets, ({ redactKnown }) => redactKnown(text))

const runOne = (tools: ReadonlyArray<Tool>, call: ToolCall): Effect.Effect<Block> => {
  const tool = tools.find(({ name }) => name === call.name)
  if (tool === undefined) return Effect.succeed(answer(call, unknownTool(tools, call.name), true))
  return Effect.flatMap(
    AgentProgress,
    (report) => report(AgentEvent.cases.ToolStarted.make({ tool: tool.name, input: call.input }))
  ).pipe(
    Effect.andThen(Effect.suspend(() => tool.run(call.input))),
    tool.ownTimeLimit === true ? identity : Effect.timeoutOrElse({
      duration: timeLimit,
      orElse: () => new ToolError({ message: `${call.name} did not finish within ${Duration.format(timeLimit)}.` })
    }),
    Effect.flatMap(hidingKnown),
    Effect.map((content) => answer(call, content)),
    Effect.catchTag(
      "ToolError",
      ({ message }) => Effect.map(hidingKnown(message), (shown) => answer(call, shown, true))
    ),
    Effect.catchDefect((defect) =>
      Effect.logWarning("A tool failed unexpectedly", Cause.die(defect)).pipe(
        Effect.annotateLogs({ tool: call.name }),
        Effect.andThen(hidingKnown(reason(defect))),
        Effect.map((why) => answer(call, `Unexpected error executing ${call.name}: ${why}`, true))
      )
    )
  )
}

const unknownTool = (tools: ReadonlyArray<Tool>, name: string) => {
  const available = tools.map((tool) => tool.name).join(", ")
  return `Unknown tool '${name}'. Available: ${available === "" ? "none" : available}`
}

const reason = (defect: unknown) => defect instanceof Error ? defect.message : String(defect)
