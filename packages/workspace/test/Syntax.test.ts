import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, Option } from "effect"
import { TestClock } from "effect/testing"
import { execFileSync } from "node:child_process"
import * as Syntax from "../src/syntax/Syntax.ts"

const source = "const a = 1\nfunction total(items) {\n  return a + total(items)\n}\n"

const stubborn = new URL("./stubbornParser.ts", import.meta.url)

/** Has a parser hang until its time is over. */
const hang = (syntax: Syntax.Syntax) =>
  Effect.gen(function*() {
    const asked = yield* Effect.forkChild(syntax.outline("a.js", "hang"))
    while (asked.pollUnsafe() === undefined) yield* TestClock.adjust("5 seconds")
    return yield* Fiber.join(asked)
  })

describe("the parser of a checkout", () => {
  it.effect("finds definitions with their lines, mentions of names, and errors", () =>
    Effect.gen(function*() {
      const syntax = yield* Syntax.make()
      assert.deepStrictEqual(
        yield* syntax.outline("a.js", source, ["total"]),
        Option.some({
          definitions: [{ name: "a", line: 1, start: 1, end: 1 }, { name: "total", line: 2, start: 2, end: 4 }],
          mentions: { total: [2, 3] },
          errors: 0
        })
      )
      const broken = yield* syntax.outline("a.js", `${source}}`)
      assert.isAbove(Option.getOrThrow(broken).errors, 0)
    }))

  it.effect("knows no other language, and no text that is too long", () =>
    Effect.gen(function*() {
      const syntax = yield* Syntax.make({ longest: 100 })
      assert.deepStrictEqual(yield* syntax.outline("a.txt", source), Option.none())
      assert.deepStrictEqual(yield* syntax.outline("a.js", source.padEnd(101)), Option.none())
      assert.isTrue(Option.isSome(yield* syntax.outline("a.js", source)))
    }))

  it.effect("gives up a text that takes too long or ends the thread, and parses the next one", () =>
    Effect.gen(function*() {
      const syntax = yield* Syntax.make({ thread: yield* Syntax.makeThread(stubborn), all: "10000 days" })
      const isParsed = (text: string) => Effect.map(syntax.outline("a.js", text), Option.isSome)
      assert.deepStrictEqual(yield* hang(syntax), Option.none())
      assert.isTrue(yield* isParsed(source))
      assert.isFalse(yield* isParsed("crash"))
      assert.isTrue(yield* isParsed(source))
    }))

  it.effect("parses nothing more when the time of a checkout is over", () =>
    Effect.gen(function*() {
      const syntax = yield* Syntax.make({
        thread: yield* Syntax.makeThread(stubborn),
        each: "5 seconds",
        all: "4 seconds"
      })
      yield* hang(syntax)
      assert.deepStrictEqual(yield* syntax.outline("a.js", source), Option.none())
    }))

  it.effect("counts the time of a checkout by a clock that nobody sets", () =>
    Effect.gen(function*() {
      const clock = yield* Clock.Clock
      let day = 0
      const currentTimeMillisUnsafe = () => Duration.toMillis(Duration.days(day++))
      const setEachDay = { ...clock, currentTimeMillisUnsafe, currentTimeMillis: Effect.sync(currentTimeMillisUnsafe) }
      const syntax = yield* Syntax.make()
      const outlines = Effect.replicateEffect(syntax.outline("a.js", source), 2)
      const parsed = yield* Effect.provideService(outlines, Clock.Clock, setEachDay)
      assert.isTrue(parsed.every(Option.isSome))
    }))

  it.live("gives up a text whose tree takes more than 256 MiB, and parses the next one", () =>
    Effect.gen(function*() {
      const syntax = yield* Syntax.make({ each: "2 minutes", all: "10 minutes" })
      assert.isTrue(Option.isNone(yield* syntax.outline("a.ts", "a<".repeat(250_000))))
      assert.isTrue(Option.isSome(yield* syntax.outline("b.ts", "const one = 1\n".repeat(35_000))))
    }))

  it.effect("leaves the event loop to others while it parses ten thousand nested brackets", () =>
    Effect.gen(function*() {
      const syntax = yield* Syntax.make({ all: "10 minutes" })
      yield* syntax.outline("a.cpp", "int a;")
      let turns = 0
      const others = setInterval(() => turns++, 1)
      const deep = `int a = ${"f<(".repeat(10_000)}`
      const outline = yield* syntax.outline("a.cpp", deep).pipe(
        Effect.ensuring(Effect.sync(() => clearInterval(others)))
      )
      assert.isTrue(Option.isSome(outline))
      assert.isAbove(turns, 0)
    }))

  it("keeps no process waiting that has parsed", () => {
    const module = new URL("../src/syntax/Syntax.ts", import.meta.url)
    const program = `
      import { Effect } from "effect"
      import { make } from ${JSON.stringify(module)}
      const parsed = Effect.flatMap(make(), (syntax) => syntax.outline("a.js", "const a = 1"))
      const outline = await Effect.runPromise(Effect.scoped(parsed))
      console.log(outline._tag, process.getActiveResourcesInfo().includes("Timeout"))
    `
    const printed = execFileSync(process.execPath, ["--eval", program], { encoding: "utf8" })
    assert.strictEqual(printed, "Some false\n")
  })
})
