import * as NodeServices from "@effect/platform-node/NodeServices"
import { Data, type Duration, Effect, Fiber, type Redacted, Schedule, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { env } from "node:process"
import { compileCache, startOf } from "./Command.ts"
import { freePort } from "./FreePort.ts"

/** `serve` did not start, or ended by itself. The message holds the last that it wrote. */
class ServeFailed extends Data.TaggedError("ServeFailed")<{ readonly message: string }> {}

/** Options of a process of `nominal-code serve`. */
export interface ServeOptions {
  /** Its whole environment, but for `PATH`, `HOME` and the listener's address. */
  readonly env: Readonly<Record<string, string | Redacted.Redacted>>
  /** Its arguments; by default it does not examine its setup, which would ask forge and model on its own. */
  readonly args?: ReadonlyArray<string>
  /** A free port is taken unless told. */
  readonly port?: number
  /** Another build of the command than the run's own. */
  readonly bin?: string
  /** Time that it has to be ready. */
  readonly patience?: Duration.Input
}

const isReady = (url: string) =>
  Effect.tryPromise({
    try: (signal) => fetch(`${url}/ready`, { signal }).then((response) => response.ok),
    catch: () => new ServeFailed({ message: "it does not answer yet" })
  })

const often = Schedule.spaced("50 millis")

const spawn = Effect.fnUntraced(function*(options: ServeOptions, port: number) {
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const { args = ["--no-doctor"], bin } = options
  return yield* spawner.spawn(
    ChildProcess.make(process.execPath, startOf(["serve", ...args], options.env, bin), {
      env: {
        PATH: env["PATH"],
        HOME: env["HOME"],
        ...compileCache,
        ...options.env,
        WEBHOOK_HOST: "127.0.0.1",
        WEBHOOK_PORT: String(port)
      },
      stdin: "ignore",
      forceKillAfter: "5 seconds"
    })
  )
}, Effect.provide(NodeServices.layer))

/**
 * Runs the real `serve` as its own process, ready to take deliveries, until the scope closes. Its time is the
 * machine's: a test of it is a live one.
 */
export const start = Effect.fn("ServeProcess.start")(function*(options: ServeOptions) {
  const port = options.port ?? (yield* freePort)
  const url = `http://127.0.0.1:${port}`
  const log: Array<string> = []
  const failed = (what: string) => new ServeFailed({ message: [what, ...log.slice(-8)].join("\n  ") })
  const child = yield* Effect.mapError(spawn(options, port), ({ message }) => failed(message))
  const reading = yield* child.all.pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.runForEach((line) => Effect.sync(() => log.push(line))),
    Effect.ignore,
    Effect.forkScoped
  )
  /** Fails as soon as the process has ended, with the last lines of its log. */
  const died = Effect.result(child.exitCode).pipe(
    Effect.tap(() => Fiber.await(reading)),
    Effect.flatMap((exit) =>
      Effect.fail(failed(`serve ended with ${exit._tag === "Success" ? `code ${exit.success}` : "a signal"}`))
    )
  )
  const ready = isReady(url).pipe(
    Effect.timeout("1 second"),
    Effect.retry(often),
    Effect.repeat({ schedule: often, until: (yes) => yes }),
    Effect.timeoutOrElse({
      duration: options.patience ?? "30 seconds",
      orElse: () => Effect.fail(failed("serve did not become ready in time"))
    })
  )
  yield* Effect.raceFirst(ready, died)
  return {
    url,
    webhook: `${url}/webhooks/github`,
    pid: child.pid,
    /** Output so far, line by line. */
    log: log as ReadonlyArray<string>,
    died,
    /** Sends it a signal and waits for its end. */
    stop: (signal: ChildProcess.Signal) => Effect.ignore(child.kill({ killSignal: signal }))
  }
})

/** A running `serve`. */
export type ServeProcess = Effect.Success<ReturnType<typeof start>>
