import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { randomInt } from "node:crypto"
import { env, execPath } from "node:process"
import { fileURLToPath } from "node:url"

const script = fileURLToPath(new URL("readings.ts", import.meta.url))
const seed = env["NOMINAL_FUZZ_SEED"] ?? String(randomInt(1_000_000))

const readings = Effect.fnUntraced(function*(...flags: ReadonlyArray<string>) {
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  return (yield* spawner.string(ChildProcess.make(execPath, [...flags, script, seed]))).trimEnd().split("\n")
})

it.live(`the compiled readers of webhooks read what the published payloads and mutations of them say (seed ${seed})`, () =>
  Effect.gen(function*() {
    const [compiled, interpreted] = yield* Effect.all(
      [readings(), readings("--disallow-code-generation-from-strings")],
      { concurrency: 2 }
    )
    assert.isAbove(compiled.length, 5_000)
    for (const kind of ["Lifecycle", "Comment", "the payload is not what GitHub describes", "what GitLab describes"]) {
      assert.isTrue(compiled.some((line) => line.includes(kind)), kind)
    }
    assert.strictEqual(compiled.find((line, index) => line !== interpreted[index]), undefined)
    assert.strictEqual(compiled.length, interpreted.length)
  }).pipe(Effect.provide(NodeServices.layer)))
