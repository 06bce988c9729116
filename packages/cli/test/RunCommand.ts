import { NodeServices } from "@effect/platform-node"
import { compileCache, startOf } from "@nominal-code/testing/Command"
import { Effect, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { absentHome } from "./AbsentHome.ts"

/** Runs the command with nothing else in its environment. */
export const runWith = (settings: Readonly<Record<string, string>>, ...args: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
    const env = { HOME: yield* absentHome, ...compileCache, ...settings }
    const child = yield* spawner.spawn(
      ChildProcess.make(process.execPath, startOf(args, env), { env, stdin: "ignore" })
    )
    const written = (stream: typeof child.stdout) => Stream.mkString(Stream.decodeText(stream))
    const [stdout, stderr, code] = yield* Effect.all(
      [written(child.stdout), written(child.stderr), child.exitCode],
      { concurrency: 3 }
    )
    return { stdout, stderr, code: Number(code) }
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
