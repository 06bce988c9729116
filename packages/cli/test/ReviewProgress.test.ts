import { assert, describe, it } from "@effect/vitest"
import { type AgentEvent, AgentProgress } from "@nominal-code/agent/AgentProgress"
import { Usage } from "@nominal-code/domain/model/Usage"
import { LlmError } from "@nominal-code/llm/LlmError"
import * as Retry from "@nominal-code/llm/Retry"
import { Duration, Effect, Fiber, Scope } from "effect"
import { TestClock } from "effect/testing"
import { make, type ProgressForm } from "../src/review/ReviewProgress.ts"
import { writtenToStderr } from "./WrittenToStderr.ts"

const erase = "\r\u001b[2K"

const report = (event: AgentEvent) => Effect.flatMap(AgentProgress, (tell) => tell(event))

const answered = (tokens: number, costUsd: number | undefined): AgentEvent => ({
  _tag: "Answered",
  ...(costUsd === undefined ? {} : { costUsd }),
  usage: new Usage({ input: tokens, output: 0, cacheRead: 0, cacheWrite: 0 })
})

const read = (path: string): AgentEvent => ({ _tag: "ToolStarted", tool: "Read", input: { file_path: path, limit: 5 } })

/** A review of two calls and one tool, and what it writes. */
const told = (form: ProgressForm, events: ReadonlyArray<AgentEvent>) =>
  Effect.gen(function*() {
    const { texts } = yield* writtenToStderr
    const progress = yield* make(form)
    yield* progress.step("Asking the model", "the model")
    yield* TestClock.adjust("12 seconds")
    yield* Effect.forEach(events, (event) => progress.listen(report(event)), { concurrency: 1, discard: true })
    yield* progress.finish
    return texts
  }).pipe(Effect.scoped)

describe("the progress of a review", () => {
  it.effect("is a line for each thing that happens where nobody watches it move", () =>
    Effect.gen(function*() {
      const texts = yield* told("plain", [answered(900, 0.02), read("src/a.ts"), answered(1600, 0.03)])
      assert.deepStrictEqual(texts, [
        "Asking the model\n",
        "  Read src/a.ts\n",
        "Reviewed: 2 model calls · 2.5k tokens · $0.050 · 12 s\n"
      ])
    }))

  it.effect("has no dollars once a call has no known price, and cents from ten cents on", () =>
    Effect.gen(function*() {
      const last = (events: ReadonlyArray<AgentEvent>) => Effect.map(told("plain", events), (texts) => texts.at(-1))
      assert.strictEqual(
        yield* last([answered(10, 0.5), answered(10, undefined)]),
        "Reviewed: 2 model calls · 20 tokens · 12 s\n"
      )
      assert.strictEqual(yield* last([answered(10, 0.5)]), "Reviewed: 1 model call · 10 tokens · $0.50 · 12 s\n")
    }))

  it.effect.each<readonly [number, number, string]>([
    [999, 0.099, "999 tokens · $0.099"],
    [1000, 0.1, "1.0k tokens · $0.10"],
    [1049, 0.104, "1.0k tokens · $0.10"],
    [1_234_567, 12.345, "1234.6k tokens · $12.35"]
  ])("tells %s tokens for %s dollars in few figures", ([tokens, dollars, figures]) =>
    Effect.gen(function*() {
      const texts = yield* told("plain", [answered(tokens, dollars)])
      assert.strictEqual(texts.at(-1), `Reviewed: 1 model call · ${figures} · 12 s\n`)
    }))

  it.effect("says nothing where it is not wanted", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* told("quiet", [answered(900, 0.02), read("src/a.ts")]), [])
    }))

  it.effect("redraws one line on a terminal, and leaves none of it behind", () =>
    Effect.gen(function*() {
      const texts = yield* told("live", [read("src/a.ts")])
      assert.deepStrictEqual(texts.filter((text) => !text.startsWith(erase)), [])
      // Twelve seconds, ten times a second.
      assert.isAtLeast(texts.filter((text) => text.includes("Asking the model · 0 tokens")).length, 100)
      assert.include(texts, `${erase}  Read src/a.ts\n`)
      assert.strictEqual(texts.at(-1), erase)
    }))

  it.effect("says after two seconds what a live line waits for, and names each retry on a line of its own", () =>
    Effect.gen(function*() {
      const texts = yield* told("live", [])
      assert.isFalse(texts.slice(0, 15).some((text) => text.includes("waits for the model")))
      assert.isTrue(texts.some((text) => text.endsWith(" · 2 s · waits for the model")))
      const retried = Effect.gen(function*() {
        const { texts } = yield* writtenToStderr
        const progress = yield* make("plain")
        const away = new LlmError({ provider: "anthropic", reason: "unavailable", message: "Connection\nrefused" })
        const call = Effect.fail(away).pipe(Retry.retrying("anthropic", { total: Duration.minutes(1) }), Effect.flip)
        const calling = yield* Effect.forkChild(progress.listen(call))
        yield* TestClock.adjust("1 minute")
        yield* Fiber.join(calling)
        return texts
      }).pipe(Effect.scoped)
      const lines = yield* retried
      assert.strictEqual(lines.length, 4)
      for (const line of lines) assert.match(line, /^ {2}anthropic is asked again in \d+s: Connection refused\n$/)
    }))

  it.effect("shows nothing of what a model or a repository could make a terminal do", () =>
    Effect.gen(function*() {
      const texts = yield* told("plain", [read("a\u001b]0;owned\u0007\n\u202eb.ts")])
      assert.deepStrictEqual(texts[1], "  Read a]0;owned b.ts\n")
      const { logLine } = yield* make("plain").pipe(Scope.provide(yield* Scope.make()))
      assert.strictEqual(logLine("WARN a\u001b[31mb"), "WARN a[31mb")
    }))
})
