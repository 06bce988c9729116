import { assert, describe, it } from "@effect/vitest"
import { RepoPath } from "@nominal-code/domain/event/PullRequest"
import { Category, Fingerprint, Severity } from "@nominal-code/domain/review/Finding"
import { sarifFaults } from "@nominal-code/testing/SarifSchema"
import { Schema } from "effect"
import { nothingSarif, reviewSarif } from "../src/review/Sarif.ts"
import type { ReviewedFinding } from "../src/ReviewedFinding.ts"
import { finding, report } from "./Reported.ts"

const Text = Schema.Struct({ text: Schema.String })
const Message = Schema.Struct({ ...Text.fields, markdown: Schema.optionalKey(Schema.String) })
const Column = Schema.optionalKey(Schema.Int)
const Region = Schema.Struct({ startLine: Schema.Int, startColumn: Column, endLine: Schema.Int, endColumn: Column })
const Result = Schema.Struct({
  ruleId: Schema.String,
  ruleIndex: Schema.Int,
  level: Schema.String,
  message: Message,
  locations: Schema.Tuple([Schema.Struct({
    physicalLocation: Schema.Struct({
      artifactLocation: Schema.Struct({ uri: Schema.String, uriBaseId: Schema.String }),
      region: Region
    })
  })]),
  partialFingerprints: Schema.Record(Schema.String, Schema.String),
  fixes: Schema.optionalKey(Schema.Tuple([Schema.Struct({
    artifactChanges: Schema.Tuple([Schema.Struct({
      artifactLocation: Schema.Struct({ uri: Schema.String }),
      replacements: Schema.Tuple([Schema.Struct({ deletedRegion: Region, insertedContent: Text })])
    })])
  })]))
})
const Rule = Schema.Struct({ id: Schema.String, shortDescription: Text, fullDescription: Text, help: Text })
const Log = Schema.Struct({
  runs: Schema.Tuple([Schema.Struct({
    tool: Schema.Struct({
      driver: Schema.Struct({
        name: Schema.String,
        version: Schema.String,
        informationUri: Schema.String,
        rules: Schema.Array(Rule)
      })
    }),
    invocations: Schema.Tuple([Schema.Struct({
      toolExecutionNotifications: Schema.Array(Schema.Struct({ level: Schema.String, message: Message }))
    })]),
    results: Schema.Array(Result)
  })])
})
const decode = Schema.decodeUnknownSync(Log)

/** Reads SARIF that the published schema accepts. */
const accepted = (text: string) => {
  const log: unknown = JSON.parse(text)
  assert.strictEqual(sarifFaults(log), "")
  return decode(log).runs[0]
}

const run = (findings: ReadonlyArray<ReviewedFinding>, lines?: ReadonlyArray<string>) =>
  accepted(reviewSarif(report(findings, lines === undefined ? undefined : [...lines])))

/** The file after the only fix of the only result. */
const fixed = (lines: ReadonlyArray<string>, suggestion: string) => {
  const [replacement] = run([finding({ suggestion })], lines).results[0]?.fixes?.[0].artifactChanges[0].replacements ??
    []
  if (replacement === undefined) return undefined
  const { deletedRegion: { endColumn = 1, endLine, startColumn = 1, startLine }, insertedContent: { text } } =
    replacement
  const start = lines[startLine - 1]?.slice(0, startColumn - 1) ?? ""
  const end = lines[endLine - 1]?.slice(endColumn - 1) ?? ""
  return [...lines.slice(0, startLine - 1), start + text + end, ...lines.slice(endLine)].join("\n")
}

