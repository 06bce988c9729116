import { fileTrouble } from "@nominal-code/domain/FileTrouble"
import type { Sha } from "@nominal-code/domain/PullRequest"
import { Effect, FileSystem, Path } from "effect"
import { Git, GitError } from "./Git.ts"
import * as Objects from "./Objects.ts"
import { WorkspaceError } from "./Workspace.ts"

/** A difference in a repository on this disk. */
export interface LocalChanges {
  /** The directory that holds `.git`. */
  readonly repository: string
  /** Base of the changes: a branch, a tag or a commit. */
  readonly base: string
  /**
   * Head of the changes: a branch, a tag or a commit; `worktree`: everything uncommitted; `staged`: what is in the
   * index.
   */
  readonly head: string
}

/** The two commits of a difference, and the title and text of the newer one. */
export interface ResolvedChanges {
  readonly baseSha: Sha
  readonly headSha: Sha
  readonly title: string
  readonly author: string
}

/** Author of the commit of uncommitted changes, which is on no branch and is removed by git in time. */
const identity = ["-c", "user.name=nominal-code", "-c", "user.email=nominal-code@localhost"]

const textOf = Effect.fnUntraced(function*(gitDir: string, ...args: ReadonlyArray<string>) {
  const git = yield* Git
  return Objects.decode((yield* git.run(args, { gitDir })).stdout).trim()
})

/** Failure of `git add`, mostly of one file: it cannot be read, or it is a repository without a commit. */
const unaddable = ({ message, reason }: GitError) =>
  new GitError({
    reason,
    message: reason === "other"
      ? `${message}: leave it out by a line in .gitignore, or review what is staged (--staged)`
      : message
  })

/**
 * Writes the tree of the working directory: tracked and untracked files without the ignored ones. The index is not
 * changed.
 */
const workTree = Effect.fnUntraced(function*(repository: string, gitDir: string) {
  const git = yield* Git
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const indexFile = path.join(yield* fs.makeTempDirectoryScoped({ prefix: "nominal-index-" }), "index")
  const options = { gitDir, indexFile, workTree: repository }
  yield* git.run(["read-tree", "HEAD"], options)
  yield* Effect.mapError(git.run(["add", "--all", "--", "."], options), unaddable)
  return Objects.decode((yield* git.run(["write-tree"], options)).stdout).trim()
}, Effect.scoped)

const refused = (message: string) => new WorkspaceError({ reason: "refused", message })

/** Writes the tree of the index. The index of a merge with conflicts has none. */
const stagedTree = Effect.fnUntraced(function*(repository: string, gitDir: string) {
  const git = yield* Git
  const { stdout } = yield* git.run(["ls-files", "--unmerged", "-z"], { gitDir, workTree: repository })
  // Each entry is `mode object stage<TAB>path`.
  const conflicts = new Set(Objects.decode(stdout).split("\0").filter(Boolean).map((entry) => entry.split("\t")[1]))
  if (conflicts.size > 0) {
    return yield* refused(
      `a merge has left conflicts in ${
        [...conflicts].join(", ")
      }: resolve them and git add the files, or leave out --staged`
    )
  }
  return yield* textOf(gitDir, "write-tree")
})

/** Fails where this user may not write to the repository: uncommitted changes become objects of it. */
const ensureWritable = Effect.fnUntraced(function*(gitDir: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const objects = path.join(gitDir, "objects")
  // In a linked work tree `.git` is a file, and git says itself what it may not write.
  if (!(yield* Effect.orElseSucceed(fs.exists(objects), () => false))) return
  yield* Effect.mapError(fs.access(objects, { writable: true }), () =>
    refused(
      `this user may not write to ${objects}, where git would keep what is not committed: review a range of commits, ` +
        "or as the repository's owner"
    ))
})

