import type { GitError } from "@nominal-code/workspace/Git"
import { type LocalChanges } from "@nominal-code/workspace/LocalChanges"
import * as Objects from "@nominal-code/workspace/Objects"
import { Effect, FileSystem, Option, Path, Runtime, Schema, Stdio, Stream } from "effect"

/** Choice of the changes, as given on the command line. */
export interface TargetFlags {
  readonly base: Option.Option<string>
  readonly staged: boolean
  /** A commit range, `A..B`, or `-`: a patch on the standard input. */
  readonly range: Option.Option<string>
}

const isPatch = ({ range }: TargetFlags): boolean => Option.contains(range, "-")

/** Flags that exclude each other, or a range that is none. */
export class WrongUsage extends Schema.TaggedError<WrongUsage>()("WrongUsage", { message: Schema.String }) {
  override readonly [Runtime.errorExitCode] = 2
}

/** A repository that has not what should be reviewed. */
class NoTarget extends Schema.TaggedError<NoTarget>()("NoTarget", { message: Schema.String }) {}

const patchUsage = "- reads a patch from the standard input: git diff | nominal-code review -"

const rangeForm = /^(.*?)\.{2,3}(.*)$/

/** Names that `LocalChanges` takes for something else than a branch. */
const reserved = new Set(["worktree", "staged"])

/** The two ends of the changes; of a patch, only the commit that it is made from. */
const endsOf = (flags: TargetFlags): Effect.Effect<Omit<LocalChanges, "repository">, WrongUsage> => {
  const { base, range, staged } = flags
  if (isPatch(flags) && !staged) return Effect.succeed({ base: Option.getOrElse(base, () => "HEAD"), head: "HEAD" })
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
        message:
          `"${range.value}" is no commit range and no pull request: write main..feature, or owner/name#7, or review a ` +
          "branch by --base main"
      })
    )
    : Effect.succeed({ base: from || "HEAD", head: to || "HEAD" })
}

/** Finds the directory that holds `.git`: the given one or one above it. */
export const repositoryAt = Effect.fnUntraced(function*(start: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const has = (directory: string, name: string) =>
    Effect.orElseSucceed(fs.exists(path.join(directory, name)), () => false)
  for (let directory = path.resolve(start);;) {
    if (yield* has(directory, ".git")) return directory
    // As git tells one: by what it cannot be without.
    const parts = yield* Effect.forEach(["HEAD", "objects", "refs"], (name) => has(directory, name))
    if (parts.every(Boolean)) {
      return yield* new NoTarget({
        message: path.basename(directory) === ".git"
          ? `${directory} is what git keeps of a repository: run this in ${path.dirname(directory)}`
          : `${directory} is a bare repository, which has no working tree: run this in a clone of it`
      })
    }
    const above = path.dirname(directory)
    if (above === directory) break
    directory = above
  }
  return yield* new NoTarget({
    message: `${start} is not in a git repository: run this where your changes are`
  })
})

/** Names that a remote has, in place of one that is not here: those of a branch that was never checked out. */
const remoteOf = (gitDir: string, name: string) =>
  Effect.option(Effect.as(Objects.resolve(gitDir, `refs/remotes/origin/${name}`), `origin/${name}`))

/** A branch, as far as its name tells: nothing that counts from another commit, and no commit's id. */
const isBranchName = (name: string): boolean => /^[\w./-]+$/.test(name) && !/^[0-9a-f]{7,40}$/.test(name)

/** Command that brings a name into a shallow clone, which mostly has one branch. */
const unshallow = (name: string): string => {
  if (!isBranchName(name)) return "git fetch --unshallow brings the rest"
  const branch = name.replace(/^origin\//, "")
  return `git fetch --unshallow origin ${branch}:${branch === name ? name : `refs/remotes/${name}`} brings it`
}

/** Reason why a name stands for no commit, and what to do. */
const missing = Effect.fnUntraced(function*(gitDir: string, name: string) {
  if (name === "HEAD") {
    return "the repository has no commit yet: leave out --base, the range or - to review what is not committed, or make " +
      "the first one"
  }
  if (name === "") return "the name of a commit is empty: write a branch, a tag or a commit"
  const none = `the repository has no branch, tag or commit "${name}"`
  const remote = yield* remoteOf(gitDir, name)
  if (Option.isSome(remote)) return `${none}, but ${remote.value}: write that`
  // A shallow clone lacks the commits before it, whatever is fetched.
  const isShallow = yield* Effect.orElseSucceed((yield* FileSystem.FileSystem).exists(`${gitDir}/shallow`), () => false)
  return `${none}: ${isShallow ? `the clone is shallow: ${unshallow(name)}` : "fetch it"}, or correct the name`
})

/** Failure to resolve a name, as a person reads it. */
const unresolved = (gitDir: string, name: string) =>
  Effect.fnUntraced(function*(error: GitError) {
    if (error.reason === "missing") return yield* new NoTarget({ message: yield* missing(gitDir, name) })
    const isSaid = error.reason === "not-installed" || error.reason === "timeout"
    const message = isSaid ? error.message : `${error.message} (${gitDir}): git status says more`
    return yield* new NoTarget({ message })
  })

/** The patch of the standard input. */
const givenPatch = Effect.fnUntraced(function*() {
  const stdio = yield* Stdio.Stdio
  if (yield* stdio.stdinIsTerminal) return yield* new WrongUsage({ message: patchUsage })
  return yield* Stream.mkString(Stream.decodeText(stdio.stdin))
})

/** Resolves the choice to changes of the repository that `start` is in. Every name that is given is a commit there. */
export const targetOf = Effect.fn("ReviewTarget.targetOf")(function*(flags: TargetFlags, start: string) {
  const ends = yield* endsOf(flags)
  const repository = yield* repositoryAt(start)
  const gitDir = (yield* Path.Path).join(repository, ".git")
  const end = Effect.fnUntraced(function*(name: string) {
    const sha = yield* Effect.catch(Objects.resolve(gitDir, name), unresolved(gitDir, name))
    return reserved.has(name) ? sha : name
  })
  if (Option.isNone(flags.range) && reserved.has(ends.head)) {
    yield* Effect.catch(Objects.head(gitDir), unresolved(gitDir, "HEAD"))
    const uncommitted: LocalChanges = { repository, ...ends }
    return uncommitted
  }
  const base = yield* end(ends.base)
  if (isPatch(flags)) {
    const patch = yield* givenPatch()
    const isEmpty = patch.trim() === ""
    const patched: LocalChanges = isEmpty
      ? { repository, base, head: base }
      : { repository, base, head: "patch", patch }
    return patched
  }
  const target: LocalChanges = { repository, base, head: yield* end(ends.head) }
  return target
})
