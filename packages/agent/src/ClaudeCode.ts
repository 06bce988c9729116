import { Context, Duration, Effect, Exit, FileSystem, Layer, Option, Path } from "effect"
import type { HttpServer } from "effect/http"
import { ChildProcessSpawner } from "effect/process"
import { AgentRunner, type AgentTask } from "./AgentRunner.ts"
import { type Account, environment } from "./claude/Command.ts"
import { failure } from "./claude/Failure.ts"
import * as Installation from "./claude/Installation.ts"

/** The Claude Code of this machine, and the account that it uses. */
export interface ClaudeCodeOptions extends Account {
  /** Absolute path of the program; none: there is none. */
  readonly program: Option.Option<string>
  /** Its working directory, which stays empty. Its sessions belong to this directory. */
  readonly directory: string
  /** Listener on the loopback, at a free port, for the tools of one task. */
  readonly listener: Layer.Layer<HttpServer.HttpServer, unknown>
  /** Time without a sign of life after which a run is ended. */
  readonly idle?: Duration.Duration | undefined
  /** Memory above which a run is ended, in bytes. It is looked at where there is `/proc`. */
  readonly memory?: number | undefined
}

const usualIdle = Duration.minutes(5)
const usualMemory = 2 * 1024 ** 3

/** Time for which a look at the program is good. */
const freshness = Duration.minutes(1)

const missing = failure(
  "invalid-request",
  "there is no Claude Code here: install it (https://claude.com/claude-code) or set agent.cli_path (AGENT_CLI_PATH)"
)

const programOf = Effect.fnUntraced(function*(options: ClaudeCodeOptions) {
  const { directory, program } = options
  const fs = yield* FileSystem.FileSystem
  if (Option.isNone(program)) return yield* missing
  yield* Effect.mapError(
    fs.makeDirectory(directory, { recursive: true, mode: 0o700 }),
    ({ message }) => failure("invalid-request", `${directory} cannot be made: ${message}. Set NOMINAL_DATA_DIR`)
  )
  const found: Installation.Program = { path: program.value, directory, environment: yield* environment(options) }
  return found
})

/** Fails if Claude Code is not there, is too old, or is not logged in. Tells its version. */
export const check = Effect.fn("ClaudeCode.check")(function*(options: ClaudeCodeOptions) {
  const program = yield* programOf(options)
  const { version } = yield* Installation.find(program)
  yield* Installation.checkLogin(program)
  return version
})

const make = Effect.fnUntraced(function*(options: ClaudeCodeOptions) {
  const services = Context.pick(FileSystem.FileSystem, Path.Path, ChildProcessSpawner.ChildProcessSpawner)(
    yield* Effect.context<FileSystem.FileSystem | Path.Path | ChildProcessSpawner.ChildProcessSpawner>()
  )
  const ready = yield* Effect.cachedWithTTL(
    Effect.gen(function*() {
      const program = yield* programOf(options)
      return { program, installation: yield* Installation.find(program) }
    }).pipe(Effect.provide(services)),
    (exit) => Exit.isSuccess(exit) ? freshness : Duration.zero
  )
  // The tool server and its protocol are loaded with the first task: most processes never have one.
  const loaded = yield* Effect.cached(Effect.promise(() => import("./claude/Run.ts")))

  const run = Effect.fn("ClaudeCode.run")(function*<A>(task: AgentTask<A>) {
    const { model } = task.settings
    yield* Effect.annotateCurrentSpan({ model })
    const { installation, program } = yield* ready
    const { run } = yield* loaded
    const { idle = usualIdle, listener, memory = usualMemory } = options
    return yield* run(task, { installation, program, listener, limits: { idle, memory } })
  }, Effect.provide(services))

  return AgentRunner.of({ run })
})

/**
 * The user's Claude Code as the runner of tasks, with its login or a key of Anthropic. It has our tools only, served
 * over MCP on the loopback: it never sees the mirror's directory.
 */
export const layer = (
  options: ClaudeCodeOptions
): Layer.Layer<AgentRunner, never, FileSystem.FileSystem | Path.Path | ChildProcessSpawner.ChildProcessSpawner> =>
  Layer.effect(AgentRunner, make(options))
