import { Effect } from "effect"
import type { ChildProcessSpawner } from "effect/process"
import type { Git, GitError } from "./Git.ts"
import * as Objects from "./Objects.ts"
import * as Search from "./Search.ts"
import type { ToolContext } from "./tools/Reading.ts"
import * as Tools from "./tools/Tools.ts"
import type { Checkout } from "./Workspace.ts"

/** Options of a checkout, beside the context of its tools. */
export interface CheckoutOptions {
  readonly redact: (text: string) => string
  /** Handler of a broken repository. */
  readonly onGitError: (error: GitError) => Effect.Effect<void>
}

/** Maximum number of changed contents that are read ahead. */
const MOST_AHEAD = 1_000

/** Makes the checkout of a commit that is in `reading.gitDir`. */
export const open = Effect.fnUntraced(function*(reading: ToolContext, { onGitError, redact }: CheckoutOptions) {
  const { commits: { base, head, mergeBase }, gitDir, objects, services, syntax } = reading
  const read = <A>(effect: Effect.Effect<A, GitError, Git | ChildProcessSpawner.ChildProcessSpawner>) =>
    effect.pipe(
      Effect.tapError(onGitError),
      Effect.mapError((error) => error.toWorkspaceError()),
      Effect.provide(services)
    )
  const [left, right] = [
    yield* Effect.cached(read(Objects.paths(objects, mergeBase))),
    yield* Effect.cached(read(Objects.paths(objects, head)))
  ]
  const checkout: Checkout = {
    headSha: head,
    mergeBase,
    tools: Tools.make(reading, redact),
    syntax,
    changedFiles: read(
      Objects.changedFiles(gitDir, mergeBase, head, (ids) => Effect.ignore(objects.readAhead(ids.slice(0, MOST_AHEAD))))
    ),
    since: (commit) =>
      read(
        Effect.flatMap(Objects.hasCommit(objects, commit), (isHere) =>
          isHere ? Effect.asSome(Objects.changedFiles(gitDir, commit, head)) : Effect.succeedNone)
      ),
    commits: read(Objects.subjects(reading, mergeBase, head)),
    baseFile: (file) => read(Objects.file(objects, base, file)),
    baseFiles: (folder) => read(Objects.filesIn(objects, base, folder)),
    paths: (side) => side === "LEFT" ? left : right,
    words: (wanted) => read(Search.words(reading, wanted)),
    lines: (side, file) => read(Objects.lines(objects, side === "LEFT" ? mergeBase : head, file))
  }
  return checkout
})
