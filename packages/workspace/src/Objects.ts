/** Reads the files of a bare repository from its objects. None is written to the disk. */
import { parseGitDiff } from "@nominal-code/domain/diff/GitDiff"
import { RepoPath, Sha } from "@nominal-code/domain/event/PullRequest"
import { Effect, Option, Schema } from "effect"
import { commitsSince } from "./CommitChain.ts"
import { Git, GitError } from "./Git.ts"
import { hugeFiles } from "./HugeFiles.ts"
import { isFile, type ObjectReader } from "./ObjectReader.ts"

/** Maximum size of a file that is read. */
const MAX_FILE_BYTES = 16 * 1024 * 1024
const MAX_DIFF_MEBIBYTES = 64
const MAX_COMMITS = 250

/** Decodes bytes: invalid UTF-8 becomes U+FFFD; a byte order mark stays, as it does in git's own diffs. */
export const decode = (bytes: Uint8Array): string => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes)

/** Decodes a file as people see it: UTF-16 by its byte order mark, everything else as UTF-8. */
const decodeFile = (bytes: Uint8Array): string => {
  const isWide = (first: number, second: number) => bytes[0] === first && bytes[1] === second
  return isWide(0xff, 0xfe)
    ? new TextDecoder("utf-16le").decode(bytes)
    : isWide(0xfe, 0xff)
    ? new TextDecoder("utf-16be").decode(bytes)
    : decode(bytes)
}

const decodeSha = Schema.decodeUnknownOption(Sha)
const isRepoPath = Schema.is(RepoPath)

const toSha = (stdout: Uint8Array) =>
  Effect.mapError(
    Effect.fromOption(decodeSha(decode(stdout).trim())),
    () => new GitError({ reason: "other", message: "git answered something else than a commit." })
  )

/** True if the commit is here. */
export const hasCommit = (objects: ObjectReader, sha: Sha) => Effect.map(objects.info(`${sha}^{commit}`), Option.isSome)

/** The commit that an id, its beginning, or a name of ours stands for, with `~n` behind it or not. */
export const commitOf = Effect.fnUntraced(function*(objects: ObjectReader, name: string) {
  const commit = yield* objects.info(`${name}^{commit}`)
  const sha = Option.flatMap(commit, ({ id }) => decodeSha(id))
  if (Option.isSome(sha)) return sha.value
  return yield* new GitError({ reason: "missing", message: `there is no commit ${name}` })
})

/** Resolves a name that a person wrote to a commit. */
export const resolve = Effect.fnUntraced(function*(gitDir: string, name: string) {
  const git = yield* Git
  const { stdout } = yield* git.run(["rev-parse", "--verify", "--end-of-options", `${name}^{commit}`], { gitDir })
  return yield* toSha(stdout)
})

/** The commit that is checked out; none on a branch that has no commit yet, as in a new repository. */
export const head = Effect.fnUntraced(
  function*(gitDir: string) {
    return Option.some(yield* resolve(gitDir, "HEAD"))
  },
  (found, gitDir) =>
    Effect.catch(
      found,
      Effect.fnUntraced(function*(error) {
        if (error.reason !== "missing") return yield* error
        const git = yield* Git
        // It answers the id of a commit that is not here.
        const { exitCode } = yield* git.run(["rev-parse", "--verify", "--quiet", "HEAD"], { gitDir, answers: [1] })
        if (exitCode === 1) return Option.none()
        return yield* new GitError({ reason: "corrupt", message: "HEAD is a commit that the repository does not have" })
      })
    )
)

/** The best common ancestor of two commits, as far as the history here shows one. */
export const mergeBase = Effect.fnUntraced(function*(gitDir: string, left: Sha, right: Sha) {
  const git = yield* Git
  const { exitCode, stdout } = yield* git.run(["merge-base", left, right], { gitDir, answers: [1] })
  return exitCode === 0 ? Option.some(yield* toSha(stdout)) : Option.none<Sha>()
})

/** True if a commit is part of another one's history. */
export const isAncestor = Effect.fnUntraced(function*(gitDir: string, ancestor: Sha, of: Sha) {
  const git = yield* Git
  const { exitCode } = yield* git.run(["merge-base", "--is-ancestor", ancestor, of], { gitDir, answers: [1] })
  return exitCode === 0
})

/** A file at a commit; none for anything that is not a regular file of at most 16 MiB. */
export const file = Effect.fn("Objects.file")(function*(objects: ObjectReader, commit: Sha, path: RepoPath) {
  const entry = yield* objects.entry(commit, path)
  if (Option.isNone(entry) || !isFile(entry.value)) return Option.none<string>()
  const { id } = entry.value
  const missing = new GitError({ reason: "corrupt", message: `${path} is missing from the repository.` })
  const info = yield* Effect.flatMap(
    objects.info(id),
    Option.match({
      onNone: () => Effect.fail(missing),
      onSome: Effect.succeed
    })
  )
  if (info.size > MAX_FILE_BYTES) return Option.none<string>()
  return Option.map(yield* objects.contents(id, info.size), decodeFile)
})

