import type { ModelPrice } from "@nominal-code/domain/ModelPrice"
import type { Usage } from "@nominal-code/domain/Usage"
import { ratesFor } from "./Pricing.ts"
import { tokensInBytes } from "./TokenEstimate.ts"

/** The call that is about to be made. */
export interface NextCall {
  /** Usage of the call before. Its prompt is the beginning of this one's. */
  readonly previous: Usage
  /** Bytes of the prompt that no call has sent before. */
  readonly newBytes: number
  readonly maxOutputTokens: number
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

/** A dollar per million tokens is a thousand nanodollars per token. */
const nano = 1_000

/** Estimates the cost of a call. */
export const estimate = (price: ModelPrice, call: NextCall): CallEstimate => {
  const { cacheRead, cacheWrite, input, output } = call.previous
  const seen = input + cacheRead + cacheWrite
  const fresh = output + tokensInBytes(call.newBytes)
  const rates = ratesFor(price, seen + fresh)
  const caches = cacheRead + cacheWrite > 0
  const prompt = seen * (caches ? rates.cacheRead ?? rates.input : rates.input) +
    fresh * Math.max(rates.cacheWrite ?? 0, rates.input)
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
