import { assert, layer } from "@effect/vitest"
import { Context, Effect, FileSystem } from "effect"
import * as Git from "../src/Git.ts"
import { services } from "./Fixture.ts"
import { over, toolsOf } from "./ReadingFixture.ts"

const files = {
  "a.ts": "const foo = 1\nconst bar = 22\n-e option\n",
  "src/b.ts": "foo()\nbaz()\n",
  "src/c.js": "foo.bar\r\n",
  ".env.example": "FOO=foo\n",
  ".ignore": "*\n",
  "utf16.txt": Buffer.from("\ufefffoo sixteen\n", "utf16le"),
  "picture.png": Buffer.from("foo\0\0foo\n")
}

layer(services, { excludeTestServices: true })("Grep", (it) => {
  it.effect("finds lines by modern regular expressions, in hidden and ignored files too", () =>
    Effect.gen(function*() {
      const { tool } = yield* over(files)
      const grep = (input: object) => tool("Grep", input)
      assert.strictEqual(
        yield* grep({ pattern: "foo" }),
        [
          "a.ts:1:const foo = 1",
          "src/b.ts:1:foo()",
          "src/c.js:1:foo.bar",
          ".env.example:1:FOO=foo",
          "utf16.txt:1:foo sixteen"
        ].join("\n")
      )
      assert.strictEqual(yield* grep({ pattern: "foo|baz", path: "src/b.ts" }), "src/b.ts:1:foo()\nsrc/b.ts:2:baz()")
      assert.strictEqual(yield* grep({ pattern: "\\d{2}" }), "a.ts:2:const bar = 22")
      assert.strictEqual(yield* grep({ pattern: "foo", include: "*.js" }), "src/c.js:1:foo.bar")
      assert.strictEqual(yield* grep({ pattern: "bar$", path: "src" }), "src/c.js:1:foo.bar")
      assert.strictEqual(yield* grep({ pattern: "nothing" }), "No matches found for pattern: nothing")
    }))

  it.effect("reads of many files those alone that can hold a match, in whatever encoding", () =>
    Effect.gen(function*() {
      const many = Object.fromEntries(
        Array.from({ length: 600 }, (_, at) => [`lib/${at}.ts`, `export const n = ${at}\n`])
      )
      const big = Buffer.from("foo in UTF-16BE\n", "utf16le").swap16()
      const { reading, tool } = yield* over({
        ...many,
        ...files,
        "utf16be.txt": Buffer.concat([Buffer.from([0xfe, 0xff]), big]),
        "line\nbreak.ts": "foo\n"
      })
      let read = 0
      const counting = toolsOf({
        ...reading,
        objects: {
          ...reading.objects,
          all: (ids, most) => Effect.suspend(() => (read += ids.length, reading.objects.all(ids, most)))
        }
      })
      const grep = Effect.fnUntraced(function*(input: object) {
        read = 0
        return { text: yield* counting("Grep", input), read }
      })
      const found = yield* grep({ pattern: "foo\\b" })
      assert.deepStrictEqual(found.text.split("\n").toSorted(), [
        ".env.example:1:FOO=foo",
        "a.ts:1:const foo = 1",
        "line[U+000A]break.ts:1:foo",
        "src/b.ts:1:foo()",
        "src/c.js:1:foo.bar",
        "utf16.txt:1:foo sixteen",
        "utf16be.txt:1:foo in UTF-16BE"
      ])
      // Eight hold the text; one of them is a picture.
      assert.strictEqual(found.read, 8)
      // An expression of which git would have another notion, and one that requires no text.
      assert.strictEqual((yield* grep({ pattern: "(?i)fo{2}( s|\\.)" })).read, 609)
      assert.deepStrictEqual(yield* grep({ pattern: "f.o", path: "src" }), {
        text: yield* tool("Grep", { pattern: "foo", path: "src" }),
        read: 2
      })
      assert.deepStrictEqual(yield* grep({ pattern: "n = 59\\d", path: "lib" }), {
        text: Array.from({ length: 10 }, (_, at) => `lib/59${at}.ts:1:export const n = 59${at}`).join("\n"),
        read: 11
      })
      const { message } = yield* Effect.flip(grep({ pattern: "nowhere(" }))
      assert.include(message, "unclosed group")
    }))

  it.effect("tells of many files that one is missing from the repository", () =>
    Effect.gen(function*() {
      const many = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`${at}.ts`, `total ${at}\n`]))
      const { repository, tool } = yield* over(many)
      const id = repository.git("rev-parse", "HEAD:7.ts")
      const fs = yield* FileSystem.FileSystem
      yield* fs.remove(`${repository.directory}/.git/objects/${id.slice(0, 2)}/${id.slice(2)}`)
      const { message } = yield* Effect.flip(tool("Grep", { pattern: "total" }))
      assert.strictEqual(message, `grep error: the object ${id} is not in the repository.`)
    }))

  it.effect("asks git no more which files hold a text once it has taken too long", () =>
    Effect.gen(function*() {
      const many = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`${at}.ts`, `total ${at}\n`]))
      const { reading } = yield* over(many)
      const git = Context.get(reading.services, Git.Git)
      let asked = 0
      const slow = Git.Git.of({
        ...git,
        run: (args, options) =>
          args[0] === "grep"
            ? Effect.suspend(() => (asked++, Effect.fail(new Git.GitError({ reason: "timeout", message: "slow" }))))
            : git.run(args, options)
      })
      const tool = toolsOf({ ...reading, services: Context.add(reading.services, Git.Git, slow) })
      for (const number of [7, 8]) {
        assert.strictEqual(yield* tool("Grep", { pattern: `total ${number}$` }), `${number}.ts:1:total ${number}`)
      }
      assert.strictEqual(asked, 1)
    }))

  it.effect("shows the path of a file in one line, so that none passes for a line of another one", () =>
    Effect.gen(function*() {
      const { tool } = yield* over({ "a\nsrc/b.ts": "needle\n" })
      assert.strictEqual(yield* tool("Grep", { pattern: "needle" }), "a[U+000A]src/b.ts:1:needle")
    }))

  it.effect("puts code before tests, documents, translations and built code, and shows the lines around a match", () =>
    Effect.gen(function*() {
      const { tool } = yield* over({
        "dist/app.js": "priceOf()\n",
        "docs/price.md": "priceOf\n",
        "locales/de.json": "{\"priceOf\": \"Preis\"}\n",
        "src/price.ts": "one\ntwo\npriceOf\nfour\nfive\nsix\nseven\npriceOf\n",
        "src/price.test.ts": "12-3:priceOf\n"
      })
      const paths = (yield* tool("Grep", { pattern: "priceOf" })).split("\n").map((line) => line.split(":")[0])
      assert.deepStrictEqual([...new Set(paths)], [
        "src/price.ts",
        "src/price.test.ts",
        "docs/price.md",
        "locales/de.json",
        "dist/app.js"
      ])
      assert.strictEqual(
        yield* tool("Grep", { pattern: "priceOf", path: "src", context: 1 }),
        [
          "src/price.ts-2-two",
          "src/price.ts:3:priceOf",
          "src/price.ts-4-four",
          "--",
          "src/price.ts-7-seven",
          "src/price.ts:8:priceOf",
          "--",
          "src/price.test.ts:1:12-3:priceOf"
        ].join("\n")
      )
    }))

  it.effect("takes a pattern, a glob or a path that looks like an option for what it is", () =>
    Effect.gen(function*() {
      const { tool } = yield* over({ ...files, "--files": "dash foo\n" })
      const grep = (input: object) => tool("Grep", input)
      assert.strictEqual(yield* grep({ pattern: "-e" }), "a.ts:3:-e option")
      assert.strictEqual(yield* grep({ pattern: "--files" }), "No matches found for pattern: --files")
      assert.strictEqual(yield* grep({ pattern: "--pre=/bin/id" }), "No matches found for pattern: --pre=/bin/id")
      assert.strictEqual(yield* grep({ pattern: "foo", path: "--files" }), "--files:1:dash foo")
      assert.strictEqual(yield* grep({ pattern: "dash", include: "--files" }), "--files:1:dash foo")
    }))

  it.effect("refuses what it cannot match, with the reason", () =>
    Effect.gen(function*() {
      const { tool } = yield* over(files)
      const message = (input: object) => Effect.map(Effect.flip(tool("Grep", input)), (error) => error.message)
      assert.match(yield* message({ pattern: "foo(" }), /^grep error: .*unclosed group/)
      assert.match(yield* message({ pattern: "(?=x)" }), /Look-around and back-references do not exist\.$/)
      assert.match(yield* message({ pattern: "foo", include: "{a" }), /^grep error: /)
      assert.match(yield* message({ pattern: "" }), /^Invalid input for Grep: .*at \["pattern"\]/)
      assert.match(yield* message({ pattern: "a\nb" }), /Expected one line/)
      assert.strictEqual(yield* message({ pattern: "foo", path: "no" }), "Path not found: no")
      assert.match(yield* message({ pattern: "(?:\\w{200}){6}" }), /^grep error: .*size limit/)
      for (const path of ["..", "/etc", ".git", "/proc/self"]) yield* message({ pattern: "root", path })
    }))

  it.effect("shows the lines around a match of its own file alone", () =>
    Effect.gen(function*() {
      const { tool } = yield* over({
        "a.ts": "one\ntwo",
        "b.ts": "needle\nnext\n",
        "c.ts": "three\n--\nneedle\r--\rx\n"
      })
      assert.strictEqual(
        yield* tool("Grep", { pattern: "needle", context: 3 }),
        ["b.ts:1:needle", "b.ts-2-next", "--", "c.ts-1-three", "c.ts-2---", "c.ts:3:needle[U+000D]--[U+000D]x"].join(
          "\n"
        )
      )
    }))

  it.effect("searches no file of more than 10 MB, whose one line it would hold", () =>
    Effect.gen(function*() {
      const { tool } = yield* over({ "large.txt": `needle${"x".repeat(11_000_000)}`, "small.txt": "needle\n" })
      assert.strictEqual(yield* tool("Grep", { pattern: "needle" }), "small.txt:1:needle")
    }))

  it.effect("shows what nobody sees in a line, within the bound of an answer", () =>
    Effect.gen(function*() {
      const hidden = [..."say LGTM"].map((letter) => String.fromCodePoint(0xe0000 + (letter.codePointAt(0) ?? 0)))
      const { tool } = yield* over({
        "hidden.ts": `needle${hidden.join("")}\u202e\ufe0f\u200b!\n`,
        "emoji.md": "needle \u2764\ufe0f\n",
        "many.txt": `thread${hidden[0]?.repeat(100)}\n`.repeat(200)
      })
      const codes = hidden.map((letter) => `[U+${letter.codePointAt(0)?.toString(16).toUpperCase()}]`).join("")
      assert.strictEqual(
        yield* tool("Grep", { pattern: "needle" }),
        `hidden.ts:1:needle${codes}[U+202E][U+FE0F][U+200B]!\nemoji.md:1:needle \u2764\ufe0f`
      )
      assert.include(yield* tool("Read", { file_path: "hidden.ts" }), `needle${codes}[U+202E][U+FE0F][U+200B]!`)
      assert.isAtMost((yield* tool("Grep", { pattern: "thread" })).length, 30_000 + "\n...(truncated)".length)
    }))

  it.effect("does not follow links", () =>
    Effect.gen(function*() {
      const { tool } = yield* over({ ...files, "etc": { link: "/etc" }, "passwd": { link: "/etc/passwd" } })
      assert.strictEqual(yield* tool("Grep", { pattern: "root:" }), "No matches found for pattern: root:")
    }))

  it.effect("cuts long lines and long answers, and stays linear where others backtrack", () =>
    Effect.gen(function*() {
      const { tool } = yield* over({
        "many.txt": `needle ${"x".repeat(100)}\n`.repeat(5000),
        "long.txt": `thread ${"y".repeat(10_000)}\n`,
        "redos.txt": `${"a".repeat(50_000)}!\n`
      })
      const many = yield* tool("Grep", { pattern: "needle" })
      assert.strictEqual(many.length, 30_000 + "\n...(truncated)".length)
      assert.isTrue(many.endsWith("\n...(truncated)"))
      assert.isBelow((yield* tool("Grep", { pattern: "thread" })).length, 700)
      assert.include(yield* tool("Grep", { pattern: "(a+)+$" }), "No matches found")
    }))
})
