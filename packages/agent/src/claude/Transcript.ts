import { Block, type Message } from "@nominal-code/domain/model/Conversation"
import { Usage } from "@nominal-code/domain/model/Usage"
import { believedOutput } from "@nominal-code/llm/TokenCount"
import { Option } from "effect"
import type { ClaudeEvent, EndEvent } from "./Events.ts"

/** One answer of the model, and the results of its tool calls. */
interface Turn {
  readonly id: string
  readonly model: string
  readonly usage: Usage
  readonly content: ReadonlyArray<Block>
  readonly results: ReadonlyArray<Block>
}

/** State of one process, from its events. */
export interface Transcript {
  /** True if the process continues a session. It may count what the session has cost before. */
  readonly resumed: boolean
  readonly sessionId: Option.Option<string>
  /** Model that it began with. */
  readonly model: Option.Option<string>
  /** Bytes of its first prompt, and of all that its session knows. */
  readonly openingBytes: number
  /** Present call: none, a whole one that has not answered, or the rest of one that has begun to. */
  readonly underway: "nothing" | "call" | "rest"
  readonly turns: ReadonlyArray<Turn>
  /** The last text of the model. */
  readonly text: string
  /** The error that stood in for the last answer. */
  readonly problem: Option.Option<string>
  readonly limitedUntil: Option.Option<number>
  readonly end: Option.Option<EndEvent>
}

export const empty: Transcript = {
  resumed: false,
  sessionId: Option.none(),
  model: Option.none(),
  openingBytes: 0,
  underway: "nothing",
  turns: [],
  text: "",
  problem: Option.none(),
  limitedUntil: Option.none(),
  end: Option.none()
}

const withAnswer = (before: Transcript, said: Extract<ClaudeEvent, { readonly _tag: "Said" }>): Transcript => {
  const { content, id, model, problem, usage } = said
  if (Option.isSome(problem)) return { ...before, problem, underway: "nothing" }
  const text = content.filter(Block.guards.Text).map(({ text }) => text).join("\n").trim()
  const known = before.turns.some((turn) => turn.id === id)
  return {
    ...before,
    problem,
    underway: "rest",
    text: text === "" ? before.text : text,
    turns: known
      ? before.turns.map((turn) => turn.id === id ? { ...turn, usage, content: [...turn.content, ...content] } : turn)
      : [...before.turns, { id, model, usage, content, results: [] }]
  }
}

const withResults = (before: Transcript, results: ReadonlyArray<Block>): Transcript => ({
  ...before,
  underway: "call",
  turns: before.turns.map((turn) => {
    const calls = new Set(turn.content.filter(Block.guards.ToolUse).map(({ id }) => id))
    const own = results.filter((block) => Block.guards.ToolResult(block) && calls.has(block.toolUseId))
    return own.length === 0 ? turn : { ...turn, results: [...turn.results, ...own] }
  })
})

/** Usage of an answer that says at its end how much it has written. */
const withOutput = ({ model, usage }: Turn, output: number): Usage =>
  new Usage({ ...usage, output: Math.max(usage.output, Math.min(output, believedOutput(model))) })

/** Adds an event. */
export const add = (before: Transcript, event: ClaudeEvent): Transcript => {
  switch (event._tag) {
    case "Started":
      return { ...before, sessionId: Option.some(event.sessionId), model: event.model, underway: "call" }
    case "Said":
      return withAnswer(before, event)
    case "Counted":
      return {
        ...before,
        underway: "nothing",
        turns: before.turns.map((turn, index) =>
          index === before.turns.length - 1
            ? { ...turn, usage: withOutput(turn, event.output) }
            : turn
        )
      }
    case "ToolsAnswered":
      return withResults(before, event.results)
    case "Limited":
      return { ...before, limitedUntil: event.resetsAt }
    case "Ended":
      return { ...before, end: Option.some(event), underway: "nothing" }
  }
}

/** Adds a text of ours that follows the last answer. */
export const told = (before: Transcript, text: string): Transcript => ({
  ...before,
  underway: "call",
  turns: before.turns.map((turn, index) =>
    index === before.turns.length - 1
      ? { ...turn, results: [...turn.results, Block.cases.Text.make({ text })] }
      : turn
  )
})

const notRun = (id: string) =>
  Block.cases.ToolResult.make({ toolUseId: id, content: "Not run: the task was over.", isError: true })

/** The messages of the turns. Every tool call is answered, in the order of the calls. */
export const messagesOf = ({ turns }: Transcript): ReadonlyArray<Message> =>
  turns.flatMap(({ content, results }): ReadonlyArray<Message> => {
    const answers = new Map(results.filter(Block.guards.ToolResult).map((result) => [result.toolUseId, result]))
    const answered = content.filter(Block.guards.ToolUse).map(({ id }) => answers.get(id) ?? notRun(id))
    const spoken: ReadonlyArray<Message> = [
      { role: "assistant", content },
      { role: "user", content: [...answered, ...results.filter(Block.guards.Text)] }
    ]
    return spoken.filter((message) => message.content.length > 0)
  })
