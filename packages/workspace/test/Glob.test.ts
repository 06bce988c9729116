import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { services } from "./Fixture.ts"
import { over } from "./ReadingFixture.ts"

layer(services, { excludeTestServices: true })("Glob", (it) => {
  it.effect("lists the files that match, sorted, hidden and ignored ones too", () =>
    Effect.gen(function*() {
      const { tool } = yield* over({
        "b.ts": "",
        "a.ts": "",
        "src/c.ts": "",
        "src/deep/d.ts": "",
        "src/deep/e.js": "",
        ".github/workflows/ci.yml": "",
        ".gitignore": "*\n",
        "!odd.ts": "",
        "a\nb.txt": ""
      })
      const glob = (pattern: string, path?: string) =>
        tool("Glob", path === undefined ? { pattern } : { pattern, path })
      assert.strictEqual(yield* glob("*.ts"), "!odd.ts\na.ts\nb.ts")
      assert.strictEqual(yield* glob("**/*.ts"), "!odd.ts\na.ts\nb.ts\nsrc/c.ts\nsrc/deep/d.ts")
      assert.strictEqual(yield* glob("src/**"), "src/c.ts\nsrc/deep/d.ts\nsrc/deep/e.js")
      assert.strictEqual(yield* glob("*.{ts,js}", "src/deep"), "src/deep/d.ts\nsrc/deep/e.js")
      assert.strictEqual(yield* glob("*", "./src/"), "src/c.ts")
      assert.strictEqual(yield* glob("**/*.yml"), ".github/workflows/ci.yml")
      assert.strictEqual(yield* glob("!*.ts"), "!odd.ts")
      assert.strictEqual(yield* glob("*.py"), "No files matched pattern: *.py")
      assert.strictEqual(yield* glob("src"), "No files matched pattern: src")
    }))

  it.effect("shows at most 200 files, and says so", () =>
    Effect.gen(function*() {
      const { tool } = yield* over(Object.fromEntries(Array.from({ length: 250 }, (_, index) => [`f${index}.ts`, ""])))
      const all = (yield* tool("Glob", { pattern: "**" })).split("\n")
      assert.deepStrictEqual([all.length, all.at(-1)], [201, "...(truncated: the first 200 files are shown)"])
      assert.strictEqual((yield* tool("Glob", { pattern: "f?.ts" })).split("\n").length, 10)
    }))

  it.effect("never leaves the checkout", () =>
    Effect.gen(function*() {
      const { tool } = yield* over({ "a.ts": "", "etc": { link: "/etc" } })
      for (const pattern of ["/etc/*", "../*", "src/../../*", "..", "/", "", "a\0"]) {
        const error = yield* Effect.flip(tool("Glob", { pattern }))
        assert.match(error.message, /^Invalid input for Glob: .*at \["pattern"\]/, pattern)
      }
      for (const path of ["..", "/etc", "etc", ".git", "/proc", "nowhere"]) {
        yield* Effect.flip(tool("Glob", { pattern: "*", path }))
      }
      assert.strictEqual(
        (yield* Effect.flip(tool("Glob", { pattern: "*", path: "no" }))).message,
        "Directory not found: no"
      )
      assert.strictEqual(yield* tool("Glob", { pattern: "etc/*" }), "No files matched pattern: etc/*")
      assert.strictEqual(yield* tool("Glob", { pattern: "--pre=id" }), "No files matched pattern: --pre=id")
    }))

  it.effect("says what is wrong with a pattern", () =>
    Effect.gen(function*() {
      const { tool } = yield* over({ "a.ts": "" })
      const error = yield* Effect.flip(tool("Glob", { pattern: "{a,b" }))
      assert.match(error.message, /^pattern: .*unclosed/)
    }))
})
