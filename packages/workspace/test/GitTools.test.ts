import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { readFileSync } from "node:fs"
import { make as makeTools } from "../src/tools/Tools.ts"
import { services } from "./Fixture.ts"
import * as ReadingFixture from "./ReadingFixture.ts"

/** Two commits on main, one more after the pull request left, two in the pull request, and another pull request. */
const make = Effect.gen(function*() {
  const { reading, repository } = yield* ReadingFixture.make
  const first = repository.commit("first", { "a.ts": "one\ntwo\nthree\n", "gone.ts": "old\n", ":(top)odd": "odd\n" })
  const mergeBase = repository.commit("second: touches three", { "a.ts": "one\ntwo\nTHREE\n" })
  const base = repository.commit("later on main", { "main.ts": "main\n", "zlarge.txt": "line\n".repeat(1_000_000) })
  repository.git("checkout", "--quiet", mergeBase)
  const other = repository.commit("another pull request's secret", { "other.ts": "secret\n" })
  repository.git("checkout", "--quiet", mergeBase)
  repository.commit("remove gone", { "gone.ts": null })
  const head = repository.commit("change one\n\nBecause of reasons.", { "a.ts": "ONE\ntwo\nTHREE\n" })
  const context = yield* reading(base, mergeBase, head)
  const tool = ReadingFixture.toolsOf(context)
  const message = (name: string, input: unknown) => Effect.map(Effect.flip(tool(name, input)), (error) => error.message)
  return { reading: context, tool, message, first, mergeBase, base, other, head, repository }
})

class GitToolsFixture extends Context.Service<GitToolsFixture, Effect.Success<typeof make>>()("test/GitToolsFixture") {}

