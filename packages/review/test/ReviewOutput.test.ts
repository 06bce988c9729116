import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Schema } from "effect"
import { decodeReview, reviewSubmission } from "../src/answer/ReviewOutput.ts"
import { finding } from "./Scene.ts"

const strict = (input: unknown) => decodeReview(input, { lenient: false })
const lenient = (input: unknown) => decodeReview(input, { lenient: true })
const one = (changes: Record<string, unknown>) => ({ summary: "s", comments: [finding(changes)] })
const problems = (input: unknown) =>
  Result.match(strict(input), { onFailure: (text) => text, onSuccess: () => "accepted" })

describe("a review that is handed in", () => {
  it("gets the defaults of what it leaves out", () => {
    const decoded = strict({ summary: "s", comments: [{ path: "a.ts", line: 3, body: "b" }] })
    assert.deepInclude(Result.getOrThrow(decoded).findings[0], {
      side: "RIGHT",
      severity: "medium",
      confidence: "medium",
      category: "other"
    })
    assert.deepStrictEqual(Result.getOrThrow(strict({ summary: "s" })).findings, [])
  })

  it("may give a range with and without a suggestion, and nothing for what is absent", () => {
    const ranged = Result.getOrThrow(strict(one({ start_line: 10, suggestion: null }))).findings[0]
    assert.strictEqual(ranged?.startLine, 10)
    assert.isFalse("suggestion" in (ranged ?? {}))
    assert.isUndefined(Result.getOrThrow(strict(one({ start_line: 11 }))).findings[0]?.startLine)
  })

  const wrong: ReadonlyArray<readonly [changes: Record<string, unknown>, field: RegExp]> = [
    [{ line: true }, /comments\[0\]\.line: /],
    [{ line: 0 }, /comments\[0\]\.line: Expected a line number of at least 1/],
    [{ line: -1 }, /comments\[0\]\.line: /],
    [{ line: "3" }, /comments\[0\]\.line: /],
    [{ line: 1.5 }, /comments\[0\]\.line: /],
    [{ side: "MIDDLE" }, /comments\[0\]\.side: /],
    [{ side: null }, /comments\[0\]\.side: /],
    [{ suggestion: "" }, /comments\[0\]\.suggestion: Expected a text that is not empty/],
    [{ suggestion: "x", side: "LEFT" }, /comments\[0\]\.suggestion: not allowed on side LEFT/],
    [{ start_line: 12 }, /comments\[0\]\.start_line: must not be greater than line/],
    [{ start_line: true }, /comments\[0\]\.start_line: /],
    [{ path: "" }, /comments\[0\]\.path: /],
    [{ body: " " }, /comments\[0\]\.body: /],
    [{ severity: "blocker" }, /comments\[0\]\.severity: /]
  ]
  for (const [changes, expected] of wrong) {
    it(`is refused for ${JSON.stringify(changes)}, and says where`, () =>
      assert.match(problems(one(changes)), expected))
  }

  it("is told all that is wrong with it at once", () => {
    const text = problems({
      summary: " ",
      comments: [finding(), finding({ line: 0, body: "" }), "text", finding({ side: 1 })]
    })
    for (
      const place of ["summary: ", "comments[1].line: ", "comments[1].body: ", "comments[2]: ", "comments[3].side: "]
    ) {
      assert.include(text, place)
    }
    assert.notInclude(text, "comments[0]")
    assert.match(problems({ summary: "s", findings: [finding()] }), /^comments: must be an array$/)
    assert.strictEqual(Result.getOrThrow(lenient({ summary: "s", findings: [finding()] })).unreadable, 1)
    assert.match(problems({ comments: 3 }), /summary: .*\ncomments: must be an array/)
    assert.match(problems(null), /must be an object/)
  })

  it("keeps nineteen of twenty findings on the last chance", () => {
    const comments = Array.from({ length: 20 }, (_, at) => finding({ line: at === 4 ? 0 : at + 1 }))
    const decoded = Result.getOrThrow(lenient({ summary: "s", comments }))
    assert.deepStrictEqual([decoded.findings.length, decoded.unplaced.length, decoded.unreadable], [19, 1, 0])
    assert.strictEqual(Result.getOrThrow(lenient({ summary: "s", comments: [{ body: " " }, 3] })).unreadable, 2)
  })

  it("takes an absolute path, one that leads upwards, and one with backslashes or in a code span as it is written", () => {
    for (const path of ["/etc/passwd", "a/../../b", "src\\x.ts", "`src/x.ts`:6"]) {
      const decoded = Result.getOrThrow(strict({ summary: "s", comments: [finding({ path })] }))
      assert.strictEqual(decoded.findings[0]?.path, path)
    }
  })

  const lines: ReadonlyArray<readonly [given: Record<string, unknown>, read: object]> = [
    [{ line: "6" }, { line: 6 }],
    [{ line: "L6" }, { line: 6 }],
    [{ line: "4-6" }, { startLine: 4, line: 6 }],
    [{ line: "L4-L6" }, { startLine: 4, line: 6 }],
    [{ line: 6, start_line: 9 }, { startLine: 6, line: 9 }],
    [{ line: 6, start_line: "4" }, { startLine: 4, line: 6 }],
    [{ line: 6, start_line: true }, { line: 6 }],
    [{ line: 6, side: "left", suggestion: "x" }, { line: 6, side: "LEFT" }]
  ]
  for (const [given, read] of lines) {
    it(`reads the lines in ${JSON.stringify(given)} on the last chance`, () => {
      const { findings } = Result.getOrThrow(lenient({ summary: "s", comments: [finding(given)] }))
      assert.deepInclude(findings[0], read)
    })
  }

  it("tells what a finding says where no line can be told, on the last chance", () => {
    for (const line of [0, -1, 1.5, null, "somewhere", "-4", true]) {
      const { findings, unplaced } = Result.getOrThrow(lenient({ summary: "s", comments: [finding({ line })] }))
      assert.deepStrictEqual([findings.length, unplaced.length], [0, 1], String(line))
    }
  })

  it("keeps a finding whose severity nobody knows, and a list without a summary, on the last chance", () => {
    const decoded = Result.getOrThrow(
      lenient({ comments: [finding({ severity: "blocker", category: 3, confidence: null })] })
    )
    assert.deepInclude(decoded.findings[0], { severity: "medium", category: "other", confidence: "medium" })
    assert.strictEqual(Result.getOrThrow(lenient([finding()])).findings.length, 1)
    assert.isTrue(Result.isFailure(lenient({ summary: "", comments: [] })))
    assert.isTrue(Result.isFailure(lenient("no review")))
  })

  it("may come as a text that holds JSON, in whole or in part", () => {
    assert.isTrue(Result.isSuccess(strict(JSON.stringify(one({})))))
    assert.strictEqual(
      Result.getOrThrow(strict({ summary: "s", comments: JSON.stringify([finding()]) })).findings.length,
      1
    )
  })

  it.effect("is asked for by a schema that describes each field but the plainest ones, and has no pattern that looks around", () =>
    Effect.gen(function*() {
      const { schema } = Schema.toJsonSchemaDocument(reviewSubmission.input)
      assert.deepStrictEqual(schema["required"], ["summary", "comments"])
      assert.notInclude(JSON.stringify(schema), "(?")
      assert.strictEqual(JSON.stringify(schema).match(/"description"/g)?.length, 21)
      const answer = yield* reviewSubmission.decode(one({}), { lenient: false })
      assert.strictEqual(answer.summary, "s")
    }))
})
