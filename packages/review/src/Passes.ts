/** Passes of a review: one where a prompt holds all that is to be shown, else one for each bundle of files. */
import type { AgentResult } from "@nominal-code/agent/AgentRunner"
import type { Job } from "@nominal-code/domain/job/Job"
import type { Message } from "@nominal-code/domain/model/Conversation"
import { Effect, Option } from "effect"
import type { RecoveredAnswer } from "./answer/OutputRepair.ts"
import type { ReviewAnswer } from "./answer/ReviewOutput.ts"
import type { AskResult } from "./Ask.ts"
import { groupsOf, nextBundle } from "./context/Bundles.ts"
import { fitDiffs, type Portion, portionsOf, type ShownDiff } from "./context/DiffBudget.ts"
import type { ReviewContext } from "./context/ReviewContext.ts"
import { applyRule } from "./context/Rules.ts"
import { coverageOf } from "./posted/Receipt.ts"
import { ReviewConfig } from "./ReviewConfig.ts"
import { ReviewSteps } from "./ReviewSteps.ts"

/** Largest number of passes. What does not fit into the last one is named. */
const mostPasses = 6

/** Number of passes at the same time. */
const passesAtOnce = 3

/** Tokens of the diffs of one prompt: half of the smaller models' context, so that there is room for tools. */
const diffBudget = 100_000

/** Part of a model's window, where that is known, that the diffs of a prompt may take. */
const partOfWindow = 0.4

/** Result of one pass, or of all so far. */
export interface PassResult {
  readonly result: AgentResult<ReviewAnswer>
  readonly recovered: RecoveredAnswer
}

const joined = (before: ReadonlyArray<Message>, after: ReadonlyArray<Message>): ReadonlyArray<Message> => {
  const [first, ...others] = after
  const last = before.at(-1)
  return first === undefined || last === undefined || last.role !== first.role
    ? [...before, ...after]
    : [...before.slice(0, -1), { role: last.role, content: [...last.content, ...first.content] }, ...others]
}

const bothAnswers = (one: ReviewAnswer, other: ReviewAnswer): ReviewAnswer => ({
  summary: [one.summary, other.summary].filter((text) => text !== "").join("\n\n"),
  findings: [...one.findings, ...other.findings],
  unplaced: [...one.unplaced, ...other.unplaced],
  unreadable: one.unreadable + other.unreadable,
  earlier: [...one.earlier ?? [], ...other.earlier ?? []]
})

/** Result of a pass and of one after it. */
const both = (before: PassResult, after: PassResult): PassResult => {
  const { answer } = after.recovered
  return {
    recovered: {
      answer: Option.map(
        before.recovered.answer,
        (one) => Option.match(answer, { onNone: () => one, onSome: (other) => bothAnswers(one, other) })
      ),
      usage: before.recovered.usage.plus(after.recovered.usage)
    },
    result: {
      ...before.result,
      turns: before.result.turns + after.result.turns,
      usage: before.result.usage.plus(after.result.usage),
      conversation: {
        ...before.result.conversation,
        messages: joined(before.result.conversation.messages, after.result.conversation.messages)
      },
      ...(after.result.limit === undefined ? {} : { limit: after.result.limit })
    }
  }
}

/** Bundle of one pass: the first of `portions` that its budget holds. */
interface PassPart {
  readonly budget: number
  readonly pass: number
  readonly portions: ReadonlyArray<Portion>
  readonly shown: ReadonlyArray<ShownDiff>
}

/** Tokens of the diffs that the model has not refused, as far as that is known after a pass. */
const ceilingAfter = (ceiling: number, budget: number, { budget: taken = budget }: AskResult): number =>
  taken < budget ? taken : ceiling

/**
 * Has the agent review what was gathered, bundle by bundle, within the money of the review: the first one alone, which
 * fills the cache with what all begin with and tells how the model counts, then several side by side. What a pass without
 * an answer was shown counts as not looked at.
 */