layer(Layer.effect(GitToolsFixture, make).pipe(Layer.provideMerge(services)), { excludeTestServices: true })(
  "The git tools",
  (it) => {
    it.effect("GitLog lists commits, of the whole history, of a path, or of some lines", () =>
      Effect.gen(function*() {
        const { tool } = yield* GitToolsFixture
        const log = (input: object) =>
          Effect.map(tool("GitLog", input), (text) => text.split("\n").map((line) => line.replace(/^\w+ /, "")))
        assert.deepStrictEqual(yield* log({}), [
          "2025-01-02 Ada: change one",
          "2025-01-02 Ada: remove gone",
          "2025-01-02 Ada: second: touches three",
          "2025-01-02 Ada: first"
        ])
        assert.deepStrictEqual(yield* log({ path: "gone.ts" }), [
          "2025-01-02 Ada: remove gone",
          "2025-01-02 Ada: first"
        ])
        assert.deepStrictEqual(yield* log({ path: "a.ts", start_line: 3 }), [
          "2025-01-02 Ada: second: touches three",
          "2025-01-02 Ada: first"
        ])
        assert.deepStrictEqual(yield* log({ path: "a.ts", start_line: 1, end_line: 2, max_count: 1 }), [
          "2025-01-02 Ada: change one"
        ])
        assert.deepStrictEqual(yield* log({ revision: "BASE", max_count: 1 }), [
          "2025-01-02 Ada: second: touches three"
        ])
        assert.strictEqual(yield* tool("GitLog", { path: "nowhere" }), "(no commits)")
      }))

    it.effect("GitBlame tells who last changed each line", () =>
      Effect.gen(function*() {
        const { first, head, mergeBase, tool } = yield* GitToolsFixture
        const lines = (yield* tool("GitBlame", { path: "a.ts" })).split("\n")
        assert.strictEqual(lines.length, 3)
        assert.isTrue(lines[0]?.startsWith(head.slice(0, 7)))
        assert.isTrue(lines[1]?.startsWith(`^${first.slice(0, 7)}`))
        assert.isTrue(lines[2]?.startsWith(mergeBase.slice(0, 7)))
        assert.match(yield* tool("GitBlame", { path: "a.ts", start_line: 2 }), /\(Ada 2025-01-02 2\) two$/)
        assert.match(yield* tool("GitBlame", { path: "gone.ts", revision: "HEAD~2" }), /old$/)
      }))

    it.effect("the changes of lines are not asked of a file that is large, and its other questions are", () =>
      Effect.gen(function*() {
        const { base, message, tool } = yield* GitToolsFixture
        const large = { revision: base, path: "zlarge.txt", start_line: 1 }
        const why = "path: zlarge.txt has 5000000 bytes, and changes of lines are shown up to 4194304."
        assert.strictEqual(yield* message("GitBlame", large), why)
        assert.strictEqual(yield* message("GitLog", large), why)
        assert.strictEqual(yield* message("GitDiff", { from: "BASE", to: base, path: "zlarge.txt" }), why)
        assert.strictEqual(yield* message("GitDiff", { from: base, to: "BASE", path: "zlarge.txt" }), why)
        assert.strictEqual(yield* message("GitShow", { revision: base, path: "zlarge.txt" }), why)
        assert.match(yield* tool("GitLog", { revision: base, path: "zlarge.txt" }), /later on main$/)
      }))

    it.effect("a review has a thousand calls, and is told when they are used up", () =>
      Effect.gen(function*() {
        const { reading } = yield* GitToolsFixture
        const [read, glob] = makeTools(reading, (text) => text)
        if (read === undefined || glob === undefined) return assert.fail("no tools")
        yield* Effect.forEach(Array.from({ length: 1_000 }), () => Effect.ignore(read.run({})), { discard: true })
        const error = yield* Effect.flip(glob.run({ pattern: "*" }))
        assert.match(error.message, /^Not run: this review has used its 1000 tool calls/)
      }))

    it.effect("GitShow shows a commit, a part of it, or a file as it was", () =>
      Effect.gen(function*() {
        const { head, tool } = yield* GitToolsFixture
        const text = yield* tool("GitShow", { revision: "HEAD" })
        assert.isTrue(
          text.startsWith(`commit ${head}\nauthor Ada\ndate   2025-01-02\n\nchange one\n\nBecause of reasons.`)
        )
        assert.include(text, "-one\n+ONE")
        assert.include(yield* tool("GitShow", { revision: "HEAD~1", path: "gone.ts" }), "-old")
        assert.strictEqual(
          yield* tool("GitShow", { revision: "BASE", path: "a.ts", content: true }),
          "     1\tone\n     2\ttwo\n     3\tTHREE"
        )
        assert.strictEqual(
          yield* tool("GitShow", { revision: "BASE~1", path: "gone.ts", content: true }),
          "     1\told"
        )
      }))

    it.effect("GitDiff compares the merge base with the head, or any two commits of the pull request", () =>
      Effect.gen(function*() {
        const { base, tool } = yield* GitToolsFixture
        const diff = yield* tool("GitDiff", {})
        assert.include(diff, "-one\n+ONE")
        assert.include(diff, "deleted file mode")
        assert.notInclude(diff, "main.ts")
        assert.notInclude(yield* tool("GitDiff", { path: "gone.ts" }), "ONE")
        assert.include(yield* tool("GitDiff", { from: "HEAD", to: base }), "main.ts")
        assert.strictEqual(yield* tool("GitDiff", { from: "HEAD", to: "HEAD" }), "(no differences)")
        assert.include(yield* tool("GitDiff", { path: "a.ts", context: 0 }), "@@ -1 +1 @@")
      }))

    it.effect("none of them reaches the commits of another pull request in the same mirror", () =>
      Effect.gen(function*() {
        const { message, other } = yield* GitToolsFixture
        for (const revision of [other, other.slice(0, 10), "0".repeat(40)]) {
          for (
            const [name, input] of [
              ["GitLog", { revision }],
              ["GitBlame", { revision, path: "a.ts" }],
              ["GitShow", { revision }],
              ["GitShow", { revision, path: "other.ts", content: true }],
              ["GitDiff", { from: revision }],
              ["GitDiff", { to: revision }]
            ] as const
          ) {
            assert.match(
              yield* message(name, input),
              /^(?:revision|from|to): \w+ is not a commit in this pull request's history/
            )
          }
        }
      }))

    it.effect("none of them takes an option, a range, a reference or a path outside for what it asks", () =>
      Effect.gen(function*() {
        const { message, repository, tool } = yield* GitToolsFixture
        repository.git("branch", "abcdef1", "HEAD~1")
        const revisions = [
          "--all",
          "-p",
          "main",
          "refs/heads/main",
          "HEAD..main",
          "HEAD^{/secret}",
          ":/secret",
          "HEAD:a.ts",
          "HEAD@{1}",
          "@",
          "--output=/tmp/x",
          "HEAD --output=/tmp/x",
          "HEAD\n--all",
          "",
          "abc",
          "FETCH_HEAD",
          "HEAD~99999"
        ]
        for (const revision of revisions) {
          assert.match(yield* message("GitShow", { revision }), /^Invalid input for GitShow: Expected HEAD/, revision)
        }
        assert.match(yield* message("GitLog", { revision: "HEAD~50" }), /is not a commit in this pull request/)
        for (const path of ["../x", "/etc/passwd", ".git/config", "a\0b"]) {
          for (const name of ["GitLog", "GitBlame", "GitShow", "GitDiff"]) {
            assert.match(yield* message(name, { path, ...(name === "GitShow" ? { revision: "HEAD" } : {}) }), /^path: /)
          }
        }
        assert.strictEqual(yield* tool("GitLog", { path: "--all" }), "(no commits)")
        assert.strictEqual(yield* tool("GitLog", { path: ":(top)*.ts" }), "(no commits)")
        assert.include(yield* tool("GitLog", { path: ":(top)odd" }), "first")
        assert.strictEqual(yield* tool("GitLog", { path: "*.ts" }), "(no commits)")
        assert.include(yield* message("GitBlame", { path: "--contents=/etc/passwd" }), "no such path")
      }))

    it.effect("they say which field is wrong, and how", () =>
      Effect.gen(function*() {
        const { message } = yield* GitToolsFixture
        assert.include(yield* message("GitBlame", {}), "Missing key at [\"path\"]")
        assert.include(yield* message("GitLog", { start_line: 1 }), "path: expected a file")
        assert.include(yield* message("GitLog", { path: "a.ts", end_line: 1 }), "start_line: expected a line")
        assert.include(yield* message("GitBlame", { path: "a.ts", start_line: 3, end_line: 2 }), "end_line: expected")
        assert.include(yield* message("GitBlame", { path: "a.ts", start_line: 9 }), "has only 3 lines")
        assert.include(yield* message("GitShow", { revision: "HEAD", content: true }), "path: expected a file")
        assert.include(
          yield* message("GitShow", { revision: "HEAD", path: "no.ts", content: true }),
          "no text file no.ts"
        )
        assert.include(yield* message("GitLog", { max_count: 1000 }), "at [\"max_count\"]")
      }))

    it.effect("an answer holds at most 30,000 characters, and says when it was cut", () =>
      Effect.gen(function*() {
        const { reading, repository } = yield* ReadingFixture.make
        const base = repository.commit("base", { "a.txt": "" })
        const head = repository.commit("many", { "a.txt": "word word word\n".repeat(20_000) })
        const tool = ReadingFixture.toolsOf(yield* reading(base, base, head))
        for (
          const [name, input] of [
            ["GitDiff", {}],
            ["GitShow", { revision: "HEAD" }],
            ["GitShow", { revision: "HEAD", path: "a.txt", content: true }],
            ["GitBlame", { path: "a.txt" }]
          ] as const
        ) {
          const text = yield* tool(name, input)
          const [end = ""] = /\n\.\.\.\(truncated(?:: go on with offset \d+)?\)$/.exec(text) ?? []
          assert.isNotEmpty(end, name)
          assert.isAtMost(text.length, 30_000 + end.length, name)
        }
      }))

    it.effect("GitDiff and GitShow answer in parts, which together are the whole", () =>
      Effect.gen(function*() {
        const { reading, repository } = yield* ReadingFixture.make
        const lines = Array.from({ length: 6_000 }, (_, at) => `word ${at + 1}`)
        const base = repository.commit("base", { "a.txt": "" })
        const head = repository.commit("many", { "a.txt": `${lines.join("\n")}\n` })
        const tool = ReadingFixture.toolsOf(yield* reading(base, base, head))
        for (
          const [name, input, mark] of [
            ["GitDiff", {}, "+"],
            ["GitShow", { revision: "HEAD", path: "a.txt", content: true }, "\t"]
          ] as const
        ) {
          const shown: Array<string> = []
          let offset: number | undefined = 1
          while (offset !== undefined) {
            const text: string = yield* tool(name, { ...input, offset })
            const [end, next] = /\n\.\.\.\(truncated: go on with offset (\d+)\)$/.exec(text) ?? []
            shown.push(...text.slice(0, text.length - (end ?? "").length).split("\n"))
            offset = next === undefined ? undefined : Number(next)
          }
          const found = shown.flatMap((line) => /word \d+$/.exec(line)?.[0] ?? [])
          assert.deepStrictEqual(found, lines, name)
          const part = yield* tool(name, {
            ...input,
            offset: shown.indexOf(`${name === "GitDiff" ? "" : "    77"}${mark}word 77`) + 1,
            limit: 2
          })
          assert.deepStrictEqual(part.split("\n").slice(0, 2).map((line) => line.slice(line.indexOf("word"))), [
            "word 77",
            "word 78"
          ])
          assert.include(yield* tool(name, { ...input, offset: 99_999 }), "beyond their end")
        }
      }))

    it.effect("are, with the other tools of a checkout, those that three prompts and docs/security.md name", () =>
      Effect.gen(function*() {
        const { reading } = yield* GitToolsFixture
        const names = makeTools(reading, (text) => text).map(({ name }) => name).sort()
        const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8")
        const line = (text: string) => text.split("\n").find((line) => line.includes("GitBlame")) ?? ""
        const namesIn = (text: string) => [...new Set(text.match(/\b(?:Git)?[A-Z][a-z]+[A-Z]?[a-z]*\b/g))]
        for (const prompt of ["reviewer", "explorer", "question"]) {
          const text = read(`packages/review/prompts/${prompt}_prompt.md`)
          for (const name of names) assert.include(text, `\`${name}\``, `${prompt}: ${name}`)
        }
        const [listed = ""] = line(read("docs/security.md")).match(/Read, [^.]*/) ?? []
        assert.deepStrictEqual(namesIn(listed).sort(), names)
      }))
  }
)
