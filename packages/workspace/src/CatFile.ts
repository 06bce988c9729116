/**
 * Client of `git cat-file`, one long-lived process for all questions of a review.
 *
 * Only ids and names of ours are sent: a file is found by the trees that lead to it, so that nothing that a repository
 * or a model calls a path is ever part of a request.
 */
import { Deferred, Effect, Exit, Option, Request, RequestResolver, Result, Scope, Semaphore } from "effect"
import { Git, GitError } from "./Git.ts"
import type { Dialogue } from "./Process.ts"

const TIMEOUT_SECONDS = 60

interface ObjectInfo {
  readonly id: string
  readonly type: string
  readonly size: number
}

/** Objects of one repository. Questions wait for each other, and those that wait are asked together. */
export interface GitObjects {
  /** Starts the process, which the first question does otherwise, and waits for it. */
  readonly start: Effect.Effect<void, GitError>
  /** Ends the process, for a repository that is made anew: the next question starts another one. */
  readonly stop: Effect.Effect<void>
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

const closed = new GitError({ reason: "other", message: "git cat-file was ended with what it was asked for." })

const tooSlow = new GitError({ reason: "timeout", message: `git cat-file took longer than ${TIMEOUT_SECONDS} s` })

const abandoned = new GitError({ reason: "other", message: "git cat-file was ended: nobody waited for its answer." })

/** Errors after which no question is asked again. */
const final = new Set([closed, tooSlow, abandoned])

const types = new Set(["blob", "tree", "commit", "tag"])

/** Reads the line before an object, its id, type and size; none: it is not here. */
const parseHeader = (line: string): Result.Result<Option.Option<ObjectInfo>, GitError> => {
  const [id = "", type = "", length, ...more] = line.split(" ")
  const size = Number(length)
  if (types.has(type) && Number.isSafeInteger(size) && more.length === 0) return Result.succeedSome({ id, type, size })
  return / (?:missing|ambiguous)$/.test(line) ? Result.succeedNone : Result.fail(confused)
}

/** Maximum number of questions that are asked together, and of bytes that their answers may bring. */
const MAX_TOGETHER = 64
const MAX_TOGETHER_BYTES = 1024 * 1024

type Answer = Option.Option<{ readonly info: ObjectInfo; readonly body: Uint8Array }>

/** Question about one object. */
class Question extends Request.Class<
  { readonly command: "contents" | "info"; readonly name: string; readonly maxBytes: number },
  Answer,
  GitError
> {}

type Questions = ReadonlyArray<Request.Entry<Question>>

/** Exchange with git. `awaited` are its questions without an answer that a caller waits for; `over` ends it. */
interface Exchange {
  readonly awaited: Set<Question>
  readonly over: Deferred.Deferred<never, GitError>
}

/** Splits questions into those that are asked together, by the bytes that their answers may bring. */
const portionsOf = (questions: Questions): ReadonlyArray<Questions> => {
  const portions: Array<Array<Request.Entry<Question>>> = []
  let bytes = Infinity
  for (const question of questions) {
    bytes += question.request.maxBytes
    if (bytes > MAX_TOGETHER_BYTES) {
      portions.push([])
      bytes = question.request.maxBytes
    }
    portions.at(-1)?.push(question)
  }
  return portions
}

const tooLarge = (bytes: number) =>
  new GitError({ reason: "too-large", message: `an object takes more than ${bytes} bytes.` })

const notHere = (name: string) =>
  new GitError({ reason: "corrupt", message: `the object ${name} is not in the repository.` })

/**
 * Opens the objects of a repository. Their process starts at the first question, and ends with the scope, and so do the
 * questions that wait then: those that are asked together belong to no caller.
 */
export const make = Effect.fn("CatFile.make")(function*(gitDir: string) {
  const git = yield* Git
  const scope = yield* Scope.fork(yield* Effect.scope)
  const lock = yield* Semaphore.make(1)
  let session: { readonly dialogue: Dialogue<GitError>; readonly scope: Scope.Closeable } | undefined
  let held: Exchange | undefined
  let ended = false

  const giveUp = (error: GitError) => {
    if (held !== undefined) Deferred.doneUnsafe(held.over, Exit.fail(error))
  }

  // Before the scope of the processes closes: whoever waits for an answer is not told that a process has ended.
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      ended = true
      giveUp(closed)
    })
  )

  const opened = Effect.gen(function*() {
    if (session !== undefined) return session
    const own = yield* Scope.fork(scope)
    const dialogue = yield* git.open(["cat-file", "--batch-command", "--buffer"], { gitDir }).pipe(
      Scope.provide(own),
      Effect.onError((cause) => Scope.close(own, Exit.failCause(cause)))
    )
    return session = { dialogue, scope: own }
  })

  /**
   * Holds one exchange. A broken or interrupted one ends the process, since its answer could be taken for the next, which
   * does not wait for that end: a disk that hangs holds it up.
   */
  const exchange = (
    awaited: Exchange["awaited"],
    talk: (dialogue: Dialogue<GitError>) => Effect.Effect<void, GitError>
  ) =>
    Effect.suspend(() => {
      if (ended) return Effect.fail(closed)
      held = { awaited, over: Deferred.makeUnsafe() }
      return Effect.raceAllFirst([
        Effect.flatMap(opened, ({ dialogue }) => talk(dialogue)),
        Effect.andThen(Effect.sleep(`${TIMEOUT_SECONDS} seconds`), Effect.fail(tooSlow)),
        Deferred.await(held.over)
      ])
    }).pipe(
      Effect.onExit((exit) => {
        if (Exit.isSuccess(exit) || session === undefined) return Effect.void
        const broken = session.scope
        session = undefined
        return Effect.forkIn(Effect.uninterruptible(Scope.close(broken, exit)), scope)
      })
    )

  /** Makes requests in one exchange. `bodyOf` tells how many bytes an answer has behind its line. */
  const request = (
    requests: ReadonlyArray<string>,
    bodyOf: (info: ObjectInfo, index: number) => Result.Result<number, GitError>,
    take: (answer: Answer, index: number) => void,
    awaited = new Set<Question>()
  ): Effect.Effect<void, GitError> =>
    requests.length === 0 ? Effect.void : exchange(
      awaited,
      Effect.fnUntraced(function*(dialogue) {
        let index = 0
        let header = Option.none<ObjectInfo>()
        // git writes its answers together, when it is told that there are no more requests.
        yield* dialogue.say(`${requests.join("\n")}\nflush\n`)
        yield* dialogue.answers(
          requests.length,
          (line) =>
            Result.flatMap(parseHeader(line), (info) => {
              header = info
              return Option.isSome(info) ? bodyOf(info.value, index) : Result.succeed(0)
            }),
          (_, body) => {
            take(Option.map(header, (info) => ({ info, body })), index)
            index += 1
          }
        )
      })
    )

  /** Questions whose callers were interrupted. */
  const gone = new WeakSet<Question>()

  /** Strikes a question off the exchange that is held, and ends that if nobody waits for the rest: git may hang. */
  const strike = (question: Question) => {
    if (held?.awaited.delete(question) === true && held.awaited.size === 0) giveUp(abandoned)
  }

  /** Asks questions together. If one has no answer, each that is left is asked alone, unless git does not answer at all. */
  const answer = (asked: Questions): Effect.Effect<void> => {
    let questions = asked
    let answered = 0
    return Effect.suspend(() => {
      questions = asked.filter(({ request }) => !gone.has(request))
      return request(
        questions.map(({ request: { command, name } }) => `${command} ${name}`),
        ({ size }, index) => {
          const { command, maxBytes = 0 } = questions[index]?.request ?? {}
          if (command === "info") return Result.succeed(0)
          return size > maxBytes ? Result.fail(tooLarge(maxBytes)) : Result.succeed(size + 1)
        },
        (answer, index) => {
          const question = questions[index]
          answered = index + 1
          question?.completeUnsafe(Exit.succeed(answer))
          if (question !== undefined && answered < questions.length) strike(question.request)
        },
        new Set(questions.map(({ request }) => request))
      )
    }).pipe(
      Semaphore.withPermit(lock),
      Effect.catch((error) => {
        const left = questions.slice(answered)
        return questions.length > 1 && !final.has(error)
          ? Effect.forEach(left, (one) => answer([one]), { discard: true })
          : Effect.sync(() => left.forEach((one) => one.completeUnsafe(Exit.fail(error))))
      })
    )
  }

  const resolver = RequestResolver.make<Question>((questions) =>
    Effect.forEach(portionsOf(questions), answer, { discard: true })
  ).pipe(
    // What is asked meanwhile is asked together.
    RequestResolver.setDelayEffect(Effect.andThen(Effect.yieldNow, Semaphore.withPermit(lock, Effect.void))),
    RequestResolver.batchN(MAX_TOGETHER)
  )

  const ask = (command: "contents" | "info", name: string, maxBytes: number): Effect.Effect<Answer, GitError> =>
    Effect.suspend(() => {
      const question = new Question({ command, name, maxBytes })
      return Effect.onInterrupt(Effect.request(question, resolver), () =>
        Effect.sync(() => {
          gone.add(question)
          strike(question)
        }))
    })

  /** Asks about many objects by one request, none of which may be missing. */
  const askAll = <A>(
    command: "contents" | "info",
    names: ReadonlyArray<string>,
    bodyOf: (info: ObjectInfo) => Result.Result<number, GitError>,
    take: (info: ObjectInfo, body: Uint8Array) => A
  ) =>
    Effect.suspend(() => {
      const found: Array<A> = []
      let missing: string | undefined
      return request(names.map((name) => `${command} ${name}`), bodyOf, (answer, index) => {
        if (Option.isSome(answer)) found.push(take(answer.value.info, answer.value.body))
        else missing ??= names[index]
      }).pipe(
        Semaphore.withPermit(lock),
        Effect.andThen(
          Effect.suspend(() => missing === undefined ? Effect.succeed(found) : Effect.fail(notHere(missing)))
        )
      )
    })

  const info: GitObjects["info"] = (name) => Effect.map(ask("info", name, 0), Option.map(({ info }) => info))

  const contents: GitObjects["contents"] = (name, maxBytes) =>
    Effect.map(ask("contents", name, maxBytes), Option.map(({ body, info: { size } }) => body.subarray(0, size)))

  const all: GitObjects["all"] = (names, maxBytes) =>
    Effect.suspend(() => {
      let left = maxBytes
      const bodyOf = ({ size }: ObjectInfo) => {
        left -= size
        return left < 0 ? Result.fail(tooLarge(maxBytes)) : Result.succeed(size + 1)
      }
      return askAll("contents", names, bodyOf, ({ size }, body) => body.subarray(0, size))
    })

  const sizes: GitObjects["sizes"] = (names) => askAll("info", names, () => Result.succeed(0), ({ size }) => size)

  const start = Semaphore.withPermit(lock, exchange(new Set(), () => Effect.void))
  const stop = Semaphore.withPermit(
    lock,
    Effect.suspend(() => {
      if (session === undefined) return Effect.void
      const own = session.scope
      session = undefined
      return Scope.close(own, Exit.void)
    })
  )

  const objects: GitObjects = { start, stop, info, contents, all, sizes }
  return objects
})
