import { type AgentResult, AgentRunner, type AgentTask } from "@nominal-code/agent/AgentRunner"
import type { UsageSummary } from "@nominal-code/domain/model/Usage"
import type { AgentSettings } from "@nominal-code/domain/settings/ReviewSettings"
import { Effect, Option, Result } from "effect"
import * as PromptFiles from "../PromptFiles.ts"
import { jsonCandidates, longestRepaired, parseJson } from "./Json.ts"
import { decodeReview, type ReviewAnswer, reviewSubmission } from "./ReviewOutput.ts"

/** Result of recovering a review's answer. */
export interface RecoveredAnswer {
  readonly answer: Option.Option<ReviewAnswer>
  readonly usage: UsageSummary
}

/** Maximum length of a text that is sent for repair, longer than any review. */
const longest = 100_000

/**
 * Reads a review from plain text, leniently: the model was asked before to submit it properly. Its parts share the length
 * that is repaired.
 */
export const readText = (text: string): Option.Option<ReviewAnswer> => {
  let room = longestRepaired
  for (const candidate of jsonCandidates(text)) {
    const value = parseJson(candidate, room)
    const answer = Option.flatMap(value, (value) => Result.getSuccess(decodeReview(value, { lenient: true })))
    if (Option.isSome(answer)) return answer
    if (candidate.length <= room) room -= candidate.length
  }
  return Option.none()
}

const attempts = ["output/json_fix_user", "output/json_fix_retry"] as const

/**
 * Recovers the answer of a run that did not submit one: first from its last text, then with up to two more calls, which
 * see that text only. None if there is no text, if the budget is used up, or if it does not help.
 */
export const recover = Effect.fn("OutputRepair.recover")(function*(
  result: AgentResult<ReviewAnswer>,
  settings: AgentSettings
) {
  let recovered: RecoveredAnswer = {
    answer: Option.orElse(result.answer, () => readText(result.text)),
    usage: result.usage
  }
  let broken = result.text.trim()
  if (Option.isSome(recovered.answer) || broken === "" || result.stopped === "budget") return recovered
  const agent = yield* AgentRunner
  const system = yield* PromptFiles.load("output/json_fix_system")
  for (const name of attempts) {
    const task: AgentTask<ReviewAnswer> = {
      settings: { ...settings, maxTurns: 1 },
      system,
      prompt: PromptFiles.fill(yield* PromptFiles.load(name), { broken_json: broken.slice(0, longest) }),
      tools: [],
      history: { messages: [] },
      isContinuation: true,
      submission: reviewSubmission
    }
    const mended = yield* agent.run(task)
    recovered = {
      answer: Option.orElse(mended.answer, () => readText(mended.text)),
      usage: recovered.usage.plus(mended.usage)
    }
    if (Option.isSome(recovered.answer) || mended.stopped === "budget") break
    broken = mended.text.trim() === "" ? broken : mended.text.trim()
  }
  return recovered
})
