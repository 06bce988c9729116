import { backoff } from "@nominal-code/domain/job/Backoff"
import { bytesOf } from "@nominal-code/domain/model/Conversation"
import type { SpendLimit } from "@nominal-code/domain/model/SpendLimits"
import { Usage, UsageSummary } from "@nominal-code/domain/model/Usage"
import { claudeCode } from "@nominal-code/domain/settings/ReviewSettings"
import { estimate } from "@nominal-code/llm/CallEstimate"
import type { Prices } from "@nominal-code/llm/Pricing"
import { type CallCosts, dollarsOf, nanoOf, newTask, noCosts } from "@nominal-code/persistence/Spend"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Effect, Option, Schedule } from "effect"
import { SpendScope, within } from "../SpendScope.ts"
import type { Spending } from "./Events.ts"
import type { Transcript } from "./Transcript.ts"

/** Fewest nanodollars that a process is started for. */
export const least = nanoOf(0.01)

/** Maximum reservation of one process against limits that other reviews share, in nanodollars. */
const most = nanoOf(10)

/** Money of one process. */
export interface Allowance {
  /** In US dollars; none: unlimited. */
  readonly maxUsd: Option.Option<number>
  /** The limit that bounds it. */
  readonly limit: Option.Option<SpendLimit>
}

/** Repeats a write while its store is away for a moment. */
const patiently = <A, R>(write: Effect.Effect<A, StoreError, R>) =>
  Effect.retry(write, {
    schedule: backoff("50 millis", "1 second").pipe(Schedule.upTo({ duration: "5 seconds" })),
    while: ({ retryable }) => retryable
  })

/** Upper bound of the price of one token, in US dollars. */
const dearest = 0.0002

/** The part of a session's cost that falls to some of its tokens. */
const shareOf = (usage: Usage, session: Spending): Option.Option<number> =>
  Option.map(
    session.costUsd,
    (costUsd) =>
      Math.min(
        usage.total * dearest,
        session.usage.total === 0 ? 0 : costUsd * Math.min(1, usage.total / session.usage.total)
      )
  )

/** Tokens that a process may have used beside those of the answers that it told of. */
const untold = 250_000

/**
 * True if what a process counted at its end can be: no more than twice the tokens of its answers and some more, at a
 * price that a model has.
 */
const isBelievable = ({ costUsd, usage }: Spending, told: Usage): boolean =>
  usage.total <= 2 * told.total + untold && Option.getOrElse(costUsd, () => 0) <= usage.total * dearest

/**
 * Usage and cost of a process: as it counted them at its end. Where it did not come to that, where that cannot be, or
 * where it may count an earlier process of its session, too, those of the answers that it told of. With a subscription,
 * the cost is what the API would have asked for.
 */
export const summarize = ({ end, resumed, turns }: Transcript, model: string, prices: Prices): UsageSummary => {
  const told = turns.reduce(
    (sum, turn) => ({
      usage: sum.usage.plus(turn.usage),
      costUsd: Option.zipWith(sum.costUsd, prices.costOf(turn.model, turn.usage), (a, b) => a + b)
    }),
    { usage: Usage.none, costUsd: Option.some(0) }
  )
  const counted = Option.flatMap(end, ({ spending }) => spending)
  const share = Option.flatMap(counted, (session) => shareOf(told.usage, session))
  const { costUsd, usage } = resumed
    ? { usage: told.usage, costUsd: Option.orElse(told.costUsd, () => share) }
    : Option.getOrElse(Option.filter(counted, (session) => isBelievable(session, told.usage)), () => told)
  return new UsageSummary({
    provider: claudeCode,
    model: turns.at(-1)?.model ?? model,
    usage,
    calls: turns.length,
    ...(Option.isSome(costUsd) ? { costUsd: costUsd.value } : {})
  })
}

/** Largest output that Claude Code asks for in one call, in tokens. */
const maxOutputTokens = 32_000

