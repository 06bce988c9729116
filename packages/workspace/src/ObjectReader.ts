/** Reads the files and directories of a commit by the tree objects that lead to them. */
import type { RepoPath } from "@nominal-code/domain/event/PullRequest"
import { Array, Effect, Option, Semaphore } from "effect"
import * as CatFile from "./CatFile.ts"
import { GitError } from "./Git.ts"

/** Maximum size of a directory's listing. */
const MAX_TREE_BYTES = 16 * 1024 * 1024
/** Maximum number of entries of the listings that are remembered: a review asks for many files of few directories. */
const MAX_KNOWN_ENTRIES = 50_000
/** Maximum number of objects whose sizes are remembered: each search asks for those of all files. */
const MAX_KNOWN_SIZES = 50_000
/** Maximum size of an object whose bytes are remembered, and of all of them together. */
const MAX_KNOWN_OBJECT = 64 * 1024
const MAX_KNOWN_BYTES = 2 * 1024 * 1024
/** Maximum number of files and directories that are listed. */
const MAX_LISTED = 500_000
/** Number of directories that are asked for at once, and the maximum size of their listings together. */
const TREES_AT_ONCE = 64
const MAX_TREES_BYTES = 4 * MAX_TREE_BYTES

/** Entry of a tree object. */
export interface TreeEntry {
  /** In octal without leading zeros, as git stores it: `100644`, `100755`, `120000` (link), `160000` (submodule), `40000`. */
  readonly mode: string
  readonly id: string
  readonly name: string
}

/** File of a commit, or a link or a submodule, by its path. */
export type ListedFile = Omit<TreeEntry, "name"> & { readonly path: string }

/** True for a file: not for a directory, a link or a submodule. */
export const isFile = ({ mode }: Pick<TreeEntry, "mode">): boolean =>
  mode === "100644" || mode === "100755" || mode === "100664"

/** Reader of one repository's objects. Questions wait for each other. */
export interface ObjectReader extends CatFile.GitObjects {
  /** Reads objects by two requests, so that no later question waits for git: the small ones, while there is room for them. */
  readAhead(ids: ReadonlyArray<string>): Effect.Effect<void, GitError>
  /** All files of a commit, links and submodules too, in the order of their paths. */
  files(commit: string): Effect.Effect<ReadonlyArray<ListedFile>, GitError>
  /** Entry at a path of a commit; none if nothing is there. */
  entry(commit: string, path: RepoPath): Effect.Effect<Option.Option<TreeEntry>, GitError>
  /** Entries of a directory of a commit, `""` for its root; none if it is no directory. */
  entries(commit: string, directory: string): Effect.Effect<Option.Option<ReadonlyArray<TreeEntry>>, GitError>
}

/** Parses a tree object: mode, blank, name, NUL, id as bytes, without anything between entries. */
const parseTree = (bytes: Uint8Array, idBytes: number): ReadonlyArray<TreeEntry> => {
  const tree = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const entries: globalThis.Array<TreeEntry> = []
  let at = 0
  while (at < tree.length) {
    const blank = tree.indexOf(0x20, at)
    const end = tree.indexOf(0, blank)
    if (blank === -1 || end === -1) break
    const next = end + 1 + idBytes
    entries.push({
      mode: tree.toString("latin1", at, blank),
      name: tree.toString("utf8", blank + 1, end),
      id: tree.toString("hex", end + 1, next)
    })
    at = next
  }
  return entries
}

const isTree = ({ mode }: TreeEntry): boolean => mode === "40000"

/** Bytes of an id of the repository to which this one belongs: of SHA-1 or SHA-256. */
const idBytes = (name: string): number => (/^[0-9a-f]*/.exec(name)?.[0].length ?? 0) / 2

/** Directories of a repository. The listings that were read are remembered while there is room. */
const makeTrees = Effect.fnUntraced(function*({ all, contents }: CatFile.GitObjects) {
  const lock = yield* Semaphore.make(1)
  const known = new Map<string, ReadonlyArray<TreeEntry>>()
  let room = MAX_KNOWN_ENTRIES

  /** Parses a directory's listing, and remembers it while there is room. */
  const parsed = (name: string, bytes: Uint8Array) => {
    const tree = parseTree(bytes, idBytes(name))
    if (tree.length <= room && !known.has(name)) {
      room -= tree.length
      known.set(name, tree)
    }
    return tree
  }

  const readTree = Effect.fnUntraced(function*(name: string) {
    const before = known.get(name)
    if (before !== undefined) return before
    const bytes = yield* contents(name, MAX_TREE_BYTES)
    if (Option.isSome(bytes)) return parsed(name, bytes.value)
    return yield* new GitError({ reason: "corrupt", message: `the directory ${name} is missing from the repository.` })
  })

  /** Reads one directory at a time: files that are read at once are mostly in the same ones. */
  const treeAt = (name: string) =>
    Effect.suspend(() => {
      const before = known.get(name)
      return before === undefined ? Semaphore.withPermit(lock, readTree(name)) : Effect.succeed(before)
    })

  /** Reads many directories by one request. */
  const treesOf = Effect.fnUntraced(function*(names: ReadonlyArray<string>) {
    const unknown = [...new Set(names.filter((name) => !known.has(name)))]
    const answers = yield* all(unknown, MAX_TREES_BYTES)
    const fresh = new Map(unknown.map((name, index) => [name, parsed(name, answers[index] ?? new Uint8Array())]))
    return names.map((name) => fresh.get(name) ?? known.get(name) ?? [])
  })

  return { treeAt, treesOf }
})

