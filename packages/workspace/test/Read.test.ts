import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { services } from "./Fixture.ts"
import { over } from "./ReadingFixture.ts"

const lines = (count: number) => Array.from({ length: count }, (_, index) => `line ${index + 1}\n`).join("")

layer(services, { excludeTestServices: true })("Read", (it) => {
  it.effect("numbers the lines that were asked for", () =>
    Effect.gen(function*() {
      const { tool } = yield* over({ "a.ts": "one\ntwo\nthree", "crlf.txt": "a\r\nb\r\n", "empty": "" })
      const read = (input: object) => tool("Read", { file_path: "a.ts", ...input })
      assert.strictEqual(yield* read({}), "     1\tone\n     2\ttwo\n     3\tthree")
      assert.strictEqual(yield* read({ offset: 2, limit: 1 }), "     2\ttwo")
      assert.strictEqual(yield* read({ offset: 3 }), "     3\tthree")
      assert.strictEqual(yield* read({ offset: 4 }), "(the file has 3 lines: line 4 is beyond its end)")
      assert.strictEqual(yield* read({ file_path: "crlf.txt" }), "     1\ta\n     2\tb")
      assert.strictEqual(yield* read({ file_path: "empty" }), "(the file is empty)")
    }))

  it.effect("reads 2000 lines unless asked for more, and cuts long lines and long answers", () =>
    Effect.gen(function*() {
      const { tool } = yield* over({
        "many.txt": lines(50_000),
        "long.txt": `${"x".repeat(2000)}\n${"y".repeat(2001)}\n`,
        "minified.js": "z".repeat(5_000_000)
      })
      const read = (input: object) => tool("Read", input)
      const many = (yield* read({ file_path: "many.txt" })).split("\n")
      assert.deepStrictEqual([many.length, many.at(-1)], [2000, "  2000\tline 2000"])
      assert.strictEqual(yield* read({ file_path: "many.txt", offset: 50_000 }), " 50000\tline 50000")
      const all = (yield* read({ file_path: "many.txt", limit: 50_000 })).split("\n")
      assert.match(all.at(-1) ?? "", /^\.\.\.\(truncated: go on with offset \d+\)$/)
      const next = Number(/\d+/.exec(all.at(-1) ?? "")?.[0])
      assert.strictEqual(all.at(-2), `${String(next - 1).padStart(6)}\tline ${next - 1}`)
      const [first, second] = (yield* read({ file_path: "long.txt" })).split("\n")
      assert.strictEqual(first, `     1\t${"x".repeat(2000)}`)
      assert.strictEqual(second, `     2\t${"y".repeat(2000)}...`)
      assert.strictEqual(yield* read({ file_path: "minified.js" }), `     1\t${"z".repeat(2000)}...`)
    }))

  it.effect("reads text in other encodings, and refuses what is not text", () =>
    Effect.gen(function*() {
      const { tool } = yield* over({
        "latin.txt": Buffer.from("caf\xe9 cr\xe8me\n", "latin1"),
        "utf16.txt": Buffer.from("\ufeffhéllo\nwörld\n", "utf16le"),
        "utf16be.txt": Buffer.from("\ufeffhé\n", "utf16le").swap16(),
        "bom.txt": "\ufeffx\n",
        "picture.png": Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2])
      })
      const read = (file_path: string) => tool("Read", { file_path })
      assert.strictEqual(yield* read("latin.txt"), "     1\tcaf\ufffd cr\ufffdme")
      assert.strictEqual(yield* read("utf16.txt"), "     1\théllo\n     2\twörld")
      assert.strictEqual(yield* read("utf16be.txt"), "     1\thé")
      assert.strictEqual(yield* read("bom.txt"), "     1\tx")
      const error = yield* Effect.flip(read("picture.png"))
      assert.strictEqual(error.message, "file_path: picture.png is a binary file, which has no lines to read.")
    }))

  it.effect("keeps characters whole that stand across the pieces of a file", () =>
    Effect.gen(function*() {
      const text = `${"x".repeat(65_535)}é\n${"é".repeat(500)}`
      const { tool } = yield* over({
        "a.txt": `${text.slice(65_000)}\n`,
        "b.txt": `${"é".repeat(40_000).replace(/(.{500})/g, "$1\n")}`
      })
      assert.notInclude(yield* tool("Read", { file_path: "a.txt" }), "\ufffd")
      assert.notInclude(yield* tool("Read", { file_path: "b.txt" }), "\ufffd")
    }))

  it.effect("refuses a file of more than 20 MiB", () =>
    Effect.gen(function*() {
      const { tool } = yield* over({ "large.txt": Buffer.alloc(20 * 1024 * 1024 + 1, "text\n") })
      assert.strictEqual(
        (yield* Effect.flip(tool("Read", { file_path: "large.txt" }))).message,
        "file_path: large.txt is larger than 20 MiB, and is not read."
      )
    }))

  it.effect("says what is wrong with each field of its input", () =>
    Effect.gen(function*() {
      const { tool } = yield* over({ "a.ts": "" })
      const message = (input: unknown) => Effect.map(Effect.flip(tool("Read", input)), (error) => error.message)
      assert.strictEqual(yield* message({}), "Invalid input for Read: Missing key at [\"file_path\"]")
      for (
        const input of [
          null,
          "a.ts",
          [],
          { file_path: 1 },
          { file_path: "" },
          { file_path: "a.ts", offset: 0 },
          {
            file_path: "a.ts",
            limit: 1.5
          },
          { file_path: "a.ts", offset: "1" },
          { file_path: "a.ts", extra: true }
        ]
      ) {
        const text = yield* message(input)
        assert.match(text, /^Invalid input for Read: /)
        assert.notInclude(text, "\n")
      }
      assert.strictEqual(
        yield* message({ file_path: "/proc/self/environ" }),
        [
          "file_path: \"/proc/self/environ\" is outside the repository.",
          "Give a path relative to its root."
        ].join(" ")
      )
    }))
})
