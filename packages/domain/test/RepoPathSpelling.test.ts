import { assert, describe, it } from "@effect/vitest"
import { RepoPath } from "@nominal-code/domain/event/PullRequest"
import {
  escapePath,
  makeSpellings,
  makeSpellingsInTurns,
  unescapePath
} from "@nominal-code/domain/file/RepoPathSpelling"
import { Effect, Fiber, Schema } from "effect"

const meant = (written: string, ...paths: ReadonlyArray<string>) => {
  const found = makeSpellings(paths)(written)
  return found._tag === "One" ? found.path : found._tag
}

describe("a path that is written in another form", () => {
  const forms = [
    "src/x.ts",
    "/src/x.ts",
    "./src/x.ts",
    ".//src//x.ts",
    "src/./x.ts",
    "src\\x.ts",
    ".\\src\\x.ts",
    "src/x.ts:6",
    "src/x.ts:6-9",
    "src/x.ts:6:2",
    "src/x.ts:6:",
    "src/x.ts:L6-L9",
    "src/x.ts#6",
    "src/x.ts(6)",
    "src/x.ts(6,2)",
    "File: src/x.ts",
    "path: `src/x.ts:6`",
    "[src/x.ts](src/x.ts#L6)",
    "[`src/x.ts`](https://github.com/acme/shop/blob/main/src/x.ts)",
    "+++ b/src/x.ts",
    "src/{y.ts => x.ts}",
    "{lib => src}/x.ts",
    "lib/y.ts => src/x.ts",
    "src\\\\x.ts",
    "src/x.ts#L6-L9",
    "src/x.ts (line 6)",
    "src/x.ts (lines 6-9)",
    "`src/x.ts`",
    "`src/x.ts`:6",
    "`src/x.ts:6`",
    "\"src/x.ts\"",
    "'src/x.ts'",
    "**src/x.ts**",
    "\u201csrc/x.ts\u201d",
    "<file-path>src/x.ts</file-path>",
    " src/x.ts ",
    "a/src/x.ts",
    "b/src/x.ts",
    "/b/src/x.ts:6",
    "src/x\u200b.ts",
    "SRC/x.ts",
    "src%2Fx.ts"
  ]
  for (const form of forms) {
    it(`leads to its file as ${JSON.stringify(form)}`, () =>
      assert.strictEqual(meant(form, "src/x.ts", "src/y.ts", "x.ts"), "src/x.ts"))
  }

  it("is the file of exactly that name where there is one", () => {
    assert.strictEqual(meant("a/config.ts", "a/config.ts", "config.ts"), "a/config.ts")
    assert.strictEqual(meant("/a/config.ts", "a/config.ts", "config.ts"), "a/config.ts")
    assert.strictEqual(meant("b\\config.ts:6", "b/config.ts", "config.ts"), "b/config.ts")
    assert.strictEqual(meant("x.ts:6", "x.ts:6", "x.ts"), "x.ts:6")
    assert.strictEqual(meant("`x`", "`x`", "x"), "`x`")
    assert.strictEqual(meant("X.ts", "x.ts", "X.ts"), "X.ts")
    assert.strictEqual(meant("x.ts(6)", "x.ts(6)", "x.ts"), "x.ts(6)")
    assert.strictEqual(meant("{a => b}.ts", "{a => b}.ts", "b.ts"), "{a => b}.ts")
    assert.strictEqual(meant("file: x.ts", "file: x.ts", "x.ts"), "file: x.ts")
    assert.strictEqual(meant("src\\x.ts", "src\\x.ts", "src/x.ts"), "src\\x.ts")
  })

  it("is none of several that it could be, and no file of another directory", () => {
    assert.strictEqual(meant("SRC/X.ts", "src/x.ts", "src/X.ts"), "Several")
    assert.strictEqual(meant("x.ts", "src/x.ts"), "None")
    assert.strictEqual(meant("../src/x.ts", "src/x.ts"), "None")
    assert.strictEqual(meant("", "src/x.ts"), "None")
    assert.strictEqual(meant("a b.ts", "a\u00a0b.ts", "a\u2009b.ts"), "Several")
  })

  it("is read through Unicode's equal spellings and git's quoting", () => {
    assert.strictEqual(meant("docs/パイソン.ts", "docs/ハ\u309aイソン.ts"), "docs/ハ\u309aイソン.ts")
    assert.strictEqual(meant("docs/caf\u00e9.md", "docs/cafe\u0301.md"), "docs/cafe\u0301.md")
    assert.strictEqual(meant("cafe\u0301.md", "caf\u00e9.md", "cafe\u0301.md"), "cafe\u0301.md")
    assert.strictEqual(meant("\"a/\\303\\251.txt\"", "é.txt"), "é.txt")
    assert.strictEqual(meant("Screenshot 2.png", "Screenshot\u202f2.png"), "Screenshot\u202f2.png")
    assert.strictEqual(meant("a b.ts", "a  b.ts"), "a  b.ts")
    assert.strictEqual(meant("docs/end.ts", "docs/end.ts "), "docs/end.ts ")
  })
})

