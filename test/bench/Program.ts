import { freePort } from "@nominal-code/testing/FreePort"
import { Effect, Fiber, FileSystem, Schedule, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { basename, resolve } from "node:path"
import { env } from "node:process"
import { fileURLToPath } from "node:url"
import { NotMeasured } from "./Figure.ts"

/** One way to run `nominal-code`. */
export interface Program {
  readonly name: string
  /** Arguments of Node before those of the command. */
  readonly command: ReadonlyArray<string>
  /** Variables that it is run with. */
  readonly variables?: Environment
}

export type Environment = Readonly<Record<string, string>>

const root = fileURLToPath(new URL("../../", import.meta.url))

/** As it runs in development: TypeScript. */
export const sources: Program = { name: "from sources", command: [`${root}packages/cli/bin/nominal-code.js`] }

/** A Node process until the scope closes. It ends with SIGKILL: nobody waits for its goodbye. */
export const node = Effect.fnUntraced(
  function*(args: ReadonlyArray<string>, environment: Environment = {}, cwd = root) {
    const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
    return yield* spawner.spawn(ChildProcess.make(process.execPath, args, {
      cwd,
      env: { PATH: env["PATH"], HOME: env["HOME"], ...environment },
      stdin: "ignore",
      killSignal: "SIGKILL"
    }))
  },
  Effect.mapError(({ message }) => new NotMeasured({ message: `node did not start: ${message}` }))
)

/** Runs Node to its end, which has to be a good one. */
export const nodeToEnd = Effect.fnUntraced(
  function*(args: ReadonlyArray<string>, environment?: Environment, cwd?: string) {
    const child = yield* node(args, environment, cwd)
    const [output, code] = yield* Effect.all(
      [child.all.pipe(Stream.decodeText(), Stream.mkString), child.exitCode],
      { concurrency: 2 }
    ).pipe(Effect.mapError(({ message }) => new NotMeasured({ message })))
    if (code === 0) return
    const said = output.trim().split("\n").slice(-5).join("\n  ")
    return yield* new NotMeasured({ message: `node ${args.join(" ")} ended with ${code}:\n  ${said}` })
  },
  Effect.scoped
)

/** The published program of a checkout. Built here, so that the figures are those of its sources. */
const bundled = (name: string, checkout: string) =>
  Effect.as(
    nodeToEnd([resolve(checkout, "ci/build.ts")]),
    { name, command: [resolve(checkout, "dist/bin/nominal-code.js")] } satisfies Program
  )

/** The published program. */
export const bundle = bundled("bundled", root)

/** The published program of another checkout. */
export const bundleOf = (checkout: string) => bundled(`that of ${basename(checkout)}`, checkout)

/** Variables of the image that bound the memory of a process. */
const bounds = (dockerfile: string): Environment =>
  Object.fromEntries(
    Array.from(
      dockerfile.matchAll(/\b(NODE_OPTIONS|MALLOC_\w+)=(\S+)/g),
      ([, name = "", value = ""]) => [name, value] as const
    )
  )

/** The published program as it runs in the image: from its startup snapshot, with what bounds its memory. */
export const inImage = Effect.gen(function*() {
  const files = yield* FileSystem.FileSystem
  const [kept, dockerfile] = yield* Effect.mapError(
    Effect.all([
      files.makeTempDirectoryScoped({ prefix: "nominal-bench-" }),
      files.readFileString(`${root}ci/Dockerfile`)
    ]),
    ({ message }) => new NotMeasured({ message })
  )
  const variables = { ...bounds(dockerfile), NODE_COMPILE_CACHE: kept }
  const blob = `${kept}/start.blob`
  yield* nodeToEnd([`${root}ci/snapshot.ts`])
  yield* nodeToEnd(["bin/snapshot.js", blob], {}, `${root}dist`)
  yield* nodeToEnd([`${root}dist/bin/compile.js`], variables)
  return { name: "as in the image", command: ["--snapshot-blob", blob], variables } satisfies Program
})

const often = Schedule.spaced("5 millis")

const isReady = (url: string) =>
  Effect.tryPromise({
    try: (signal) => fetch(`${url}/ready`, { signal }).then(({ ok }) => ok),
    catch: () => new NotMeasured({ message: "it does not answer yet" })
  })

/** Starts `serve` on the loopback, until the scope closes. It is there when `/ready` says so. */
export const serve = Effect.fn("Program.serve")(function*(program: Program, environment: Environment) {
  const port = yield* freePort
  const url = `http://127.0.0.1:${port}`
  const child = yield* node([...program.command, "serve", "--no-doctor"], {
    ...program.variables,
    ...environment,
    WEBHOOK_HOST: "127.0.0.1",
    WEBHOOK_PORT: String(port)
  })
  const log: Array<string> = []
  const failed = (what: string) => new NotMeasured({ message: [what, ...log.slice(-8)].join("\n  ") })
  const reading = yield* child.all.pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.runForEach((line) => Effect.sync(() => log.push(line))),
    Effect.forkScoped
  )
  const died = Effect.exit(child.exitCode).pipe(
    Effect.andThen(Fiber.await(reading)),
    Effect.flatMap(() => Effect.fail(failed(`serve, ${program.name}, ended by itself`)))
  )
  const ready = isReady(url).pipe(
    Effect.retry(often),
    Effect.repeat({ schedule: often, until: (yes) => yes }),
    Effect.timeoutOrElse({
      duration: "30 seconds",
      orElse: () => Effect.fail(failed(`serve, ${program.name}, did not become ready`))
    })
  )
  yield* Effect.raceFirst(ready, died)
  return { url, webhook: `${url}/webhooks/github`, pid: child.pid, log: log as ReadonlyArray<string>, failed }
})

/** A running `serve`. `failed` explains a failure with the last that it wrote. */
export type Serve = Effect.Success<ReturnType<typeof serve>>
