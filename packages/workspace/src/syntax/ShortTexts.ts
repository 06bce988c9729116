/**
 * Parser of short texts in the program's own thread: another one takes 17 MiB, and longer to start than they take to be
 * parsed.
 */
import { monotonicMillis } from "@nominal-code/domain/telemetry/MonotonicTime"
import { Duration, Effect, Exit, Option, RcRef, Request, RequestResolver } from "effect"
import { readFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { constants, createContext, Script } from "node:vm"
import type * as TreeSitter from "web-tree-sitter"
import type { Outline } from "./Outline.ts"
import * as TreeParser from "./TreeParser.ts"

/** Longest text, in characters: it takes some milliseconds, in which nothing else is done. */
export const longest = 10_000

/** Time after which V8 breaks a text off, in milliseconds. */
const within = 200

/**
 * Time in which no text is parsed here after one that took too long or too much: its author may have written others, and
 * what it has taken of memory is free with the next collection of garbage only.
 */
const rest = Duration.toMillis("10 minutes")

/**
 * Time that texts may take here in a minute, in milliseconds: one of 300 characters can be made to take 150 ms, and whoever
 * opens pull requests sends hundreds of them.
 */
const eachMinute = 1_000

/** Largest memory of the parser: 64 MiB, in pages of 64 KiB. */
const maximum = 1_024

/** Parser in a JavaScript realm of its own: what is left of one that was broken off goes with it. */
interface Realm {
  readonly parser: TreeParser.TreeParser
  /** Runs something to its end, or throws when its time is over. */
  run(work: () => void): void
}

const file = () =>
  TreeParser.isBuilt
    ? TreeParser.besideGrammars("web-tree-sitter.cjs")
    : createRequire(import.meta.url).resolve("web-tree-sitter")

/** Makes a realm, which has nothing of Node's but a decoder of texts. */
const makeRealm = Effect.tryPromise(() => readFile(file(), "utf8")).pipe(
  Effect.flatMap((code) =>
    Effect.tryPromise(() => {
      const realm = createContext(constants.DONT_CONTEXTIFY)
      realm["TextDecoder"] = TextDecoder
      const module: { exports?: typeof TreeSitter } = {}
      new Script(`(function (module) { const exports = {}\n${code}\n})`).runInContext(realm)(module)
      const { exports: library } = module
      if (library === undefined) throw new Error("the parser's library has another form")
      const call = new Script("work()")
      const run = (work: () => void) => {
        realm["work"] = work
        call.runInContext(realm, { timeout: within })
      }
      return TreeParser.make({ library, Bytes: realm["Uint8Array"], maximum }).then((parser): Realm => ({
        parser,
        run
      }))
    })
  )
)

/** Parser of short texts. */
export interface ShortTexts {
  /**
   * Parses a text. None where that takes too long or too much memory, and for some time after it, or where texts have taken
   * their time of the minute: a thread has more.
   */
  outline(request: TreeParser.OutlineRequest): Effect.Effect<Option.Option<Outline>>
}

/** Request for the outline of a text. */
class Text extends Request.Class<{ readonly of: TreeParser.OutlineRequest }, Option.Option<Outline>> {}

type Texts = ReadonlyArray<Request.Entry<Text>>

/** Splits texts into those that are parsed in one go, which are no longer together than one may be. */
const portionsOf = (texts: Texts): ReadonlyArray<Texts> => {
  const portions: Array<Array<Request.Entry<Text>>> = []
  let length = Infinity
  for (const text of texts) {
    length += text.request.of.text.length
    if (length > longest) {
      portions.push([])
      ;({ length } = text.request.of.text)
    }
    portions.at(-1)?.push(text)
  }
  return portions
}

/** Makes the parser, which is loaded with its first text, and let go some time after its last one. */
export const make = Effect.gen(function*() {
  const realms = yield* RcRef.make({ acquire: makeRealm, idleTimeToLive: "20 seconds" })
  let restsUntil = -Infinity
  let minuteEnds = -Infinity
  let spent = 0
  const hasTime = Effect.map(monotonicMillis, (now) => {
    if (now >= minuteEnds) {
      minuteEnds = now + Duration.toMillis("1 minute")
      spent = 0
    }
    return now >= restsUntil && spent < eachMinute
  })
  const giveUp = Effect.gen(function*() {
    restsUntil = (yield* monotonicMillis) + rest
    yield* RcRef.invalidate(realms)
  })
  /** Parses texts in one go: V8 starts a thread to watch over each. What has come to no end when it breaks off is left. */
  const parseTogether = Effect.fnUntraced(function*(texts: Texts) {
    if (!(yield* hasTime)) return
    const { parser, run } = yield* RcRef.get(realms)
    const all = yield* Effect.forEach(texts, (text) =>
      Effect.map(
        Effect.tryPromise(() => parser.load(text.request.of.grammar)),
        (language) => ({ text, language })
      ))
    const outlines: Array<Outline | undefined> = []
    const before = yield* monotonicMillis
    yield* Effect.try(() =>
      run(() => {
        for (const { language, text } of all) outlines.push(parser.outline(language, text.request.of))
      })
    ).pipe(Effect.ensuring(Effect.sync(() => {
      for (const [at, outline] of outlines.entries()) {
        texts[at]?.completeUnsafe(Exit.succeed(Option.fromUndefinedOr(outline)))
      }
    })))
    spent += (yield* monotonicMillis) - before
  }, (parsing, texts) =>
    parsing.pipe(
      Effect.catch(() => giveUp),
      Effect.scoped,
      Effect.ensuring(Effect.sync(() => {
        for (const text of texts) text.completeUnsafe(Exit.succeed(Option.none()))
      }))
    ))
  const resolver = RequestResolver.make<Text>((texts) =>
    // Everything else has its turn between them.
    Effect.forEach(portionsOf(texts), (some) => Effect.andThen(Effect.yieldNow, parseTogether(some)), { discard: true })
  )
  const shortTexts: ShortTexts = { outline: (of) => Effect.request(new Text({ of }), resolver) }
  return shortTexts
})
