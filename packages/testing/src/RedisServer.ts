import * as NodeServices from "@effect/platform-node/NodeServices"
import { afterAll, beforeAll, describe } from "@effect/vitest"
import * as Redis from "@nominal-code/persistence/Redis"
import {
  Clock,
  Data,
  Deferred,
  Duration,
  Effect,
  Exit,
  FileSystem,
  Layer,
  Redacted,
  Schedule,
  Scope,
  Stream
} from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { Redis as Client } from "ioredis"
import { spawnSync } from "node:child_process"
import { freePort } from "./FreePort.ts"

/** The server did not start, or does not answer as it should. */
export class RedisServerFailed extends Data.TaggedError("RedisServerFailed")<{ readonly message: string }> {}

export const hasRedis = spawnSync("redis-server", ["--version"]).status === 0

/** The machine's own time, for what a test's clock cannot hurry. */
export const live = Effect.provideService(Clock.Clock, Clock.Clock.defaultValue())

/**
 * Tests over a real Redis. Scripts, persistence and lost connections are what they are about, so nothing can stand in
 * for it: on a machine without a `redis-server` they are skipped, and say why. `.ci/run` installs it, and skips none.
 */
export const redisSuite = (name: string, tests: () => void): void => {
  if (hasRedis) describe(name, tests)
  else describe.skip(`${name}: SKIPPED, there is no redis-server on the PATH`, tests)
}

export interface Options {
  /** Of `redis-server`, beside those that every test wants. */
  readonly args?: ReadonlyArray<string>
  /** True if it writes to its disk, which is the default. */
  readonly aof?: boolean
  readonly password?: string
}

/** A real `redis-server` of our own, on a free port and in a directory that goes with the scope. */
export interface RedisServer {
  readonly url: Redacted.Redacted
  readonly port: number
  /** Kills it without warning. */
  readonly kill: Effect.Effect<void>
  /** Starts it again, with what is on its disk, on the same port. */
  readonly start: Effect.Effect<void>
  /** Stops its process where it stands, without ending it. */
  readonly freeze: Effect.Effect<void>
  readonly thaw: Effect.Effect<void>
  /** A command over a connection of its own. */
  readonly command: (name: string, ...args: ReadonlyArray<string | number>) => Effect.Effect<unknown>
}

const argsOf = (port: number, directory: string, { aof, args = [], password }: Options) => [
  "--port",
  String(port),
  "--bind",
  "127.0.0.1",
  "--dir",
  directory,
  "--save",
  "",
  "--appendonly",
  aof === false ? "no" : "yes",
  // A primary waits five seconds for further replicas, which never come here.
  "--repl-diskless-sync-delay",
  "0",
  ...(password === undefined ? [] : ["--requirepass", password]),
  ...args
]

/** Starts a `redis-server` with these arguments, which ends with the scope; waits until it prints the line. */
export const launch = Effect.fnUntraced(function*(args: ReadonlyArray<string>, readyLine: string) {
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const child = yield* spawner.spawn(
    ChildProcess.make("redis-server", args, { stdin: "ignore", forceKillAfter: "1 second" })
  )
  const said: Array<string> = []
  const ready = yield* Deferred.make<void, RedisServerFailed>()
  yield* child.stdout.pipe(
    Stream.decodeText,
    Stream.splitLines,
    Stream.runForEach((line) => {
      said.push(line)
      return line.includes(readyLine) ? Deferred.succeed(ready, undefined) : Effect.void
    }),
    Effect.ignore,
    Effect.andThen(
      Effect.suspend(() =>
        Deferred.fail(ready, new RedisServerFailed({ message: ["redis-server ended", ...said.slice(-5)].join("\n") }))
      )
    ),
    Effect.forkScoped
  )
  yield* Deferred.await(ready)
  return child
})

const commandTo = (url: string): RedisServer["command"] => (name, ...args) =>
  Effect.acquireUseRelease(
    Effect.promise(() => {
      const client = new Client(url, { lazyConnect: true, retryStrategy: () => null })
      return client.connect().then(() => client)
    }),
    (client) => Effect.promise(() => client.call(name, ...args)),
    (client) => Effect.sync(() => client.disconnect())
  )

const make = Effect.fnUntraced(function*(options: Options) {
  const fs = yield* FileSystem.FileSystem
  const scope = yield* Effect.scope
  const port = yield* freePort
  const directory = yield* Effect.orDie(fs.makeTempDirectoryScoped())
  const begin = launch(argsOf(port, directory, options), "Ready to accept connections").pipe(
    Scope.provide(scope),
    Effect.mapError(({ message }) => new RedisServerFailed({ message })),
    Effect.provide(NodeServices.layer),
    live
  )
  let child = yield* begin
  const auth = options.password === undefined ? "" : `:${options.password}@`
  const url = `redis://${auth}127.0.0.1:${port}/0`
  const signal = (name: NodeJS.Signals) => Effect.sync(() => void process.kill(child.pid, name))
  const server: RedisServer = {
    url: Redacted.make(url),
    port,
    kill: Effect.suspend(() => Effect.ignore(child.kill({ killSignal: "SIGKILL" }))),
    start: Effect.orDie(Effect.map(begin, (again) => {
      child = again
    })),
    freeze: signal("SIGSTOP"),
    thaw: signal("SIGCONT"),
    command: commandTo(url)
  }
  return server
})

/** Starts a server. */
export const start = (options: Options = {}): Effect.Effect<RedisServer, RedisServerFailed, Scope.Scope> =>
  Effect.provide(make(options), NodeServices.layer)

/** Waits until a replica follows its primary. */
export const replicates = ({ command }: RedisServer) =>
  Effect.repeat(Effect.map(command("info", "replication"), String), {
    schedule: Schedule.spaced("20 millis"),
    until: (info) => info.includes("master_link_status:up")
  }).pipe(Effect.asVoid, live)

/** Starts a replica of a server, which follows it when this ends. */
export const replicaOf = ({ port }: RedisServer) =>
  Effect.tap(
    start({ args: ["--replicaof", "127.0.0.1", String(port), "--repl-diskless-sync-delay", "0"] }),
    replicates
  )

/** One server for all the tests of a file; each gets it empty. */
export const shared = (options: Options = {}): Effect.Effect<RedisServer> => {
  const scope = Scope.makeUnsafe()
  let server: RedisServer | undefined
  beforeAll(() =>
    Effect.runPromise(Effect.map(Scope.provide(start(options), scope), (started) => {
      server = started
    }))
  )
  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))
  return Effect.suspend(() => server === undefined ? Effect.die("the server has not started") : Effect.succeed(server))
}

/** A client of that server, which has been emptied before. */
export const emptied = (server: Effect.Effect<RedisServer>) =>
  Layer.unwrap(
    Effect.flatMap(server, ({ command, url }) => Effect.as(command("flushall"), Layer.fresh(Redis.layer(url))))
  )

const older = `for _, key in ipairs(redis.call('KEYS', '*')) do
  local left = redis.call('PTTL', key)
  if left >= 0 then redis.call('PEXPIRE', key, left - ARGV[1]) end
end`

/** Makes everything that expires older. */
export const age = (server: Effect.Effect<RedisServer>) => (duration: Duration.Input): Effect.Effect<void> =>
  Effect.flatMap(
    server,
    ({ command }) => Effect.asVoid(command("eval", older, 0, Duration.toMillis(Duration.fromInputUnsafe(duration))))
  )
