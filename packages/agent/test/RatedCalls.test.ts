import { assert, describe, it } from "@effect/vitest"
import { type AgentEvent, AgentProgress } from "@nominal-code/agent/AgentProgress"
import * as RatedCalls from "@nominal-code/agent/RatedCalls"
import * as RunWaits from "@nominal-code/domain/job/RunWaits"
import { Block } from "@nominal-code/domain/model/Conversation"
import { LlmError } from "@nominal-code/llm/LlmError"
import { LlmProvider, type LlmRequest } from "@nominal-code/llm/LlmProvider"
import { layer as providersOf, LlmProviders } from "@nominal-code/llm/LlmProviders"
import { HasSubstitute } from "@nominal-code/llm/Retry"
import { type CallPlace, type CallRate, CallRates } from "@nominal-code/persistence/CallRates"
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

  /** Time that a call waits beside those before it. */
  const waited = (send: Scene["send"], call: LlmRequest) =>
    Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(send(call))
      while (fiber.pollUnsafe() === undefined) yield* TestClock.adjust("1 second")
      return (yield* Fiber.join(fiber)).waitedMillis ?? 0
    })

  it.effect("counts the estimate of a call that failed, which may have used its tokens", () =>
    Effect.gen(function*() {
      let calls = 0
      const away = new LlmError({ provider: "anthropic", reason: "unavailable", message: "away" })
      const { send } = yield* scene(
        { tokensPerMinute: 60_000 },
        Effect.suspend(() => calls++ === 0 ? Effect.fail(away) : answer)
      )
      yield* Effect.flip(send(request(60_000)))
      assert.strictEqual(yield* waited(send, request(30_000)), 30_000)
    }))

  it.effect("counts nothing that comes from a cache, and of a conversation that goes on what is new", () =>
    Effect.gen(function*() {
      const cached = says([submit()], { usage: usage({ input: 0, output: 0, cacheRead: 50_000 }) })
      const { send } = yield* scene({ tokensPerMinute: 60_000 }, Effect.succeed(cached))
      const long = request(60_000)
      const goesOn: LlmRequest = {
        ...long,
        messages: [...long.messages, { role: "assistant", content: [text("So.")] }, ...request(2_000).messages]
      }
      for (const call of [long, goesOn, goesOn]) assert.strictEqual(yield* waited(send, call), 0)
    }))

  it.effect("counts its instructions and tools with the first call", () =>
    Effect.gen(function*() {
      const { send } = yield* scene({ tokensPerMinute: 60_000 }, Effect.never)
      const first = yield* Effect.forkChild(send({ ...request(2_000), system: "x".repeat(3 * 58_000) }))
      yield* TestClock.adjust("0 seconds")
      const second = yield* Effect.flip(Effect.provideService(send(request(6_000)), HasSubstitute, true))
      assert.deepStrictEqual(second.retryAfter, Duration.seconds(6))
      yield* Fiber.interrupt(first)
    }))

  it.effect("gives back what it has taken, also if it is interrupted while it takes it, and nothing else", () =>
    Effect.gen(function*() {
      const given: Array<string> = []
      const takes = yield* Deferred.make<void>()
      const stored = (place: CallPlace, wait: Effect.Effect<void>) =>
        Layer.succeed(CallRates, {
          take: () => Effect.as(wait, place),
          giveBack: () => Effect.sync(() => void given.push(place._tag))
        })
      const slow = Effect.andThen(Deferred.succeed(takes, undefined), Effect.sleep("1 second"))
      const taking = yield* scene({ concurrent: 1 }, answer, stored({ _tag: "Taken", waitMillis: 0 }, slow))
      const fiber = yield* Effect.forkChild(taking.send(request(2_000)))
      yield* Deferred.await(takes)
      yield* Effect.forkChild(Fiber.interrupt(fiber))
      while (fiber.pollUnsafe() === undefined) yield* TestClock.adjust("1 second")
      const full = yield* scene({ concurrent: 1 }, answer, stored({ _tag: "Full" }, Effect.void))
      const limited = yield* Effect.forkChild(Effect.flip(full.send(request(2_000))))
      while (limited.pollUnsafe() === undefined) yield* TestClock.adjust("1 second")
      assert.deepStrictEqual([(yield* Fiber.join(limited)).reason, given, taking.sent()], [
        "rate-limited",
        ["Taken"],
        0
      ])
    }))

  it.effect("without a rate is asked as it is", () =>
    Effect.gen(function*() {
      const llm = LlmProvider.of({ name: "anthropic", send: () => answer })
      const layer = RatedCalls.layer({ google: { concurrent: 1 } }).pipe(
        Layer.provide(providersOf([Layer.succeed(LlmProvider, llm)])),
        Layer.provide(CallRatesMemory.layer)
      )
      assert.strictEqual(yield* Effect.provide(LlmProviders.use((all) => all.of("anthropic")), layer), llm)
    }))
})
