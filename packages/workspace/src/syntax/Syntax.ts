import { monotonicMillis } from "@nominal-code/domain/telemetry/MonotonicTime"
import { Context, Duration, Effect, Option, RcRef, Schema, Semaphore } from "effect"
import { Worker } from "node:worker_threads"
import { grammarOf } from "./Grammar.ts"
import type { Outline } from "./Outline.ts"
import * as ShortTexts from "./ShortTexts.ts"
import type { OutlineRequest } from "./TreeParser.ts"

/** Parser of the files of one checkout. */
export interface Syntax {
  /**
   * Parses a text as a file of that path, and finds the lines of the given names. None where there is no grammar for it,
   * where it is too long, or where the parser needs too long or ends: the caller then goes by the shape of the lines.
   */
  outline(path: string, text: string, names?: ReadonlyArray<string>): Effect.Effect<Option.Option<Outline>>
}

/** Parser that knows no language. */
export const none: Syntax = { outline: () => Effect.succeedNone }

/** A thread that parses, and the turn of whoever may use it. */
export interface Thread {
  readonly worker: RcRef.RcRef<Worker>
  /** Parser of the texts that need no thread; absent: each has one. */
  readonly shortTexts?: ShortTexts.ShortTexts
  readonly turn: Semaphore.Semaphore
}

/** Thread of the checkouts of several workspaces; none: each workspace has its own. */
export const SharedThread = Context.Reference<Option.Option<Thread>>("@nominal-code/workspace/SharedThread", {
  defaultValue: Option.none
})

/** Bounds of a parser, because whoever opens a pull request writes what it parses. */
export interface SyntaxLimits {
  /** Longest text, in characters. */
  readonly longest?: number
  /** Time for one text. */
  readonly each?: Duration.Input
  /** Time that the thread may take for all texts of a checkout. */
  readonly all?: Duration.Input
  /** Thread that checkouts share, with the grammars that it has loaded; `SharedThread` or one of its own if left out. */
  readonly thread?: Thread
}

const Outlined = Schema.Struct({
  definitions: Schema.Array(
    Schema.Struct({ name: Schema.String, line: Schema.Int, start: Schema.Int, end: Schema.Int })
  ),
  mentions: Schema.Record(Schema.String, Schema.Array(Schema.Int)),
  errors: Schema.Int
})

const decode = Schema.decodeUnknownOption(Outlined)

/** The worker beside this module: TypeScript from the sources, JavaScript in a released package. */
const ownProgram = new URL(`./SyntaxWorker.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url)

/** Starts a thread without our environment, which holds secrets. It keeps no process alive. */
const start = (program: URL) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const worker = new Worker(program, { env: {}, resourceLimits: { maxOldGenerationSizeMb: 256 } })
      worker.unref()
      // Whoever waits for its answer hears of its end.
      worker.on("error", () => {})
      return worker
    }),
    (worker) => Effect.promise(() => worker.terminate())
  )

/** Has a thread answer; none if it ends instead. A process waits for the answer. */
const ask = (worker: Worker, request: OutlineRequest) =>
  Effect.callback<Option.Option<Outline>>((resume) => {
    const answered = (answer: unknown) => resume(Effect.succeed(decode(answer)))
    const ended = () => resume(Effect.succeedNone)
    worker.ref()
    worker.once("message", answered)
    worker.once("exit", ended)
    // The rule is about windows, which have origins; threads have none.
    // oxlint-disable-next-line unicorn/require-post-message-target-origin
    worker.postMessage(request)
    return Effect.sync(() => worker.off("message", answered).off("exit", ended).unref())
  }).pipe(
    Effect.tap(() => Effect.sync(() => worker.removeAllListeners("message").removeAllListeners("exit").unref()))
  )

/**
 * Makes a thread that is started by its first text, and ends some time after its last one, or with the scope. Short texts
 * are parsed without it, but by a given program.
 */
export const makeThread = Effect.fnUntraced(function*(program?: URL) {
  const worker = yield* RcRef.make({ acquire: start(program ?? ownProgram), idleTimeToLive: "20 seconds" })
  const thread: Thread = {
    worker,
    turn: Semaphore.makeUnsafe(1),
    ...(program === undefined ? { shortTexts: yield* ShortTexts.make } : {})
  }
  return thread
})

/** Longest text that is parsed, in characters. */
export const longest = 500_000

/** Characters of the short texts of a checkout that are parsed without a thread: a fifth of a second's work. */
const mostOfShort = 200_000

/**
 * Makes the parser of a checkout: what is short is parsed at once, some texts in one go, all else in a thread, one after
 * the other, so that no text holds up the event loop. The thread is replaced where it hangs or dies.
 */
export const make = Effect.fnUntraced(function*(limits: SyntaxLimits = {}) {
  const { all = "30 seconds", each = "5 seconds", longest: mostCharacters = longest } = limits
  const most = Duration.toMillis(all)
  const shared = Option.getOrUndefined(yield* SharedThread)
  const { shortTexts, turn, worker } = limits.thread ?? shared ?? (yield* makeThread())
  let spent = 0
  let shortLeft = mostOfShort
  const parsed = (request: OutlineRequest) =>
    RcRef.get(worker).pipe(
      Effect.flatMap((worker) => ask(worker, request)),
      Effect.timeoutOption(each),
      Effect.map(Option.flatten),
      Effect.tap((answer) => Option.isNone(answer) ? RcRef.invalidate(worker) : Effect.void),
      Effect.onInterrupt(() => RcRef.invalidate(worker)),
      Effect.scoped
    )
  const parsedAtOnce = Effect.fnUntraced(function*(request: OutlineRequest) {
    const { length } = request.text
    if (shortTexts === undefined || length > Math.min(ShortTexts.longest, shortLeft)) return Option.none<Outline>()
    shortLeft -= length
    return yield* shortTexts.outline(request)
  })
  const syntax: Syntax = {
    outline: Effect.fnUntraced(function*(path, text, names = []) {
      const grammar = grammarOf(path)
      if (grammar === undefined || text.length > mostCharacters) return Option.none()
      const request = { grammar, text, names }
      const atOnce = yield* parsedAtOnce(request)
      if (Option.isSome(atOnce)) return atOnce
      return yield* Effect.gen(function*() {
        if (spent >= most) return Option.none()
        const before = yield* monotonicMillis
        const answer = yield* parsed(request)
        spent += (yield* monotonicMillis) - before
        return answer
      }).pipe(turn.withPermits(1))
    })
  }
  return syntax
})
