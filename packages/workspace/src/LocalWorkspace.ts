import { make as makeRedactor } from "@nominal-code/domain/secret/Redaction"
import { Context, Effect, Layer, Option, Path } from "effect"
import { ChildProcessSpawner } from "effect/process"
import * as Checkout from "./Checkout.ts"
import * as Git from "./Git.ts"
import * as Listing from "./Listing.ts"
import * as ObjectReader from "./ObjectReader.ts"
import * as Objects from "./Objects.ts"
import * as Syntax from "./syntax/Syntax.ts"
import { type CheckoutRequest, Workspace, WorkspaceError, type WorkspaceOptions } from "./Workspace.ts"

/** Directory for git's own files. */
export type LocalOptions = Pick<WorkspaceOptions, "baseDir">

const missing = (message: string) => new WorkspaceError({ message, reason: "missing" })

const make = Effect.fnUntraced(function*(repository: string) {
  const path = yield* Path.Path
  const services = Context.pick(Path.Path, Git.Git, ChildProcessSpawner.ChildProcessSpawner)(
    yield* Effect.context<Path.Path | Git.Git | ChildProcessSpawner.ChildProcessSpawner>()
  )
  const gitDir = path.join(path.resolve(repository), ".git")

  const commitsOf = Effect.fnUntraced(function*(
    objects: ObjectReader.ObjectReader,
    { baseSha: base, headSha: head }: CheckoutRequest
  ) {
    for (const commit of [head, base]) {
      if (!(yield* Objects.hasCommit(objects, commit))) {
        return yield* missing(`${repository} does not have the commit ${commit}: fetch it first`)
      }
    }
    const mergeBase = yield* Objects.mergeBase(gitDir, base, head)
    if (Option.isNone(mergeBase)) {
      return yield* missing(
        `${base} and ${head} have no common history in ${repository}: if the clone is shallow, git fetch --unshallow ` +
          "brings the rest of it"
      )
    }
    return { head, base, mergeBase: mergeBase.value }
  })

  const checkout = Effect.fn("LocalWorkspace.checkout")(function*(request: CheckoutRequest) {
    const objects = yield* ObjectReader.make(gitDir)
    const commits = yield* commitsOf(objects, request)
    const syntax = yield* Syntax.make()
    const listing = yield* Listing.make(objects, commits.head)
    return yield* Checkout.open({ gitDir, listing, objects, commits, services, syntax }, {
      redact: makeRedactor([]),
      onGitError: () => Effect.void
    })
  }, (effect) =>
    effect.pipe(
      Effect.catchTag("GitError", (error) => Effect.fail(error.toWorkspaceError())),
      Effect.provide(services)
    ))

  return Workspace.of({ checkout })
})

/**
 * Checkouts of a repository that is on this disk already, without a network: `repository` is the directory that holds
 * its `.git`. It is only read.
 */
export const layer = (repository: string, options: LocalOptions) =>
  Layer.effect(Workspace, make(repository)).pipe(Layer.provide(Git.layer(options)))
