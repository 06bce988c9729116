import { assert, layer } from "@effect/vitest"
import { rgPath } from "@vscode/ripgrep"
import { Effect, FileSystem } from "effect"
import { spawnSync } from "node:child_process"
import * as GlobPattern from "../src/tools/GlobPattern.ts"
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

  it.effect("leaves the checkout by none of seven patterns and six paths", () =>
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

  it.effect("understands patterns as ripgrep does, which it asks for the same files on a disk", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped({ prefix: "glob-test-" })
      const files = [
        "a.ts",
        "b.js",
        "src/a.ts",
        "src/deep/b.tsx",
        "src/deep/er/c.ts",
        ".hidden/x.ts",
        "[x].ts",
        "{y}.ts",
        "a-b.ts",
        "a b.ts",
        "docs/a.md",
        "x^y",
        "a+b",
        "!odd.ts",
        "a,b.ts",
        "src/[id]/page.tsx",
        "abc/abc/d"
      ].toSorted()
      for (const file of files) {
        yield* fs.makeDirectory(`${directory}/${file}`.replace(/\/[^/]*$/, ""), { recursive: true })
        yield* fs.writeFileString(`${directory}/${file}`, "")
      }
      const usual = ["--no-config", "--hidden", "--no-ignore", "--files", "--null", "--sort=path"]
      const onDisk = (glob: string) =>
        spawnSync(rgPath, [...usual, `--glob=${glob}`], { cwd: directory, encoding: "utf8" }).stdout
          .split("\0").filter((name) => name !== "").toSorted()
      for (
        const pattern of [
          "*.ts",
          "**/*.ts",
          "src/**",
          "src/*",
          "**",
          "src/**/c.ts",
          "**/deep/**",
          "*.{ts,{js,md}}",
          "[!a]*.ts",
          "[a-c].?s",
          "\\[x\\].ts",
          "[[]x].ts",
          "\\{y\\}.ts",
          "a?b.ts",
          "docs/**/a.md",
          "src/deep",
          "x^y",
          "a+b",
          "a,b.ts",
          "src/[[]id]/*",
          "[]a].ts",
          "a**.ts",
          "***",
          "{src/**,docs/*}",
          "abc/**/d",
          "*/*/*",
          "[.]h*/*"
        ]
      ) {
        const [matched, included] = yield* Effect.all([
          GlobPattern.matchGlob("Glob", pattern, files),
          GlobPattern.matchInclude("Grep", pattern, files)
        ])
        assert.deepStrictEqual([matched, included], [onDisk(`/${pattern}`), onDisk(pattern)], pattern)
      }
    }))

  it.effect("says what is wrong with a pattern", () =>
    Effect.gen(function*() {
      const { tool } = yield* over({ "a.ts": "" })
      const error = yield* Effect.flip(tool("Glob", { pattern: "{a,b" }))
      assert.match(error.message, /^pattern: .*unclosed/)
    }))
})
