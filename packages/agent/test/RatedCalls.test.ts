import { assert, describe, it } from "@effect/vitest"
import { type AgentEvent, AgentProgress } from "@nominal-code/agent/AgentProgress"
import * as RatedCalls from "@nominal-code/agent/RatedCalls"
import { Block } from "@nominal-code/domain/Conversation"
import * as RunWaits from "@nominal-code/domain/RunWaits"
import { LlmProvider, type LlmRequest } from "@nominal-code/llm/LlmProvider"
import { layer as providersOf, LlmProviders } from "@nominal-code/llm/LlmProviders"
import { HasSubstitute } from "@nominal-code/llm/Retry"
import { type CallRate, CallRates } from "@nominal-code/persistence/CallRates"
import * as CallRatesMemory from "@nominal-code/persistence/CallRatesMemory"
import { StoreError } from "@nominal-code/persistence/StoreError"
import { Deferred, Duration, Effect, Fiber, Layer, Option } from "effect"
import { TestClock } from "effect/testing"
import { says, submit, text, usage } from "./ScriptedModel.ts"

/** A request of about so many tokens beside those of its answer. */
const request = (tokens: number): LlmRequest => ({
  model: "claude",
  system: "",
  messages: [{ role: "user", content: [Block.cases.Text.make({ text: "x".repeat(3 * (tokens - 1_000) - 2) })] }],
  tools: [],
  toolChoice: "auto",
  maxOutputTokens: 1_000
})

interface Scene {
  readonly send: (request: LlmRequest) => ReturnType<LlmProvider["Service"]["send"]>
  readonly sent: () => number
}

/** A provider with a rate, in front of a model that answers with this. */
const scene = (
  rate: CallRate,
  answer: ReturnType<LlmProvider["Service"]["send"]>,
  rates: Layer.Layer<CallRates> = CallRatesMemory.layer
): Effect.Effect<Scene> => {
  let sent = 0
  const model = LlmProvider.of({
    name: "anthropic",
    send: () =>
      Effect.suspend(() => {
        sent++
        return answer
      })
  })
  const layer = RatedCalls.layer({ anthropic: rate }).pipe(
    Layer.provide(providersOf([Layer.succeed(LlmProvider, model)])),
    Layer.provide(Layer.fresh(rates))
  )
  return LlmProviders.use((providers) => providers.of("anthropic")).pipe(
    Effect.orDie,
    Effect.map(({ send }) => ({ send, sent: () => sent })),
    Effect.provide(layer)
  )
}

const answer = Effect.succeed(says([submit()], { usage: usage({ input: 1_000, output: 0 }) }))

