/**
 * Reads the objects of a bare repository through one long-lived `git cat-file`, a process for all questions of a review.
 *
 * Only ids and names of ours are sent: a file is found by the trees that lead to it, so that nothing that a repository
 * or a model calls a path is ever part of a request.
 */
import type { RepoPath } from "@nominal-code/domain/event/PullRequest"
import { Array, Effect, Exit, Option, Result, Scope, Semaphore } from "effect"
import { Git, GitError } from "./Git.ts"
import type { Dialogue } from "./Process.ts"

/** Maximum size of a directory's listing. */
const MAX_TREE_BYTES = 16 * 1024 * 1024
/** Maximum number of entries of the listings that are remembered: a review asks for many files of few directories. */
const MAX_KNOWN_ENTRIES = 50_000
/** Maximum number of files and directories that are listed. */
const MAX_LISTED = 500_000
/** Number of directories that are asked for at once, and the maximum size of their listings together. */
const TREES_AT_ONCE = 64
const MAX_TREES_BYTES = 4 * MAX_TREE_BYTES
const TIMEOUT_SECONDS = 60

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

interface ObjectInfo {
  readonly id: string
  readonly type: string
  readonly size: number
}

/** Reader of one repository's objects. Questions wait for each other. */
export interface ObjectReader {
  /** Tells an object's type and size by its id, or by a name such as `<id>^{commit}`; none if it is not here. */
  info(name: string): Effect.Effect<Option.Option<ObjectInfo>, GitError>
  /** The bytes of an object; none if it is not here. Fails if it is larger. */
  contents(name: string, maxBytes: number): Effect.Effect<Option.Option<Uint8Array>, GitError>
  /** The bytes of many objects, by one request. Fails if one is not here, or if they are larger together. */
  all(names: ReadonlyArray<string>, maxBytes: number): Effect.Effect<ReadonlyArray<Uint8Array>, GitError>
  /** Sizes of many objects, by one request. Fails if one is not here. */
  sizes(names: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<number>, GitError>
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

const confused = new GitError({ reason: "other", message: "git cat-file answered something else than was asked." })

/** Reads the line before an object; none: it is not here. */
const parseHeader = (line: string): Result.Result<Option.Option<ObjectInfo>, GitError> => {
  const [, id, type, size] = /^([0-9a-f]{40,64}) (\w+) (\d+)$/.exec(line) ?? []
  if (id !== undefined && type !== undefined) return Result.succeedSome({ id, type, size: Number(size) })
  return / (?:missing|ambiguous)$/.test(line) ? Result.succeedNone : Result.fail(confused)
}

const tooLarge = (bytes: number) =>
  new GitError({ reason: "too-large", message: `an object takes more than ${bytes} bytes.` })

const notHere = (name: string) =>
  new GitError({ reason: "corrupt", message: `the object ${name} is not in the repository.` })

/** Opens a reader. Its process starts at the first question, and ends with the scope. */
export const make = Effect.fn("ObjectReader.make")(function*(gitDir: string) {
  const git = yield* Git
  const scope = yield* Effect.scope
  const lock = yield* Semaphore.make(1)
  let session: { readonly dialogue: Dialogue<GitError>; readonly scope: Scope.Closeable } | undefined

  const opened = Effect.gen(function*() {
    if (session !== undefined) return session
    const own = yield* Scope.fork(scope)
    const dialogue = yield* Scope.provide(git.open(["cat-file", "--batch-command", "--buffer"], { gitDir }), own)
    return session = { dialogue, scope: own }
  })

  /** Holds one exchange. A broken or interrupted one ends the process, since its answer could be taken for the next. */
  const exchange = <A>(talk: (dialogue: Dialogue<GitError>) => Effect.Effect<A, GitError>) =>
    Effect.flatMap(opened, ({ dialogue }) => talk(dialogue)).pipe(
      Effect.timeoutOrElse({
        duration: `${TIMEOUT_SECONDS} seconds`,
        orElse: () =>
          Effect.fail(
            new GitError({ reason: "timeout", message: `git cat-file took longer than ${TIMEOUT_SECONDS} s` })
          )
      }),
      Effect.onExit((exit) => {
        if (Exit.isSuccess(exit) || session === undefined) return Effect.void
        const broken = session.scope
        session = undefined
        return Scope.close(broken, exit)
      }),
      Semaphore.withPermit(lock)
    )

  /** Asks about objects by one request. The answer to each one that is not here is none. */
  const ask = <A>(
    command: "contents" | "info",
    names: ReadonlyArray<string>,
    bodyOf: (info: ObjectInfo) => Result.Result<number, GitError>,
    take: (info: ObjectInfo, body: Uint8Array) => A
  ): Effect.Effect<ReadonlyArray<Option.Option<A>>, GitError> =>
    names.length === 0 ? Effect.succeed([]) : exchange(Effect.fnUntraced(function*(dialogue) {
      const found: globalThis.Array<Option.Option<A>> = []
      let header = Option.none<ObjectInfo>()
      // git writes its answers together, when it is told that there are no more requests.
      yield* dialogue.say(`${names.map((name) => `${command} ${name}\n`).join("")}flush\n`)
      yield* dialogue.answers(
        names.length,
        (line) =>
          Result.flatMap(parseHeader(line), (info) => {
            header = info
            return Option.match(info, { onNone: () => Result.succeed(0), onSome: bodyOf })
          }),
        (_, body) => found.push(Option.map(header, (info) => take(info, body)))
      )
      return found
    }))

  const infos = (names: ReadonlyArray<string>) => ask("info", names, () => Result.succeed(0), (info) => info)

  /** The bytes of objects. Fails if they are larger together. */
  const bodies = (names: ReadonlyArray<string>, maxBytes: number) =>
    Effect.suspend(() => {
      let left = maxBytes
      const bodyOf = ({ size }: ObjectInfo) => {
        left -= size
        return left < 0 ? Result.fail(tooLarge(maxBytes)) : Result.succeed(size + 1)
      }
      return ask("contents", names, bodyOf, ({ size }, body) => body.subarray(0, size))
    })

  /** The answers about objects of which none may be missing. */
  const present = <A>(names: ReadonlyArray<string>, found: ReadonlyArray<Option.Option<A>>) =>
    Effect.suspend(() => {
      const missing = found.findIndex(Option.isNone)
      return missing === -1 ? Effect.succeed(Array.getSomes(found)) : Effect.fail(notHere(names[missing] ?? ""))
    })

  const info: ObjectReader["info"] = (name) => Effect.map(infos([name]), ([one = Option.none()]) => one)

  const contents: ObjectReader["contents"] = (name, maxBytes) =>
    Effect.map(bodies([name], maxBytes), ([one = Option.none()]) => one)

  const all: ObjectReader["all"] = (names, maxBytes) =>
    Effect.flatMap(bodies(names, maxBytes), (found) => present(names, found))

  const sizes: ObjectReader["sizes"] = (names) =>
    Effect.flatMap(infos(names), (found) => Effect.map(present(names, found), (all) => all.map(({ size }) => size)))

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

  const files: ObjectReader["files"] = Effect.fnUntraced(function*(commit) {
    const tooMany = new GitError({ reason: "too-large", message: `the commit has more than ${MAX_LISTED} files` })
    const found: globalThis.Array<ListedFile> = []
    const left = [{ name: `${commit}^{tree}`, at: "" }]
    while (left.length > 0) {
      const trees = left.splice(-TREES_AT_ONCE)
      const unknown = [...new Set(trees.map(({ name }) => name).filter((name) => !known.has(name)))]
      const answers = yield* Effect.mapError(
        all(unknown, MAX_TREES_BYTES),
        (error) => error.reason === "too-large" ? tooMany : error
      )
      const fresh = new Map(unknown.map((name, index) => [name, parsed(name, answers[index] ?? new Uint8Array())]))
      for (const { at, name } of trees) {
        for (const entry of fresh.get(name) ?? known.get(name) ?? []) {
          if (isTree(entry)) left.push({ name: entry.id, at: `${at}${entry.name}/` })
          else found.push({ path: `${at}${entry.name}`, mode: entry.mode, id: entry.id })
        }
        if (found.length + left.length > MAX_LISTED) return yield* tooMany
      }
    }
    return found.sort((one, other) => one.path < other.path ? -1 : 1)
  })

  const treeAt = Effect.fnUntraced(function*(name: string) {
    const before = known.get(name)
    if (before !== undefined) return before
    const bytes = yield* contents(name, MAX_TREE_BYTES)
    if (Option.isSome(bytes)) return parsed(name, bytes.value)
    return yield* new GitError({ reason: "corrupt", message: `the directory ${name} is missing from the repository.` })
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

  const reader: ObjectReader = { info, contents, all, sizes, files, entry, entries }
  return reader
})

/** Bytes of an id of the repository to which this one belongs: of SHA-1 or SHA-256. */
const idBytes = (name: string): number => (/^[0-9a-f]*/.exec(name)?.[0].length ?? 0) / 2
