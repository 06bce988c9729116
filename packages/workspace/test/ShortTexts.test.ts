import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Option } from "effect"
import { TestClock } from "effect/testing"
import process from "node:process"
import { Script } from "node:vm"
import * as ShortTexts from "../src/syntax/ShortTexts.ts"
import * as Syntax from "../src/syntax/Syntax.ts"

const source = "const a = 1\nfunction total(items) {\n  return a + total(items)\n}\n"

/** Number of threads that are started while something runs. */
const threadsOf = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    let threads = 0
    const count = () => {
      threads += 1
    }
    process.on("worker", count)
    return effect.pipe(
      Effect.andThen(Effect.sync(() => threads)),
      Effect.ensuring(Effect.sync(() => process.off("worker", count)))
    )
  })

/** Names that nobody reads to their end. */
class Endless extends Array<string> {
  override map(): never {
    while (true);
  }
}

/** Names that take a while to read. */
class Slow extends Array<string> {
  private readonly read: () => void

  constructor(read: () => void) {
    super()
    this.read = read
  }

  override map(): Array<never> {
    this.read()
    return []
  }
}

/** A text of C++ that takes the parser a second. */
const slow = "a<".repeat(5_000)

describe("texts that are parsed without a thread", () => {
  it.effect("are the short ones", () =>
    Effect.gen(function*() {
      const syntax = yield* Syntax.make()
      const outlines = (text: string) => threadsOf(syntax.outline("a.js", text))
      assert.strictEqual(yield* outlines(source.padEnd(ShortTexts.longest)), 0)
      assert.strictEqual(yield* outlines(source.padEnd(ShortTexts.longest + 1)), 1)
    }))

  it.effect("are 200,000 characters of a checkout", () =>
    Effect.gen(function*() {
      const syntax = yield* Syntax.make()
      const text = source.padEnd(ShortTexts.longest)
      const one = syntax.outline("a.js", text)
      assert.strictEqual(yield* threadsOf(Effect.replicateEffect(one, 20)), 0)
      assert.strictEqual(yield* threadsOf(one), 1)
      assert.strictEqual(yield* threadsOf((yield* Syntax.make()).outline("a.js", text)), 0)
    }))

  it.effect("are watched over together, as many as are no longer than the longest one, and others have turns", () =>
    Effect.gen(function*() {
      const syntax = yield* Syntax.make()
      const { runInContext } = Script.prototype
      let turn = 0
      const goOn = () => {
        turn += 1
        turning = setImmediate(goOn)
      }
      let turning = setImmediate(goOn)
      const watched: Array<number> = []
      Script.prototype.runInContext = function(context, options) {
        if (typeof options === "object" && options.timeout !== undefined) watched.push(turn)
        return runInContext.call(this, context, options)
      }
      const texts = Array.from({ length: 60 }, (_, at) => `function f${at}() {}\n`.padEnd(ShortTexts.longest / 20))
      const outlines = yield* Effect.forEach(texts, (text) => syntax.outline("a.js", text), { concurrency: 60 }).pipe(
        Effect.ensuring(Effect.sync(() => {
          clearImmediate(turning)
          Script.prototype.runInContext = runInContext
        }))
      )
      assert.deepStrictEqual(
        outlines.map((outline) => Option.getOrThrow(outline).definitions[0]?.name),
        texts.map((_, at) => `f${at}`)
      )
      assert.strictEqual(watched.length, 3)
      assert.strictEqual(new Set(watched).size, 3)
    }))

  it.effect("have the outlines that the thread makes of them", () =>
    Effect.gen(function*() {
      const program = new URL("../src/syntax/SyntaxWorker.ts", import.meta.url)
      const [here, there] = [yield* Syntax.make(), yield* Syntax.make({ thread: yield* Syntax.makeThread(program) })]
      for (const ending of "c cpp cs go java js kt php py rb rs ts tsx".split(" ")) {
        const outlineBy = (syntax: Syntax.Syntax) => syntax.outline(`a.${ending}`, source, ["total", "constructor"])
        assert.deepStrictEqual(yield* outlineBy(here), yield* outlineBy(there), ending)
      }
    }))

  it.effect("are broken off by V8 where they take long, in the parser and in what reads its tree", () =>
    Effect.gen(function*() {
      const requests = [
        { grammar: "cpp", text: slow, names: [] },
        { grammar: "javascript", text: source, names: new Endless() }
      ] as const
      for (const request of requests) {
        const shortTexts = yield* ShortTexts.make
        const isParsed = Effect.map(
          shortTexts.outline({ grammar: "javascript", text: source, names: [] }),
          Option.isSome
        )
        assert.isTrue(yield* isParsed)
        assert.deepStrictEqual(yield* shortTexts.outline(request), Option.none())
        assert.isFalse(yield* isParsed, "another text right after it")
        yield* TestClock.adjust("10 minutes")
        assert.isTrue(yield* isParsed, "ten minutes later")
      }
    }))

  it.effect("are parsed by the thread after that", () =>
    Effect.gen(function*() {
      const syntax = yield* Syntax.make({ each: "1 minute" })
      assert.strictEqual(yield* threadsOf(syntax.outline("a.cpp", slow)), 1)
      assert.isTrue(Option.isSome(yield* syntax.outline("a.js", source)))
    }))

  it.effect("take a second of a minute, however short each is", () =>
    Effect.gen(function*() {
      const shortTexts = yield* ShortTexts.make
      const clock = yield* Clock.Clock
      let taken = 0n
      const now = () => clock.monotonicTimeNanosUnsafe() + taken
      const names = new Slow(() => {
        taken += 150_000_000n
      })
      const isParsed = Effect.map(
        shortTexts.outline({ grammar: "javascript", text: source, names }),
        Option.isSome
      ).pipe(
        Effect.provideService(Clock.Clock, {
          ...clock,
          monotonicTimeNanosUnsafe: now,
          monotonicTimeNanos: Effect.sync(now)
        })
      )
      for (let minute = 0; minute < 2; minute++) {
        const parsed = yield* Effect.replicateEffect(isParsed, 20)
        assert.lengthOf(parsed.filter((isParsed) => isParsed), 7)
        yield* TestClock.adjust("1 minute")
      }
    }))
})
