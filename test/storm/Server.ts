import { compileCache, startOf } from "@nominal-code/testing/Command"
import { freePort } from "@nominal-code/testing/FreePort"
import { Clock, Deferred, Duration, Effect, Schedule, Semaphore, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import process from "node:process"
import type { Freeze } from "./Observed.ts"

/** Options of a server. */
export interface ServerOptions {
  readonly bin: string
  readonly env: Readonly<Record<string, string>>
  /** True while its Redis is away. */
  readonly withoutRedis: () => boolean
}

/** Limit of a server's log. */
const keptLines = 20_000

/** Time within which a start gives up on a Redis that it does not reach: 15 seconds, and those of the program itself. */
const longestStart = Duration.seconds(25)

const soon = Schedule.spaced("500 millis")
const often = Schedule.spaced("20 millis")

/**
 * One replica of `serve`, as a Deployment keeps it: whenever its process has ended, another one is started, on the same
 * port. It is gone with the scope.
 */
export const start = Effect.fn("Server.start")(function*({ bin, env, withoutRedis }: ServerOptions) {
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const port = yield* freePort
  const log: Array<string> = []
  /** Processes that ended although nobody had killed them. */
  const crashes: Array<string> = []
  const freezes: Array<Freeze> = []
  let pid = 0
  let starts = 0
  let vainStarts = 0
  let killed = yield* Deferred.make<Duration.Duration>()
  const alone = yield* Semaphore.make(1)

  const life = Effect.gen(function*() {
    killed = yield* Deferred.make<Duration.Duration>()
    const child = yield* spawner.spawn(
      ChildProcess.make(process.execPath, startOf(["serve", "--no-doctor"], env, bin), {
        env: {
          PATH: process.env["PATH"],
          HOME: process.env["HOME"],
          ...compileCache,
          ...env,
          WEBHOOK_HOST: "127.0.0.1",
          WEBHOOK_PORT: String(port)
        },
        stdin: "ignore",
        killSignal: "SIGKILL"
      })
    )
    pid = child.pid
    starts += 1
    const startedAt = yield* Clock.currentTimeMillis
    yield* child.all.pipe(
      Stream.decodeText,
      Stream.splitLines,
      Stream.runForEach((line) =>
        Effect.sync(() => {
          log.push(line)
          if (log.length > keptLines) log.shift()
        })
      ),
      Effect.ignore,
      Effect.forkScoped
    )
    yield* Effect.exit(child.exitCode)
    pid = 0
    const lived = (yield* Clock.currentTimeMillis) - startedAt
    if (yield* Deferred.isDone(killed)) return
    if (withoutRedis() && lived < Duration.toMillis(longestStart)) vainStarts += 1
    else crashes.push(log.slice(-3).join("\n"))
  }).pipe(Effect.scoped)

  const lives = life.pipe(
    Effect.andThen(
      Effect.flatMap(Deferred.isDone(killed), (yes) => yes ? Deferred.await(killed) : Effect.succeed(Duration.zero))
    ),
    Effect.flatMap(Effect.sleep),
    Effect.repeat(soon)
  )
  yield* Effect.forkScoped(Effect.suspend(() => lives))

  const signal = (name: NodeJS.Signals) => Effect.sync(() => pid !== 0 && process.kill(pid, name))
  const there = Effect.repeat(Effect.sync(() => pid !== 0), { schedule: often, until: (yes) => yes })

  return {
    url: `http://127.0.0.1:${port}`,
    log: log as ReadonlyArray<string>,
    crashes: crashes as ReadonlyArray<string>,
    freezes: freezes as ReadonlyArray<Freeze>,
    starts: () => starts,
    /** Number of starts that ended because Redis was away: whoever keeps the server starts it again. */
    vainStarts: () => vainStarts,
    /** Ends it without a signal that it could hear. Another process takes its place after a while. */
    kill: (away: Duration.Duration) =>
      there.pipe(
        Effect.andThen(Effect.suspend(() => Deferred.succeed(killed, away))),
        Effect.andThen(signal("SIGKILL")),
        alone.withPermits(1)
      ),
    /** It stands still for a time, and does not notice. */
    freeze: (time: Duration.Duration) =>
      Effect.gen(function*() {
        yield* there
        const from = yield* Clock.currentTimeMillis
        yield* Effect.acquireUseRelease(signal("SIGSTOP"), () => Effect.sleep(time), () => signal("SIGCONT"))
        freezes.push({ from, to: yield* Clock.currentTimeMillis })
      }).pipe(alone.withPermits(1))
  }
})

/** A running replica. */
export type Server = Effect.Success<ReturnType<typeof start>>
