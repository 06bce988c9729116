import { assert, it } from "@effect/vitest"
import { ignoring } from "@nominal-code/domain/IgnorePatterns"
import { Schema } from "effect"

const matches = (pattern: string, ...paths: ReadonlyArray<string>) => {
  for (const path of paths) assert.isTrue(ignoring([pattern])(path), `${pattern} should match ${path}`)
}
const misses = (pattern: string, ...paths: ReadonlyArray<string>) => {
  for (const path of paths) assert.isFalse(ignoring([pattern])(path), `${pattern} should not match ${path}`)
}

it("lets a star take any run of characters, slashes and leading dots too", () => {
  matches("*.lock", "yarn.lock", "a/b/yarn.lock", ".lock", "a/.b/.lock")
  matches("docs/*", "docs/a.md", "docs/a/b.md", "docs/")
  matches("*", "a", "a/b", "")
  matches("**/x.ts", "a/x.ts", "a/b/x.ts")
  matches("a*b*c", "abc", "a/b/c", "abcbc", "aXbXbc")
  misses("*.lock", "yarn.lock.txt", "lock")
  misses("docs/*", "docs", "src/docs/a.md")
})

it("has to match the whole path, in its own case", () => {
  matches("src/a.ts", "src/a.ts")
  misses("src/a.ts", "src/a.tsx", "x/src/a.ts", "src/A.ts", "src/aXts")
})

it("lets a question mark take one character, of any kind", () => {
  matches("?.ts", "a.ts", "é.ts", "🦊.ts", "/.ts")
  misses("?.ts", ".ts", "ab.ts")
})

it("knows sets, their ranges and their opposites", () => {
  matches("[abc].ts", "a.ts", "c.ts")
  misses("[abc].ts", "d.ts", "ab.ts")
  matches("v[0-9].[0-9]", "v1.2")
  misses("v[0-9]", "vx")
  matches("[!a-c].ts", "d.ts", "/.ts")
  misses("[!a-c].ts", "b.ts")
  matches("[]x]", "]", "x")
  misses("[!]x]", "]", "x")
  matches("[a-]", "a", "-")
  matches("[*?]", "*", "?")
  misses("[z-a]", "z", "m")
})

it("takes an unclosed set and every other character for itself", () => {
  matches("[ab", "[ab")
  matches("a+(b).{c}^$\\d", "a+(b).{c}^$\\d")
  misses("a+", "aa")
})

it("matches a path that any of the patterns matches, and none without patterns", () => {
  assert.isTrue(ignoring(["*.md", "*.lock"])("a.lock"))
  assert.isFalse(ignoring([])("a.lock"))
})

const symbols = Schema.Array(Schema.Literals(["a", "b", "/", "*", "?", "[ab]", "[!a]"])).check(Schema.isMaxLength(8))
const paths = Schema.Array(Schema.Literals(["a", "b", "/"])).check(Schema.isMaxLength(10))

it.prop("agrees with a regular expression of the same meaning", [symbols, paths], ([pattern, path]) => {
  const meanings: Record<string, string> = { "*": ".*", "?": ".", "[!a]": "[^a]" }
  const expression = new RegExp(`^${pattern.map((symbol) => meanings[symbol] ?? symbol).join("")}$`, "s")
  assert.strictEqual(ignoring([pattern.join("")])(path.join("")), expression.test(path.join("")))
}, { arbitrary: { runs: 1000 } })

it("is not slowed down by many stars", () => {
  misses(`${"a*".repeat(500)}b`, "a".repeat(20_000))
}, 20_000)
