import { directoryTrouble } from "@nominal-code/domain/file/DirectoryTrouble"
import { Config, Context, Effect, Layer, Option, Path, type Redacted, Schema, type Scope } from "effect"
import { ChildProcessSpawner } from "effect/process"
import * as Certificates from "./Certificates.ts"
import { fromStderr, GitFailure, headline } from "./GitFailure.ts"
import * as PrivateDirectory from "./PrivateDirectory.ts"
import * as Process from "./Process.ts"
import * as ProcessLimits from "./ProcessLimits.ts"
import type { Remote } from "./Remote.ts"
import { WorkspaceError } from "./Workspace.ts"

/** A failed git command. The message is one line without secrets. */
export class GitError extends Schema.TaggedError<GitError>()("GitError", {
  message: Schema.String,
  reason: GitFailure
}) {
  toWorkspaceError() {
    return new WorkspaceError({ message: this.message, reason: this.reason })
  }
}

export interface GitOptions {
  readonly gitDir: string
  /** Directory for files; absent for commands that only read the object store. */
  readonly workTree?: string | undefined
  readonly indexFile?: string | undefined
  /** Directory for new objects, which names the repository's own as its alternate; absent: the repository's own. */
  readonly objectDirectory?: string | undefined
  readonly stdin?: string | undefined
  readonly timeoutSeconds?: number | undefined
  readonly maxBytes?: number | undefined
  /** Handling of output beyond `maxBytes`: `fail` (the default), or `cut` it. */
  readonly overflow?: "fail" | "cut" | undefined
  /** True if paths after `--` may have magic, such as `:(exclude)`. Otherwise every path stands for itself. */
  readonly pathspecMagic?: boolean | undefined
  /** Exit codes besides 0 that are answers, not failures. */
  readonly answers?: ReadonlyArray<number> | undefined
  /** The only server that the command may talk to; without it every transport is closed. */
  readonly remote?: Remote | undefined
}

/** Runner of git commands. Nothing else runs git. */
export class Git extends Context.Service<Git, {
  run(args: ReadonlyArray<string>, options: GitOptions): Effect.Effect<Process.ProcessOutput, GitError>
  /** Streams the output to `accept`; ends the command when that returns false. */
  consume(
    args: ReadonlyArray<string>,
    options: GitOptions,
    accept: (chunk: Uint8Array) => boolean
  ): Effect.Effect<Omit<Process.ProcessOutput, "stdout">, GitError>
  /** Starts a command that answers requests until the scope closes. It only reads the object store. */
  open(
    args: ReadonlyArray<string>,
    options: Pick<GitOptions, "gitDir">
  ): Effect.Effect<Process.Dialogue<GitError>, GitError, Scope.Scope>
}>()("@nominal-code/workspace/Git") {}

const MEBIBYTE = 1024 * 1024

/** Mebibytes of the largest piece of memory that git may take: a command that needs a larger one fails. */
export const MAX_PIECE_MEBIBYTES = 128
const LOCAL_TIMEOUT_SECONDS = 120
/** Time of a command that answers requests: longer than any review. */
const DIALOGUE_SECONDS = 3_600

/**
 * Options under which a repository runs no program and reaches no network: no hook, filter, external diff or helper, no
 * submodule, no link, no transport. There is no system or user configuration either (see `baseEnvironment`), so these
 * guard against what a repository's own configuration or git's defaults would do.
 */
const hardening = [
  "core.hooksPath=/dev/null",
  "core.symlinks=false",
  "core.fsmonitor=false",
  "core.attributesFile=/dev/null",
  "core.excludesFile=/dev/null",
  "core.protectHFS=true",
  "core.protectNTFS=true",
  "core.autocrlf=false",
  // A larger file is "binary" in every diff: its lines are not for reviewing.
  "core.bigFileThreshold=8m",
  // A split index writes a file of its own beside the repository's, wherever the index is.
  "core.splitIndex=false",
  "core.deltaBaseCacheLimit=64m",
  "core.askPass=",
  "credential.helper=",
  "credential.interactive=false",
  "protocol.allow=never",
  "protocol.file.allow=never",
  "protocol.ext.allow=never",
  "submodule.recurse=false",
  "fetch.recurseSubmodules=no",
  "fetch.unpackLimit=1",
  "filter.lfs.smudge=",
  "filter.lfs.clean=",
  "filter.lfs.process=",
  "filter.lfs.required=false",
  "gc.auto=0",
  "maintenance.auto=false",
  // A server's redirect would take the credentials along to wherever it points.
  "http.followRedirects=false",
  "http.lowSpeedLimit=1000",
  "http.lowSpeedTime=60",
  "transfer.bundleURI=false",
  "fetch.uriProtocols="
]

