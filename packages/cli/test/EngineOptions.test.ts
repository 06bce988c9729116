import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { fileURLToPath } from "node:url"

const growing = fileURLToPath(new URL("growingHeap.ts", import.meta.url))
const parsing = fileURLToPath(new URL("parsing.ts", import.meta.url))

/** Output of a process, which has no options but these and ours. */
const written = Effect.fnUntraced(function*(...args: ReadonlyArray<string>) {
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  return yield* spawner.string(ChildProcess.make(process.execPath, args, { env: {}, extendEnv: false }))
})

/** The greatest heap of a process, in MiB. It is collected at once when it is full, however busy the machine is. */
const greatest = (...args: ReadonlyArray<string>) =>
  Effect.map(written("--no-incremental-marking", growing, ...args), Number)

/** Bytes that V8 has held for each function of the parser while it was optimized, of a process that parses. */
const optimizations = (...args: ReadonlyArray<string>) =>
  Effect.map(
    written("--trace-wasm-compilation-times", "--wasm-sync-tier-up", parsing, ...args),
    (trace) => Array.from(trace.matchAll(/ using TurboFan, took \d+ ms and (\d+) /g), ([, bytes]) => Number(bytes))
  )

it.live("a heap whose growth is bounded keeps less of what is over", () =>
  Effect.gen(function*() {
    const [bounded, unbounded] = yield* Effect.all([greatest("bounded"), greatest()], { concurrency: 2 })
    assert.isAbove(bounded, 0)
    assert.isBelow(bounded / unbounded, 0.75)
  }).pipe(Effect.provide(NodeServices.layer)))

it.live("the parser is optimized where it has much to do, without a copy of its loops", () =>
  Effect.gen(function*() {
    const [ours, usual, unrolled] = yield* Effect.all(
      [optimizations("ours"), optimizations("usual"), optimizations("ours", "--wasm-loop-unrolling")],
      { concurrency: 1 }
    )
    assert.isAbove(ours.length, 0)
    assert.isBelow(ours.length / usual.length, 0.75)
    assert.isBelow(Math.max(...ours) / Math.max(...unrolled), 0.8)
    // V8 optimizes beside the program: on a busy machine it may end before the largest function is done.
  }).pipe(Effect.provide(NodeServices.layer)), { retry: 2 })
