import { assert, describe, it } from "@effect/vitest"
import { type AgentEvent, AgentProgress } from "@nominal-code/agent/AgentProgress"
import { AgentRunner, type AgentTask } from "@nominal-code/agent/AgentRunner"
import * as ApiAgent from "@nominal-code/agent/ApiAgent"
import * as Compaction from "@nominal-code/agent/Compaction"
import { endingWithin } from "@nominal-code/domain/job/RunDeadline"
import * as RunWaits from "@nominal-code/domain/job/RunWaits"
import { Block, type Message } from "@nominal-code/domain/model/Conversation"
import { LlmError } from "@nominal-code/llm/LlmError"
import { LlmProvider, type LlmRequest } from "@nominal-code/llm/LlmProvider"
import * as LlmProviders from "@nominal-code/llm/LlmProviders"
import { HasSubstitute } from "@nominal-code/llm/Retry"
import { Duration, Effect, Exit, Fiber, Layer, Option } from "effect"
import { TestClock } from "effect/testing"
import { type Answer, call, type Reply, says, submit, task, text, usage } from "./ScriptedModel.ts"
import { others, seals, services } from "./StrictServices.ts"
import { violations } from "./Transcript.ts"

const failing = (reason: LlmError["reason"], more: Partial<ConstructorParameters<typeof LlmError>[0]> = {}) =>
  new LlmError({ provider: "some", reason, message: `it is ${reason}`, ...more })

const chain = {
  provider: "anthropic",
  model: "claude-sonnet-4",
  fallback: [{ provider: "google", model: "gemini-3.8-flash" }, { provider: "openai", model: "gpt-5" }],
  maxTurns: 8
}

interface Asked {
  readonly provider: string
  readonly request: LlmRequest
  readonly hasSubstitute: boolean
}

/** An agent on three services, each with replies of its own, the last one from then on; and what they were asked. */
const scene = (scripts: Readonly<Record<string, ReadonlyArray<Reply>>>) => {
  const asked: Array<Asked> = []
  const provider = (name: string) =>
    Layer.succeed(
      LlmProvider,
      LlmProvider.of({
        name,
        send: Effect.fnUntraced(function*(request) {
          const wrong = violations(request.messages)
          if (wrong.length > 0) return yield* Effect.die(new Error(wrong.join("; ")))
          asked.push({ provider: name, request, hasSubstitute: yield* HasSubstitute })
          const replies = scripts[name] ?? []
          const times = asked.filter((one) => one.provider === name).length
          const reply = replies[Math.min(times, replies.length) - 1]
          const answer = typeof reply === "function" ? reply(request) : reply
          if (answer === undefined) return yield* Effect.die(new Error(`the script of ${name} has no reply`))
          return yield* "content" in answer ? Effect.succeed(answer) : Effect.fail(answer)
        })
      })
    )
  const layer = ApiAgent.layer.pipe(
    Layer.provide(LlmProviders.layer([provider("anthropic"), provider("google"), provider("openai")]))
  )
  return { asked, layer, names: () => asked.map(({ provider }) => provider) }
}

const run = (changes: Partial<AgentTask<Answer>> = {}) =>
  AgentRunner.use((agent) => agent.run(task({ settings: chain, ...changes })))

const done = says([submit()])
const looks = says([{ _tag: "Opaque", provider: "anthropic", value: { type: "thinking" } }, text("So."), call("Read")])

