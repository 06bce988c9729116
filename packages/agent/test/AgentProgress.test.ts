import { assert, it } from "@effect/vitest"
import { type AgentEvent, AgentProgress } from "@nominal-code/agent/AgentProgress"
import { Effect } from "effect"
import { call, runToResult, says, submit, task } from "./ScriptedModel.ts"

it.effect("a listener hears each answer with what it cost, and each tool before it runs", () =>
  Effect.gen(function*() {
    const heard: Array<AgentEvent> = []
    const replies = [says([call("Read", { path: "a.ts" }), call("Nonexistent")]), says([submit()])]
    yield* runToResult(task(), replies).pipe(
      Effect.provideService(AgentProgress, (event) => Effect.sync(() => void heard.push(event)))
    )
    assert.deepStrictEqual(
      heard.map((event) =>
        event._tag === "Answered"
          ? [event.usage.total, event.costUsd]
          : event._tag === "ToolStarted"
          ? [event.tool, event.input]
          : []
      ),
      [[1_100, 0.0045], ["Read", { path: "a.ts" }], [1_100, 0.0045]]
    )
  }))
