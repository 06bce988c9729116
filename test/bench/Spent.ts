import { Duration, Effect, Schema, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { env } from "node:process"
import { fileURLToPath } from "node:url"
import { NotMeasured } from "./Figure.ts"
import type * as Program from "./Program.ts"

/** Last line that a measured process writes. */
const Used = Schema.fromJsonString(Schema.Struct({ cpu: Schema.Finite, memory: Schema.Finite }))

const hook = fileURLToPath(new URL("spentHook.cjs", import.meta.url))

/** Runs Node to its end, and answers with what that took, and what it wrote. */
export const of = Effect.fnUntraced(
  function*(args: ReadonlyArray<string>, cwd: string, variables: Program.Environment) {
    const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
    const command = ChildProcess.make(process.execPath, ["--require", hook, ...args], {
      cwd,
      env: { PATH: env["PATH"], ...variables },
      stdin: "ignore"
    })
    const child = yield* spawner.spawn(command)
    const [wall, written] = yield* Effect.timed(Stream.mkString(Stream.decodeText(child.all)))
    const used = yield* Schema.decodeEffect(Used)(written.split("\n").at(-1) ?? "")
    return { ...used, wall: Duration.toMillis(wall), written }
  },
  Effect.scoped,
  Effect.mapError(({ message }) => new NotMeasured({ message }))
)
