import type { Sha } from "@nominal-code/domain/event/PullRequest"
import { fileTrouble } from "@nominal-code/domain/file/FileTrouble"
import { Effect, FileSystem, Option, Path } from "effect"
import * as BorrowingRepository from "./BorrowingRepository.ts"
import { Git, GitError, type GitOptions } from "./Git.ts"
import * as Objects from "./Objects.ts"
import { WorkspaceError } from "./Workspace.ts"

/** A difference in a repository on this disk. */
export interface LocalChanges {
  /** The directory that holds `.git`. */
  readonly repository: string
  /**
   * Base of the changes: a branch, a tag or a commit. In a repository without a commit, what is not committed has the
   * base `HEAD`, too: nothing.
   */
  readonly base: string
  /**
   * Head of the changes: a branch, a tag or a commit; `worktree`: everything uncommitted; `staged`: what is in the
   * index.
   */
  readonly head: string
  /** A patch on top of the base, in place of the head. */
  readonly patch?: string
  /**
   * Index of what is `staged`, if it is not the repository's own: for a hook, git names one in `GIT_INDEX_FILE`. A
   * relative path starts at the repository. Only a copy of it is written.
   */
  readonly indexFile?: string
}

/** The two commits of a difference, and the title and text of the newer one. */
export interface ResolvedChanges {
  /** The directory whose `.git` has both commits: the repository itself, or a temporary one for changes without a commit. */
  readonly repository: string
  readonly baseSha: Sha
  readonly headSha: Sha
  readonly title: string
  readonly author: string
}

/** Author of the commit of changes without one. */
const identity = ["-c", "user.name=nominal-code", "-c", "user.email=nominal-code@localhost"]

const textOf = Effect.fnUntraced(function*(options: GitOptions, ...args: ReadonlyArray<string>) {
  const git = yield* Git
  return Objects.decode((yield* git.run(args, options)).stdout).trim()
})

const refused = (message: string) => new WorkspaceError({ reason: "refused", message })

/** A repository for objects that the user's own is not to have. */
interface Apart {
  readonly repository: string
  /** Index of the user's repository. Only a copy of it is written. */
  readonly userIndex: string
  /** Options of commands that read the user's repository and write neither its objects nor its index. */
  readonly options: GitOptions & { readonly indexFile: string }
}

/** Makes a temporary repository that borrows the objects of another one. It is removed with the scope. */
const apart = Effect.fnUntraced(function*(gitDir: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const [format = "", objects = "", userIndex = "", shallowFile = ""] = (yield* textOf(
    { gitDir },
    "rev-parse",
    "--path-format=absolute",
    "--show-object-format",
    ...["objects", "index", "shallow"].flatMap((name) => ["--git-path", name])
  )).split("\n")
  const shallow = yield* Effect.option(fs.readFileString(shallowFile))
  const repository = yield* BorrowingRepository.make({
    objects,
    prefix: "nominal-changes-",
    files: {
      config: format === "sha1"
        ? "[core]\n\trepositoryFormatVersion = 0\n\tbare = true\n"
        : `[core]\n\trepositoryFormatVersion = 1\n\tbare = true\n[extensions]\n\tobjectFormat = ${format}\n`,
      ...Option.match(shallow, { onNone: () => ({}), onSome: (shallow) => ({ shallow }) })
    }
  })
  const own = path.join(repository, ".git")
  const made: Apart = {
    repository,
    userIndex,
    options: { gitDir, indexFile: path.join(own, "index"), objectDirectory: path.join(own, "objects") }
  }
  return made
})

/** Failure of `git add`, mostly of one file: it cannot be read, or it is a repository without a commit. */
const unaddable = ({ message, reason }: GitError) =>
  new GitError({
    reason,
    message: reason === "other"
      ? `${message}: leave it out by a line in .gitignore, or review what is staged (--staged)`
      : message
  })

/** Writes the tree of the working directory: tracked and untracked files without the ignored ones. */
const workTree = Effect.fnUntraced(function*(workTree: string, parent: string, { options }: Apart) {
  const git = yield* Git
  yield* git.run(["read-tree", parent], { ...options, workTree })
  yield* Effect.mapError(git.run(["add", "--all", "--", "."], { ...options, workTree }), unaddable)
  return yield* textOf(options, "write-tree")
})

/** Copies the index: the named one, which must be a file, or the repository's own. */
const copyIndex = Effect.fnUntraced(function*({ indexFile, repository }: LocalChanges, own: string, copy: string) {
  const fs = yield* FileSystem.FileSystem
  if (indexFile === undefined) {
    // A repository in which nothing was ever staged has none.
    if (yield* fs.exists(own)) yield* fs.copyFile(own, copy)
    return
  }
  const named = (yield* Path.Path).resolve(repository, indexFile)
  const info = yield* Effect.option(fs.stat(named))
  if (!Option.exists(info, ({ type }) => type === "File")) {
    return yield* refused(`the index ${named} (GIT_INDEX_FILE) is no file: outside of a hook, unset the variable`)
  }
  yield* fs.copyFile(named, copy)
})