describe("a provider with a rate", () => {
  it.effect("is asked by so many calls at once, and all of them are answered", () =>
    Effect.gen(function*() {
      let now = 0
      let most = 0
      const thinking = Effect.acquireUseRelease(
        Effect.sync(() => (most = Math.max(most, ++now))),
        () => Effect.delay(answer, "1 second"),
        () => Effect.sync(() => void now--)
      )
      const { send, sent } = yield* scene({ concurrent: 3 }, thinking)
      const calls = yield* Effect.forkChild(
        Effect.forEach(Array.from({ length: 20 }), () => send(request(2_000)), { concurrency: 20 })
      )
      yield* TestClock.adjust("30 seconds")
      yield* Fiber.join(calls)
      assert.deepStrictEqual([most, sent()], [3, 20])
    }))

  it.effect("lets a call wait until its tokens are there, and says so", () =>
    Effect.gen(function*() {
      const { send, sent } = yield* scene({ tokensPerMinute: 60_000 }, Effect.delay(answer, "5 minutes"))
      const events: Array<AgentEvent> = []
      const first = yield* Effect.forkChild(send(request(60_000)))
      const second = yield* send(request(20_000)).pipe(
        Effect.provideService(AgentProgress, (event) => Effect.sync(() => void events.push(event))),
        Effect.forkChild
      )
      yield* TestClock.adjust("19 seconds")
      assert.deepStrictEqual([sent(), events], [1, [{ _tag: "Waiting", provider: "anthropic", millis: 20_000 }]])
      yield* TestClock.adjust("1 second")
      assert.strictEqual(sent(), 2)
      yield* TestClock.adjust("5 minutes")
      assert.strictEqual((yield* Fiber.join(second)).waitedMillis, 20_000)
      assert.notProperty(yield* Fiber.join(first), "waitedMillis")
    }))

  it.effect("shows in its run that a call waits for its tokens or for a place, and for nothing else", () =>
    Effect.gen(function*() {
      const waits = yield* RunWaits.make
      const { send } = yield* scene({ concurrent: 2, tokensPerMinute: 60_000 }, Effect.delay(answer, "40 seconds"))
      const call = (tokens: number) =>
        Effect.forkChild(Effect.provideService(send(request(tokens)), RunWaits.RunWaits, waits))
      const seen: Array<string | undefined> = []
      const look = (duration: Duration.Input) =>
        Effect.andThen(
          TestClock.adjust(duration),
          Effect.map(waits.current, (service) => seen.push(Option.getOrUndefined(service)))
        )
      const calls = [yield* call(60_000)]
      yield* look("1 second")
      calls.push(yield* call(20_000))
      yield* look("1 second")
      yield* look("30 seconds")
      calls.push(yield* call(2_000))
      yield* look("1 second")
      yield* look("8 seconds")
      assert.deepStrictEqual(seen, [undefined, "model:anthropic", undefined, "model:anthropic", undefined])
      yield* TestClock.adjust("1 minute")
      for (const one of calls) yield* Fiber.join(one)
    }))

  it.effect("counts what a call has used, and not what was estimated", () =>
    Effect.gen(function*() {
      const { send, sent } = yield* scene({ tokensPerMinute: 60_000 }, answer)
      for (let call = 0; call < 59; call++) yield* send(request(2_000))
      assert.strictEqual(sent(), 59)
      const late = yield* Effect.forkChild(send(request(2_000)))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(late)
    }))

  it.effect("is limited where the wait is longer than a minute, or than 5 seconds if another model can go on", () =>
    Effect.gen(function*() {
      const { send, sent } = yield* scene({ tokensPerMinute: 60_000 }, Effect.never)
      const first = yield* Effect.forkChild(send(request(60_000)))
      yield* TestClock.adjust("0 seconds")
      const long = yield* Effect.flip(send(request(61_000)))
      assert.deepStrictEqual([long.reason, long.mayBeBilled, long.retryAfter], [
        "rate-limited",
        false,
        Duration.seconds(61)
      ])
      const short = yield* Effect.flip(Effect.provideService(send(request(6_000)), HasSubstitute, true))
      assert.deepStrictEqual(short.retryAfter, Duration.seconds(6))
      assert.strictEqual(sent(), 1)
      yield* Fiber.interrupt(first)
    }))

  it.effect("refuses a call as too long whose tokens would never be there in time, so that it is made shorter", () =>
    Effect.gen(function*() {
      const { send, sent } = yield* scene({ tokensPerMinute: 60_000 }, answer)
      const { mayBeBilled, message, reason } = yield* Effect.flip(send(request(120_001)))
      assert.deepStrictEqual([reason, mayBeBilled, sent()], ["context-too-long", false, 0])
      assert.match(
        message,
        /about 120001 tokens, and agent\.rates \(AGENT_RATES\) lets anthropic use 60000 in a minute/
      )
      const elsewhere = yield* Effect.flip(Effect.provideService(send(request(120_001)), HasSubstitute, true))
      assert.strictEqual(elsewhere.reason, "rate-limited")
      const fitting = yield* Effect.forkChild(send(request(120_000)))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fitting)
    }))

  it.effect("lets a call wait for three minutes that goes on with a conversation, which would be paid again", () =>
    Effect.gen(function*() {
      const { send, sent } = yield* scene({ tokensPerMinute: 60_000 }, Effect.delay(answer, "10 minutes"))
      const goingOn = (tokens: number): LlmRequest => {
        const { messages, ...first } = request(tokens)
        return {
          ...first,
          messages: [...request(2_000).messages, { role: "assistant", content: [text("So.")] }, ...messages]
        }
      }
      const first = yield* Effect.forkChild(send(request(60_000)))
      yield* TestClock.adjust("0 seconds")
      const waiting = yield* Effect.forkChild(send(goingOn(120_000)))
      yield* TestClock.adjust("119 seconds")
      assert.strictEqual(sent(), 1)
      const limited = yield* Effect.flip(send(goingOn(190_000)))
      assert.strictEqual(limited.reason, "rate-limited")
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(sent(), 2)
      yield* Fiber.interruptAll([first, waiting])
    }))

  it.effect("is limited where no place is free for a minute", () =>
    Effect.gen(function*() {
      const { send, sent } = yield* scene({ concurrent: 1 }, Effect.never)
      const first = yield* Effect.forkChild(send(request(2_000)))
      const second = yield* Effect.forkChild(Effect.flip(send(request(2_000))))
      yield* TestClock.adjust("61 seconds")
      assert.strictEqual((yield* Fiber.join(second)).reason, "rate-limited")
      assert.strictEqual(sent(), 1)
      yield* Fiber.interrupt(first)
    }))

  it.effect("has the place and the tokens of a call back that is cancelled while it waits", () =>
    Effect.gen(function*() {
      const asked = yield* Deferred.make<void>()
      const { send } = yield* scene(
        { concurrent: 2, tokensPerMinute: 60_000 },
        Effect.andThen(Deferred.succeed(asked, undefined), Effect.delay(answer, "2 seconds"))
      )
      const first = yield* Effect.forkChild(send(request(60_000)))
      yield* Deferred.await(asked)
      const waiting = yield* Effect.forkChild(send(request(50_000)))
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(waiting)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(first)
      const next = yield* Effect.forkChild(send(request(50_000)))
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(next)
    }))

  it.effect("is asked without a rate while the store of the rates is away", () =>
    Effect.gen(function*() {
      const away = new StoreError({ operation: "CallRates.take", message: "redis is away", reason: "unavailable" })
      const rates = Layer.succeed(
        CallRates,
        CallRates.of({ take: () => Effect.fail(away), giveBack: () => Effect.fail(away) })
      )
      const { send, sent } = yield* scene({ concurrent: 1 }, answer, rates)
      yield* send(request(2_000))
      assert.strictEqual(sent(), 1)
    }))
})
