import { assert, layer } from "@effect/vitest"
import { RepoPath } from "@nominal-code/domain/event/PullRequest"
import { Effect } from "effect"
import * as Search from "../src/Search.ts"
import type { ToolContext } from "../src/tools/Reading.ts"
import { services } from "./Fixture.ts"
import { over } from "./ReadingFixture.ts"

const files = {
  "src/a.ts": "const total = 1\ntotals()\n  total()\r\n",
  "src/b c.ts": "x$total\n--total\n",
  ".hidden/c.py": "def other(): total",
  "long.js": `${"x".repeat(600)} total\n`,
  "many.ts": "total\n".repeat(100),
  "picture.png": Buffer.from("total\0\0total\n")
}

const search = (reading: ToolContext, words: ReadonlyArray<string>) =>
  Effect.provide(Search.words(reading, words), reading.services)

layer(services, { excludeTestServices: true })("a search for words", (it) => {
  it.effect("finds whole words in all files, with their lines, forty of a file at most and no long ones", () =>
    Effect.gen(function*() {
      const { reading } = yield* over(files)
      const hits = yield* search(reading, ["total", "other"])
      const few = hits.filter(({ path }) => path !== "many.ts").map(({ line, path, text }) => `${path}:${line}:${text}`)
      assert.deepStrictEqual(few, [
        ".hidden/c.py:1:def other(): total",
        "src/a.ts:1:const total = 1",
        "src/a.ts:3:  total()",
        "src/b c.ts:1:x$total",
        "src/b c.ts:2:--total"
      ])
      assert.strictEqual(hits.length - few.length, 40)
    }))

  it.effect("searches the other files where one is larger than the memory of git", () =>
    Effect.gen(function*() {
      const { reading } = yield* over({ "a.ts": "total\n", "large.txt": Buffer.alloc(140_000_000, "line\n") })
      assert.deepStrictEqual(yield* search(reading, ["total"]), [{
        path: RepoPath.make("a.ts"),
        line: 1,
        text: "total"
      }])
    }))

  it.effect("takes no part of a path for a line of another file", () =>
    Effect.gen(function*() {
      const { reading } = yield* over({ "a\n0:src/a.ts": "total\n" })
      assert.deepStrictEqual(yield* search(reading, ["total"]), [{
        path: RepoPath.make("a\n0:src/a.ts"),
        line: 1,
        text: "total"
      }])
    }))

  it.effect("takes a word for no option and no pattern, and finds nothing for no word", () =>
    Effect.gen(function*() {
      const { reading } = yield* over(files)
      assert.deepStrictEqual(yield* search(reading, ["--files", "t.tal", "-e"]), [])
      assert.deepStrictEqual(yield* search(reading, []), [])
    }))

  it.effect("ends in a file in which the words begin 150,000 longer ones", () =>
    Effect.gen(function*() {
      const values = Array.from({ length: 150_000 }, (_, index) => `export const value${index} = ${index}\n`).join("")
      const { reading } = yield* over({ "values.ts": values })
      const hits = yield* search(reading, Array.from({ length: 15 }, (_, index) => `value${index + 1}`))
      assert.deepStrictEqual(hits.map(({ line }) => line), Array.from({ length: 15 }, (_, index) => index + 2))
    }))
})