describe("a review as SARIF", () => {
  it("has the place, the level, the text, the identity and the suggestion of a finding", () => {
    const { invocations, results, tool: { driver } } = run([finding()])
    const region = { startLine: 2, startColumn: 1, endLine: 3, endColumn: 6 }
    const artifactLocation = { uri: "src/pages.ts", uriBaseId: "%SRCROOT%" }
    assert.deepStrictEqual(results, [{
      ruleId: "bug",
      ruleIndex: 0,
      level: "error",
      message: { text: "The last page is lost: 21 > 20.", markdown: "The last page is lost: 21 &gt; 20." },
      locations: [{ physicalLocation: { artifactLocation, region } }],
      partialFingerprints: {
        primaryLocationLineHash: "0123456789abcdef:1",
        "nominalCode/v1": "0123456789abcdef"
      },
      fixes: [{
        artifactChanges: [{
          artifactLocation: { uri: "src/pages.ts" },
          replacements: [{ deletedRegion: region, insertedContent: { text: "two\nand more" } }]
        }]
      }]
    }])
    assert.deepStrictEqual(invocations[0].toolExecutionNotifications, [
      { level: "note", message: { text: "**1 finding**", markdown: "**1 finding**" } }
    ])
    assert.strictEqual(driver.name, "Nominal Code")
    assert.match(driver.version, /^\d+\.\d+\.\d+/)
  })

  it("has a rule for each category, with the three texts that GitHub asks for", () => {
    const { results, tool: { driver: { rules } } } = run(Category.literals.map((category) => finding({ category })))
    assert.deepStrictEqual(rules.map(({ id }) => id), [...Category.literals])
    assert.deepStrictEqual(results.map(({ ruleIndex }) => rules[ruleIndex]?.id), [...Category.literals])
    for (const { fullDescription, help, shortDescription } of rules) {
      assert.isFalse([fullDescription, help, shortDescription].some(({ text }) => text === ""))
    }
  })

  it("has a level for each severity", () => {
    const { results } = run(Severity.literals.map((severity) => finding({ severity })))
    assert.deepStrictEqual(results.map(({ level }) => level), ["error", "error", "warning", "note"])
  })

  it("gives every result an identity of its own, even where two are about the same code", () => {
    const other = Fingerprint.make("fedcba9876543210")
    const { results } = run([finding(), finding({ line: 9, startLine: 8 }), finding({ fingerprint: other })])
    assert.deepStrictEqual(results.map(({ partialFingerprints }) => partialFingerprints["primaryLocationLineHash"]), [
      "0123456789abcdef:1",
      "0123456789abcdef:2",
      "fedcba9876543210:1"
    ])
  })

  it("has fixes that replace just the lines of the suggestion, with the line ends of the file", () => {
    assert.strictEqual(fixed(["one", "2", "3", "four"], "two\nthree\n"), "one\ntwo\nthree\nfour")
    assert.strictEqual(fixed(["one", "2", "3"], "two"), "one\ntwo")
    assert.strictEqual(fixed(["one\r", "2\r", "3\r", "four\r"], "two\nthree"), "one\r\ntwo\r\nthree\r\nfour\r")
  })

  it("has columns where the lines are known, as GitHub asks for them", () => {
    const regionIn = (lines: ReadonlyArray<string>) =>
      run([finding()], lines).results[0]?.locations[0].physicalLocation.region
    const whole = { startLine: 2, startColumn: 1, endLine: 3, endColumn: 3 }
    assert.deepStrictEqual(regionIn(["one\r", "2\r", "😀\r"]), whole)
    assert.deepStrictEqual(regionIn([]), { startLine: 2, endLine: 3 })
  })

  it("has no fix where it would not be exact: lines that are not known, or are only deleted", () => {
    assert.isUndefined(fixed(["one", "2"], "two"))
    assert.isUndefined(fixed(["one", "2", "3"], ""))
  })

  it("names findings on deleted lines among the notifications, since no file has these lines", () => {
    const deleted = finding({ side: "LEFT", severity: "medium" })
    const { invocations: [{ toolExecutionNotifications }], results } = run([deleted])
    assert.deepStrictEqual(results, [])
    assert.deepStrictEqual(toolExecutionNotifications[1], {
      level: "warning",
      message: { text: "src/pages.ts:2-3 (before the change): The last page is lost: 21 > 20." }
    })
  })

  it.prop(
    "leads to the file, whatever signs its path has",
    [Schema.NonEmptyArray(
      Schema.NonEmptyArray(Schema.Literals([" ", "#", "?", "%", "%20", "é", "漢", "😀", ":", "\\", "&", "+", ".", "a"]))
    )],
    ([folders]) => {
      const path = RepoPath.make(folders.map((characters) => `x${characters.join("")}`).join("/"))
      const [result] = run([finding({ path })]).results
      const { uri } = result?.locations[0].physicalLocation.artifactLocation ?? { uri: "" }
      const url = new URL(uri, "file:///root/")
      assert.match(uri, /^[!-~]+$/)
      assert.strictEqual(decodeURIComponent(url.pathname), `/root/${path}`)
      assert.strictEqual(url.search + url.hash, "")
      assert.strictEqual(result?.fixes?.[0].artifactChanges[0].artifactLocation.uri, uri)
    }
  )

  it("writes nothing that a terminal obeys", () => {
    const text = reviewSarif(report([finding({ body: "Look: \u001b[2J\u202e" })]))
    assert.notMatch(text.replaceAll("\n", ""), /[\p{Cc}\p{Cf}]/u)
    assert.include(accepted(text).results[0]?.message.text, "\u001b[2J\u202e")
  })

  it("says in a notification that there was nothing to review", () => {
    const { invocations: [{ toolExecutionNotifications }], results } = accepted(nothingSarif("the diff is empty"))
    assert.deepStrictEqual(results, [])
    assert.deepStrictEqual(toolExecutionNotifications, [
      { level: "note", message: { text: "Nothing to review: the diff is empty." } }
    ])
  })
})

it("the published schema refuses what is not SARIF", () => {
  assert.include(sarifFaults({ version: "2.1.0", runs: [{ results: [] }] }), "required property 'tool'")
  const [run] = JSON.parse(reviewSarif(report([finding()]))).runs
  assert.notStrictEqual(sarifFaults({ version: "2.1.0", runs: [{ ...run, results: [{ level: "bad" }] }] }), "")
})