/** Makes the argument vector. It never holds a secret, because every process of this machine may read it. */
const argv = (args: ReadonlyArray<string>, options: GitOptions): ReadonlyArray<string> => [
  "--no-pager",
  "--no-replace-objects",
  ...(options.pathspecMagic === true ? ["--no-literal-pathspecs"] : []),
  `--git-dir=${options.gitDir}`,
  ...(options.workTree === undefined ? [] : [`--work-tree=${options.workTree}`]),
  ...hardening.flatMap((entry) => ["-c", entry]),
  ...(options.remote === undefined ? [] : ["-c", `protocol.${options.remote.protocol}.allow=always`]),
  ...args
]

type NetworkEnvironment = Record<string, string | Redacted.Redacted>

/** Environment of a command that talks to the server: the transport, and the credentials for this server alone. */
const networkEnvironment = (
  remote: Remote,
  network: Record<string, string>
): NetworkEnvironment => ({
  ...network,
  ...(remote.authorization === undefined ? {} : {
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: `http.${new URL("/", remote.url).href}.extraHeader`,
    GIT_CONFIG_VALUE_0: remote.authorization
  })
})

const networkNames = [
  "http_proxy",
  "https_proxy",
  "no_proxy",
  "HTTPS_PROXY",
  "NO_PROXY",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR"
]

const notInstalled = new GitError({
  reason: "not-installed",
  message: "git was not found: install git 2.39 or later and see that it is on the PATH."
})

const failed = (args: ReadonlyArray<string>, error: Process.ProcessError) =>
  error.reason === "not-started" && error.message.includes("NotFound")
    ? notInstalled
    : new GitError({
      reason: error.reason === "timeout" ? "timeout" : "other",
      message: `git ${args[0]} failed: ${error.message}`
    })

const exited = (args: ReadonlyArray<string>, output: { readonly exitCode: number; readonly stderr: string }) =>
  ProcessLimits.isMissing(output)
    ? notInstalled
    : new GitError({
      reason: fromStderr(output.stderr),
      message: `git ${args[0]} exited with ${output.exitCode}: ${headline(output.stderr)}`
    })

/** Directory for git's own files. */
export interface GitDirectory {
  /** Its `home` is made for git. */
  readonly baseDir: string
}

