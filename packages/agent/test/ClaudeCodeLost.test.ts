import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { AgentProgress } from "@nominal-code/agent/AgentProgress"
import type { ClaudeEvent } from "@nominal-code/agent/claude/Events"
import * as Spending from "@nominal-code/agent/claude/Spending"
import * as Transcript from "@nominal-code/agent/claude/Transcript"
import { SpendScope } from "@nominal-code/agent/SpendScope"
import { Block } from "@nominal-code/domain/model/Conversation"
import { Usage } from "@nominal-code/domain/model/Usage"
import { listedPrices } from "@nominal-code/llm/Pricing"
import { nanoOf } from "@nominal-code/persistence/Spend"
import * as SpendMemory from "@nominal-code/persistence/SpendMemory"
import { Deferred, Duration, Effect, Fiber, Option } from "effect"
import { claudeTask, fakeClaude, makeWorld, runClaude } from "./ClaudeCodeWorld.ts"

const model = "claude-sonnet-4-5"
const answer = Block.cases.Text.make({ text: "x" })

const started: ClaudeEvent = { _tag: "Started", sessionId: "s", model: Option.some(model) }
const said: ClaudeEvent = {
  _tag: "Said",
  id: "1",
  model,
  usage: new Usage({ input: 1_000, output: 2_000, cacheRead: 0, cacheWrite: 0 }),
  content: [Block.cases.ToolUse.make({ id: "t", name: "Read", input: {} }), answer],
  problem: Option.none()
}
const counted: ClaudeEvent = { _tag: "Counted", output: 2_000 }
const read: ClaudeEvent = {
  _tag: "ToolsAnswered",
  results: [Block.cases.ToolResult.make({ toolUseId: "t", content: "", isError: false })]
}
const ended: ClaudeEvent = {
  _tag: "Ended",
  subtype: "success",
  isError: false,
  text: "",
  status: Option.none(),
  spending: Option.none()
}

const lostAfter = (events: ReadonlyArray<ClaudeEvent>, name = "default") => {
  const opened = { ...Transcript.empty, openingBytes: 3_000 }
  return Spending.lostOf(events.reduce(Transcript.add, opened), name, listedPrices)
}

describe("the call that a process had underway when it was killed costs", () => {
  // A token of input is 3,000 nanodollars, one that is written to the cache 3,750, and one of output 15,000.
  const output = 32_000 * 15_000
  it.each<readonly [when: string, events: ReadonlyArray<ClaudeEvent>, nano: number, calls: number]>([
    ["nothing before the first call", [], 0, 0],
    ["its prompt and all that it may write", [started], 1_000 * 3_750 + output, 1],
    ["what is left to write of an answer", [started, said], output - 2_000 * 15_000, 0],
    ["nothing while tools run", [started, said, counted], 0, 0],
    [
      "what was said before, what was added, and all that it may write",
      [started, said, counted, read],
      1_000 * 3_000 + 2_000 * 3_750 + output,
      1
    ],
    ["nothing after the end", [started, said, counted, read, ended], 0, 0]
  ])("%s", (_, events, nano, calls) => {
    const lost = lostAfter(events)
    assert.isAtLeast(lost.lost, nano)
    assert.isAtMost(lost.lost, nano + 100 * 3_750)
    assert.deepStrictEqual([lost.spent, lost.calls, lost.unpriced], [lost.lost, calls, 0])
  })

  it("no known amount where the model has no price", () => {
    const { calls, lost, unpriced } = lostAfter([{ ...started, model: Option.none() }], "of-tomorrow")
    assert.deepStrictEqual([calls, lost, unpriced], [1, 0, 1])
  })
})

describe("the total that a process counts at its end", () => {
  const told = new Usage({ input: 1_000, output: 2_000, cacheRead: 0, cacheWrite: 0 })
  const costOf = (usage: Usage, costUsd: number) => {
    const spending = Option.some({ usage, costUsd: Option.some(costUsd) })
    const transcript = [started, said, counted, { ...ended, spending }].reduce(Transcript.add, Transcript.empty)
    const summary = Spending.summarize(transcript, model, listedPrices)
    return [summary.costUsd, summary.usage.total]
  }

  it("is its cost, with calls of its own that it tells nothing of", () => {
    assert.deepStrictEqual(costOf(told.plus(new Usage({ ...told, input: 90_000 })), 0.4), [0.4, 95_000])
  })

  it.each([
    ["more tokens than can be", new Usage({ ...told, input: 20_000_000 }), 3],
    ["more dollars than its tokens can cost", told, 1_000_000]
  ])("is not believed where it has %s: its answers count", (_, usage, costUsd) => {
    assert.deepStrictEqual(costOf(usage, costUsd), [0.033, 3_000])
  })
})

const sh = (event: unknown) => `echo '${JSON.stringify(event)}'`
const usage = { input_tokens: 1_000, output_tokens: 100 }
const content = [{ type: "text", text: "Let me look." }]
const begins = [
  sh({ type: "system", subtype: "init", session_id: "s", model }),
  sh({ type: "assistant", message: { id: "1", model, content, usage } })
]

describe("a process is charged for the call that it had underway", () => {
  it.live.each(
    [["crashes", 2], ["hangs", 2], ["is cancelled", 0.1]] as const
  )("when it %s, with %d dollars left", ([how, dollars]) =>
    Effect.gen(function*() {
      const world = yield* makeWorld
      const end = how === "crashes" ? "kill -9 $$" : "exec sleep 1000"
      const program = yield* fakeClaude(world, ["cat > /dev/null &", ...begins, end].join("\n"))
      const ledger = SpendMemory.make()
      const answered = yield* Deferred.make<void>()
      const running = yield* Effect.forkChild(
        runClaude(world, claudeTask(), { program, idle: Duration.seconds(how === "hangs" ? 1 : 60) }).pipe(
          Effect.provideService(AgentProgress, () => Deferred.succeed(answered, undefined)),
          Effect.provideService(SpendScope, {
            ledger,
            accounts: [{ kind: "repository", name: "repository", period: "day", limit: nanoOf(dollars) }],
            subject: { repository: "github:acme/api", author: "github:alice" },
            prices: {}
          })
        )
      )
      yield* Deferred.await(answered)
      if (how === "is cancelled") yield* Fiber.interrupt(running)
      else yield* Fiber.await(running)
      const [costs] = yield* ledger.costs(0)
      const rest = nanoOf(31_900 * 15 / 1_000_000)
      const told = nanoOf((1_000 * 3 + 100 * 15) / 1_000_000)
      const lost = Math.min(rest, nanoOf(dollars) - told)
      assert.deepStrictEqual([costs?.spent, costs?.lost, costs?.held], [told + lost, lost, 0])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
})
