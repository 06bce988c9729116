import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import {
  findingsOf,
  readCandidates,
  readGoldens,
  toolsIn,
  writtenCandidates,
  writtenGoldens
} from "../src/CodeReviewBench.ts"
import type { CaseResult, MatchedFinding } from "../src/Measured.ts"

/** Reads texts as files of these names. */
const reading = (files: Readonly<Record<string, string>>) =>
  FileSystem.layerNoop({ readFileString: (name) => Effect.succeed(files[name] ?? assert.fail(name)) })

const remark = (body: string, changes: Partial<MatchedFinding> = {}): MatchedFinding => ({
  body,
  match: { _tag: "Nothing" },
  repeat: false,
  ...changes
})

const resultOf = (number: number, changes: Partial<CaseResult> = {}): CaseResult => ({
  name: `case-${number}`,
  title: `Case ${number}`,
  url: `https://forge.example/pull/${number}`,
  state: "Reviewed",
  goldens: [],
  fixedLater: [],
  findings: [],
  cut: 0,
  millis: 1,
  ...changes
})

const results = [
  resultOf(1, {
    goldens: [{ comment: "It leaks", severity: "critical" }, { comment: "It is slow", severity: "low" }],
    findings: [
      remark("It leaks here", { path: "src/a.ts", startLine: 3, line: 4, severity: "high" }),
      remark("It leaks there, too", { path: "src/b.ts", line: 9, folded: true }),
      remark("It may be slow")
    ]
  }),
  resultOf(2),
  resultOf(3, { state: "Failed", problem: "no model" }),
  resultOf(4, { state: "NotRun" })
]

describe("the files that a run writes for Code Review Bench", () => {
  it.effect("are read again: the goldens of each case, and the findings of those that were reviewed", () =>
    Effect.gen(function*() {
      const suite = yield* readGoldens("out/goldens.json")
      assert.strictEqual(suite.name, "goldens")
      assert.deepStrictEqual(
        suite.cases.map(({ goldens, title, url }) => ({ goldens, title, url })),
        results.map(({ goldens, title, url }) => ({ goldens, title, url }))
      )
      const candidates = yield* readCandidates("candidates.json")
      assert.deepStrictEqual(toolsIn(candidates), ["ours"])
      assert.deepStrictEqual(suite.cases.map((one) => findingsOf(candidates, one, "ours")), [
        [
          { body: "It leaks here", path: "src/a.ts", line: 4 },
          { body: "It leaks there, too", path: "src/b.ts", line: 9 },
          { body: "It may be slow" }
        ],
        [],
        [],
        []
      ])
      // A tool that found nothing is another thing than a pull request that it has not looked at.
      assert.deepStrictEqual(Object.keys(candidates), [results[0]?.url, results[1]?.url])
    }).pipe(
      Effect.provide(reading({
        "out/goldens.json": writtenGoldens(results),
        "candidates.json": writtenCandidates(results, "ours")
      }))
    ))

  it("say in the words of the bench how grave a golden is, and where a finding stood", () => {
    const [first] = JSON.parse(writtenGoldens(results))
    assert.deepStrictEqual(first.comments, [
      { comment: "It leaks", severity: "Critical" },
      { comment: "It is slow", severity: "Low" }
    ])
    const written = JSON.parse(writtenCandidates(results, "ours"))
    assert.deepStrictEqual(written[results[0]?.url ?? ""].ours, [
      { text: "It leaks here", path: "src/a.ts", line: 4, source: "inline" },
      { text: "It leaks there, too", path: "src/b.ts", line: 9, source: "summary" },
      { text: "It may be slow", path: null, line: null, source: "inline" }
    ])
  })
})

describe("the candidates of another tool", () => {
  it("are listed by the tools' names, each once", () => {
    assert.deepStrictEqual(toolsIn({ one: { zebra: [], ours: [] }, two: { ours: [], apes: [] } }), [
      "apes",
      "ours",
      "zebra"
    ])
  })

  it.effect("have a place only where it is one: a path in the repository, and a line from 1 on", () =>
    Effect.gen(function*() {
      const candidates = yield* readCandidates("candidates.json")
      const [one] = results
      if (one === undefined) return assert.fail("there is a case")
      const found = findingsOf(candidates, { ...one, description: "", language: undefined, script: [], code }, "theirs")
      assert.deepStrictEqual(found.map(({ line, path }) => [path, line]), [
        ["src/a.ts", 1],
        ["src/a.ts", undefined],
        ["src/a.ts", undefined],
        ["src/a.ts", undefined],
        [undefined, 7]
      ])
    }).pipe(
      Effect.provide(reading({
        "candidates.json": JSON.stringify({
          [results[0]?.url ?? ""]: {
            theirs: [["src/a.ts", 1], ["src/a.ts", 0], ["src/a.ts", -1], ["src/a.ts", 1.5], ["../a.ts", 7]].map(
              ([path, line]) => ({ text: "It leaks", path, line })
            )
          }
        })
      }))
    ))
})

const code = { _tag: "Trees", base: {}, head: {} } as const
