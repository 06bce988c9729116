import { bytesOf } from "@nominal-code/domain/model/Conversation"
import { LlmError } from "@nominal-code/llm/LlmError"
import { LlmProvider, type LlmRequest } from "@nominal-code/llm/LlmProvider"
import { LlmProviders } from "@nominal-code/llm/LlmProviders"
import { HasSubstitute } from "@nominal-code/llm/Retry"
import { tokensInBytes } from "@nominal-code/llm/TokenEstimate"
import { type CallPlace, type CallRate, CallRates, newCall, type RatedCall } from "@nominal-code/persistence/CallRates"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Clock, Duration, Effect, Layer, Ref } from "effect"
import { shown, waitFor } from "./ServiceWait.ts"

/** Tokens that an answer usually has. */
const usualAnswer = 1_000

/** Time between two looks for a place. */
const look = Duration.millis(500)

/** Longest wait of a first call. With a longer one the job waits, or another model goes on. */
const patience = Duration.seconds(60)
const shortPatience = Duration.seconds(5)

/** Longest wait of a call that goes on with a conversation: if it were given up, all that was said would be paid again. */
const longPatience = Duration.minutes(3)

/** Tokens that a call will probably use, beside what the service reads from its cache: all but the newest messages. */
const tokensOf = ({ messages, system, tools }: LlmRequest): number => {
  const unsent = messages.length === 1 ? messages : messages.slice(-2)
  const fixed = messages.length === 1 ? Buffer.byteLength(system + JSON.stringify(tools)) : 0
  return tokensInBytes(unsent.reduce((sum, message) => sum + bytesOf(message), fixed)) + usualAnswer
}

/** Wait that a job has where all places are taken. */
const noPlace = Duration.seconds(30)

const limited = (provider: string, wait: Duration.Duration) =>
  new LlmError({
    provider,
    reason: "rate-limited",
    message: `agent.rates (AGENT_RATES) lets no call through for ${Duration.format(wait)}`,
    retryAfter: wait
  })

/** Error of a call whose tokens are not there in time even if no other call is made: its conversation must be shorter. */
const tooLarge = ({ rate: { tokensPerMinute = 0 }, service, tokens }: RatedCall) =>
  new LlmError({
    provider: service,
    reason: "context-too-long",
    message:
      `The call has about ${tokens} tokens, and agent.rates (AGENT_RATES) lets ${service} use ${tokensPerMinute} in a minute`
  })

const isTooLarge = ({ rate: { tokensPerMinute }, tokens }: RatedCall, longest: Duration.Duration): boolean =>
  tokensPerMinute !== undefined && tokens > tokensPerMinute * (1 + Duration.toMinutes(longest))

/** Longest wait of a call within its review. */
const patienceOf = ({ messages }: LlmRequest) =>
  Effect.map(HasSubstitute, (hasSubstitute) => {
    if (hasSubstitute) return shortPatience
    return messages.length === 1 ? patience : longPatience
  })

type PlaceRequest = Effect.Effect<CallPlace, StoreError>

/** Waits until a place is free. */
const freePlace = Effect.fnUntraced(function*(take: PlaceRequest, provider: string, longest: Duration.Duration) {
  yield* Effect.logInfo(`waits for a place among the calls of ${provider}`)
  const since = yield* Clock.currentTimeMillis
  while (true) {
    yield* Effect.sleep(look)
    const place = yield* take
    if (place._tag === "Taken") return place
    const waited = (yield* Clock.currentTimeMillis) - since
    if (waited >= Duration.toMillis(longest)) return yield* limited(provider, noPlace)
  }
})

/** Takes a place, and tells the wait that the call's tokens need. */
const takePlace = Effect.fnUntraced(function*(take: PlaceRequest, provider: string, longest: Duration.Duration) {
  const first = yield* take
  const place = first._tag === "Taken" ? first : yield* shown(provider)(freePlace(take, provider, longest))
  return Duration.millis(place.waitMillis)
})

/** Waits for the turn of a call. Where the rate cannot be asked for, there is no wait. */
const turnOf = Effect.fnUntraced(function*(take: PlaceRequest, provider: string, longest: Duration.Duration) {
  const wait = yield* takePlace(take, provider, longest).pipe(
    Effect.catchTag(
      "StoreError",
      ({ message }) => Effect.as(Effect.logWarning(`the rate of ${provider} is not kept: ${message}`), Duration.zero)
    )
  )
  if (Duration.isGreaterThan(wait, longest)) return yield* limited(provider, wait)
  if (Duration.isLessThanOrEqualTo(wait, Duration.zero)) return
  yield* waitFor(provider, wait, "agent.rates (AGENT_RATES)")
})

/** A provider whose calls keep to a rate. */
const rated = (llm: LlmProvider["Service"], rate: CallRate, rates: CallRates["Service"]): LlmProvider["Service"] => {
  const send = Effect.fnUntraced(function*(request: LlmRequest) {
    const call = newCall({ service: llm.name, tokens: tokensOf(request), rate })
    const taken = yield* Ref.make(false)
    const used = yield* Ref.make(0)
    const take = Effect.uninterruptible(
      Effect.tap(rates.take(call), ({ _tag }) => Ref.set(taken, _tag === "Taken"))
    )
    const giveBack = Effect.gen(function*() {
      if (yield* Ref.get(taken)) yield* Effect.ignore(rates.giveBack(call, yield* Ref.get(used)))
    })
    return yield* Effect.gen(function*() {
      const asked = yield* Clock.currentTimeMillis
      const longest = yield* patienceOf(request)
      if (isTooLarge(call, longest) && !(yield* HasSubstitute)) return yield* tooLarge(call)
      yield* turnOf(take, llm.name, longest)
      const waitedMillis = (yield* Clock.currentTimeMillis) - asked
      // What becomes of a call that fails is not known: it may have used its tokens.
      yield* Ref.set(used, call.tokens)
      const response = yield* llm.send(request)
      const { cacheWrite, input, output } = response.usage
      yield* Ref.set(used, input + cacheWrite + output)
      return waitedMillis === 0 ? response : { ...response, waitedMillis }
    }).pipe(Effect.ensuring(giveBack))
  })
  return LlmProvider.of({ ...llm, send })
}

/** The given providers, those with a rate within it. */
export const layer = (
  limits: Readonly<Record<string, CallRate>>
): Layer.Layer<LlmProviders, never, LlmProviders | CallRates> =>
  Layer.effect(
    LlmProviders,
    Effect.gen(function*() {
      const providers = yield* LlmProviders
      const rates = yield* CallRates
      return LlmProviders.of({
        names: providers.names,
        of: (name) =>
          Effect.map(providers.of(name), (llm) => {
            const rate = limits[name]
            return rate === undefined ? llm : rated(llm, rate, rates)
          })
      })
    })
  )
