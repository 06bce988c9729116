import { assert, it } from "@effect/vitest"
import { AgentRunner } from "@nominal-code/agent/AgentRunner"
import { fromLine } from "@nominal-code/agent/claude/Events"
import * as Transcript from "@nominal-code/agent/claude/Transcript"
import { Usage } from "@nominal-code/domain/model/Usage"
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
    usage: new Usage({ input: 200_000, output: 64_000, cacheRead: 0, cacheWrite: 0 })
  })
  const said = told({ type: "assistant", message: { ...message, usage: { input_tokens: 1, output_tokens: 1 } } })
  const end = told({ type: "stream_event", event: { type: "message_delta", usage: { output_tokens } } })
  assert.strictEqual([said, end].reduce(Transcript.add, Transcript.empty).turns[0]?.usage.output, 64_000)
})

it.effect("a call asks for no more output than its model can give", () =>
  Effect.gen(function*() {
    for (
      const [model, most] of [["claude-3-5-haiku-20241022", 8_192], ["claude-sonnet-5-5", 16_384], [
        "m",
        16_384
      ]] as const
    ) {
      const asked: Array<number> = []
      const agent = agentOf(({ maxOutputTokens }) => {
        asked.push(maxOutputTokens)
        return Effect.succeed(says([submit()]))
      })
      yield* Effect.provide(
        AgentRunner.use((runner) => runner.run(task({ settings: { ...task().settings, model } }))),
        agent
      )
      assert.deepStrictEqual(asked, [most], model)
    }
  }))
