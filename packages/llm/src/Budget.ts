import { Usage, UsageSummary } from "@nominal-code/domain/Usage"
import { Option } from "effect"
import { costOf, priceOf, ratesFor } from "./Pricing.ts"

/** Usage of one task's calls so far. */
export interface Spent {
  readonly usage: Usage
  readonly calls: number
  /** Cost in US dollars; none if one of the models has no known price. */
  readonly costUsd: Option.Option<number>
}

export const nothing: Spent = { usage: Usage.none, calls: 0, costUsd: Option.some(0) }

/** Adds a call. */
export const plus = (spent: Spent, model: string, usage: Usage): Spent => ({
  usage: spent.usage.plus(usage),
  calls: spent.calls + 1,
  costUsd: Option.zipWith(spent.costUsd, costOf(model, usage), (sum, cost) => sum + cost)
})

export const summarize = (spent: Spent, provider: string, model: string): UsageSummary =>
  new UsageSummary({
    provider,
    model,
    usage: spent.usage,
    calls: spent.calls,
    ...(Option.isSome(spent.costUsd) && spent.calls > 0 ? { costUsd: spent.costUsd.value } : {})
  })

/** The call that is about to be made. */
export interface NextCall {
  readonly model: string
  /** Cap of all calls together in US dollars; absent: no cap. */
  readonly maxCostUsd: number | undefined
  readonly spent: Spent
  /** Usage of the call before. Its prompt is the beginning of this one's. */
  readonly previous: Usage
  /** Characters of the prompt that no call has sent before. */
  readonly newCharacters: number
  readonly maxOutputTokens: number
}

/** Output tokens that the next call may use; 0 if the budget does not allow it. */
export interface Room {
  /** For a call after which another one, which submits the answer, has to stay affordable. */
  readonly ordinary: number
  /** For the last call. */
  readonly final: number
}

/** Characters per token of the estimate, low enough that it is rather too high than too low. */
const charactersPerToken = 3

/** Fewest output tokens of a call. With fewer, an answer would be cut off. */
const leastOutput = 1_000

/**
 * Output tokens that the next call may use within a task's cap. Without a cap, or for a model without a known price:
 * all.
 */
export const room = (call: NextCall): Room =>
  Option.match(Option.all([Option.fromUndefinedOr(call.maxCostUsd), priceOf(call.model), call.spent.costUsd]), {
    onNone: () => ({ ordinary: call.maxOutputTokens, final: call.maxOutputTokens }),
    onSome: ([cap, price, spent]) => {
      const { cacheRead, cacheWrite, input, output } = call.previous
      const seen = input + cacheRead + cacheWrite
      const fresh = output + Math.ceil(call.newCharacters / charactersPerToken)
      const rates = ratesFor(price, seen + fresh)
      const caches = cacheRead + cacheWrite > 0
      const prompt = seen * (caches ? rates.cacheRead ?? rates.input : rates.input) +
        fresh * Math.max(rates.cacheWrite ?? 0, rates.input)
      const left = (cap - spent) * 1_000_000
      const writable = (dollars: number) => {
        const tokens = Math.min(call.maxOutputTokens, Math.floor(dollars / rates.output))
        return tokens < leastOutput ? 0 : tokens
      }
      // The call after it reads this one's prompt again, with some more, and has an answer to write.
      const reserve = prompt * 1.25 + 2 * leastOutput * rates.output
      return { ordinary: writable(left - prompt - reserve), final: writable(left - prompt) }
    }
  })