/** Estimated cost of the call that a killed process had underway: the service goes on with it, and bills it. */
export const lostOf = (
  { model: began, openingBytes, turns, underway }: Transcript,
  model: string,
  prices: Prices
): CallCosts => {
  if (underway === "nothing") return noCosts
  const last = turns.at(-1)
  const price = prices.priceOf(last?.model ?? Option.getOrElse(began, () => model))
  const cost = Option.match(price, {
    onNone: () => 0,
    onSome: (price) => {
      const newBytes = last === undefined ? openingBytes : bytesOf({ role: "user", content: last.results })
      const previous = last?.usage ?? Usage.none
      const { outputToken, prompt } = estimate(price, { previous, newBytes, maxOutputTokens })
      return underway === "call"
        ? prompt + Math.ceil(maxOutputTokens * outputToken)
        : Math.ceil(Math.max(0, maxOutputTokens - previous.output) * outputToken)
    }
  })
  const calls = underway === "call" ? 1 : 0
  return { ...noCosts, spent: cost, lost: cost, calls, unpriced: Option.isSome(price) ? 0 : calls }
}

/** Dollars that a further process of the same task may spend. */
export const leftOf = (maxUsd: number, { costUsd = 0 }: UsageSummary): number =>
  Math.min(maxUsd, Math.max(dollarsOf(least), maxUsd - costUsd))

/** Costs of a process. What it lost counts as no more than what is left of its reservation, if there is one. */
const costsOf = ({ calls, costUsd, usage }: UsageSummary, lost: CallCosts, reserved: number): CallCosts => {
  const spent = costUsd === undefined ? 0 : nanoOf(costUsd)
  const lostAmount = Math.min(lost.lost, Math.max(0, reserved - spent))
  return {
    spent: spent + lostAmount,
    lost: lostAmount,
    calls: calls + lost.calls,
    unpriced: (costUsd === undefined ? calls : 0) + lost.unpriced,
    usage
  }
}

/**
 * Runs a process with the money that is left for it, and charges its cost in any case. None if a limit leaves nothing:
 * `refused` is told which.
 */
export const charged = Effect.fnUntraced(function*<A, E, R>(options: {
  readonly model: string
  readonly maxCostUsd: number | undefined
  readonly spent: Effect.Effect<UsageSummary>
  /** The call that was underway when the process ended. */
  readonly lost: Effect.Effect<CallCosts>
  readonly refused: (limit: SpendLimit) => Effect.Effect<A>
  readonly run: (allowance: Allowance) => Effect.Effect<A, E, R>
}) {
  const scope = yield* SpendScope
  const { accounts, ledger, subject } = options.maxCostUsd === undefined ? scope : within(scope, options.maxCostUsd)
  const limits = accounts.flatMap(({ kind, limit }) => limit === undefined ? [] : [{ kind, limit }])
  const wanted = Math.min(most, ...limits.map(({ limit }) => limit))
  const ranges = limits.length === 0
    ? [{ least: 0, most: 0 }]
    : [{ least: wanted, most: wanted }, { least: Math.min(least, wanted), most: wanted }]
  const task = newTask(accounts)
  const own = { ...subject, provider: claudeCode, model: options.model }
  return yield* Effect.acquireUseRelease(
    patiently(ledger.reserve({ task, subject: own, call: 1, ranges })),
    (grant) => {
      if (grant._tag === "Refused") return options.refused(grant.tightest.kind)
      const kind = grant.tightest?.kind ?? limits.find(({ limit }) => limit === wanted)?.kind
      return options.run({
        maxUsd: limits.length === 0 ? Option.none() : Option.some(dollarsOf(grant.amount)),
        limit: Option.fromUndefinedOr(kind)
      })
    },
    (grant) =>
      grant._tag === "Refused" ? Effect.void : Effect.gen(function*() {
        const reserved = limits.length === 0 ? Infinity : grant.amount
        const costs = costsOf(yield* options.spent, yield* options.lost, reserved)
        yield* patiently(ledger.settle({ task, subject: own, call: 1, day: grant.day, costs, keep: 0 }))
      }).pipe(
        Effect.catch(({ message }) =>
          Effect.logWarning(`the cost of a review could not be stored, and counts as what was reserved: ${message}`)
        )
      )
  )
})
