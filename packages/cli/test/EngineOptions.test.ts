import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { fileURLToPath } from "node:url"

const growing = fileURLToPath(new URL("growingHeap.ts", import.meta.url))
const hot = fileURLToPath(new URL("hot.ts", import.meta.url))
const parsing = fileURLToPath(new URL("parsing.ts", import.meta.url))

/** Output of a process, which has no options but these and ours. */
const written = Effect.fnUntraced(function*(...args: ReadonlyArray<string>) {
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  return yield* spawner.string(ChildProcess.make(process.execPath, args, { env: {}, extendEnv: false }))
})

/** The greatest heap of a process, in MiB. It is collected at once when it is full, however busy the machine is. */
const greatest = (...args: ReadonlyArray<string>) =>
  Effect.map(written("--no-incremental-marking", growing, ...args), Number)

/** Number of functions of the parser that V8 has optimized, of a process that parses. */
const optimizations = (...args: ReadonlyArray<string>) =>
  Effect.map(
    written("--trace-wasm-compilation-times", "--wasm-sync-tier-up", parsing, ...args),
    (trace) => Array.from(trace.matchAll(/ using TurboFan, took /g)).length
  )

it.live("a heap whose growth is bounded keeps less of what is over", () =>
  Effect.gen(function*() {
    const [bounded, unbounded] = yield* Effect.all([greatest("bounded"), greatest()], { concurrency: 2 })
    assert.isAbove(bounded, 0)
    assert.isBelow(bounded / unbounded, 0.75)
  }).pipe(Effect.provide(NodeServices.layer)))

it.live(
  "the parser is not optimized: one function of a grammar can take half a gigabyte",
  () =>
    Effect.gen(function*() {
      const [ours, usual] = yield* Effect.all([optimizations("ours"), optimizations("usual")], { concurrency: 1 })
      // V8 makes the few functions by which JavaScript and WebAssembly call each other this way in any case.
      assert.isBelow(ours / usual, 0.25)
      // V8 optimizes beside the program: on a busy machine it may end before the first function is done.
    }).pipe(Effect.provide(NodeServices.layer)),
  { retry: 2 }
)

it.live("nothing is compiled beside the program any more when it exits: process.exit would wait for it, perhaps for ever", () =>
  Effect.gen(function*() {
    const compiled = (...args: ReadonlyArray<string>) =>
      Effect.map(written("--trace-opt", hot, ...args), (trace) => /compiling method .* <JSFunction add/.test(trace))
    assert.isTrue(yield* compiled())
    assert.isFalse(yield* compiled("ended"))
  }).pipe(Effect.provide(NodeServices.layer)))
