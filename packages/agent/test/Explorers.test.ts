import { assert, describe, it } from "@effect/vitest"
import { type AgentEvent, AgentProgress } from "@nominal-code/agent/AgentProgress"
import { AgentRunner, type AgentTask } from "@nominal-code/agent/AgentRunner"
import { Block } from "@nominal-code/domain/model/Conversation"
import { Transcript, type TranscriptEvent } from "@nominal-code/domain/model/Transcript"
import { LlmError } from "@nominal-code/llm/LlmError"
import type { LlmProvider, LlmRequest, LlmResponse } from "@nominal-code/llm/LlmProvider"
import { Deferred, Effect, Exit, Fiber, Option } from "effect"
import { TestClock } from "effect/testing"
import { agentOf, type Answer, call, says, submit, task, text, usage } from "./ScriptedModel.ts"
import { textOf, violations } from "./Transcript.ts"

const explorers = {
  settings: { provider: "anthropic", model: "claude-haiku-4-5", maxTurns: 5 },
  system: "You explore.",
  maxConcurrent: 4
}

const explore = (prompt: string) => call("Agent", { subagent_type: "explore", prompt })

const isExplorer = ({ system }: LlmRequest) => system === explorers.system

/** The prompt of an explorer, which is the first thing that it is told. */
const promptOf = ({ messages }: LlmRequest) => textOf(messages[0])

const results = ({ messages }: LlmRequest) =>
  messages.flatMap(({ content }) => content.filter(Block.guards.ToolResult)).map(({ content, isError }) =>
    isError ? `error: ${content}` : content
  )

type Child = (request: LlmRequest) => ReturnType<LlmProvider["Service"]["send"]>

/** Runs a reviewer that first asks these questions at once, and then submits. Its explorers' model is the second one. */
const reviewing = (prompts: ReadonlyArray<string>, child: Child, changes: Partial<AgentTask<Answer>> = {}) => {
  const requests: Array<LlmRequest> = []
  const send = (request: LlmRequest): ReturnType<Child> =>
    Effect.suspend(() => {
      const wrong = violations(request.messages)
      if (wrong.length > 0) return Effect.die(new Error(wrong.join("; ")))
      requests.push(request)
      if (isExplorer(request)) return child(request)
      return Effect.succeed(
        says(requests.filter((one) => !isExplorer(one)).length === 1 ? prompts.map(explore) : [submit()])
      )
    })
  const run = AgentRunner.use((agent) => agent.run(task({ explorers, ...changes }))).pipe(Effect.provide(agentOf(send)))
  /** Results of tools that the reviewer was given. */
  const heard = () => results(requests.filter((request) => !isExplorer(request)).at(-1) ?? failed())
  return { run, heard, requests }
}

const failed = (): never => {
  throw new Error("the reviewer was not asked")
}

const scripted = (replies: ReadonlyArray<LlmResponse>): Child => ({ messages }) =>
  Effect.succeed(replies[Math.min(Math.floor(messages.length / 2), replies.length - 1)] ?? says([text("?")]))

