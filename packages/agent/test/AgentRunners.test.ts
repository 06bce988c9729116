import { assert, it } from "@effect/vitest"
import { AgentRunner, type AgentTask } from "@nominal-code/agent/AgentRunner"
import * as AgentRunners from "@nominal-code/agent/AgentRunners"
import { KnownSecrets, makeKnownSecrets } from "@nominal-code/domain/secret/KnownSecrets"
import { Effect, Layer, Option, Redacted } from "effect"
import { task } from "./ScriptedModel.ts"

const secret = "hunter2-of-this-process"

it.effect("a secret of this process is in no prompt of any runner, nor in a shorter one", () =>
  Effect.gen(function*() {
    const told: Array<string> = []
    const listening = Layer.succeed(
      AgentRunner,
      AgentRunner.of({
        run: <A>({ prompt, shorter, system }: AgentTask<A>) =>
          Effect.gen(function*() {
            const less = yield* shorter ?? Effect.succeedNone
            told.push(system, prompt, Option.getOrElse(less, () => ""))
            return yield* Effect.die("heard")
          })
      })
    )
    const runners = AgentRunners.layer({ api: listening, "claude-code": listening })
    const given = task({
      system: `system ${secret}`,
      prompt: `prompt ${secret} and ${[...secret].join("\u200b")}`,
      shorter: Effect.succeedSome(`less ${secret}`)
    })
    for (const provider of ["anthropic", "claude-code"] as const) {
      const run = AgentRunner.use((agent) => agent.run({ ...given, settings: { ...given.settings, provider } }))
      yield* run.pipe(Effect.provide(runners), Effect.exit)
    }
    const hidden = ["system [REDACTED]", "prompt [REDACTED] and [REDACTED]", "less [REDACTED]"]
    assert.deepStrictEqual(told, [...hidden, ...hidden])
  }).pipe(Effect.provideService(KnownSecrets, makeKnownSecrets([Redacted.make(secret)]))))
