/** Two finders, one after the other: of what the lines show by themselves, and of what reaches further. */
import { type AgentResult, AgentRunner, type AgentTask } from "@nominal-code/agent/AgentRunner"
import { escapePath } from "@nominal-code/domain/file/RepoPathSpelling"
import { Block } from "@nominal-code/domain/model/Conversation"
import { oneLine } from "@nominal-code/domain/text/OneLine"
import { Effect, Option } from "effect"
import type { ReviewAnswer } from "./answer/ReviewOutput.ts"
import { block } from "./prompt/UntrustedBlocks.ts"

/** Maximum length of a claim of the first finder in the prompt of the second one. */
const longestClaim = 200

/** Prompt of the second finder, which goes on in the conversation of the first one. */
const reachPrompt = (claimed: ReviewAnswer["findings"], submission: string): string =>
  [
    "That was the first look, at the lines alone. Now look at what reaches further, with your tools: callers, types, " +
    "tests, other places with the same code.",
    ...(claimed.length === 0 ? [] : [
      "These claims are handed in already. Do not repeat them:",
      block(
        "untrusted-claim",
        claimed.map(({ body, category, line, path }) =>
          `- ${escapePath(path)}:${line} ${category}: ${oneLine(body, longestClaim)}`
        ).join("\n")
      )
    ]),
    `Then call ${submission} once more, with the summary of the whole and with the comments that are new.`
  ].join("\n\n")

/** Joins the answers of both finders. The second one speaks of the change as a whole, and for the earlier findings. */
const joined = (first: ReviewAnswer, second: ReviewAnswer): ReviewAnswer => ({
  ...first,
  ...second,
  summary: second.summary === "" ? first.summary : second.summary,
  findings: [...first.findings, ...second.findings],
  unplaced: [...first.unplaced, ...second.unplaced],
  unreadable: first.unreadable + second.unreadable
})

/** True if a conversation can go on with tools. A model that takes none is asked once. */
const canGoOn = ({ conversation: { messages, sessionId }, limit, stopped }: AgentResult<ReviewAnswer>): boolean =>
  stopped !== "budget" && limit === undefined &&
  (sessionId !== undefined || messages.some(({ content }) => content.some(Block.guards.ToolUse)))

/**
 * Has a review made in two looks: one turn on the diff, without looking anything up, then the usual turns with tools. The
 * second look goes on in the conversation of the first one, so that the prompt and the tools are read from the cache.
 */
export const findTwice = Effect.fn("Finders.findTwice")(function*(task: AgentTask<ReviewAnswer>) {
  const agent = yield* AgentRunner
  const lines = yield* agent.run({ ...task, settings: { ...task.settings, maxTurns: 1 }, endsWithTurns: true })
  if (!canGoOn(lines)) return lines
  const claimed = Option.match(lines.answer, { onNone: () => [], onSome: ({ findings }) => findings })
  const reach = yield* agent.run({
    ...task,
    prompt: reachPrompt(claimed, task.submission.toolName),
    shorter: undefined,
    history: lines.conversation,
    isContinuation: true
  })
  const result: AgentResult<ReviewAnswer> = {
    ...reach,
    answer: Option.match(lines.answer, {
      onNone: () => reach.answer,
      onSome: (first) =>
        Option.some(Option.match(reach.answer, { onNone: () => first, onSome: (second) => joined(first, second) }))
    }),
    turns: lines.turns + reach.turns,
    usage: lines.usage.plus(reach.usage)
  }
  return result
})
