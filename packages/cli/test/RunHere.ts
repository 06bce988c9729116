import { NodeServices } from "@effect/platform-node"
import { ConfigProvider, Console, Effect, Layer, Stdio, Stream } from "effect"
import process from "node:process"
import { run, teardown } from "../src/Cli.ts"
import { absentHome } from "./AbsentHome.ts"

/** Surroundings of the command, beside its environment. */
export interface Surroundings {
  /** Its working directory; by default the one of the tests. */
  readonly directory?: string
  /** Text on its standard input; nothing by default. */
  readonly stdin?: string
}

/** Runs an effect with another working directory. No other file's tests run in this process at the same time. */
const within = <A, E, R>(directory: string | undefined, effect: Effect.Effect<A, E, R>) =>
  directory === undefined ? effect : Effect.acquireUseRelease(
    Effect.sync(() => {
      const before = process.cwd()
      process.chdir(directory)
      return before
    }),
    () => effect,
    (before) => Effect.sync(() => process.chdir(before))
  )

/** Runs an effect while what is written to this process' standard error is heard. */
const hearing = <A, E, R>(hear: (text: string) => void, effect: Effect.Effect<A, E, R>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      const before = process.stderr.write
      process.stderr.write = (chunk: string | Uint8Array) => {
        hear(String(chunk))
        return true
      }
      return before
    }),
    () => effect,
    (before) =>
      Effect.sync(() => {
        process.stderr.write = before
      })
  )

/** Runs the command in this process, with nothing else in its environment: its output and its exit code. */
export const runIn = Effect.fnUntraced(
  function*(
    { directory, stdin = "" }: Surroundings,
    settings: Readonly<Record<string, string>>,
    ...args: ReadonlyArray<string>
  ) {
    const written = { stdout: "", stderr: "" }
    const console: Console.Console = {
      ...yield* Console.Console,
      log: (text: string) => void (written.stdout += `${text}\n`),
      error: (text: string) => void (written.stderr += `${text}\n`)
    }
    const stdio = Stdio.layerTest({
      args: Effect.succeed(args),
      stdin: Stream.encodeText(Stream.succeed(stdin))
    })
    const exit = yield* run.pipe(
      Effect.provideService(Console.Console, console),
      Effect.provideService(
        ConfigProvider.ConfigProvider,
        ConfigProvider.fromEnvRecord({ HOME: yield* absentHome, ...settings })
      ),
      Effect.provide(Layer.merge(NodeServices.layer, stdio)),
      Effect.exit,
      (effect) => hearing((text) => void (written.stderr += text), within(directory, effect))
    )
    let code = -1
    teardown(exit, (given) => {
      code = given
    })
    return { ...written, code }
  },
  Effect.scoped,
  Effect.provide(NodeServices.layer)
)

/**
 * Runs the command in this process, where its surroundings do not matter. The start of a process takes a third of a
 * second of the processor each time, and is tried by the tests of `RunCommand.ts`.
 */
export const runHere = (settings: Readonly<Record<string, string>>, ...args: ReadonlyArray<string>) =>
  runIn({}, settings, ...args)
