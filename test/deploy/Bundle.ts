import { NodeServices } from "@effect/platform-node"
import { Effect, FileSystem, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { env, execPath } from "node:process"
import { root } from "./Rendering.ts"

/** Exit code of a program, and its output. */
interface Ended {
  readonly code: number
  readonly written: string
}

const run = Effect.fnUntraced(
  function*(args: ReadonlyArray<string>, variables: Readonly<Record<string, string>>) {
    const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
    const child = yield* spawner.spawn(
      ChildProcess.make(execPath, args, { cwd: "/", env: { PATH: env["PATH"], ...variables }, stdin: "ignore" })
    )
    const written = yield* Stream.mkString(Stream.decodeText(child.all))
    return { code: Number(yield* child.exitCode), written } satisfies Ended
  },
  Effect.scoped,
  Effect.provide(NodeServices.layer)
)

/** `node ci/build.ts` for a variant, into a directory. */
export const build = (directory: string, extras: string) => run([`${root}/ci/build.ts`, directory], { EXTRAS: extras })

/**
 * Content of `/app` in the image: the bundle, and ripgrep beside it. It lies where no other package can be found.
 */
export const makeApp = Effect.fn("Bundle.makeApp")(function*(extras: string) {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "nominal-app-" })
  const app = `${directory}/app`
  const built = yield* build(app, extras)
  if (built.code !== 0) return yield* Effect.die(new Error(built.written))
  yield* fs.copy(`${root}/node_modules/@vscode`, `${app}/node_modules/@vscode`)
  return {
    /** All of its code as one text. */
    code: Effect.map(
      Effect.forEach(
        (yield* fs.readDirectory(`${app}/lib`)).filter((name) => name.endsWith(".js")),
        (name) => fs.readFileString(`${app}/lib/${name}`),
        { concurrency: 4 }
      ),
      (texts) => texts.join("\n")
    ),
    /** Runs `nominal-code` in a place where only `variables` are known. */
    nominalCode: Effect.fnUntraced(
      function*(args: ReadonlyArray<string>, variables: Readonly<Record<string, string>> = {}) {
        // Node writes down there what the process has run.
        const reports = yield* fs.makeTempDirectoryScoped()
        const ended = yield* run([`${app}/bin/nominal-code.js`, ...args], {
          HOME: directory,
          NODE_V8_COVERAGE: reports,
          ...variables
        })
        const names = yield* fs.readDirectory(reports)
        const texts = yield* Effect.forEach(names, (name) => fs.readFileString(`${reports}/${name}`), {
          concurrency: 4
        })
        const chunks = new Set(texts.join("\n").match(/(?<=file:\/\/)[^"]*\/app\/lib\/[^"/]+\.js/g))
        const code = yield* Effect.forEach(chunks, (path) => fs.readFileString(path), { concurrency: 4 })
        return { ...ended, loaded: code.join("\n") }
      },
      Effect.scoped
    ),
    directory
  }
}, Effect.provide(NodeServices.layer))