describe("an explorer", () => {
  it.effect("works beside those of the same turn, and its notes are the answer, in the order of the calls", () =>
    Effect.gen(function*() {
      const last = yield* Deferred.make<void>()
      const noting: Child = (request) =>
        Effect.gen(function*() {
          if (promptOf(request) === "first") yield* Deferred.await(last)
          else yield* Deferred.succeed(last, undefined)
          return says(
            results(request).length === 0
              ? [call("Read"), call("WriteNotes", { content: `${promptOf(request)}: a.ts:3` })]
              : [call("finish")]
          )
        })
      const { heard, requests, run } = reviewing(["first", "second"], noting)
      const result = yield* run
      assert.deepStrictEqual(heard(), ["first: a.ts:3", "second: a.ts:3"])
      const [tools] = requests.filter(isExplorer).map(({ tools }) => tools.map(({ name }) => name))
      assert.deepStrictEqual(tools, ["Read", "Grep", "finish", "WriteNotes"])
      assert.deepStrictEqual(requests.filter(isExplorer).map(({ model }) => model), Array(4).fill("claude-haiku-4-5"))
      const parts = result.explorations?.map(({ prompt, stopped, turns }) => [prompt, stopped, turns]).sort()
      assert.deepStrictEqual(parts, [["first", "submitted", 2], ["second", "submitted", 2]])
      // Four calls of explorers at a third of the reviewer's rates, and two of the reviewer.
      assert.deepStrictEqual([result.usage.model, result.usage.calls], ["claude-sonnet-4", 6])
      assert.closeTo(result.usage.costUsd ?? 0, 2 * 0.0045 + 4 * 0.0015, 1e-9)
    }))

  it.effect("answers with its last words if it took no notes, and says why it ended early", () =>
    Effect.gen(function*() {
      const note = call("WriteNotes", { content: "a.ts:3" })
      const away = new LlmError({ provider: "anthropic", reason: "overloaded", message: "529" })
      const cases: ReadonlyArray<readonly [Child, string]> = [
        [scripted([says([text("Nobody calls it.")])]), "Nobody calls it."],
        [scripted([says([note]), says([text("Done.")])]), "a.ts:3"],
        [scripted([says([note]), says([call("finish", { answer: "And b.ts:4." })])]), "a.ts:3\n\nAnd b.ts:4."],
        [scripted([says([call("finish")])]), "No findings."],
        [scripted([says([note]), says([call("Read")])]), "a.ts:3\n\nIt ended early: its turns were used up."],
        [() => Effect.fail(away), "error: Sub-agent error: 529"]
      ]
      for (const [child, answer] of cases) {
        const { heard, run } = reviewing(["callers?"], child)
        assert.isTrue(Option.isSome((yield* run).answer))
        assert.deepStrictEqual(heard(), [answer])
      }
    }))

  it.effect("is refused another kind, and an empty question, and where a task has no explorers there is no tool", () =>
    Effect.gen(function*() {
      const { heard, run } = reviewing([" "], scripted([]))
      yield* run
      assert.match(heard().join(), /^error: Invalid input for Agent: .*Expected a text that is not empty/)
      const without = reviewing([], scripted([]), { explorers: undefined })
      yield* without.run
      assert.notInclude(without.requests.flatMap(({ tools }) => tools.map(({ name }) => name)), "Agent")
    }))

  it.effect("waits for its turn: no more work at the same time than may", () =>
    Effect.gen(function*() {
      let now = 0
      let most = 0
      const child: Child = () =>
        Effect.acquireUseRelease(
          Effect.sync(() => (most = Math.max(most, ++now))),
          () => Effect.as(Effect.yieldNow, says([call("finish")])),
          () => Effect.sync(() => void now--)
        )
      const prompts = ["a", "b", "c", "d", "e", "f"]
      const { heard, run } = reviewing(prompts, child, { explorers: { ...explorers, maxConcurrent: 2 } })
      yield* run
      assert.deepStrictEqual([most, heard().length], [2, 6])
    }))

  it.effect("keeps to its own dollars and to the review's, and the reviewer still hands in", () =>
    Effect.gen(function*() {
      const endless: Child = ({ maxOutputTokens }) =>
        Effect.succeed(says([call("Read")], { usage: usage({ output: maxOutputTokens }) }))
      const settings = { ...explorers.settings, maxTurns: 0 }
      for (const [own, whole] of [[0.05, 2], [2, 0.5]] as const) {
        const { heard, run } = reviewing(["a", "b"], endless, {
          explorers: { ...explorers, settings, maxCostUsd: own },
          maxCostUsd: whole
        })
        const result = yield* run
        assert.strictEqual(result.stopped, "submitted")
        assert.include(heard().at(0), "It ended early: its money was used up.")
        assert.isAtMost(result.usage.costUsd ?? Infinity, whole)
        for (const { usage: { costUsd } } of result.explorations ?? []) assert.isAtMost(costUsd ?? Infinity, own)
      }
    }))

  it.effect("is cancelled with its reviewer", () =>
    Effect.gen(function*() {
      const begun = yield* Deferred.make<void>()
      const ended = yield* Deferred.make<void>()
      const child: Child = () =>
        Effect.andThen(Deferred.succeed(begun, undefined), Effect.never).pipe(
          Effect.onInterrupt(() => Deferred.succeed(ended, undefined))
        )
      const fiber = yield* Effect.forkChild(reviewing(["a"], child).run)
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(fiber)
      assert.isTrue(yield* Deferred.isDone(ended))
    }))

  it.effect("has four minutes, after which its notes are its answer and its cost still counts", () =>
    Effect.gen(function*() {
      const begun = yield* Deferred.make<void>()
      const child: Child = (request) =>
        results(request).length === 0
          ? Effect.succeed(says([call("WriteNotes", { content: "a.ts:3" })]))
          : Effect.andThen(Deferred.succeed(begun, undefined), Effect.never)
      const { heard, run } = reviewing(["a"], child)
      const fiber = yield* Effect.forkChild(run)
      yield* Deferred.await(begun)
      yield* TestClock.adjust("4 minutes")
      const result = yield* Fiber.join(fiber)
      assert.deepStrictEqual(heard(), ["a.ts:3\n\nIt ended early: it had 4m."])
      assert.isAtLeast(result.usage.calls, 3)
    }))

  it.effect("is one of 24 of a review at most", () =>
    Effect.gen(function*() {
      const { heard, run } = reviewing(
        Array.from({ length: 30 }, (_, at) => `q${at}`),
        scripted([says([call("finish")])])
      )
      yield* run
      const refused = heard().filter((text) => text.startsWith("error: No more sub-agents"))
      assert.deepStrictEqual([heard().length, refused.length], [30, 6])
    }))

  it.effect("is named in the progress of the review", () =>
    Effect.gen(function*() {
      const events: Array<AgentEvent> = []
      const { run } = reviewing(["a"], scripted([says([call("Read")]), says([call("finish")])]))
      yield* Effect.provideService(run, AgentProgress, (event) => Effect.sync(() => void events.push(event)))
      assert.deepStrictEqual(
        events.map((event) => [event._tag === "ToolStarted" ? event.tool : "answer", event.agent]),
        [["answer", undefined], ["Agent", undefined], ["answer", "explore 1"], ["Read", "explore 1"], [
          "answer",
          "explore 1"
        ], ["answer", undefined]]
      )
    }))

  it.effect("has a section of its own in the result, and its name in the recording of its calls", () =>
    Effect.gen(function*() {
      const events: Array<TranscriptEvent> = []
      const { run } = reviewing(["a", "b"], scripted([says([call("Read")]), says([call("finish", { answer: "x" })])]))
      const { explorations = [] } = yield* Effect.provideService(
        run,
        Transcript,
        (event) => Effect.sync(() => void events.push(event))
      )
      assert.deepStrictEqual(explorations.map(({ prompt, turns }) => [prompt, turns]), [["a", 2], ["b", 2]])
      for (const { conversation, prompt } of explorations) assert.include(textOf(conversation.messages[0]), prompt)
      const agents = events.flatMap((event) => event._tag === "Answered" ? [event.agent ?? "reviewer"] : [])
      assert.deepStrictEqual(agents.toSorted(), [
        "explore 1",
        "explore 1",
        "explore 2",
        "explore 2",
        "reviewer",
        "reviewer"
      ])
    }))

  it.effect("cannot start another one", () =>
    Effect.gen(function*() {
      const { requests, run } = reviewing(["a"], scripted([says([explore("b")]), says([call("finish")])]))
      assert.isTrue(Exit.isSuccess(yield* Effect.exit(run)))
      assert.deepStrictEqual(requests.filter(isExplorer).flatMap(results), [
        "error: Unknown tool 'Agent'. Available: Read, Grep, WriteNotes"
      ])
    }))
})
