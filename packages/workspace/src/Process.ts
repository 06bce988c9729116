import { Effect, Exit, Fiber, Queue, type Redacted, Result, Schema, Scope, Stream } from "effect"
import type { PlatformError } from "effect/PlatformError"
import { ChildProcess, ChildProcessSpawner } from "effect/process"

/** A program that did not start, took too long, or was killed by a signal. */
export class ProcessError extends Schema.TaggedError<ProcessError>()("ProcessError", {
  message: Schema.String,
  reason: Schema.Literals(["not-started", "timeout", "killed"])
}) {}

export interface ProcessOptions {
  readonly cwd: string
  /** Environment of the child, which inherits nothing. */
  readonly env: Record<string, string | Redacted.Redacted>
  readonly stdin?: string | Stream.Stream<Uint8Array> | undefined
  readonly timeoutSeconds: number
}

/** Output of a program. */
export interface ProcessOutput {
  readonly exitCode: number
  readonly stdout: Uint8Array
  /** At most its last `STDERR_BYTES` bytes. */
  readonly stderr: string
  /** True if the program was stopped because enough of its output had been read. `exitCode` is 0 then. */
  readonly cut: boolean
}

const STDERR_BYTES = 16 * 1024

const tail = Effect.fnUntraced(function*<E>(stream: Stream.Stream<Uint8Array, E>) {
  let kept = Buffer.alloc(0)
  yield* Stream.runForEach(stream, (chunk) =>
    Effect.sync(() => {
      kept = Buffer.concat([kept, chunk])
      if (kept.length > STDERR_BYTES) kept = kept.subarray(kept.length - STDERR_BYTES)
    }))
  return kept.toString("utf8")
})

const notStarted = (program: string, error: PlatformError) =>
  new ProcessError({ reason: "not-started", message: `${program} could not be run: ${error.message}` })

const start = Effect.fnUntraced(function*(
  program: string,
  args: ReadonlyArray<string>,
  { cwd, env }: Pick<ProcessOptions, "cwd" | "env">,
  stdin: "ignore" | Stream.Stream<Uint8Array>
) {
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  return yield* spawner.spawn(ChildProcess.make(program, args, {
    cwd,
    env,
    extendEnv: false,
    stdin,
    killSignal: "SIGTERM",
    forceKillAfter: "2 seconds"
  }))
})

const spawn = Effect.fnUntraced(function*(
  program: string,
  args: ReadonlyArray<string>,
  options: ProcessOptions,
  accept: (chunk: Uint8Array) => boolean
) {
  const { stdin: given } = options
  const stdin = typeof given === "string" ? Stream.make(Buffer.from(given, "utf8")) : given ?? "ignore"
  const handle = yield* start(program, args, options, stdin)
  const stderr = yield* Effect.forkScoped(tail(handle.stderr))
  let cut = false
  yield* Stream.runForEachWhile(handle.stdout, (chunk) =>
    Effect.sync(() => {
      cut = !accept(chunk)
      return !cut
    }))
  if (cut) return { exitCode: 0, stderr: "", cut }
  const exitCode: number = yield* Effect.mapError(
    handle.exitCode,
    (error) => new ProcessError({ reason: "killed", message: `${program} was killed: ${error.message}` })
  )
  return { exitCode, stderr: yield* Fiber.join(stderr), cut }
})

/**
 * Runs a program by its argument vector: no shell, no inherited environment. It runs as the leader of a process group
 * of its own, and on timeout, interruption, or as soon as `accept` answers false, the whole group is ended: asked at
 * first, so that git removes its lock files, and killed two seconds later. It has ended when this effect ends.
 */
export const consume = Effect.fnUntraced(function*(
  program: string,
  args: ReadonlyArray<string>,
  options: ProcessOptions,
  accept: (chunk: Uint8Array) => boolean
) {
  return yield* Effect.acquireUseRelease(
    Scope.make(),
    (scope) => Scope.provide(spawn(program, args, options, accept), scope),
    (scope, exit) => {
      const close = Scope.close(scope, exit)
      // A program that came to its own end is not waited for again: a child of it that nobody has reaped yet would
      // take seconds to be given up.
      return Exit.isSuccess(exit) && !exit.value.cut ? Effect.forkDetach(close) : close
    }
  ).pipe(
    Effect.catchTag("PlatformError", (error) => Effect.fail(notStarted(program, error))),
    Effect.timeoutOrElse({
      duration: `${options.timeoutSeconds} seconds`,
      orElse: () =>
        Effect.fail(
          new ProcessError({ reason: "timeout", message: `${program} took longer than ${options.timeoutSeconds} s` })
        )
    })
  )
})

