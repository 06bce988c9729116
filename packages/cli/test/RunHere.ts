import { NodeServices } from "@effect/platform-node"
import { ConfigProvider, Console, Effect, Layer, Stdio } from "effect"
import { run, teardown } from "../src/Cli.ts"

/**
 * Runs the command in this process, with nothing else in its environment: its output and its exit code. The start of a
 * process takes a third of a second of the processor each time, and is tried by the tests of `RunCommand.ts`.
 */
export const runHere = Effect.fnUntraced(
  function*(settings: Readonly<Record<string, string>>, ...args: ReadonlyArray<string>) {
    const written = { stdout: "", stderr: "" }
    const console: Console.Console = {
      ...yield* Console.Console,
      log: (text: string) => void (written.stdout += `${text}\n`),
      error: (text: string) => void (written.stderr += `${text}\n`)
    }
    const exit = yield* run.pipe(
      Effect.provideService(Console.Console, console),
      Effect.provideService(
        ConfigProvider.ConfigProvider,
        ConfigProvider.fromEnvRecord({ HOME: "/nonexistent", ...settings })
      ),
      Effect.provide(Layer.merge(NodeServices.layer, Stdio.layerTest({ args: Effect.succeed(args) }))),
      Effect.exit
    )
    let code = -1
    teardown(exit, (given) => {
      code = given
    })
    return { ...written, code }
  }
)
