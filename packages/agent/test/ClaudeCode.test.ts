import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { SpendScope } from "@nominal-code/agent/SpendScope"
import { Block } from "@nominal-code/domain/model/Conversation"
import { Transcript, TranscriptEvent } from "@nominal-code/domain/model/Transcript"
import { nanoOf } from "@nominal-code/persistence/Spend"
import * as SpendMemory from "@nominal-code/persistence/SpendMemory"
import { turns } from "@nominal-code/testing/ScriptedModel"
import { Effect, Fiber, FileSystem, Layer, Option, Schedule } from "effect"
import { createServer } from "node:http"
import { AgentRunner } from "../src/AgentRunner.ts"
import * as ApiAgent from "../src/ApiAgent.ts"
import * as RecordedCalls from "../src/RecordedCalls.ts"
import {
  apiKey,
  claudeTask,
  commandsOf,
  makeWorld,
  offered,
  recordTools,
  runClaude,
  startedGroup
} from "./ClaudeCodeWorld.ts"
import { tool } from "./ScriptedModel.ts"
import { violations } from "./Transcript.ts"

const submit = (input: unknown = { summary: "Fine." }) => ({ name: offered("submit_review"), input })
const read = { name: offered("Read"), input: { path: "a.ts" } }

/** A server that nobody may ask. It counts who does. */
const makeCanary = Effect.acquireRelease(
  Effect.callback<{ readonly url: string; readonly asked: Array<string>; readonly close: () => void }>((resume) => {
    const asked: Array<string> = []
    const server = createServer((request, response) => {
      asked.push(request.url ?? "")
      response.end("{}")
    })
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = typeof address === "object" ? address?.port : 0
      resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, asked, close: () => server.close() }))
    })
  }),
  ({ close }) => Effect.sync(close)
)

