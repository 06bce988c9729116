import { make as makeRedactor } from "@nominal-code/domain/secret/Redaction"
import { layerConfigOf } from "@nominal-code/domain/settings/LayerConfig"
import { type Config, Context, Effect, FileSystem, Layer, Path, Predicate, Schedule } from "effect"
import type { PlatformError } from "effect/PlatformError"
import { ChildProcessSpawner } from "effect/process"
import * as Checkout from "./Checkout.ts"
import { directories, discard, sweep, usedFile } from "./Cleanup.ts"
import * as FetchError from "./FetchError.ts"
import * as Git from "./Git.ts"
import type { GitError } from "./Git.ts"
import * as Heartbeat from "./Heartbeat.ts"
import * as Listing from "./Listing.ts"
import * as Mirror from "./Mirror.ts"
import * as ObjectReader from "./ObjectReader.ts"
import * as PrivateDirectory from "./PrivateDirectory.ts"
import * as Remote from "./Remote.ts"
import * as RepositoryLock from "./RepositoryLock.ts"
import * as Syntax from "./syntax/Syntax.ts"
import { type CheckoutRequest, Workspace, WorkspaceError, type WorkspaceOptions } from "./Workspace.ts"

/** True if the system refused a write for lack of space, for which Effect has no tag of its own. */
const isDiskFull = ({ reason: { cause } }: PlatformError): boolean =>
  Predicate.hasProperty(cause, "code") && (cause.code === "ENOSPC" || cause.code === "EDQUOT")

const onDisk = (error: PlatformError) =>
  new WorkspaceError({
    message:
      `The workspace directory could not be used: ${error.message}. Check workspace.base_dir and its free space.`,
    reason: isDiskFull(error) ? "disk-full" : "directory"
  })

const failedAs = (reason: GitError["reason"]) => (error: GitError | WorkspaceError | PlatformError) =>
  error._tag === "GitError" && error.reason === reason

const makeDirectories = Effect.fnUntraced(function*(options: WorkspaceOptions) {
  const { mirrors } = yield* directories(options)
  yield* Effect.forEach([options.baseDir, mirrors], PrivateDirectory.make, { discard: true })
  return mirrors
}, Effect.catchTag("PlatformError", (error) => Effect.fail(onDisk(error))))

const make = Effect.fnUntraced(function*(options: WorkspaceOptions) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const mirrors = yield* makeDirectories(options)
  const lock = yield* RepositoryLock.make
  const inUse = yield* Heartbeat.make
  const thread = yield* Syntax.makeThread()
  const services = Context.pick(FileSystem.FileSystem, Path.Path, Git.Git, ChildProcessSpawner.ChildProcessSpawner)(
    yield* Effect.context<FileSystem.FileSystem | Path.Path | Git.Git | ChildProcessSpawner.ChildProcessSpawner>()
  )

  const update = Effect.fnUntraced(function*(
    mirror: Mirror.Mirror,
    objects: ObjectReader.ObjectReader,
    request: CheckoutRequest
  ) {
    const used = path.join(mirror.gitDir, usedFile)
    const once = Effect.gen(function*() {
      yield* Mirror.ensure(mirror, request.headSha)
      yield* fs.writeFileString(used, "")
      yield* Heartbeat.beat(used)
      return yield* Mirror.update(mirror, objects, request)
    })
    // What a killed process left: git's lock files, which nobody holds while we hold ours, or files cut short.
    const unlocked = Effect.andThen(Mirror.removeStaleLocks(mirror.gitDir), once)
    const afresh = objects.stop.pipe(Effect.andThen(discard(mirror.gitDir)), Effect.andThen(once))
    return yield* once.pipe(
      Effect.catchIf(failedAs("busy"), () => unlocked),
      Effect.catchIf(failedAs("corrupt"), () => afresh),
      (repaired) => lock(mirror.gitDir, repaired)
    )
  })

  const checkout = Effect.fn("Workspace.checkout")(
    function*(request: CheckoutRequest) {
      yield* Effect.annotateCurrentSpan({ repo: request.repo, head: request.headSha })
      const remote = yield* Remote.fromRequest(request)
      const gitDir = path.join(mirrors, remote.directoryName)
      yield* inUse.keep(path.join(gitDir, usedFile))
      const objects = yield* ObjectReader.make(gitDir)
      const commits = yield* update({ gitDir, remote, maxBytes: options.maxBytes }, objects, request).pipe(
        Effect.catchTag("GitError", (error) => Effect.fail(FetchError.explain(remote, error)))
      )
      // A mirror with a hole in it is not kept: the next attempt fetches it anew.
      const onGitError = (error: GitError) =>
        error.reason === "corrupt"
          ? Effect.provide(Effect.ignore(lock(gitDir, discard(gitDir))), services)
          : Effect.void
      const listing = yield* Listing.make(objects, commits.head)
      const redact = makeRedactor(remote.secrets)
      const syntax = yield* Syntax.make({ thread })
      return yield* Checkout.open({ gitDir, listing, objects, commits, services, syntax }, { redact, onGitError })
    },
    (effect) =>
      effect.pipe(Effect.catchTag("PlatformError", (error) => Effect.fail(onDisk(error))), Effect.provide(services))
  )

  yield* sweep(lock, inUse, options).pipe(
    Effect.catch((error) => Effect.logWarning("could not clean the workspace directory", error)),
    Effect.repeat(Schedule.spaced("1 hour")),
    Effect.forkScoped
  )
  return Workspace.of({ checkout })
})

/** Checkouts by git, cached under `baseDir`. Fails at start when that directory cannot be written. */
export const layer = (options: WorkspaceOptions) =>
  Layer.effect(Workspace, make(options)).pipe(Layer.provide(Git.layer(options)))

/** The layer with its options from Effect's `Config`. */
export const layerConfig: (
  options: Config.Wrap<WorkspaceOptions>
) => Layer.Layer<
  Workspace,
  Config.ConfigError | WorkspaceError,
  ChildProcessSpawner.ChildProcessSpawner | FileSystem.FileSystem | Path.Path
> = layerConfigOf(layer)
