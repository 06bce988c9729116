import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { RepoPath, Sha } from "@nominal-code/domain/event/PullRequest"
import { Fingerprint } from "@nominal-code/domain/review/Finding"
import { Console, Effect, FileSystem, Terminal } from "effect"
import { applySuggestions } from "../src/review/ApplySuggestions.ts"
import { ReviewedFinding } from "../src/ReviewedFinding.ts"
import { writtenToStderr } from "./WrittenToStderr.ts"

const finding = (
  line: number,
  suggestion: string,
  more: Partial<ConstructorParameters<typeof ReviewedFinding>[0]> = {}
) =>
  new ReviewedFinding({
    path: RepoPath.make("a.ts"),
    line,
    side: "RIGHT",
    body: "Wrong.",
    severity: "high",
    confidence: "high",
    category: "bug",
    suggestion,
    fingerprint: Fingerprint.make("f".repeat(16)),
    ...more
  })

/**
 * Applies suggestions to a repository of one file: all, or those that these answers on the terminal agree to. Answers
 * with the file's bytes, and with what was said.
 */
const applied = Effect.fnUntraced(
  function*(
    bytes: Uint8Array,
    lines: ReadonlyArray<string>,
    findings: ReadonlyArray<ReviewedFinding>,
    answers: ReadonlyArray<string> = []
  ) {
    const fs = yield* FileSystem.FileSystem
    const repository = yield* fs.makeTempDirectoryScoped({ prefix: "apply-test-" })
    yield* fs.writeFile(`${repository}/a.ts`, bytes)
    const said: Array<string> = []
    const console = { ...yield* Console.Console, error: (line: string) => void said.push(line) }
    const report = {
      summary: "",
      findings,
      headSha: Sha.make("0".repeat(40)),
      usage: undefined,
      severities: [],
      coverage: [],
      files: new Map([["RIGHT a.ts", lines]])
    }
    const { texts } = yield* writtenToStderr
    const left = [...answers]
    yield* applySuggestions(report, repository, answers.length === 0 ? "all" : "ask").pipe(
      Effect.provideService(Console.Console, console),
      Effect.provideService(Terminal.Terminal, {
        ...yield* Terminal.Terminal,
        readLine: Effect.suspend(() => Effect.orDie(Effect.fromNullishOr(left.shift())))
      })
    )
    assert.deepStrictEqual([left, texts.length], [[], answers.length], "each answer was asked for")
    return { said, text: Buffer.from(yield* fs.readFile(`${repository}/a.ts`)).toString("latin1") }
  },
  Effect.scoped,
  Effect.provide(NodeServices.layer)
)

const three = ["one", "two", "three"]
const threeLines = Buffer.from("one\ntwo\nthree\n")

it.effect("suggestions replace their lines, from the last one up", () =>
  Effect.gen(function*() {
    const { said, text } = yield* applied(threeLines, three, [finding(1, "ONE\nand more\n"), finding(3, "")])
    assert.strictEqual(text, "ONE\nand more\ntwo\n")
    assert.deepStrictEqual(said, ["Applied: a.ts:1", "Applied: a.ts:3"])
  }))

it.effect("of two suggestions for the same lines, the first one is applied", () =>
  Effect.gen(function*() {
    const both = [finding(3, "THREE", { startLine: 2 }), finding(2, "TWO")]
    const { said, text } = yield* applied(threeLines, three, both)
    assert.strictEqual(text, "one\nTHREE\n")
    assert.deepStrictEqual(said, [
      "Not applied: a.ts:2: another suggestion replaces these lines",
      "Applied: a.ts:2-3"
    ])
  }))

it.effect("a suggestion about the file as it was before is not applied to the file as it is", () =>
  Effect.gen(function*() {
    const { said, text } = yield* applied(threeLines, three, [finding(1, "ONE", { side: "LEFT" })])
    assert.strictEqual(text, "one\ntwo\nthree\n")
    assert.deepStrictEqual(said, ["There is no suggestion to apply."])
  }))

it.effect("a file that is no UTF-8 keeps its bytes, though it reads as it was reviewed", () =>
  Effect.gen(function*() {
    const bytes = Buffer.from("caf\xe9\ntwo\n", "latin1")
    const { said, text } = yield* applied(bytes, ["caf\uFFFD", "two"], [finding(2, "TWO")])
    assert.strictEqual(text, "caf\xe9\ntwo\n")
    assert.deepStrictEqual(said, ["Not applied: a.ts:2: the file on the disk is not the one that was reviewed"])
  }))

it.effect("asks for each suggestion, until all others are agreed to or the rest is left", () =>
  Effect.gen(function*() {
    const each = [finding(1, "ONE"), finding(2, "TWO"), finding(3, "THREE")]
    const textAfter = (...answers: ReadonlyArray<string>) =>
      Effect.map(applied(threeLines, three, each, answers), ({ text }) => text)
    assert.strictEqual(yield* textAfter("y", "", "Yes "), "ONE\ntwo\nTHREE\n")
    assert.strictEqual(yield* textAfter("n", "a"), "one\nTWO\nTHREE\n")
    assert.strictEqual(yield* textAfter("y", "q"), "ONE\ntwo\nthree\n")
  }))