/** Makes the sizes of a repository's objects. Those that were told are remembered while there is room. */
const makeSizes = ({ sizes: ask }: CatFile.GitObjects): CatFile.GitObjects["sizes"] => {
  const known = new Map<string, number>()
  return Effect.fnUntraced(function*(names) {
    const unknown = names.filter((name) => !known.has(name))
    const answers = new Map(Array.zip(unknown, yield* ask(unknown)))
    for (const [name, size] of answers) {
      if (known.size < MAX_KNOWN_SIZES) known.set(name, size)
    }
    return names.map((name) => answers.get(name) ?? known.get(name) ?? 0)
  })
}

/** Makes the questions about single objects, which those that were read ahead answer without git. */
const makeContents = (
  { all, contents: ask, info: askInfo }: CatFile.GitObjects,
  sizes: CatFile.GitObjects["sizes"]
) => {
  const known = new Map<string, Uint8Array>()
  let room = MAX_KNOWN_BYTES
  const info: CatFile.GitObjects["info"] = (name) => {
    const bytes = known.get(name)
    return bytes === undefined ? askInfo(name) : Effect.succeedSome({ id: name, type: "blob", size: bytes.length })
  }
  const contents: CatFile.GitObjects["contents"] = (name, maxBytes) => {
    const bytes = known.get(name)
    return bytes === undefined || bytes.length > maxBytes ? ask(name, maxBytes) : Effect.succeedSome(bytes)
  }
  const readAhead: ObjectReader["readAhead"] = Effect.fnUntraced(function*(ids) {
    const unknown = [...new Set(ids)].filter((id) => !known.has(id))
    const read: globalThis.Array<string> = []
    for (const [id, size] of Array.zip(unknown, yield* sizes(unknown))) {
      if (size > MAX_KNOWN_OBJECT || size > room) continue
      room -= size
      read.push(id)
    }
    // Copied, because they are parts of what git has answered as a whole.
    for (const [id, bytes] of Array.zip(read, yield* all(read, MAX_KNOWN_BYTES))) known.set(id, new Uint8Array(bytes))
  })
  return { info, contents, readAhead }
}

/** Opens a reader. Its process starts at the first question, and ends with the scope. */
export const make = Effect.fn("ObjectReader.make")(function*(gitDir: string) {
  const objects = yield* CatFile.make(gitDir)
  const { treeAt, treesOf } = yield* makeTrees(objects)

  const files: ObjectReader["files"] = Effect.fnUntraced(function*(commit) {
    const tooMany = new GitError({ reason: "too-large", message: `the commit has more than ${MAX_LISTED} files` })
    const found: globalThis.Array<ListedFile> = []
    const left = [{ name: `${commit}^{tree}`, at: "" }]
    while (left.length > 0) {
      const trees = left.splice(-TREES_AT_ONCE)
      const listings = yield* Effect.mapError(
        treesOf(trees.map(({ name }) => name)),
        (error) => error.reason === "too-large" ? tooMany : error
      )
      for (const [index, { at }] of trees.entries()) {
        for (const entry of listings[index] ?? []) {
          if (isTree(entry)) left.push({ name: entry.id, at: `${at}${entry.name}/` })
          else found.push({ path: `${at}${entry.name}`, mode: entry.mode, id: entry.id })
        }
        if (found.length + left.length > MAX_LISTED) return yield* tooMany
      }
    }
    return found.sort((one, other) => one.path < other.path ? -1 : 1)
  })

  const entries: ObjectReader["entries"] = Effect.fnUntraced(function*(commit, directory) {
    let here = yield* treeAt(`${commit}^{tree}`)
    for (const segment of directory.split("/").filter((segment) => segment !== "")) {
      const inside = here.find((one) => one.name === segment && isTree(one))
      if (inside === undefined) return Option.none()
      here = yield* treeAt(inside.id)
    }
    return Option.some(here)
  })

  const entry: ObjectReader["entry"] = Effect.fnUntraced(function*(commit, path) {
    const slash = path.lastIndexOf("/")
    const all = yield* entries(commit, path.slice(0, Math.max(slash, 0)))
    return Option.flatMap(all, (found) => Array.findFirst(found, ({ name }) => name === path.slice(slash + 1)))
  })

  const sizes = makeSizes(objects)
  const reader: ObjectReader = { ...objects, sizes, ...makeContents(objects, sizes), files, entry, entries }
  return reader
})
