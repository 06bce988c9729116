import type { Conversation } from "@nominal-code/domain/model/Conversation"
import { TranscriptAgent } from "@nominal-code/domain/model/Transcript"
import type { UsageSummary } from "@nominal-code/domain/model/Usage"
import type { AgentSettings } from "@nominal-code/domain/settings/ReviewSettings"
import type { LlmError } from "@nominal-code/llm/LlmError"
import type { ToolSpec } from "@nominal-code/llm/LlmProvider"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { make as makeTool, type Tool, ToolError } from "@nominal-code/workspace/Tool"
import { Duration, Effect, Option, Ref, Schema, Semaphore } from "effect"
import { AgentProgress } from "./AgentProgress.ts"
import type { AgentResult, AgentTask, Submission } from "./AgentRunner.ts"
import * as Notes from "./Notes.ts"
import { toSpec } from "./ToolCalls.ts"

/** Agents that a task's model may start beside itself, to look something up each. */
export interface ExplorerSettings {
  readonly settings: AgentSettings
  readonly system: string
  /** Number of them that work at the same time. */
  readonly maxConcurrent: number
  /** Cost cap of each in US dollars, within what the task may spend; absent: no cap of its own. */
  readonly maxCostUsd?: number | undefined
}

/** Work of one explorer. */
export interface Exploration {
  readonly prompt: string
  readonly conversation: Conversation
  readonly turns: number
  readonly usage: UsageSummary
  readonly stopped: AgentResult<unknown>["stopped"]
}

/** Runs an explorer's task, with notes that are there even if it is ended early. */
export type ExplorerFunction = (
  task: AgentTask<string>,
  notes: Notes.Notes
) => Effect.Effect<AgentResult<string>, LlmError | StoreError>

/** Tool that starts an explorer. */
export const toolName = "Agent"

/** Name of its kind, as a model asks for it. */
export const kind = "explore"

/** Time after which an explorer is ended. What it has noted by then is its result. */
const timeLimit = Duration.minutes(4)

/** Number of explorers of one task, one after the other. */
const mostExplorers = 24

const Input = Schema.Struct({
  subagent_type: Schema.Literal(kind),
  // The description stands before the check, which no JSON Schema tells.
  prompt: Schema.String.annotate({
    description: "What to find out, with files, symbols and the reason: it knows nothing of your task."
  }).check(Schema.makeFilter((text) => text.trim() !== "", { expected: "a text that is not empty" }))
})

const description =
  "Start a sub-agent that looks something up with your tools, in turns of its own. Several calls in one " +
  "turn run side by side."

/** Description of that tool for a task whose model is shown it and has no explorers. */
export const spec: ToolSpec = toSpec({ name: toolName, description, input: Input })

const Report = Schema.Struct({
  answer: Schema.optionalKey(Schema.String).annotate({
    description: "What your notes lack. Leave it out if they hold everything."
  })
})

/** Submission of an explorer, which may also end with words alone. */
const submission: Submission<string> = {
  toolName: "finish",
  description: "Ends your work. The one who asked gets your notes, and this answer.",
  input: Report,
  acceptsText: true,
  decode: (input) =>
    Schema.decodeUnknownEffect(Report)(input).pipe(
      Effect.map(({ answer = "" }) => answer.trim()),
      Effect.mapError(({ message }) => message)
    )
}

const early: Readonly<Record<AgentResult<unknown>["stopped"], string>> = {
  submitted: "",
  prose: "",
  turns: "It ended early: its turns were used up.",
  budget: "It ended early: its money was used up."
}

/** Report to the model that asked: the notes and the answer, else the last text. */
const reportOf = (notes: string, ended: Option.Option<AgentResult<string>>): string => {
  const answer = Option.match(ended, {
    onNone: () => "",
    onSome: ({ answer, text }) => Option.getOrElse(answer, () => notes === "" ? text : "")
  })
  const found = [notes, answer].filter((text) => text !== "")
  const end = Option.match(ended, {
    onNone: () => `It ended early: it had ${Duration.format(timeLimit)}.`,
    onSome: ({ stopped }) => early[stopped]
  })
  return [...(found.length === 0 ? ["No findings."] : found), end].filter((text) => text !== "").join("\n\n")
}

/**
 * Makes the tool by which a task's model starts explorers. They have the tools of the task, which only read, and
 * cannot start others. They run in fibers of the call, so that they end with it.
 */
export const make = Effect.fnUntraced(function*<A>(
  { tools }: Pick<AgentTask<A>, "tools">,
  { maxConcurrent, maxCostUsd, settings, system }: ExplorerSettings,
  explore: ExplorerFunction
) {
  const permits = yield* Semaphore.make(maxConcurrent)
  const started = yield* Ref.make(0)
  const explorations = yield* Ref.make<ReadonlyArray<Exploration>>([])

  const run = Effect.fnUntraced(function*(prompt: string, number: number) {
    const notes = yield* Notes.make
    const tell = yield* AgentProgress
    const task: AgentTask<string> = {
      settings,
      system,
      prompt,
      tools,
      history: { messages: [] },
      submission,
      maxCostUsd
    }
    const ended = yield* explore(task, notes).pipe(
      Effect.tap(({ conversation, stopped, turns, usage }) =>
        Ref.update(explorations, (before) => [...before, { prompt, conversation, turns, usage, stopped }])
      ),
      Effect.mapError(({ message }) => new ToolError({ message: `Sub-agent error: ${message}` })),
      Effect.timeoutOption(timeLimit),
      Effect.provideService(TranscriptAgent, Option.some(`${kind} ${number}`)),
      Effect.provideService(AgentProgress, (event) => tell({ ...event, agent: `${kind} ${number}` })),
      Effect.annotateLogs({ agent: `${kind} ${number}` })
    )
    return reportOf(yield* notes.text, ended)
  })

  const tool: Tool = {
    ...makeTool({
      name: toolName,
      description,
      input: Input,
      run: ({ prompt }) =>
        Effect.flatMap(
          Ref.updateAndGet(started, (before) => before + 1),
          (number) =>
            number > mostExplorers
              ? new ToolError({ message: `No more sub-agents: there were ${mostExplorers}. Use your own tools.` })
              : permits.withPermits(1)(run(prompt.trim(), number))
        )
    }),
    ownTimeLimit: true
  }
  return { tool, explorations: Ref.get(explorations) }
})
