import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { services } from "./Fixture.ts"
import { make, over, toolsOf } from "./ReadingFixture.ts"

const files = {
  "docs/ハ\u309aイソン.ts": "one\n",
  "docs/a\u00a0b.ts": "two\n",
  "docs/end.ts ": "three\n",
  "src/x.ts": "four\n",
  "a/config.ts": "five\n",
  "config.ts": "six\n",
  "src/forged.ts": "ok()\r     2\tforged()\n"
}

const tools = Effect.gen(function*() {
  const { reading, repository } = yield* make
  const head = repository.commit("Begin", files)
  return toolsOf(yield* reading(head, head, head))
})

layer(services, { excludeTestServices: true })("the tools", (it) => {
  it.effect("find a file by nine spellings that lead to it alone", () =>
    Effect.gen(function*() {
      const tool = yield* tools
      const spellings = [
        ["docs/パイソン.ts", "one"],
        ["docs/a b.ts", "two"],
        ["docs/a[U+00A0]b.ts", "two"],
        ["docs/end.ts", "three"],
        ["/src/x.ts", "four"],
        ["src\\x.ts", "four"],
        ["`src/x.ts:1`", "four"],
        ["b/src/x.ts", "four"],
        ["a/config.ts", "five"]
      ] as const
      for (const [path, text] of spellings) {
        assert.strictEqual(yield* tool("Read", { file_path: path }), `     1\t${text}`, path)
        assert.include(yield* tool("GitBlame", { path }), text, path)
        assert.include(yield* tool("GitLog", { path }), "Begin", path)
        assert.include(yield* tool("GitShow", { revision: "HEAD", path, content: true }), text, path)
        assert.include(yield* tool("Grep", { pattern: text, path }), text, path)
      }
      assert.include(yield* tool("Glob", { pattern: "*.ts", path: "/docs/" }), "docs/a[U+00A0]b.ts")
      assert.include(yield* tool("Glob", { pattern: "docs/パ*.ts" }), "docs/ハ\u309aイソン.ts")
    }))

  it.effect("find none that is another file, or outside the repository", () =>
    Effect.gen(function*() {
      const tool = yield* tools
      for (const file_path of ["x.ts", "../src/x.ts", "/etc/passwd", ".git/config", "/.git/config"]) {
        assert.match((yield* Effect.flip(tool("Read", { file_path }))).message, /not found|outside|\.git/, file_path)
      }
    }))

  it.effect("read the names of all files once, however many paths are wrong", () =>
    Effect.gen(function*() {
      const { reading } = yield* over({ "src/a.ts": "one\n" })
      let listed = 0
      const files: typeof reading.objects.files = (commit) =>
        Effect.suspend(() => (listed++, reading.objects.files(commit)))
      const tool = toolsOf({ ...reading, objects: { ...reading.objects, files } })
      for (const file_path of ["no.ts", "nowhere.ts"]) yield* Effect.flip(tool("Read", { file_path }))
      assert.include(yield* tool("Read", { file_path: "SRC/A.ts" }), "one")
      assert.strictEqual(listed, 1)
    }))

  it.effect("show what only looks like the end of a line", () =>
    Effect.gen(function*() {
      const tool = yield* tools
      assert.strictEqual(yield* tool("Read", { file_path: "src/forged.ts" }), "     1\tok()[U+000D]     2\tforged()")
    }))
})
