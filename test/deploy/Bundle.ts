import { NodeServices } from "@effect/platform-node"
import { nodeFlags } from "@nominal-code/testing/Command"
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
      ChildProcess.make(execPath, [...nodeFlags, ...args], {
        cwd: "/",
        env: { PATH: env["PATH"], ...variables },
        stdin: "ignore"
      })
    )
    const written = yield* Stream.mkString(Stream.decodeText(child.all))
    return { code: Number(yield* child.exitCode), written } satisfies Ended
  },
  Effect.scoped,
  Effect.provide(NodeServices.layer)
)

/** `node ci/build.ts` for a variant, into a directory. */
export const build = (directory: string, extras: string) => run([`${root}/ci/build.ts`, directory], { EXTRAS: extras })

/** The build of a variant in a directory; that of all providers is the one that the run's tests share, if it has one. */
export const buildInto = Effect.fnUntraced(function*(app: string, extras: string) {
  const fs = yield* FileSystem.FileSystem
  const shared = env["NOMINAL_CODE_BUILD"]
  if (shared !== undefined && extras === "all") return yield* fs.copy(shared, app)
  const built = yield* build(app, extras)
  if (built.code !== 0) return yield* Effect.die(new Error(built.written))
})

/** Tells Node to write down what it loads. */
const recorder = `import { registerHooks } from "node:module"
import { appendFileSync } from "node:fs"
registerHooks({
  load(url, context, next) {
    appendFileSync(process.env.LOADED_MODULES, url + "\\n")
    return next(url, context)
  }
})
`

/**
 * Content of `/app` in the image: the bundle, and ripgrep beside it. It lies where no other package can be found.
 */
export const makeApp = Effect.fn("Bundle.makeApp")(function*(extras: string) {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "nominal-app-" })
  const app = `${directory}/app`
  yield* buildInto(app, extras)
  yield* fs.writeFileString(`${directory}/recorder.mjs`, recorder)
  yield* fs.copy(`${root}/node_modules/@vscode`, `${app}/node_modules/@vscode`)
  return {
    /** `node compile.js`, which loads everything for the image's cache. */
    compile: yield* Effect.cached(
      run([`${app}/bin/compile.js`], { HOME: directory, NODE_COMPILE_CACHE: `${directory}/kept` })
    ),
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
        const loaded = yield* fs.makeTempFileScoped()
        const ended = yield* run(["--import", `${directory}/recorder.mjs`, `${app}/bin/nominal-code.js`, ...args], {
          HOME: directory,
          LOADED_MODULES: loaded,
          NODE_COMPILE_CACHE: `${directory}/compiled`,
          ...variables
        })
        const chunks = new Set((yield* fs.readFileString(loaded)).match(/(?<=file:\/\/).*\/app\/lib\/[^/]+\.js/g))
        const code = yield* Effect.forEach(chunks, (path) => fs.readFileString(path), { concurrency: 4 })
        return {
          ...ended,
          loaded: code.join("\n"),
          chunks: [...chunks].map((path) => path.slice(path.lastIndexOf("/") + 1))
        }
      },
      Effect.scoped
    ),
    directory
  }
}, Effect.provide(NodeServices.layer))
