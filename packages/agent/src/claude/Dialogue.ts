import { oneLine } from "@nominal-code/domain/text/OneLine"
import {
  type Cause,
  Duration,
  Effect,
  FileSystem,
  Option,
  Predicate,
  Queue,
  Ref,
  Result,
  Schedule,
  Stream
} from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import * as Events from "./Events.ts"
import { failure } from "./Failure.ts"
import type { Program } from "./Installation.ts"

/** Longest line of the stream, in characters. */
const longestLine = 16 * 1024 * 1024

/** Maximum length of the output beside the events that is kept for an error, in characters. */
const keptNoise = 2_000

/** Time between a program's end and the end of its output, which a child of it may hold open. */
const drain = Duration.seconds(1)

/** Time that a program has to keep its session and end. */
const farewell = Duration.seconds(5)

const encoder = new TextEncoder()

const toMessage = (text: string): Uint8Array =>
  encoder.encode(`${JSON.stringify({ type: "user", message: { role: "user", content: [{ type: "text", text }] } })}\n`)

const tooLong = failure("malformed-response", `Claude Code wrote a line of more than ${longestLine} characters`)

/** Counts the characters since the last end of a line, and fails beyond the limit. */
const bounded = <E, R>(text: Stream.Stream<string, E, R>) =>
  text.pipe(Stream.mapAccumEffect(() => 0, (before, chunk) => {
    const end = chunk.lastIndexOf("\n")
    const since = end === -1 ? before + chunk.length : chunk.length - end - 1
    return since > longestLine ? Effect.fail(tooLong) : Effect.succeed([since, [chunk]] as const)
  }))

/** Limits of a running program. */
export interface Limits {
  /** Time without a sign of life after which it is ended. */
  readonly idle: Duration.Duration
  /** Memory above which it is ended, in bytes. */
  readonly memory: number
}

/** Memory of a process in bytes; 0 where the system does not tell it in `/proc`. */
const memoryOf = Effect.fnUntraced(function*(pid: number) {
  const fs = yield* FileSystem.FileSystem
  const status = yield* Effect.orElseSucceed(fs.readFileString(`/proc/${pid}/status`), () => "")
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
})

/** Fails as soon as a process takes more than its share of memory. */
const whileSmall = (pid: number, memory: number) =>
  Effect.flatMap(memoryOf(pid), (bytes) =>
    bytes <= memory
      ? Effect.void
      : Effect.fail(
        failure("malformed-response", `Claude Code took more than ${memory >> 20} MiB of memory and was ended`)
      )).pipe(Effect.repeat(Schedule.spaced("1 second")))

/**
 * Starts Claude Code as the leader of a process group of its own. When the scope closes, the whole group is ended: asked
 * at first, killed two seconds later.
 */
export const open = Effect.fnUntraced(
  function*(program: Program, args: ReadonlyArray<string>, { idle, memory }: Limits) {
    const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
    const input = yield* Queue.unbounded<Uint8Array, Cause.Done>()
    const notStarted = (message: string) =>
      failure("invalid-request", `${program.path} could not be run: ${message}. Set agent.cli_path (AGENT_CLI_PATH)`)
    const handle = yield* Effect.mapError(
      spawner.spawn(ChildProcess.make(program.path, args, {
        cwd: program.directory,
        env: program.environment,
        extendEnv: false,
        stdin: Stream.fromQueue(input),
        killSignal: "SIGTERM",
        forceKillAfter: "2 seconds"
      })),
      ({ message }) => notStarted(message)
    )
    const noise = yield* Ref.make("")
    const keep = (text: string) => Ref.update(noise, (before) => `${before}${text}\n`.slice(-keptNoise))
    yield* Effect.forkScoped(Effect.ignore(Stream.runForEach(Stream.decodeText(handle.stderr), keep)))

    const silent = failure("timeout", `Claude Code wrote nothing for ${Duration.format(idle)} and was ended`)
    const events = handle.stdout.pipe(
      Stream.timeoutOrElse({ duration: idle, orElse: () => Stream.fail(silent) }),
      Stream.decodeText(),
      bounded,
      Stream.splitLines,
      Stream.mapError((error) =>
        error._tag === "LlmError" ? error : failure("unavailable", `Claude Code's output was lost: ${error.message}`)
      ),
      Stream.interruptWhen(whileSmall(handle.pid, memory)),
      Stream.interruptWhen(Effect.andThen(Effect.exit(handle.exitCode), Effect.sleep(drain))),
      Stream.mapEffect((line) => {
        const event = Events.fromLine(line)
        return Effect.as(Option.isNone(event) && !line.startsWith("{") ? keep(line) : Effect.void, event)
      }),
      Stream.filterMap((event) => Result.fromOption(event, () => undefined))
    )

    /** The failure of a program that ended before its work did. */
    const ended = Effect.gen(function*() {
      const exit = yield* Effect.match(handle.exitCode, {
        onFailure: ({ message, reason: { cause } }) => Predicate.isError(cause) ? cause.message : message,
        onSuccess: (code) => `exit code ${code}`
      })
      const said = oneLine(yield* Ref.get(noise), 300)
      return failure("unavailable", `Claude Code ended without a result (${exit})${said === "" ? "" : `: ${said}`}`)
    })

    return {
      /** Sends a message of the user. */
      say: (text: string) => Queue.offer(input, toMessage(text)),
      /** The events, until the program ends. */
      events,
      ended,
      /** Ends the input, and waits for the program's own end for a while. */
      finish: Effect.andThen(Queue.end(input), Effect.timeoutOption(Effect.exit(handle.exitCode), farewell))
    }
  }
)