/** Writes the tree of the index. The index of a merge with conflicts has none. */
const stagedTree = Effect.fnUntraced(function*(changes: LocalChanges, { options, userIndex }: Apart) {
  const { repository: workTree } = changes
  yield* copyIndex(changes, userIndex, options.indexFile)
  const entries = yield* textOf({ ...options, workTree }, "ls-files", "--unmerged", "-z")
  // Each entry is `mode object stage<TAB>path`.
  const conflicts = new Set(entries.split("\0").filter(Boolean).map((entry) => entry.split("\t")[1]))
  if (conflicts.size > 0) {
    return yield* refused(
      `a merge has left conflicts in ${
        [...conflicts].join(", ")
      }: resolve them and git add the files, or leave out --staged`
    )
  }
  return yield* textOf(options, "write-tree")
})

/** Fails where a patch does not apply. The message is git's. */
const asPatchError = (base: string) => (error: GitError) =>
  error.reason === "not-installed" || error.reason === "timeout" || error.reason === "disk-full"
    ? error.toWorkspaceError()
    : refused(
      `the patch does not apply to ${base} (${error.message.replace(/^git apply exited with \d+: /, "")}): name the ` +
        "commit that it is made from by --base"
    )

/** Writes the tree of a patch on top of a commit. */
const patchedTree = Effect.fnUntraced(function*(base: string, patch: string, { options }: Apart) {
  const git = yield* Git
  yield* git.run(["read-tree", base], options)
  yield* git.run(["apply", "--cached", "--whitespace=nowarn", "-"], { ...options, stdin: patch })
  return yield* textOf(options, "write-tree")
})

const commit = (tree: string, title: string, { options }: Apart, ...parents: ReadonlyArray<string>) =>
  textOf(options, ...identity, "commit-tree", tree, ...parents.flatMap((parent) => ["-p", parent]), "-m", title)

/** A commit without a file: what comes before the first commit. */
const emptyCommit = Effect.fnUntraced(function*(place: Apart) {
  const git = yield* Git
  yield* git.run(["read-tree", "--empty"], place.options)
  return yield* commit(yield* textOf(place.options, "write-tree"), "Nothing", place)
})

/** Commits changes that have no commit, on no branch, and in a repository of their own. */
const committed = Effect.fnUntraced(function*(changes: LocalChanges, gitDir: string, start: Option.Option<Sha>) {
  const { base, head, patch, repository } = changes
  const place = yield* apart(gitDir)
  const before = Option.isSome(start) ? start.value : yield* emptyCommit(place)
  const parent = Option.isSome(start) && patch === undefined ? "HEAD" : before
  const [title, tree] = patch !== undefined
    ? ["Patch", yield* Effect.mapError(patchedTree(parent, patch, place), asPatchError(base))]
    : head === "worktree"
    ? ["Uncommitted changes", yield* workTree(repository, parent, place)]
    : ["Staged changes", yield* stagedTree(changes, place)]
  return { repository: place.repository, base: before, head: yield* commit(tree, title, place, parent) }
})

const noTemporaryDirectory = (why: string) =>
  new WorkspaceError({
    reason: "directory",
    message: `the temporary directory cannot be written, set TMPDIR to one that can be: ${why}`
  })

/** Resolves a difference to commits. Changes without a commit get one in a repository that the scope removes. */
export const resolveChanges = Effect.fn("LocalChanges.resolveChanges")(
  function*(changes: LocalChanges) {
    const path = yield* Path.Path
    const repository = path.resolve(changes.repository)
    const gitDir = path.join(repository, ".git")
    const { base, head, patch } = changes
    const isUncommitted = patch === undefined && (head === "worktree" || head === "staged")
    const start = isUncommitted && base === "HEAD"
      ? yield* Objects.head(gitDir)
      : Option.some(yield* Objects.resolve(gitDir, base))
    const ends = isUncommitted || patch !== undefined
      ? yield* committed({ ...changes, repository }, gitDir, start)
      : { repository, base, head }
    const options = { gitDir: path.join(ends.repository, ".git") }
    const baseSha = Option.isSome(start) ? start.value : yield* Objects.resolve(options.gitDir, ends.base)
    const headSha = yield* Objects.resolve(options.gitDir, ends.head)
    const [title = "", author = ""] = (yield* textOf(options, "log", "-1", "--format=%s%n%an", headSha)).split("\n")
    const resolved: ResolvedChanges = { repository: ends.repository, baseSha, headSha, title, author }
    return resolved
  },
  Effect.catchTags({
    GitError: (error) => Effect.fail(error.toWorkspaceError()),
    PlatformError: (error) => Effect.fail(noTemporaryDirectory(fileTrouble(error)))
  })
)

/** True if the changes differ from their base, or cannot be compared with it. */
export const hasDifference = Effect.fn("LocalChanges.hasDifference")(
  function*({ baseSha, headSha, repository }: ResolvedChanges) {
    const git = yield* Git
    const gitDir = (yield* Path.Path).join(repository, ".git")
    const { exitCode } = yield* git.run(["diff", "--quiet", `${baseSha}...${headSha}`], { gitDir, answers: [1] })
    return exitCode !== 0
  },
  Effect.orElseSucceed(() => true)
)
