import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect, Option, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { fileURLToPath } from "node:url"

const program = fileURLToPath(new URL("stubborn.ts", import.meta.url))

it.live.each([["SIGTERM", 143], ["SIGINT", 130]] as const)(
  "%s lets a process finish what it is in the middle of; the second one ends it at once, with exit code %i",
  ([signal, code]) =>
    Effect.gen(function*() {
      const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
      const child = yield* spawner.spawn(ChildProcess.make(process.execPath, [program], { stdin: "ignore" }))
      yield* Stream.runHead(Stream.decodeText(child.stdout))
      const send = Effect.sync(() => process.kill(child.pid, signal))
      // npx sends the Ctrl-C again that the terminal has sent already.
      yield* signal === "SIGINT" ? Effect.andThen(send, send) : send
      const afterOne = yield* Effect.timeoutOption(child.exitCode, "1 second")
      assert.deepStrictEqual(afterOne, Option.none())
      yield* send
      assert.strictEqual(Number(yield* child.exitCode), code)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
)
