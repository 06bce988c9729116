import type { ModelPrice } from "@nominal-code/domain/model/ModelPrice"
import type { Usage } from "@nominal-code/domain/model/Usage"
import { Duration } from "effect"
import { ratesFor } from "./Pricing.ts"
import { tokensInBytes } from "./TokenEstimate.ts"

/** The call that is about to be made. */
export interface NextCall {
  /** Usage of the call before. Its prompt is the beginning of this one's. */
  readonly previous: Usage
  /** Bytes of the prompt that no call has sent before. */
  readonly newBytes: number
  readonly maxOutputTokens: number
  /** Time since the call before; absent: none to speak of. */
  readonly pause?: Duration.Duration
}

/** Estimated cost of a call in nanodollars, rather too high than too low. */
export interface CallEstimate {
  readonly prompt: number
  /** Cost of one token of output. */
  readonly outputToken: number
  /** Fewest output tokens of a call. With fewer, an answer would be cut off. */
  readonly leastOutput: number
  readonly mostOutput: number
  /** Cost of the call after it, which reads this one's prompt again, with some more, and has an answer to write. */
  readonly closing: number
}

const leastOutput = 1_000

/**
 * Longest pause after which the service surely reads the prompt before from its cache: Anthropic keeps it for 5 minutes,
 * and the call may wait 3 of them for its turn.
 */
const cacheLasts = Duration.minutes(2)

/** Nanodollars per token at a price of one dollar per million tokens. */
const nano = 1_000

/** Estimates the cost of a call. */
export const estimate = (price: ModelPrice, call: NextCall): CallEstimate => {
  const { cacheRead, cacheWrite, input, output } = call.previous
  const seen = input + cacheRead + cacheWrite
  const fresh = output + tokensInBytes(call.newBytes)
  const rates = ratesFor(price, seen + fresh)
  const caches = cacheRead + cacheWrite > 0
  const written = Math.max(rates.cacheWrite ?? 0, rates.input)
  const isCached = caches && Duration.isLessThanOrEqualTo(call.pause ?? Duration.zero, cacheLasts)
  const seenRate = isCached ? rates.cacheRead ?? rates.input : caches ? written : rates.input
  const prompt = seen * seenRate + fresh * written
  return {
    prompt: Math.ceil(prompt * nano),
    outputToken: rates.output * nano,
    leastOutput: Math.min(leastOutput, call.maxOutputTokens),
    mostOutput: call.maxOutputTokens,
    closing: Math.ceil((prompt * 1.25 + 2 * leastOutput * rates.output) * nano)
  }
}

/** Output tokens that an amount pays for beside the prompt. */
export const tokensFor = ({ mostOutput, outputToken, prompt }: CallEstimate, amount: number): number =>
  outputToken === 0 ? mostOutput : Math.min(mostOutput, Math.floor((amount - prompt) / outputToken))