describe("a chain of models", () => {
  it.effect("goes on with the next model in the middle of a review, with all that was said and read", () =>
    Effect.gen(function*() {
      const { asked, layer, names } = scene({ anthropic: [looks, failing("overloaded")], google: [done] })
      const events: Array<AgentEvent> = []
      const result = yield* run().pipe(
        Effect.provide(layer),
        Effect.provideService(AgentProgress, (event) => Effect.sync(() => void events.push(event)))
      )
      assert.deepStrictEqual(names(), ["anthropic", "anthropic", "google"])
      const [before, last] = [asked[1]?.request, asked[2]?.request]
      assert.deepStrictEqual(last?.messages.map(({ role }) => role), ["user", "assistant", "user"])
      assert.isTrue(JSON.stringify(before?.messages).includes("thinking"))
      assert.isFalse(JSON.stringify(last?.messages).includes("thinking"))
      assert.include(JSON.stringify(last?.messages), "Read ran")
      assert.deepStrictEqual([last?.model, result.stopped, result.turns], ["gemini-3.8-flash", "submitted", 2])
      assert.deepInclude(events, { _tag: "Replaced", provider: "google", model: "gemini-3.8-flash" })
    }))

  it.effect("says which model handed in, and prices each call by the model that answered it", () =>
    Effect.gen(function*() {
      const tokens = usage({ input: 1_000_000, output: 0 })
      const { layer } = scene({
        anthropic: [says([call("Read")], { usage: tokens }), failing("rate-limited")],
        google: [says([submit()], { usage: tokens })]
      })
      const { usage: { calls, costUsd, model, provider } } = yield* Effect.provide(run(), layer)
      // $3 per million tokens of the first, and $1.50 of the second.
      assert.deepStrictEqual([provider, model, calls, costUsd], ["google", "gemini-3.8-flash", 2, 4.5])
    }))

  it.effect("keeps to one limit of dollars for all of its models", () =>
    Effect.gen(function*() {
      const dear = (provider: string): Reply => ({ maxOutputTokens }) =>
        provider === "anthropic" ? failing("unavailable", { billed: "unknown" }) : says([call("Read")], {
          usage: usage({ output: maxOutputTokens })
        })
      const { layer } = scene({ anthropic: [dear("anthropic")], google: [dear("google")] })
      const { stopped, usage: { costUsd } } = yield* Effect.provide(
        run({ settings: { ...chain, maxTurns: 0 }, maxCostUsd: 0.5 }),
        layer
      )
      assert.strictEqual(stopped, "budget")
      assert.isAtMost(costUsd ?? Infinity, 0.5)
    }))

  it.effect.each(
    [
      "rate-limited",
      "overloaded",
      "unavailable",
      "timeout",
      "unauthorized",
      "no-credit",
      "no-model",
      "malformed-response"
    ] as const
  )("is used where a model is away: %s", (reason) =>
    Effect.gen(function*() {
      const { layer, names } = scene({ anthropic: [failing(reason)], google: [failing(reason)], openai: [done] })
      assert.strictEqual((yield* Effect.provide(run(), layer)).usage.provider, "openai")
      assert.deepStrictEqual(names(), ["anthropic", "google", "openai"])
    }))

  it.effect.each(["refused", "invalid-request", "context-too-long"] as const)(
    "is not used where the conversation is the matter: %s",
    (reason) =>
      Effect.gen(function*() {
        const { layer, names } = scene({ anthropic: [failing(reason)] })
        const error = yield* Effect.flip(Effect.provide(run(), layer))
        assert.deepInclude(error, { _tag: "LlmError", reason })
        assert.notInclude(names(), "google")
      })
  )

  it.effect.each(["invalid-request", "context-too-long"] as const)(
    "goes past a substitute that cannot take the conversation, and waits if no other can: %s",
    (reason) =>
      Effect.gen(function*() {
        const past = scene({ anthropic: [failing("overloaded")], google: [failing(reason)], openai: [done] })
        assert.strictEqual((yield* Effect.provide(run(), past.layer)).usage.provider, "openai")
        const alone = scene({
          anthropic: [failing("overloaded")],
          google: [failing(reason)],
          openai: [failing(reason)]
        })
        const twice = Effect.forEach([1, 2], () => Effect.flip(run()), { concurrency: 1 })
        for (const error of yield* Effect.provide(twice, alone.layer)) {
          assert.deepInclude(error, { _tag: "LlmError", reason: "overloaded" })
          assert.include(error.message, `it is ${reason}`)
        }
      })
  )

  it.effect("ends with an error that names all, and waits as briefly as any of them asks", () =>
    Effect.gen(function*() {
      const wait = (seconds: number) => ({ retryAfter: Duration.seconds(seconds) })
      const { layer } = scene({
        anthropic: [failing("no-model")],
        google: [failing("rate-limited", { provider: "google", ...wait(300) })],
        openai: [failing("overloaded", { provider: "openai", ...wait(120) })]
      })
      const error = yield* Effect.flip(Effect.provide(run(), layer))
      if (error._tag !== "LlmError") return assert.fail(error._tag)
      assert.deepStrictEqual([error.provider, error.reason, error.retryAfter], ["google", "rate-limited", undefined])
      assert.strictEqual(
        error.message,
        "it is rate-limited; and some (no-model): it is no-model; and openai (overloaded): it is overloaded"
      )
      const limited = scene({
        anthropic: [failing("rate-limited", wait(600))],
        google: [failing("rate-limited", wait(300))],
        openai: [failing("overloaded", wait(120))]
      })
      const asks = yield* Effect.flip(Effect.provide(run(), limited.layer))
      if (asks._tag !== "LlmError") return assert.fail(asks._tag)
      assert.deepStrictEqual(asks.retryAfter, Duration.seconds(120))
    }))

  it.effect("asks a model that was away last, for a minute or as long as its service asked", () =>
    Effect.gen(function*() {
      for (
        const [error, absence] of [
          [failing("overloaded"), Duration.minutes(1)],
          [failing("rate-limited", { retryAfter: Duration.minutes(5) }), Duration.minutes(5)]
        ] as const
      ) {
        const { layer, names } = scene({ anthropic: [error, done], google: [done] })
        yield* Effect.gen(function*() {
          yield* run()
          yield* TestClock.adjust(Duration.subtract(absence, Duration.seconds(1)))
          yield* run()
          yield* TestClock.adjust("2 seconds")
          yield* run()
        }).pipe(Effect.provide(layer))
        assert.deepStrictEqual(names(), ["anthropic", "google", "google", "anthropic"])
      }
    }))

  it.effect("is not patient with a model while there is another, and the last one has all the time", () =>
    Effect.gen(function*() {
      const { asked, layer } = scene({
        anthropic: [failing("overloaded")],
        google: [failing("overloaded")],
        openai: [done]
      })
      yield* Effect.provide(run(), layer)
      assert.deepStrictEqual(asked.map(({ hasSubstitute }) => hasSubstitute), [true, true, false])
    }))

  it.effect("asks a model that takes no tools once, when the turn is its", () =>
    Effect.gen(function*() {
      const answer = says([text(JSON.stringify({ summary: "Fine." }))])
      const { asked, layer, names } = scene({
        anthropic: [failing("overloaded")],
        google: [failing("invalid-request", { refusesTools: true }), answer]
      })
      const result = yield* Effect.provide(run(), layer)
      assert.deepStrictEqual(names(), ["anthropic", "google", "google"])
      assert.deepStrictEqual([asked[2]?.request.tools, Option.isSome(result.answer)], [[], true])
    }))
})

