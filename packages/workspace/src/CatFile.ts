/**
 * Client of `git cat-file`, one long-lived process for all questions of a review.
 *
 * Only ids and names of ours are sent: a file is found by the trees that lead to it, so that nothing that a repository
 * or a model calls a path is ever part of a request.
 */
import { Array, Effect, Exit, Option, Result, Scope, Semaphore } from "effect"
import { Git, GitError } from "./Git.ts"
import type { Dialogue } from "./Process.ts"

const TIMEOUT_SECONDS = 60

interface ObjectInfo {
  readonly id: string
  readonly type: string
  readonly size: number
}

/** Objects of one repository. Questions wait for each other. */
export interface GitObjects {
  /** Tells an object's type and size by its id, or by a name such as `<id>^{commit}`; none if it is not here. */
  info(name: string): Effect.Effect<Option.Option<ObjectInfo>, GitError>
  /** The bytes of an object; none if it is not here. Fails if it is larger. */
  contents(name: string, maxBytes: number): Effect.Effect<Option.Option<Uint8Array>, GitError>
  /** The bytes of many objects, by one request. Fails if one is not here, or if they are larger together. */
  all(names: ReadonlyArray<string>, maxBytes: number): Effect.Effect<ReadonlyArray<Uint8Array>, GitError>
  /** Sizes of many objects, by one request. Fails if one is not here. */
  sizes(names: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<number>, GitError>
}

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

/** Opens the objects of a repository. Their process starts at the first question, and ends with the scope. */
export const make = Effect.fn("CatFile.make")(function*(gitDir: string) {
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

  const info: GitObjects["info"] = (name) => Effect.map(infos([name]), ([one = Option.none()]) => one)

  const contents: GitObjects["contents"] = (name, maxBytes) =>
    Effect.map(bodies([name], maxBytes), ([one = Option.none()]) => one)

  const all: GitObjects["all"] = (names, maxBytes) =>
    Effect.flatMap(bodies(names, maxBytes), (found) => present(names, found))

  const sizes: GitObjects["sizes"] = (names) =>
    Effect.flatMap(infos(names), (found) => Effect.map(present(names, found), (all) => all.map(({ size }) => size)))

  const objects: GitObjects = { info, contents, all, sizes }
  return objects
})
