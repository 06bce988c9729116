import type { LocalChanges } from "@nominal-code/workspace/LocalChanges"
import * as Objects from "@nominal-code/workspace/Objects"
import { Effect, FileSystem, Option, Path, Runtime, Schema } from "effect"

/** Choice of the changes, as given on the command line. */
export interface TargetFlags {
  readonly base: Option.Option<string>
  readonly staged: boolean
  /** A commit range: `A..B`. */
  readonly range: Option.Option<string>
}

/** Flags that exclude each other, or a range that is none. */
export class WrongUsage extends Schema.TaggedError<WrongUsage>()("WrongUsage", { message: Schema.String }) {
  override readonly [Runtime.errorExitCode] = 2
}

/** A repository that has not what should be reviewed. */
class NoTarget extends Schema.TaggedError<NoTarget>()("NoTarget", { message: Schema.String }) {}

const rangeForm = /^(.*?)\.{2,3}(.*)$/

/** Names that `LocalChanges` takes for something else than a branch. */
const reserved = new Set(["worktree", "staged"])

/** The two ends of the changes. */
const endsOf = (
  { base, range, staged }: TargetFlags
): Effect.Effect<Omit<LocalChanges, "repository">, WrongUsage> => {
  if ([Option.isSome(base), staged, Option.isSome(range)].filter(Boolean).length > 1) {
    return Effect.fail(new WrongUsage({ message: "choose one of --staged, --base and a commit range" }))
  }
  if (staged) return Effect.succeed({ base: "HEAD", head: "staged" })
  if (Option.isSome(base)) return Effect.succeed({ base: base.value, head: "HEAD" })
  if (Option.isNone(range)) return Effect.succeed({ base: "HEAD", head: "worktree" })
  const [, from, to] = rangeForm.exec(range.value) ?? []
  return from === undefined || to === undefined || (from === "" && to === "")
    ? Effect.fail(
      new WrongUsage({
        message: `"${range.value}" is no commit range: write it as main..feature, or review a branch by --base main`
      })
    )
    : Effect.succeed({ base: from || "HEAD", head: to || "HEAD" })
}

/** Finds the directory that holds `.git`: the given one or one above it. */
const repositoryAt = Effect.fnUntraced(function*(start: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  for (let directory = path.resolve(start);;) {
    if (yield* Effect.orElseSucceed(fs.exists(path.join(directory, ".git")), () => false)) return directory
    const above = path.dirname(directory)
    if (above === directory) break
    directory = above
  }
  return yield* new NoTarget({
    message: `${start} is not in a git repository: run this where your changes are`
  })
})

const commitOf = (gitDir: string, name: string, missing: string) =>
  Objects.resolve(gitDir, name).pipe(
    Effect.mapError((error) =>
      new NoTarget({
        message: error.reason === "not-installed" || error.reason === "timeout" ? error.message : missing
      })
    )
  )

/** Resolves the choice to changes of the repository that `start` is in. Every name that is given is a commit there. */
export const targetOf = Effect.fn("ReviewTarget.targetOf")(function*(flags: TargetFlags, start: string) {
  const ends = yield* endsOf(flags)
  const repository = yield* repositoryAt(start)
  const gitDir = (yield* Path.Path).join(repository, ".git")
  const end = Effect.fnUntraced(function*(name: string) {
    const missing = name === "HEAD"
      ? "the repository has no commit yet: make the first one, and review what comes after it"
      : `the repository has no branch, tag or commit "${name}": fetch it, or correct the name`
    const sha = yield* commitOf(gitDir, name, missing)
    return reserved.has(name) ? sha : name
  })
  const isUncommitted = Option.isNone(flags.range) && reserved.has(ends.head)
  const target: LocalChanges = {
    repository,
    base: yield* end(ends.base),
    head: isUncommitted ? ends.head : yield* end(ends.head)
  }
  return target
})