const make = Effect.fnUntraced(function*({ baseDir }: GitDirectory) {
  const path = yield* Path.Path
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner

  const variable = (name: string) =>
    Config.option(Config.String(name)).pipe(Effect.orElseSucceed(() => Option.none<string>()))
  // A relative entry would be looked up in the directory that git runs in.
  const searchPath = Option.getOrElse(yield* variable("PATH"), () => "/usr/local/bin:/usr/bin:/bin")
    .split(":").filter((entry) => path.isAbsolute(entry)).join(":")
  const limited = yield* ProcessLimits.make(searchPath)
  const given: Record<string, string> = {}
  for (const name of networkNames) {
    const value = yield* variable(name)
    if (Option.isSome(value)) given[name] = value.value
  }
  const home = path.join(baseDir, "home")
  const certificates = yield* Certificates.make(yield* variable("NODE_EXTRA_CA_CERTS"), home)
  const networkOf = ({ remote }: GitOptions): Effect.Effect<NetworkEnvironment> =>
    remote === undefined
      ? Effect.succeed({})
      // Plain http is for loopback, where no proxy has any business.
      : remote.protocol === "http"
      ? Effect.succeed(networkEnvironment(remote, {}))
      : Effect.map(certificates, (trusted) => networkEnvironment(remote, { ...given, ...trusted }))
  const baseEnvironment = {
    PATH: searchPath,
    HOME: home,
    LC_ALL: "C",
    TZ: "UTC",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_TERMINAL_PROMPT: "0",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_LITERAL_PATHSPECS: "1",
    GIT_NO_LAZY_FETCH: "1",
    GIT_ALLOC_LIMIT: `${MAX_PIECE_MEBIBYTES}m`,
    GIT_ATTR_NOSYSTEM: "1"
  }

  const processOptions = (options: GitOptions, network: NetworkEnvironment = {}): Process.ProcessOptions => ({
    cwd: options.workTree ?? home,
    env: {
      ...baseEnvironment,
      ...(options.indexFile === undefined ? {} : { GIT_INDEX_FILE: options.indexFile }),
      ...(options.objectDirectory === undefined ? {} : { GIT_OBJECT_DIRECTORY: options.objectDirectory }),
      ...network
    },
    stdin: options.stdin,
    timeoutSeconds: options.timeoutSeconds ?? LOCAL_TIMEOUT_SECONDS
  })

  const command = (args: ReadonlyArray<string>, options: GitOptions, seconds = options.timeoutSeconds) =>
    limited("git", argv(args, options), seconds ?? LOCAL_TIMEOUT_SECONDS)

  const settle = <A extends Omit<Process.ProcessOutput, "stdout">>(
    args: ReadonlyArray<string>,
    options: GitOptions,
    output: A
  ) =>
    output.exitCode === 0 || options.answers?.includes(output.exitCode) === true
      ? Effect.succeed(output)
      : Effect.fail(exited(args, output))

  const consume = (args: ReadonlyArray<string>, options: GitOptions, accept: (chunk: Uint8Array) => boolean) =>
    networkOf(options).pipe(
      Effect.flatMap((network) => Process.consume(...command(args, options), processOptions(options, network), accept)),
      Effect.provideService(ChildProcessSpawner.ChildProcessSpawner, spawner),
      Effect.mapError((error) => failed(args, error)),
      Effect.flatMap((output) => settle(args, options, output))
    )

  const run = Effect.fn("Git.run")(function*(args: ReadonlyArray<string>, options: GitOptions) {
    yield* Effect.annotateCurrentSpan({ "git.command": args[0] })
    const maxBytes = options.maxBytes ?? 16 * MEBIBYTE
    const given = { ...processOptions(options, yield* networkOf(options)), maxBytes }
    const output = yield* Process.run(...command(args, options), given).pipe(
      Effect.provideService(ChildProcessSpawner.ChildProcessSpawner, spawner),
      Effect.mapError((error) => failed(args, error))
    )
    if (output.cut && options.overflow !== "cut") {
      return yield* new GitError({
        reason: "too-large",
        message: `git ${args[0]} answered more than ${maxBytes} bytes.`
      })
    }
    return yield* settle(args, options, output)
  })

  const open = (args: ReadonlyArray<string>, options: Pick<GitOptions, "gitDir">) => {
    const refused = (error: Process.ProcessError) =>
      error.reason === "killed"
        ? new GitError({ reason: fromStderr(error.message), message: `git ${args[0]}: ${headline(error.message)}` })
        : failed(args, error)
    return Process.open(...command(args, options, DIALOGUE_SECONDS), processOptions(options), refused).pipe(
      Effect.provideService(ChildProcessSpawner.ChildProcessSpawner, spawner)
    )
  }

  yield* Effect.forEach([baseDir, home], PrivateDirectory.make, { discard: true }).pipe(
    Effect.catchTag("PlatformError", (error) =>
      Effect.fail(
        new WorkspaceError({
          message: `the workspace directory ${baseDir} cannot be written (${directoryTrouble(error)}); ` +
            "set workspace.base_dir (WORKSPACE_BASE_DIR) to another one",
          reason: "directory"
        })
      ))
  )
  return Git.of({ run, consume, open })
})

/** The git of the PATH. Fails where `baseDir` cannot be written. */
export const layer = (options: GitDirectory) => Layer.effect(Git, make(options))
