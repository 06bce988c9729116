import { assert, it } from "@effect/vitest"
import { ignoring, uselessPatterns } from "@nominal-code/domain/IgnorePatterns"
import { Schema } from "effect"
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { env } from "node:process"

const matches = (pattern: string, ...paths: ReadonlyArray<string>) => {
  for (const path of paths) assert.isTrue(ignoring([pattern])(path), `${pattern} should match ${path}`)
}
const misses = (pattern: string, ...paths: ReadonlyArray<string>) => {
  for (const path of paths) assert.isFalse(ignoring([pattern])(path), `${pattern} should not match ${path}`)
}

it("matches a name without a slash at every depth", () => {
  matches("*.lock", "yarn.lock", "a/b/yarn.lock", ".lock", "a/.b/.lock")
  matches("dist", "dist", "dist/a.js", "packages/x/dist/a/b.js")
  misses("*.lock", "yarn.lock.txt", "lock")
})

it("ties a pattern with a slash to the root, takes directories whole, and lets two stars cross them", () => {
  matches("docs/*", "docs/a.md", "docs/a/b.md")
  misses("docs/*", "docs", "src/docs/a.md")
  matches("/src/a.ts", "src/a.ts")
  misses("src/*.ts", "src/a/b.ts", "x/src/a.ts", "src/A.tsx")
  matches("src/**/*.ts", "src/a.ts", "src/a/b/c.ts")
  matches("**/x.ts", "x.ts", "a/b/x.ts")
  matches("build/", "build/a", "x/build/a")
})

it("has case, sets and escapes as a .gitignore has them", () => {
  misses("*.md", "README.MD")
  matches("[abc].ts", "a.ts")
  matches("[!a-c].ts", "d.ts")
  misses("[!a-c].ts", "b.ts")
  matches("\\#notes", "#notes")
  matches("\u753b\u9762*.ts", "docs/\u753b\u9762\u8a2d\u8a08.ts")
})

it("takes back what a pattern after an exclamation mark names", () => {
  const isIgnored = ignoring(["*.lock", "!keep.lock"])
  assert.deepStrictEqual([isIgnored("a.lock"), isIgnored("keep.lock")], [true, false])
  assert.isFalse(ignoring([])("a.lock"))
})

const symbols = Schema.Array(Schema.Literals(["a", "b", "/", "*", "**", "?", "[ab]", "[!a]", "a.b"]))
  .check(Schema.isMinLength(1), Schema.isMaxLength(6))

it.prop("agrees with git itself", [symbols], ([symbols]) => {
  const pattern = symbols.join("")
  const paths = ["a", "b", "a/b", "b/a", "a/a.b", "a/b/a", "b/b/a.b", "ab", "ab/b", "a/ab/b/a"]
  // Two directory runs side by side are where git's own releases differ from each other.
  if (/\*{3}|\/\/|\*\*[^/]|[^/]\*\*|\*\*\/\*\*|^\/$/.test(pattern)) return
  const directory = mkdtempSync(join(tmpdir(), "ignore-"))
  const git = (args: ReadonlyArray<string>, input = "") =>
    spawnSync("git", args, { cwd: directory, input, env: { PATH: env["PATH"], HOME: directory } }).stdout.toString()
  try {
    git(["init", "-q"])
    writeFileSync(join(directory, ".gitignore"), `${pattern}\n`)
    const shown = git(["check-ignore", "--no-index", "--verbose", "--non-matching", "-z", "--stdin"], paths.join("\0"))
    const fields = shown.split("\0")
    const ignored = paths.filter((_, at) => fields[at * 4] !== "")
    assert.deepStrictEqual(paths.filter(ignoring([pattern])), ignored, pattern)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}, { arbitrary: { runs: 60 } })

it("names each pattern that can match nothing, and no other one", () => {
  const useless = ["", "  ", "# notes", "!", "!a", "./docs/**", "../x", "/../x", "a//b", "C:\\x", "a\\", "*.{png,jpg}"]
  for (const pattern of useless) assert.strictEqual(uselessPatterns([pattern]).length, 1, pattern)
  const useful = ["*", "docs/", "/a", "**/a", "\\#a", "a b", "[{]", "a\\ ", ".github/**", "..a", "*.min.*"]
  for (const pattern of useful) assert.deepStrictEqual(uselessPatterns([pattern]), [], pattern)
  assert.deepStrictEqual(uselessPatterns(["*.lock", "!keep.lock"]), [])
})

it("is not slowed down by a path that was made for a pattern", () => {
  misses("*-*-*-.ts", "-".repeat(255), "-".repeat(100_000))
  misses("**/a/**/a/**/b", `${"a/".repeat(60)}c`, `${"a/".repeat(50_000)}c`)
  assert.match(uselessPatterns([`${"a*".repeat(50)}b`]).join(), /left out/)
  misses(`${"a*".repeat(50)}b`, "a".repeat(1000))
}, 20_000)