describe("a paid conversation whose models are all away", () => {
  const limited = (minutes: number) =>
    failing("rate-limited", { provider: "anthropic", retryAfter: Duration.minutes(minutes) })

  /** Runs a task within a deadline, and counts the minutes that it takes. */
  const timed = Effect.fnUntraced(function*(minutes: number, changes: Partial<AgentTask<Answer>> = {}) {
    const alone = { settings: { ...chain, fallback: [] } }
    const fiber = yield* run({ ...alone, ...changes }).pipe(
      endingWithin(Duration.minutes(minutes)),
      Effect.exit,
      Effect.timed,
      Effect.forkChild
    )
    while (fiber.pollUnsafe() === undefined) yield* TestClock.adjust("30 seconds")
    const [taken, exit] = yield* Fiber.join(fiber)
    return { exit, minutes: Duration.toMinutes(taken) }
  })

  const isLimited = (exit: Exit.Exit<unknown, unknown>) =>
    Option.exists(Exit.findErrorOption(exit), (error) => error instanceof LlmError && error.reason === "rate-limited")

  it.effect("waits as long as the service asks, and goes on where it was", () =>
    Effect.gen(function*() {
      const { asked, layer } = scene({ anthropic: [looks, limited(5), done] })
      const waits = yield* RunWaits.make
      const services = new Set<string>()
      const tell = () => Effect.map(waits.current, Option.map((service) => services.add(service)))
      const looking = Effect.forever(Effect.andThen(tell(), Effect.sleep("1 minute")))
      const { exit, minutes } = yield* timed(10).pipe(
        Effect.raceFirst(looking),
        Effect.provide(layer),
        Effect.provideService(RunWaits.RunWaits, waits)
      )
      if (!Exit.isSuccess(exit)) return assert.fail(String(exit))
      const { stopped, turns, usage: { waitedMillis } } = exit.value
      assert.deepStrictEqual([stopped, turns, waitedMillis, minutes], ["submitted", 2, 300_000, 5])
      assert.deepStrictEqual(asked[2]?.request.messages, asked[1]?.request.messages)
      assert.deepStrictEqual([...services], ["model:anthropic"])
    }))

  it.effect("waits for the first that comes back, and asks them in their order again", () =>
    Effect.gen(function*() {
      const { layer, names } = scene({
        anthropic: [looks, limited(2), limited(3), done],
        google: [limited(7)],
        openai: [limited(9)]
      })
      const { exit, minutes } = yield* Effect.provide(timed(10, { settings: chain }), layer)
      assert.deepStrictEqual([Exit.isSuccess(exit), minutes], [true, 5])
      const all = ["anthropic", "google", "openai"]
      assert.deepStrictEqual(names(), ["anthropic", ...all, ...all, "anthropic"])
      // The keys of the others do not count any more.
      const [noCredit, noKey] = [failing("no-credit"), failing("unauthorized")]
      const refused = scene({ anthropic: [looks, noCredit], google: [limited(2), done], openai: [noKey] })
      const { exit: ended } = yield* Effect.provide(timed(10, { settings: chain }), refused.layer)
      assert.isTrue(Exit.isSuccess(ended), String(ended))
    }))

  it.effect("is given up at once where the wait leaves no time for the rest, or nothing was paid", () =>
    Effect.gen(function*() {
      for (
        const replies of [[looks, limited(9)], [limited(5)], [
          looks,
          failing("rate-limited", { retryAfter: Duration.infinity })
        ]]
      ) {
        const { layer } = scene({ anthropic: replies })
        const { exit, minutes } = yield* Effect.provide(timed(10), layer)
        assert.deepStrictEqual([isLimited(exit), minutes], [true, 0])
      }
    }))

  it.effect("waits on its first call if the task goes on with paid work", () =>
    Effect.gen(function*() {
      const { layer } = scene({ anthropic: [limited(5), done] })
      const { exit, minutes } = yield* Effect.provide(timed(10, { isContinuation: true }), layer)
      assert.deepStrictEqual([Exit.isSuccess(exit), minutes], [true, 5])
    }))

  it.effect("is given up before its run ends, however often the service asks for a little more", () =>
    Effect.gen(function*() {
      const { layer } = scene({ anthropic: [looks, limited(1)] })
      const { exit, minutes } = yield* Effect.provide(timed(10), layer)
      assert.deepStrictEqual([isLimited(exit), minutes], [true, 8])
      const withoutEnd = scene({ anthropic: [looks, limited(1)] })
      const endless = yield* run({ settings: { ...chain, fallback: [] } }).pipe(
        Effect.exit,
        Effect.timed,
        Effect.provide(withoutEnd.layer),
        Effect.forkChild
      )
      while (endless.pollUnsafe() === undefined) yield* TestClock.adjust("30 seconds")
      const [taken, ended] = yield* Fiber.join(endless)
      assert.deepStrictEqual([isLimited(ended), Duration.toMinutes(taken)], [true, 8])
    }))
})