const commitOf = Effect.fnUntraced(function*({ head, repository }: LocalChanges, gitDir: string) {
  if (head !== "worktree" && head !== "staged") return yield* Objects.resolve(gitDir, head)
  yield* ensureWritable(gitDir)
  const tree = head === "worktree" ? yield* workTree(repository, gitDir) : yield* stagedTree(repository, gitDir)
  const title = head === "worktree" ? "Uncommitted changes" : "Staged changes"
  const commit = yield* textOf(gitDir, ...identity, "commit-tree", tree, "-p", "HEAD", "-m", title)
  return yield* Objects.resolve(gitDir, commit)
})

/** Fails where a patch does not apply. The message is git's. */
const asPatchError = (error: GitError) =>
  error.reason === "not-installed" || error.reason === "timeout"
    ? error.toWorkspaceError()
    : refused(error.message.replace(/^git apply exited with \d+: /, ""))

/** Fails where another git command has locked the repository, or was killed and has left its lock. */
const locked = ({ message, reason }: GitError) =>
  new WorkspaceError({
    reason,
    message:
      `${message} Another git command works there: try again when it has ended, or, if none runs, remove that file`
  })

const noTemporaryDirectory = (why: string) =>
  new WorkspaceError({
    reason: "directory",
    message: `the temporary directory cannot be written, set TMPDIR to one that can be: ${why}`
  })

/** Commits a patch on top of a commit, on no branch. No file and no index changes. */
export const commitPatch = Effect.fn("LocalChanges.commitPatch")(
  function*(gitDir: string, base: Sha, patch: string) {
    const git = yield* Git
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const indexFile = path.join(yield* fs.makeTempDirectoryScoped({ prefix: "nominal-index-" }), "index")
    const options = { gitDir, indexFile }
    yield* git.run(["read-tree", base], options)
    yield* git.run(["apply", "--cached", "--whitespace=nowarn", "-"], { ...options, stdin: patch })
    const tree = Objects.decode((yield* git.run(["write-tree"], options)).stdout).trim()
    const commit = yield* textOf(gitDir, ...identity, "commit-tree", tree, "-p", base, "-m", "Patch")
    return yield* Objects.resolve(gitDir, commit)
  },
  Effect.scoped,
  Effect.catchTags({
    GitError: (error) => Effect.fail(asPatchError(error)),
    PlatformError: (error) => Effect.fail(noTemporaryDirectory(fileTrouble(error)))
  })
)

/** Resolves a difference to commits. Uncommitted changes become a commit that is on no branch. */
export const resolveChanges = Effect.fn("LocalChanges.resolveChanges")(
  function*(changes: LocalChanges) {
    const path = yield* Path.Path
    const repository = path.resolve(changes.repository)
    const gitDir = path.join(repository, ".git")
    const headSha = yield* commitOf({ ...changes, repository }, gitDir)
    const baseSha = yield* Objects.resolve(gitDir, changes.base)
    const [title = "", author = ""] = (yield* textOf(gitDir, "log", "-1", "--format=%s%n%an", headSha)).split("\n")
    const resolved: ResolvedChanges = { baseSha, headSha, title, author }
    return resolved
  },
  Effect.catchTags({
    GitError: (error) => Effect.fail(error.reason === "busy" ? locked(error) : error.toWorkspaceError()),
    PlatformError: (error) => Effect.fail(noTemporaryDirectory(fileTrouble(error)))
  })
)

/** True if the changes differ from their base, or cannot be compared with it. */
export const hasDifference = Effect.fn("LocalChanges.hasDifference")(function*(changes: LocalChanges) {
  const git = yield* Git
  const { baseSha, headSha } = yield* resolveChanges(changes)
  const gitDir = (yield* Path.Path).join(changes.repository, ".git")
  const { exitCode } = yield* git.run(["diff", "--quiet", `${baseSha}...${headSha}`], { gitDir, answers: [1] })
  return exitCode !== 0
}, Effect.orElseSucceed(() => true))
