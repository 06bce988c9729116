import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { fileURLToPath } from "node:url"

const program = fileURLToPath(new URL("growingHeap.ts", import.meta.url))

/** The greatest heap of a process, in MiB. It has no options but ours. */
const greatest = Effect.fnUntraced(function*(...args: ReadonlyArray<string>) {
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  return Number(
    yield* spawner.string(ChildProcess.make(process.execPath, [program, ...args], { env: {}, extendEnv: false }))
  )
})

it.live("a heap whose growth is bounded keeps less of what is over", () =>
  Effect.gen(function*() {
    const [bounded, unbounded] = yield* Effect.all([greatest("bounded"), greatest()], { concurrency: 2 })
    assert.isAbove(bounded, 0)
    assert.isBelow(bounded / unbounded, 0.75)
  }).pipe(Effect.provide(NodeServices.layer)))
