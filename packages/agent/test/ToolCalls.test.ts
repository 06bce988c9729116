import { assert, it } from "@effect/vitest"
import * as ToolCalls from "@nominal-code/agent/ToolCalls"
import { RepoPath } from "@nominal-code/domain/event/PullRequest"
import { Block } from "@nominal-code/domain/model/Conversation"
import { KnownSecrets, makeKnownSecrets } from "@nominal-code/domain/secret/KnownSecrets"
import { ToolError } from "@nominal-code/workspace/Tool"
import { Effect, Fiber, Redacted, Ref, Schema } from "effect"
import { TestClock } from "effect/testing"
import { call, tool } from "./ScriptedModel.ts"

const calls = (...names: ReadonlyArray<string>) => ToolCalls.callsIn(names.map((name) => call(name)))
const said = (results: ReadonlyArray<Block>) => results.filter(Block.guards.ToolResult)

it.effect("a tool that hangs is given up after two minutes, and the others are heard", () =>
  Effect.gen(function*() {
    const tools = [tool("Hang", () => Effect.never), tool("Read")]
    const fiber = yield* Effect.forkChild(ToolCalls.runAll(tools, calls("Hang", "Read")))
    yield* TestClock.adjust("2 minutes")
    assert.deepStrictEqual(
      said(yield* Fiber.join(fiber)).map(({ content, isError }) => [content, isError]),
      [["Hang did not finish within 2m.", true], ["Read ran", false]]
    )
  }))

it.effect("no more than eight run at once", () =>
  Effect.gen(function*() {
    const running = yield* Ref.make({ now: 0, most: 0 })
    const count = (by: number) =>
      Ref.update(running, ({ most, now }) => ({ now: now + by, most: Math.max(most, now + by) }))
    const busy = tool("Busy", () =>
      Effect.as(Effect.ensuring(Effect.andThen(count(1), Effect.yieldNow), count(-1)), "ok"))
    yield* ToolCalls.runAll([busy], calls(...Array<string>(30).fill("Busy")))
    assert.strictEqual((yield* Ref.get(running)).most, 8)
  }))

it.effect("of one turn's calls the first 32 run, and every one is answered", () =>
  Effect.gen(function*() {
    const ran = yield* Ref.make(0)
    const counted = tool("Counted", () => Effect.as(Ref.update(ran, (before) => before + 1), "ok"))
    const results = said(yield* ToolCalls.runAll([counted], calls(...Array<string>(40).fill("Counted"))))
    assert.deepStrictEqual([yield* Ref.get(ran), results.length], [32, 40])
    assert.isTrue(results.slice(32).every(({ content, isError }) => isError && content.startsWith("Not run")))
  }))

it.effect("a secret of this process is in no answer of a tool: no result, no refusal, no defect", () =>
  Effect.gen(function*() {
    const secret = "hunter2-of-this-process"
    const tools = [
      tool("Says", () => Effect.succeed(secret)),
      tool("Refuses", () => Effect.fail(new ToolError({ message: secret }))),
      tool("Breaks", () => Effect.die(new Error(secret)))
    ]
    const results = said(yield* ToolCalls.runAll(tools, calls("Says", "Refuses", "Breaks")))
    assert.deepStrictEqual(results.map(({ content }) => content), [
      "[REDACTED]",
      "[REDACTED]",
      "Unexpected error executing Breaks: [REDACTED]"
    ])
  }).pipe(Effect.provideService(KnownSecrets, makeKnownSecrets([Redacted.make("hunter2-of-this-process")]))))

it("a tool's schema is told as JSON Schema of an object, with the meaning of its fields", () => {
  const input = Schema.Struct({
    file_path: RepoPath.annotate({ description: "Relative to the root" }),
    limit: Schema.optionalKey(Schema.Int)
  })
  const { inputSchema } = ToolCalls.toSpec({ name: "Read", description: "Reads", input })
  assert.strictEqual(inputSchema.type, "object")
  assert.deepStrictEqual(inputSchema.required, ["file_path"])
  assert.include(JSON.stringify(inputSchema), "Relative to the root")
})