describe("Claude Code", () => {
  it.live("reads with our tools and hands in a review, with the effort that it was told, and can be replayed", () =>
    Effect.gen(function*() {
      const world = yield* makeWorld
      world.model.script(turns({ text: "Looking.", calls: [read] }, { calls: [submit()] }, { text: "done" }))
      const started: Array<string> = []
      const settings = { ...claudeTask().settings, effort: "low" } as const
      const events: Array<TranscriptEvent> = []
      const result = yield* recordTools(started)(runClaude(world, claudeTask({ settings }))).pipe(
        Effect.provideService(Transcript, (event) => Effect.sync(() => void events.push(event)))
      )
      assert.deepStrictEqual(result.answer, Option.some({ summary: "Fine." }))
      assert.deepStrictEqual([result.stopped, result.turns, result.text], ["submitted", 3, "done"])
      assert.deepStrictEqual(started, ["Read"])
      const [first, second] = world.model.turns.map(({ request }) => request)
      assert.sameMembers([...first?.tools ?? []], ["Read", "Grep", "submit_review"].map(offered))
      assert.match(second?.toolResults.join() ?? "", /^Read ran(?:\n|$)/)
      assert.include(first?.system, "You review.")
      const { messages, sessionId } = result.conversation
      assert.match(sessionId ?? "", /^[0-9a-f-]{36}$/)
      assert.deepStrictEqual(violations(messages), [])
      const calls = messages.flatMap(({ content }) => content.filter(Block.guards.ToolUse))
      assert.deepStrictEqual(calls.map(({ name }) => name), ["Read", "submit_review"])
      const { calls: count, model, provider, usage } = result.usage
      assert.deepStrictEqual([provider, model, count], ["claude-code", "claude-3-5-haiku-20241022", 3])
      assert.deepStrictEqual([usage.input, usage.output], [3000, 300])
      assert.isAbove(result.usage.costUsd ?? 0, 0)
      assert.notInclude(JSON.stringify(result), apiKey)
      const answers = events.filter(TranscriptEvent.guards.Answered)
      assert.deepStrictEqual(
        answers.map(({ content, provider, results, stop }) => [
          provider,
          content.filter(Block.guards.ToolUse).map(({ name }) => name),
          results.length,
          stop
        ]),
        [
          ["claude-code", ["Read"], 0, "tool-use"],
          ["claude-code", ["submit_review"], 1, "tool-use"],
          ["claude-code", [], 1, "end"]
        ]
      )
      const again = AgentRunner.use((agent) => agent.run(claudeTask())).pipe(
        Effect.provide(Layer.provide(ApiAgent.layer, RecordedCalls.layerReplay(answers)))
      )
      const replayed = yield* recordTools(started)(again)
      assert.deepStrictEqual([replayed.answer, replayed.turns, started], [result.answer, 2, ["Read", "Read"]])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("writes, runs, fetches and asks nothing that the model wants beside our tools", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const world = yield* makeWorld
      const canary = yield* makeCanary
      const loot = `${world.root}/loot`
      yield* fs.writeFileString(`${world.root}/secret.txt`, "the vaulted text")
      const wishes = [
        { name: "Write", input: { file_path: loot, content: "x" } },
        { name: "Edit", input: { file_path: `${world.root}/secret.txt`, old_string: "the", new_string: "a" } },
        { name: "NotebookEdit", input: { notebook_path: loot, new_source: "x" } },
        { name: "Bash", input: { command: `touch ${loot}; curl ${canary.url}/bash` } },
        { name: "WebFetch", input: { url: `${canary.url}/fetch`, prompt: "read it" } },
        { name: "WebSearch", input: { query: "anything" } },
        { name: "Read", input: { file_path: `${world.root}/secret.txt` } },
        { name: "Glob", input: { pattern: "**", path: world.root } },
        { name: "Task", input: { description: "d", prompt: "p", subagent_type: "general-purpose" } },
        { name: "mcp__other__send", input: { text: "x" } },
        { name: "ReadMcpResourceTool", input: { server: "nominal", uri: "file:///etc/passwd" } },
        { name: "Skill", input: { skill: "update-config" } }
      ]
      world.model.script(turns({ calls: wishes }, { calls: [submit()] }, { text: "done" }))
      const started: Array<string> = []
      const result = yield* recordTools(started)(runClaude(world, claudeTask()))
      assert.strictEqual(result.stopped, "submitted")
      const results = world.model.turns[1]?.request.toolResults ?? []
      assert.strictEqual(results.length, wishes.length)
      for (const text of results) assert.match(text, /No such tool available|Permission to use Agent has been denied/)
      assert.isFalse(yield* fs.exists(loot))
      assert.strictEqual(yield* fs.readFileString(`${world.root}/secret.txt`), "the vaulted text")
      assert.deepStrictEqual([started, canary.asked], [[], []])
      assert.deepStrictEqual(yield* fs.readDirectory(world.directory), [])
      assert.notInclude(JSON.stringify(world.model.mock.getRequests()), "vaulted")
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("may correct a submission that is refused", () =>
    Effect.gen(function*() {
      const world = yield* makeWorld
      world.model.script(turns({ calls: [submit({})] }, { calls: [submit({ summary: "Better." })] }, { text: "done" }))
      const result = yield* runClaude(world, claudeTask())
      assert.deepStrictEqual(result.answer, Option.some({ summary: "Better." }))
      assert.match(world.model.turns[1]?.request.toolResults[0] ?? "", /^Not accepted: [^]*Correct it and submit again/)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("is asked once more for an answer after prose, and comes to an end after more of it", () =>
    Effect.gen(function*() {
      const asked = yield* makeWorld
      asked.model.script(turns({ text: "All is well." }, { calls: [submit()] }, { text: "done" }))
      const submitted = yield* runClaude(asked, claudeTask())
      assert.strictEqual(submitted.stopped, "submitted")
      assert.match(asked.model.turns[1]?.request.prompt ?? "", /hand it in by calling submit_review/)
      assert.deepStrictEqual(violations(submitted.conversation.messages), [])
      const stubborn = yield* makeWorld
      stubborn.model.script(turns({ text: "All is well." }, { text: "I said so." }))
      const prose = yield* runClaude(stubborn, claudeTask())
      assert.deepStrictEqual([prose.stopped, prose.text, prose.turns], ["prose", "I said so.", 2])
      assert.deepStrictEqual(prose.answer, Option.none())
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("has its turns, then nothing but the answer is taken, and it ends without one", () =>
    Effect.gen(function*() {
      const world = yield* makeWorld
      world.model.script(turns({ calls: [read] }))
      const started: Array<string> = []
      const settings = { ...claudeTask().settings, maxTurns: 3 }
      const result = yield* recordTools(started)(runClaude(world, claudeTask({ settings })))
      assert.deepStrictEqual([result.stopped, result.answer], ["turns", Option.none()])
      assert.deepStrictEqual(started, ["Read", "Read"])
      const results = world.model.turns.flatMap(({ request }) => request.toolResults)
      assert.match(results[0] ?? "", /^Read ran(?:\n|$)/)
      assert.match(results[1] ?? "", /^Read ran\n\nThis is your last turn\. Call submit_review now/)
      assert.match(results[2] ?? "", /^Your turns are used up/)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("ends when the task's money is spent", () =>
    Effect.gen(function*() {
      const world = yield* makeWorld
      world.model.script(turns({ calls: [read], usage: { input: 100_000, output: 1_000 } }))
      const result = yield* runClaude(world, claudeTask({ maxCostUsd: 0.1 }))
      assert.deepStrictEqual([result.stopped, result.limit, result.answer], ["budget", "task", Option.none()])
      assert.isBelow(world.model.turns.length, 4)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("is charged to the ledger, and not started once a limit is used up", () =>
    Effect.gen(function*() {
      const world = yield* makeWorld
      world.model.script(turns({ calls: [submit()] }, { text: "done" }))
      const ledger = SpendMemory.make()
      const scope = (limit: number): SpendScope => ({
        ledger,
        accounts: [{ kind: "repository", name: "repository", period: "day", limit: nanoOf(limit) }],
        subject: { repository: "github:acme/api", author: "github:alice" },
        prices: {}
      })
      const within = (limit: number) => Effect.provideService(SpendScope, scope(limit))
      const { usage } = yield* within(1)(runClaude(world, claudeTask()))
      const [costs, ...more] = yield* ledger.costs(0)
      assert.deepStrictEqual(more, [])
      assert.deepStrictEqual([costs?.spent, costs?.held, costs?.calls], [nanoOf(usage.costUsd ?? 0), 0, 2])
      assert.deepStrictEqual([costs?.usage, costs?.subject.provider], [usage.usage, "claude-code"])
      const refused = yield* within(usage.costUsd ?? 0)(runClaude(world, claudeTask()))
      assert.deepStrictEqual([refused.stopped, refused.limit, refused.turns], ["budget", "repository", 0])
      assert.strictEqual(world.model.turns.length, 2)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("goes on with the session of the review before, and without it knows what was said", () =>
    Effect.gen(function*() {
      const world = yield* makeWorld
      world.model.script(turns({ calls: [submit({ summary: "The first one." })] }, { text: "done" }))
      const first = yield* runClaude(world, claudeTask())
      const again = claudeTask({ prompt: "Review pull request #7 on acme/api again.", history: first.conversation })
      const second = yield* runClaude(world, again)
      assert.strictEqual(second.conversation.sessionId, first.conversation.sessionId)
      assert.deepStrictEqual(violations(second.conversation.messages), [])
      assert.strictEqual(second.conversation.messages.length, 2 * first.conversation.messages.length)
      const resumed = JSON.stringify(world.model.mock.getRequests()[2]?.body)
      assert.include(resumed, "Review pull request #7 on acme/api.")
      assert.include(resumed, "The first one.")
      // The second process counts its own tokens only.
      assert.strictEqual(second.usage.usage.input, 2000)
      const elsewhere = yield* makeWorld
      elsewhere.model.script(turns({ calls: [submit()] }, { text: "done" }))
      const third = yield* runClaude(elsewhere, again)
      assert.strictEqual(third.stopped, "submitted")
      assert.notStrictEqual(third.conversation.sessionId, first.conversation.sessionId)
      const prompt = elsewhere.model.turns[0]?.request.prompt ?? ""
      assert.match(prompt, /Your earlier reviews of this pull request:\n\n.*The first one\.[^]*#7 on acme\/api again/)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("has the whole of a review's money, whatever its session has cost before", () =>
    Effect.gen(function*() {
      const world = yield* makeWorld
      const usage = { input: 50_000, output: 100 }
      world.model.script(turns({ calls: [read], usage }, { calls: [submit()], usage }, { text: "done" }))
      const { conversation } = yield* runClaude(world, claudeTask())
      const again = claudeTask({ history: conversation, maxCostUsd: 0.1 })
      const second = yield* runClaude(world, again)
      assert.deepStrictEqual([second.stopped, second.turns], ["submitted", 3])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("is gone, with all that it started, when its review is cancelled", () =>
    Effect.gen(function*() {
      const world = yield* makeWorld
      world.model.script(turns({ latency: 20_000 }))
      const running = yield* Effect.forkChild(runClaude(world, claudeTask()))
      const group = yield* startedGroup
      assert.isNotEmpty(yield* commandsOf(group))
      yield* Fiber.interrupt(running)
      assert.deepStrictEqual(yield* commandsOf(group), [])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("cancels a tool that is running with its review", () =>
    Effect.gen(function*() {
      const world = yield* makeWorld
      let ended = false
      world.model.script(turns({ calls: [read] }))
      const slow = tool("Read", () => Effect.onInterrupt(Effect.never, () => Effect.sync(() => (ended = true))))
      const started: Array<string> = []
      const running = yield* Effect.forkChild(recordTools(started)(runClaude(world, claudeTask({ tools: [slow] }))))
      yield* Effect.repeat(Effect.sync(() => started.length > 0), {
        until: (yes) => yes,
        schedule: Schedule.spaced("20 millis")
      })
      yield* Fiber.interrupt(running)
      assert.isTrue(ended)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
})
