import { afterAll, assert, beforeAll, describe, it, vi } from "@effect/vitest"
import { ignoreMatcher, uselessPatterns } from "@nominal-code/domain/file/IgnorePatterns"
import { Schema } from "effect"
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { env } from "node:process"

const matches = (pattern: string, ...paths: ReadonlyArray<string>) => {
  for (const path of paths) assert.isTrue(ignoreMatcher([pattern])(path), `${pattern} should match ${path}`)
}
const misses = (pattern: string, ...paths: ReadonlyArray<string>) => {
  for (const path of paths) assert.isFalse(ignoreMatcher([pattern])(path), `${pattern} should not match ${path}`)
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

it("reads sets as git reads them", () => {
  matches("[]a].ts", "].ts", "a.ts")
  matches("[a\\]].ts", "].ts")
  matches("[^-]x", "ax")
  matches("[-a]x", "-x")
  misses("[a", "a", "[a")
  misses("[!a", "b")
})

it("takes back what a pattern after an exclamation mark names", () => {
  const isIgnored = ignoreMatcher(["*.lock", "!keep.lock"])
  assert.deepStrictEqual([isIgnored("a.lock"), isIgnored("keep.lock")], [true, false])
  assert.isFalse(ignoreMatcher([])("a.lock"))
})

const symbols = Schema.Array(
  Schema.Literals(["a", "b", "/", "*", "**", "?", "[ab]", "[!a]", "a.b", "[b-]", "\\*", "!"])
)
  .check(Schema.isMinLength(1), Schema.isMaxLength(6))

describe("beside git itself", () => {
  const directory = mkdtempSync(join(tmpdir(), "ignore-"))
  const git = (args: ReadonlyArray<string>, input = "") =>
    spawnSync("git", args, { cwd: directory, input, env: { PATH: env["PATH"], HOME: directory } }).stdout.toString()
  beforeAll(() => {
    git(["init", "-q"])
  })
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  it.prop("agrees about patterns and the ones that take them back", [symbols, symbols], ([first, second]) => {
    const patterns = [first.join(""), second.join("")]
    const paths = [
      "a",
      "b",
      "a/b",
      "b/a",
      "a/a.b",
      "a/b/a",
      "b/b/a.b",
      "ab",
      "ab/b",
      "a/ab/b/a",
      "*",
      "b/-",
      "!",
      "!a/b"
    ]
    // Two directory runs side by side are where git's own releases differ from each other.
    if (patterns.some((one) => /\*{3}|\/\/|\*\*[^/]|[^/]\*\*|\*\*\/\*\*|^!?\/$/.test(one))) return
    writeFileSync(join(directory, ".gitignore"), `${patterns.join("\n")}\n`)
    const shown = git(["check-ignore", "--no-index", "--verbose", "--non-matching", "-z", "--stdin"], paths.join("\0"))
    const fields = shown.split("\0")
    const ignored = paths.filter((_, at) => ![undefined, "", "!"].includes(fields[at * 4 + 2]?.slice(0, 1)))
    assert.deepStrictEqual(paths.filter(ignoreMatcher(patterns)), ignored, patterns.join(" then "))
  }, { arbitrary: { runs: 60 } })
})

it("names each pattern that can match nothing, and no other one", () => {
  const useless = ["", "  ", "# notes", "!", "!a", "./docs/**", "../x", "/../x", "a//b", "C:\\x", "a\\", "*.{png,jpg}"]
  for (const pattern of useless) assert.strictEqual(uselessPatterns([pattern]).length, 1, pattern)
  const useful = ["*", "docs/", "/a", "**/a", "\\#a", "a b", "[{]", "a\\ ", ".github/**", "..a", "*.min.*"]
  for (const pattern of useful) assert.deepStrictEqual(uselessPatterns([pattern]), [], pattern)
  assert.deepStrictEqual(uselessPatterns(["*.lock", "!keep.lock"]), [])
})

it("takes few steps for a path that was made for a pattern, and still finds what matches", () => {
  const stars = `${"a*".repeat(50)}b`
  const hostile = [
    ["*-*-*-.ts", "-".repeat(10_000)],
    ["**/a/**/a/**/b", `${"a/".repeat(5_000)}c`],
    ["**/*a*a*a/**/*a*a*a/**/*a*a*a/**/b", `${`${"a".repeat(255)}/`.repeat(60)}c`],
    [stars, "a".repeat(1_000)],
    [`${"**/a*a*/".repeat(20)}b`, `${"aa/".repeat(500)}c`],
    [`${"[!b]*".repeat(50)}b`, "a".repeat(1_000)]
  ] as const
  for (const [pattern, path] of hostile) {
    const looks = vi.spyOn(String.prototype, "charCodeAt")
    try {
      misses(pattern, path)
      assert.isAtMost(looks.mock.calls.length, pattern.length * (path.length + 1), pattern)
    } finally {
      looks.mockRestore()
    }
  }
  matches("**/a/**/a/**/b", `${"a/".repeat(5_000)}b`)
  matches(stars, `${"a".repeat(1_000)}b`)
})