const odd = Schema.Array(
  Schema.Literals(["a", "/b", " ", "  ", "\u00a0", "\u3000", "\u202f", "\t", "\n", "\r", "\u2028", "e\u0301", "é"])
).check(Schema.isMinLength(1), Schema.isMaxLength(6))
const rest = Schema.Array(
  Schema.Literals([
    "[U+0041]",
    "[u+00e9]",
    "\u202e",
    "\u{e0041}",
    "\ufe0f",
    "❤\ufe0f",
    "`",
    "\"",
    "<",
    "👩\u200d💻",
    "%20"
  ])
).check(Schema.isMaxLength(4))

describe("a path that is shown", () => {
  it("is plain where it is plain", () => {
    for (const path of ["src/x.ts", "a b/ü 日本語.md", "画面\u3000設計.ts", "🦊.ts"]) {
      assert.strictEqual(escapePath(path), path)
    }
    assert.strictEqual(escapePath("a  b\u00a0c "), "a [U+0020]b[U+00A0]c[U+0020]")
  })

  it.prop("leads back to the file, has one line and nothing that cannot be seen", [odd, rest], ([first, second]) => {
    const path = `x${[...first, ...second].join("")}`
    const shown = escapePath(path)
    assert.strictEqual(unescapePath(shown), path)
    assert.strictEqual(meant(shown, path, "other.ts"), path)
    assert.notMatch(shown, /[\p{Cc}\p{Zl}\p{Zp}\p{Cf}]/u)
  }, { arbitrary: { runs: 500 } })

  it.prop("leads back whatever path it is", [Schema.toType(RepoPath)], ([path]) => {
    assert.strictEqual(unescapePath(escapePath(path)), path.toWellFormed())
  }, { arbitrary: { runs: 300 } })
})

it("a path that is made to cost more is read in time, and is none", () => {
  const hostile = ["{", "=>", " => ", "{a => ", "(", "(1", ":1", "[a](", "file: ", "`", "lines 1 ", "\\", "[U+"]
  for (const part of hostile) {
    const text = part.repeat(100_000 / part.length)
    for (const written of [text, `{${text}`, `${text}${")".repeat(100_000)}`]) {
      assert.notStrictEqual(meant(written, "src/x.ts"), "src/x.ts")
    }
  }
}, 20_000)

it.live("a hundred thousand names are compared in turns, and lead where they would at once", () =>
  Effect.gen(function*() {
    const paths = Array.from({ length: 100_000 }, (_, at) => `src/${at % 300}/e\u0301\u3000${at}.ts`)
    const [inTurns, atOnce] = [makeSpellingsInTurns(paths), makeSpellings(paths)]
    let turns = 0
    const others = yield* Effect.forkChild(Effect.forever(Effect.andThen(Effect.yieldNow, Effect.sync(() => turns++))))
    yield* inTurns("src/nowhere.ts")
    yield* Fiber.interrupt(others)
    assert.isAtLeast(turns, 10)
    const forms = ["src/7/é\u30007.ts", "/SRC/7/é 7.ts", "src/8/é\u30007.ts", "src/0/e\u0301\u3000300.ts:4", ""]
    for (const form of forms) assert.deepStrictEqual(yield* inTurns(form), atOnce(form), form)
    assert.deepStrictEqual(yield* inTurns("/SRC/7/é 7.ts"), { _tag: "One", path: "src/7/e\u0301\u30007.ts" })
  }))
