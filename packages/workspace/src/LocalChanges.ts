import type { Sha } from "@nominal-code/domain/PullRequest"
import { Effect, FileSystem, Path } from "effect"
import { Git, type GitError } from "./Git.ts"
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
  yield* git.run(["add", "--all", "--", "."], options)
  return Objects.decode((yield* git.run(["write-tree"], options)).stdout).trim()
}, Effect.scoped)

const commitOf = Effect.fnUntraced(function*({ head, repository }: LocalChanges, gitDir: string) {
  if (head !== "worktree" && head !== "staged") return yield* Objects.resolve(gitDir, head)
  const tree = head === "worktree" ? yield* workTree(repository, gitDir) : yield* textOf(gitDir, "write-tree")
  const title = head === "worktree" ? "Uncommitted changes" : "Staged changes"
  const commit = yield* textOf(gitDir, ...identity, "commit-tree", tree, "-p", "HEAD", "-m", title)
  return yield* Objects.resolve(gitDir, commit)
})

/** Fails where a patch does not apply. The message is git's. */
const asPatchError = (error: GitError) =>
  error.reason === "not-installed" || error.reason === "timeout"
    ? error.toWorkspaceError()
    : new WorkspaceError({ reason: "refused", message: error.message.replace(/^git apply exited with \d+: /, "") })

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
    PlatformError: ({ message }) => Effect.fail(new WorkspaceError({ reason: "directory", message }))
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
    GitError: (error) => Effect.fail(error.toWorkspaceError()),
    PlatformError: ({ message }) => Effect.fail(new WorkspaceError({ reason: "directory", message }))
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