const pairs = [
  ...services.flatMap((from) => services.filter((to) => to !== from).map((to) => [from, to] as const)),
  ...others.flatMap((to) => services.slice(0, 1).map((from) => [from, to] as const))
].map(([from, to]) => ({ from, to, first: from.name, second: to.name }))

describe("a conversation that another service goes on with", () => {
  it.live.each(pairs)(
    "from $first is one that $second accepts",
    ({ first, from, second, to }) =>
      Effect.gen(function*() {
        const before = yield* from.against([from.looksAround, from.overloaded])
        const after = yield* to.against([to.submits])
        const layer = ApiAgent.layer.pipe(Layer.provide(LlmProviders.layer([
          Layer.succeed(LlmProvider, LlmProvider.of({ name: first, send: before.send })),
          Layer.succeed(LlmProvider, LlmProvider.of({ name: second, send: after.send }))
        ])))
        const modelOf = (name: string) => name === "google" ? "gemini-3.8-flash" : "gpt-5"
        const settings = {
          provider: first,
          model: modelOf(first),
          fallback: [{ provider: second, model: modelOf(second) }],
          maxTurns: 8
        }
        const ended = yield* Effect.exit(Effect.provide(run({ settings }), layer))
        assert.isTrue(Exit.isSuccess(ended), String(ended))
        const [request] = after.received
        assert.deepStrictEqual(to.complaints(request?.body), [])
        const sent = JSON.stringify(request?.body)
        for (const seal of seals) assert.notInclude(sent, seal)
        for (const known of ["The diff.", "I look around.", "a.ts", "Read ran"]) assert.include(sent, known)
      })
  )
})