export const inPasses = Effect.fn("Passes.inPasses")(function*(job: Job, context: ReviewContext) {
  const { settings: { reviewer } } = yield* ReviewConfig
  const steps = yield* ReviewSteps
  const plan = yield* steps.plan(context)
  const all = portionsOf(plan.files)
  let known: ReturnType<typeof groupsOf> | undefined
  const groups = () => known ??= groupsOf(all.map(({ file }) => file))
  const ruled = ({ answer, usage }: RecoveredAnswer): RecoveredAnswer => ({
    usage,
    answer: Option.map(answer, (one) => ({ ...one, findings: one.findings.map(applyRule(context.rules.rules)) }))
  })
  const most = Math.min(diffBudget, Math.floor((reviewer.contextWindow ?? Infinity) * partOfWindow))
  const fitting = ({ pass, portions }: Pick<PassPart, "pass" | "portions">) => (room: number) =>
    pass < mostPasses ? nextBundle(portions, room, groups) : fitDiffs(portions, room)
  const onePass = Effect.fnUntraced(function*(part: PassPart) {
    const { budget, pass } = part
    const fit = fitting(part)
    const inPass = new Set(fit(budget).shown.map(({ file }) => file))
    const evidence = yield* steps.evidence({
      checkout: context.checkout,
      files: plan.files.filter(({ file, onlyNamed }) => inPass.has(file) || (pass === 1 && onlyNamed !== undefined)),
      changed: context.files,
      background: pass === 1 ? context.background : undefined
    })
    const asked = yield* steps.ask(job, context, { ...part, plan, evidence, mayFollow: pass < mostPasses, fit })
    const recovered = ruled(yield* steps.recover(asked.result, reviewer))
    const { diffs = { rest: [], shown: [] } } = asked
    return { asked, budget, diffs, inPass, recovered, isAnswered: Option.isSome(recovered.answer) }
  })
  /** The bundles of a round. A file that is cut ends it, so that no file is in two of them. */
  const roundOf = (first: PassPart): ReadonlyArray<PassPart> => {
    const { rest, shown } = fitting(first)(first.budget)
    const isLast = first.pass === mostPasses || rest.length === 0 || shown.some(({ leftOut }) => leftOut > 0)
    return isLast ? [first] : [first, ...roundOf({ ...first, pass: first.pass + 1, portions: rest })]
  }
  let round: ReadonlyArray<PassPart> = [{ budget: most, pass: 1, portions: all, shown: [] }]
  let ceiling = most
  let done: PassResult | undefined
  while (true) {
    const results = yield* Effect.forEach(round, onePass, { concurrency: passesAtOnce })
    for (const { asked: { result }, recovered } of results) {
      done = done === undefined ? { recovered, result } : both(done, { recovered, result })
    }
    const last = round.at(-1)
    const shown = [
      ...round[0]?.shown ?? [],
      ...results.flatMap(({ diffs, isAnswered }) => isAnswered ? diffs.shown : [])
    ]
    // What a pass of the round was to show and did not, and what comes after the round.
    const left = results.flatMap(({ diffs: { rest }, inPass }, at) =>
      at === round.length - 1 ? rest : rest.filter(({ file }) => inPass.has(file))
    )
    const isEnded = results.some(({ asked: { result }, isAnswered }) => result.limit !== undefined || !isAnswered)
    if (done === undefined || last === undefined || left.length === 0 || isEnded || last.pass === mostPasses) {
      const why = done?.result.limit === undefined ? "too-large" : "ended-early"
      const first = done ?? (yield* Effect.die("a review has at least one pass"))
      return { ...first, coverage: coverageOf({ plan, portions: all, shown, why }) }
    }
    ceiling = results.reduce((least, { asked, budget }) => ceilingAfter(least, budget, asked), ceiling)
    const scale = Math.max(...results.map(({ asked }) => asked.scale ?? 1))
    const budget = Math.min(ceiling, Math.floor(most / scale))
    round = roundOf({ budget, pass: last.pass + 1, portions: left, shown })
    yield* Effect.logInfo(
      `The change is too large for one prompt; ${left.length} files are left for pass ${last.pass + 1}`
    )
  }
})
