import type { Sha } from "@nominal-code/domain/PullRequest"
import { Effect, FileSystem } from "effect"
import { Git, GitError } from "./Git.ts"
import type { Tree } from "./KeptTrees.ts"
import { parseTreeEntry } from "./Objects.ts"

/** Size above which a file is left out of the work tree. */
const MAX_FILE_BYTES = 20 * 1024 * 1024
const MAX_FILES = 1_000_000
const WRITE_TIMEOUT_SECONDS = 600

const tooLarge = (message: string) => new GitError({ reason: "too-large", message })

interface WriteOptions {
  readonly gitDir: string
  readonly commit: Sha
  readonly tree: Tree
  /** Limit of the commit's files. */
  readonly maxBytes: number
}

/** Counts a commit's files in constant memory, and lists those that are too big to be written. */
const survey = Effect.fnUntraced(function*(gitDir: string, commit: Sha, maxBytes: number) {
  const git = yield* Git
  const oversized: Array<string> = []
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true })
  let rest = ""
  let files = 0
  let bytes = 0
  yield* git.consume(["ls-tree", "-r", "-l", "-z", "--full-tree", commit], { gitDir }, (chunk) => {
    const records = (rest + decoder.decode(chunk, { stream: true })).split("\0")
    rest = records.pop() ?? ""
    for (const record of records) {
      const entry = parseTreeEntry(record)
      if (entry === undefined) continue
      files++
      // A name that is not UTF-8 cannot be told to git again, so its file is written, and counted.
      if (entry.size > MAX_FILE_BYTES && !entry.path.includes("\uFFFD")) oversized.push(entry.path)
      else bytes += entry.size
    }
    return files <= MAX_FILES && bytes <= maxBytes
  })
  if (files > MAX_FILES) return yield* tooLarge(`the commit has more than ${MAX_FILES} files`)
  if (bytes > maxBytes) return yield* tooLarge(`the commit's files take more than workspace.max_bytes (${maxBytes})`)
  return oversized
})

const writeOver = Effect.fnUntraced(function*({ commit, gitDir, maxBytes, tree }: WriteOptions) {
  const fs = yield* FileSystem.FileSystem
  const git = yield* Git
  const { directory, indexFile } = tree
  const isNew = !(yield* fs.exists(indexFile))
  const oversized = yield* survey(gitDir, commit, maxBytes)
  const writing = { gitDir, indexFile, workTree: directory, timeoutSeconds: WRITE_TIMEOUT_SECONDS }
  yield* git.run(["read-tree", "--reset", commit], writing)
  if (oversized.length > 0) {
    yield* git.run(["update-index", "-z", "--force-remove", "--stdin"], {
      ...writing,
      stdin: oversized.map((name) => `${name}\0`).join("")
    })
  }
  // Before anything is written: a directory may be in the way of a file.
  if (!isNew) yield* git.run(["clean", "-ffdxq"], writing)
  yield* git.run(["checkout-index", "--all", "--force", "--quiet", "--index"], writing)
})

/**
 * Makes a tree's files those of a commit. Files that the tree has as the commit does are left as they are; an empty
 * tree gets them all, and so does one that git cannot bring to the commit. The tree holds no `.git`: the index stands
 * beside it, so nothing in it leads back to the mirror. No hook, filter or conversion runs, and links are written as
 * plain files that hold their target. Empty directories stand for submodules.
 */
export const write = Effect.fn("WorkTree.write")(function*(options: WriteOptions) {
  const fs = yield* FileSystem.FileSystem
  const { directory, indexFile } = options.tree
  const afresh = Effect.gen(function*() {
    for (const path of [directory, indexFile, `${indexFile}.lock`]) {
      yield* fs.remove(path, { recursive: true, force: true })
    }
    yield* fs.makeDirectory(directory, { mode: 0o700 })
    yield* writeOver(options)
  })
  const isKept = yield* fs.exists(indexFile)
  yield* isKept ? Effect.catchTag(writeOver(options), "GitError", () => afresh) : writeOver(options)
})
