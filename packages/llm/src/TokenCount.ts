import type { Usage as Counts } from "@nominal-code/domain/model/Usage"
import { Usage } from "@nominal-code/domain/model/Usage"
import { Option, Schema } from "effect"
import type { LlmRequest, LlmResponse } from "./LlmProvider.ts"
import { largestOutputOf } from "./ModelOutput.ts"

/** A count of tokens as a service sends it. A wrong one is no reason to throw a paid answer away. */
export const TokenCount = Schema.optionalKey(Schema.Unknown)

/** Largest number of tokens that one call can have: several times the largest context window. */
const most = 20_000_000

/** Number of tokens; 0 where the service sent none, or something that cannot be one. */
export const tokensOf = (count: unknown): number =>
  typeof count === "number" && Number.isInteger(count) && count >= 0 && count <= most ? count : 0

/** Largest output of one call that is believed, in tokens, where that of its model is not known. */
const largestOutput = 128_000

/** Largest output of one call of a model that is believed, in tokens. */
export const believedOutput = (model: string): number => Option.getOrElse(largestOutputOf(model), () => largestOutput)

/** Tokens that services add to a prompt: their own instructions about tools, and marks between the messages. */
const addedByService = 10_000

/** Tokens that the prompt of a request can have: a token is a byte at least. */
export const mostTokensOf = ({ messages, system, tools }: LlmRequest): number =>
  Buffer.byteLength(JSON.stringify([system, tools, messages])) + addedByService

/** Most tokens that a call of a model can have used. */
export interface UsageBounds {
  /** Context window of the model; absent: not known. */
  readonly window: number | undefined
  /** Tokens that its prompt can have; absent: not known. */
  readonly prompt?: number
  readonly output: number
}

/** Usage of a call without what its model cannot have read or written. */
export const bounded = (usage: Counts, { output, prompt = Infinity, window = Infinity }: UsageBounds): Counts => {
  const most = Math.min(prompt, window)
  const cacheWrite = Math.min(usage.cacheWrite, most)
  const cacheRead = Math.min(usage.cacheRead, most - cacheWrite)
  return new Usage({
    input: Math.min(usage.input, most - cacheWrite - cacheRead),
    output: Math.min(usage.output, window, output),
    cacheRead,
    cacheWrite
  })
}

const charactersPerToken = 4

const estimate = (value: unknown): number => Math.ceil(JSON.stringify(value).length / charactersPerToken)

/**
 * Usage of a call, with an estimate from its texts in place of what the service has not told: neither its prompt nor its
 * answer must look free.
 */
export const countedOrEstimated = (
  { messages, system, tools }: LlmRequest,
  { content, usage }: LlmResponse
): Counts => {
  const { cacheRead, cacheWrite, input, output } = usage
  return new Usage({
    input: input + cacheRead + cacheWrite > 0 ? input : estimate([system, tools, messages]),
    output: output > 0 || content.length === 0 ? output : estimate(content),
    cacheRead,
    cacheWrite
  })
}