/** A file's lines as git counts them: a carriage return before a line's end is part of the line. */
export const lines = Effect.fnUntraced(function*(objects: ObjectReader, commit: Sha, path: RepoPath) {
  return Option.map(yield* file(objects, commit, path), (text): ReadonlyArray<string> => {
    const all = text.split("\n")
    if (all.at(-1) === "") all.pop()
    return all
  })
})

/** The regular files directly in a directory at a commit. */
export const filesIn = Effect.fn("Objects.filesIn")(function*(objects: ObjectReader, commit: Sha, directory: RepoPath) {
  const folder = directory.replace(/\/+$/, "")
  const entries = Option.getOrElse(yield* objects.entries(commit, folder), () => [])
  return entries.filter(isFile).map(({ name }) => `${folder}/${name}`).filter(isRepoPath)
})

/** The paths of all files at a commit, links and submodules too. */
export const paths = Effect.fn("Objects.paths")(function*(objects: ObjectReader, commit: Sha) {
  return (yield* objects.files(commit)).map(({ path }) => path).filter(isRepoPath)
})

/** The subjects of the commits between two commits, oldest first; of more than 250, the newest. */
export const subjects = Effect.fn("Objects.subjects")(function*(
  { gitDir, objects }: { readonly gitDir: string; readonly objects: ObjectReader },
  from: Sha,
  to: Sha
) {
  const few = yield* commitsSince(objects, from, to)
  if (Option.isSome(few)) return few.value.map(({ subject }) => subject).filter((subject) => subject.trim() !== "")
  const git = yield* Git
  const range = ["--reverse", `--max-count=${MAX_COMMITS}`, `${from}..${to}`, "--"]
  const { stdout } = yield* git.run(["log", "-z", "--format=%s", ...range], { gitDir })
  return decode(stdout).split("\0").filter((subject) => subject.trim() !== "")
})

/** Options that make a diff git's own, whatever the repository asks for. */
export const diffOptions = [
  "--no-color",
  "--no-ext-diff",
  "--no-textconv",
  "--find-renames",
  "--src-prefix=a/",
  "--dst-prefix=b/",
  "--submodule=short",
  "--ignore-submodules=none"
]

const tooLarge = (error: GitError) =>
  error.reason !== "too-large" ? error : new GitError({
    reason: "too-large",
    message:
      `The diff is larger than ${MAX_DIFF_MEBIBYTES} MiB, which is more than a review can take: leave out what nobody ` +
      "wrote by hand, such as installed packages (.gitignore), or split the change."
  })

/** Ids of the changed contents in a diff with `--full-index`, on both sides: of files, not of submodules. */
const contentsIn = (diff: string): ReadonlyArray<string> =>
  Array.from(diff.matchAll(/(?<! mode 160000)\nindex ([0-9a-f]{40,})\.\.([0-9a-f]{40,})(?= 1[02]0|\n)/g))
    .flatMap(([, before = "", after = ""]) => [before, after]).filter((id) => !/^0+$/.test(id))

/** Changes between two commits: all files, with their hunks. `take` is given the ids of the contents that they change. */
export const changedFiles = Effect.fn("Objects.changedFiles")(function*(
  gitDir: string,
  from: Sha,
  to: Sha,
  take: (ids: ReadonlyArray<string>) => Effect.Effect<void> = () => Effect.void
) {
  const git = yield* Git
  const options = { gitDir, maxBytes: MAX_DIFF_MEBIBYTES * 1024 * 1024 }
  const without = Effect.fnUntraced(function*(paths: ReadonlyArray<string>) {
    const excluded = paths.map((path) => `:(exclude,top,literal)${path}`)
    const { stdout } = yield* git.run(["diff", "--full-index", ...diffOptions, from, to, "--", ...excluded], {
      ...options,
      pathspecMagic: paths.length > 0
    })
    const diff = decode(stdout)
    yield* take(contentsIn(diff))
    return parseGitDiff(diff)
  })
  return yield* without([]).pipe(
    Effect.catchIf(
      ({ reason }) => reason === "memory",
      Effect.fnUntraced(function*() {
        const huge = yield* hugeFiles(gitDir, from, to)
        return [...yield* without(huge.map(({ path }) => path)), ...huge]
      })
    ),
    Effect.mapError(tooLarge)
  )
})
