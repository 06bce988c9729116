import { Duration, Effect, Schema, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { env } from "node:process"
import { NotMeasured } from "./Figure.ts"
import type * as Program from "./Program.ts"

/** Last line that a measured process writes: its CPU time in milliseconds, and its greatest memory in MiB. */
const Used = Schema.fromJsonString(Schema.Struct({ cpu: Schema.Finite, memory: Schema.Finite }))

const hook = `data:text/javascript,process.on("exit",()=>{const{user,system}=process.cpuUsage();` +
  `process.stderr.write("\\n"+JSON.stringify({cpu:(user+system)/1e3,memory:process.resourceUsage().maxRSS/1024}))})`

/** Runs Node to its end, and answers with what that took, and what it wrote. */
export const of = Effect.fnUntraced(
  function*(args: ReadonlyArray<string>, cwd: string, variables: Program.Environment) {
    const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
    const command = ChildProcess.make(process.execPath, ["--import", hook, ...args], {
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
