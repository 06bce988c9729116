import { assert, it } from "@effect/vitest"
import { AgentRunner } from "@nominal-code/agent/AgentRunner"
import { fromLine } from "@nominal-code/agent/claude/Events"
import { Usage } from "@nominal-code/domain/Usage"
import { Effect, Option } from "effect"
import { agentOf, says, submit, task, usage } from "./ScriptedModel.ts"

it.effect("a call has used no more tokens than the window that its service tells", () =>
  Effect.gen(function*() {
    const counts = usage({ input: 5_000_000, cacheRead: 9_000_000, output: 7_000_000 })
    const agent = agentOf(() => Effect.succeed(says([submit()], { usage: counts })), {
      windowOf: () => Effect.succeedSome(64_000)
    })
    const result = yield* Effect.provide(AgentRunner.use((runner) => runner.run(task())), agent)
    assert.deepStrictEqual(
      result.usage.usage,
      new Usage({ input: 0, output: 64_000, cacheRead: 64_000, cacheWrite: 0 })
    )
  }))

it("an event of Claude Code tells no more tokens than its model can have used", () => {
  const told = (event: object) => Option.getOrThrow(fromLine(JSON.stringify(event)))
  const [input_tokens, output_tokens] = [15_000_000, 15_000_000]
  const message = { id: "1", model: "claude-haiku-4-5", content: [], usage: { input_tokens, output_tokens } }
  assert.deepInclude(told({ type: "assistant", message }), {
    usage: new Usage({ input: 200_000, output: 128_000, cacheRead: 0, cacheWrite: 0 })
  })
  const delta = { type: "message_delta", usage: { output_tokens } }
  assert.deepInclude(told({ type: "stream_event", event: delta }), { output: 128_000 })
})
