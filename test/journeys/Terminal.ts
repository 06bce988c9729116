import { NodeServices } from "@effect/platform-node"
import { it } from "@effect/vitest"
import { command, nodeFlags } from "@nominal-code/testing/Command"
import { listenScoped } from "@nominal-code/testing/GitHubServer"
import { Effect, FiberSet, FileSystem, type PlatformError, Schema, type Scope, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { env } from "node:process"
import { json } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { runIn } from "../../packages/cli/test/RunHere.ts"
import * as LocalRepository from "./LocalRepository.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))

/** A directory to work in, and the model that is asked there. */
export interface World {
  readonly url: string
  readonly directory: string
  readonly env?: Readonly<Record<string, string>>
  /** Text that is typed at the terminal. */
  readonly typed?: Effect.Effect<string, PlatformError.PlatformError>
}

/** The environment of somebody with a home of their own, and a key of the model. */
const environment = (world: World, home: string) => ({
  PATH: `${root}/node_modules/.bin:${env["PATH"]}`,
  HOME: home,
  TMPDIR: `${home}/tmp`,
  TERM: "xterm-256color",
  ANTHROPIC_API_KEY: "a-key-that-is-long-enough",
  ANTHROPIC_BASE_URL: world.url,
  ...world.env
})

/** Runs a program in the repository as its author would, and answers with both of its outputs and its exit code. */
export const run = Effect.fn(function*(world: World, program: string, ...args: ReadonlyArray<string>) {
  const fs = yield* FileSystem.FileSystem
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const home = yield* fs.makeTempDirectoryScoped({ prefix: "review-home-" })
  const temporary = `${home}/tmp`
  yield* fs.makeDirectory(temporary)
  const child = yield* spawner.spawn(ChildProcess.make(program, args, {
    cwd: world.directory,
    env: environment(world, home),
    stdin: world.typed === undefined ? "ignore" : Stream.encodeText(Stream.fromEffect(world.typed))
  }))
  const written = (stream: typeof child.stdout) => Stream.mkString(Stream.decodeText(stream))
  const [stdout, stderr, code] = yield* Effect.all(
    [written(child.stdout), written(child.stderr), child.exitCode],
    { concurrency: 3 }
  )
  const checkouts = (yield* fs.readDirectory(temporary)).filter((name) => name.startsWith("nominal-"))
  return { stdout, stderr, code: Number(code), home, checkouts }
}, Effect.scoped)

/** Runs `nominal-code review` as a process of its own. */
export const review = (world: World, ...args: ReadonlyArray<string>) =>
  run(world, process.execPath, ...nodeFlags, command, "review", ...args)

/** Runs `nominal-code review` in this process, which takes a tenth of the processor's time that its start takes. */
export const reviewHere = Effect.fn(function*(world: World, ...args: ReadonlyArray<string>) {
  const fs = yield* FileSystem.FileSystem
  const home = yield* fs.makeTempDirectoryScoped({ prefix: "review-home-" })
  const stdin = yield* world.typed ?? Effect.succeed("")
  return yield* runIn({ directory: world.directory, stdin }, environment(world, home), "review", ...args)
}, Effect.scoped)

const CommandLine = Schema.Struct({
  args: Schema.Array(Schema.String),
  directory: Schema.String,
  env: Schema.Record(Schema.String, Schema.String),
  stdin: Schema.String
})

/** Program that hands its command line to this process, and ends as the command did. */
const handOn = `const { argv: [, origin, ...args], env, stderr, stdin, stdout } = process
  const read = args.includes("-") ? require("node:stream/consumers").text(stdin) : Promise.resolve("")
  read.then((stdin) => require("node:http").request(origin, { method: "POST" }, (answer) =>
    require("node:stream/consumers").json(answer).then((ended) => {
      stdout.write(ended.stdout)
      stderr.write(ended.stderr)
      process.exitCode = ended.code
    })
  ).end(JSON.stringify({ args, directory: process.cwd(), env, stdin })))`

/** Words of a shell that have a command line run in this process, as `reviewHere` does. */
export const shellWords = Effect.gen(function*() {
  const { origin, server } = yield* listenScoped
  const fork = yield* FiberSet.makeRuntime<never>()
  server.on("request", (request, response) =>
    fork(
      Effect.promise(() => json(request)).pipe(
        Effect.flatMap(Schema.decodeUnknownEffect(CommandLine)),
        Effect.flatMap(({ args, directory, env, stdin }) => runIn({ directory, stdin }, env, ...args)),
        Effect.flatMap((ended) => Effect.sync(() => response.end(JSON.stringify(ended)))),
        Effect.orDie
      )
    ))
  return `node -e '${handOn}' ${origin}`
})

/** Runs a review on a pseudo-terminal of so many columns. */
export const onTerminal = (world: World, columns: number, ...args: ReadonlyArray<string>) =>
  run(
    world,
    "script",
    "-qec",
    `stty cols ${columns} && exec ${process.execPath} ${nodeFlags.join(" ")} ${command} review ${args.join(" ")}`,
    "/dev/null"
  )

/** A repository with a change that a scripted model reviews. */
export const uncommitted = (change: "committed" | "staged" | "unstaged") =>
  Effect.gen(function*() {
    const model = yield* LocalRepository.model
    const repository = yield* LocalRepository.make(change)
    return { ...repository, url: model.url, model }
  })

/** A test with a scope of its own. */
export const live = <E>(name: string, effect: Effect.Effect<void, E, NodeServices.NodeServices | Scope.Scope>) =>
  it.live(name, () => effect.pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