/** As `consume`, keeping at most `maxBytes` bytes of what the program writes. */
export const run = Effect.fnUntraced(function*(
  program: string,
  args: ReadonlyArray<string>,
  options: ProcessOptions & { readonly maxBytes: number }
) {
  const chunks: Array<Uint8Array> = []
  let size = 0
  const result = yield* consume(program, args, options, (chunk) => {
    const kept = chunk.subarray(0, options.maxBytes - size)
    chunks.push(kept)
    size += kept.length
    return kept.length === chunk.length
  })
  const output: ProcessOutput = { ...result, stdout: Buffer.concat(chunks) }
  return output
})

/** Exchange with a program that answers each request before it reads the next. */
export interface Dialogue<E> {
  say(request: string): Effect.Effect<void>
  /**
   * Reads answers, each a line with bytes behind it: `bodyOf` tells by the line how many, and `take` is given both. Fails
   * when the program has ended. Everything that has come is read in one go: a search asks for thousands of files.
   */
  answers(
    count: number,
    bodyOf: (line: string) => Result.Result<number, E>,
    take: (line: string, body: Uint8Array) => void
  ): Effect.Effect<void, E>
}

const LINE_BYTES = 64 * 1024
const noBytes = new Uint8Array()

/** Starts a program, by the rules of `consume`, for an exchange until the scope closes. */
export const open = Effect.fnUntraced(function*<E>(
  program: string,
  args: ReadonlyArray<string>,
  options: Pick<ProcessOptions, "cwd" | "env">,
  refused: (error: ProcessError) => E
) {
  const requests = yield* Queue.unbounded<Uint8Array>()
  const handle = yield* Effect.mapError(
    start(program, args, options, Stream.fromQueue(requests)),
    (error) => refused(notStarted(program, error))
  )
  const stderr = yield* Effect.forkScoped(tail(handle.stderr))
  const pull = yield* Stream.toPull(handle.stdout)
  /** Output that has come; the part before `at` is read already. */
  let come = Buffer.alloc(0)
  let at = 0
  const ended = Effect.flatMap(
    Effect.orElseSucceed(Fiber.join(stderr), () => ""),
    (said) => Effect.fail(refused(new ProcessError({ reason: "killed", message: `${program} ended: ${said.trim()}` })))
  )
  const more = Effect.catch(pull, () => ended)
  /** Waits until as many unread bytes are there. */
  const fill = Effect.fnUntraced(function*(count: number) {
    const chunks: Array<Uint8Array> = [come.subarray(at)]
    for (let size = come.length - at; size < count;) {
      for (const chunk of yield* more) {
        chunks.push(chunk)
        size += chunk.length
      }
    }
    come = Buffer.concat(chunks)
    at = 0
  })
  const answers: Dialogue<E>["answers"] = Effect.fnUntraced(function*(count, bodyOf, take) {
    for (let left = count; left > 0;) {
      const end = come.indexOf(10, at)
      const unread = come.length - at
      if (end === -1) {
        if (unread > LINE_BYTES) return yield* ended
        yield* fill(unread + 1)
        continue
      }
      const line = come.toString("latin1", at, end)
      const length = end + 1 - at
      const body = bodyOf(line)
      if (Result.isFailure(body)) return yield* Effect.fail(body.failure)
      if (unread < length + body.success) yield* fill(length + body.success)
      const begin = at + length
      at = begin + body.success
      take(line, body.success === 0 ? noBytes : come.subarray(begin, at))
      left--
    }
  })
  const say = (request: string) => Effect.asVoid(Queue.offer(requests, Buffer.from(request, "utf8")))
  const dialogue: Dialogue<E> = { say, answers }
  return dialogue
})