describe("a conversation that was shortened", () => {
  it.live.each([...services, ...others])(
    "is one that $name accepts",
    ({ against, complaints, looksAround, name, submits }) =>
      Effect.gen(function*() {
        const { received, send } = yield* against([looksAround, submits])
        const schema = { type: "object", properties: {} }
        const ask = (messages: ReadonlyArray<Message>) =>
          send({
            model: name === "google" ? "gemini-3.8-flash" : "gpt-5",
            system: "You review.",
            messages,
            tools: ["Read", "submit_review"].map((tool) => ({ name: tool, description: tool, inputSchema: schema })),
            toolChoice: "auto",
            maxOutputTokens: 1_000
          })
        const prompt: Message = { role: "user", content: [Block.cases.Text.make({ text: "The diff." })] }
        const { content } = yield* ask([prompt])
        const round = (mark: string): ReadonlyArray<Message> => {
          const said = content.map((block, at) =>
            Block.guards.ToolUse(block) ? Block.cases.ToolUse.make({ ...block, id: `call_${mark}${at}` }) : block
          )
          const results = said.filter(Block.guards.ToolUse).map(({ id }) =>
            Block.cases.ToolResult.make({ toolUseId: id, content: "x".repeat(5_000), isError: false })
          )
          return [{ role: "assistant", content: said }, { role: "user", content: results }]
        }
        const messages = [prompt, ...["a", "b", "c"].flatMap(round)]
        for (const shorten of [Compaction.compact, Compaction.squeeze]) {
          yield* ask(Option.getOrThrow(shorten({ messages, promptAt: 0, prompt: "The diff.", notes: "a.ts:3 leaks" })))
          assert.deepStrictEqual(complaints(received.at(-1)?.body), [])
        }
      })
  )
})
