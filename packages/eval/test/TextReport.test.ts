import { assert, describe, it } from "@effect/vitest"
import { RepoPath } from "@nominal-code/domain/event/PullRequest"
import { Usage } from "@nominal-code/domain/model/Usage"
import { compareText } from "../src/Compare.ts"
import type { CaseResult, EvalResult, MatchedFinding } from "../src/Measured.ts"
import { metricsOf } from "../src/Score.ts"
import { caseText, figures, resultText } from "../src/TextReport.ts"

const path = RepoPath.make("src/a.ts")
const goldens = [
  { comment: "The lock is never released", severity: "high" as const, path, line: 4 },
  { comment: "The average of nothing is NaN", severity: "medium" as const }
]

const finding = (match: MatchedFinding["match"]): MatchedFinding => ({
  body: "A remark",
  path,
  line: 4,
  match,
  repeat: false
})

const caseOf = (changes: Partial<CaseResult> = {}): CaseResult => ({
  name: "one",
  title: "One",
  url: "https://forge.example/pull/1",
  state: "Reviewed",
  goldens,
  fixedLater: [],
  findings: [],
  cut: 0,
  millis: 2_000,
  ...changes
})

const runOf = (cases: ReadonlyArray<CaseResult>, changes: Partial<EvalResult> = {}): EvalResult => ({
  suite: "suite",
  reviewer: "model",
  judge: "words",
  metrics: metricsOf(cases, 1),
  cases,
  ...changes
})

describe("a case in one line", () => {
  it("counts a golden that two findings say once, and what matches nothing", () => {
    const golden = finding({ _tag: "Golden", golden: 0 })
    assert.strictEqual(caseText(caseOf({ findings: [golden, golden] })), "one: 1 of 2 found")
    assert.strictEqual(caseText(caseOf({ findings: [finding({ _tag: "Nothing" })] })), "one: 0 of 2 found, 1 others")
  })

  it("says why it failed, or that it was not run", () => {
    assert.strictEqual(caseText(caseOf({ state: "Failed", problem: "no model" })), "one: failed: no model")
    assert.strictEqual(caseText(caseOf({ state: "NotRun" })), "one: not run")
  })
})

describe("a run as a table", () => {
  it("has each figure under its label, `unknown` for a price that is not known, and the failed cases below", () => {
    const text = resultText(runOf([caseOf(), caseOf({ name: "two", state: "Failed", problem: "no model" })]))
    assert.match(text, /^suite, reviewed by model, judged by words\n2 cases, 0 of them clean; [^\n]*; 1 failed\n/)
    for (const { label } of figures) assert.include(text, `\n${label} `)
    assert.match(text, /\ndollars +unknown\n/)
    assert.isTrue(text.endsWith("\n\ntwo: failed: no model"))
  })

  it("has its values below each other, and says nothing of cases that have failed or were not run if there are none", () => {
    const [first, counts, , ...rows] = resultText(runOf([caseOf(), caseOf({ name: "two", goldens: [] })])).split("\n")
    assert.strictEqual(first, "suite, reviewed by model, judged by words")
    assert.strictEqual(counts, "2 cases, 1 of them clean; 0 of 2 goldens found by 0 findings")
    assert.lengthOf(rows, figures.length)
    assert.strictEqual(rows.at(-1), "time of the run               1.0 s")
    assert.deepStrictEqual(new Set(rows.map((row) => row.search(/(?<= {2})\S+(?: s)?$/))), new Set([30]))
    const unfinished = resultText(runOf([caseOf({ state: "Failed" }), caseOf({ state: "NotRun" })]))
    assert.include(unfinished, "; 1 failed; 1 not run, because the dollars were used up\n")
    assert.isTrue(unfinished.endsWith("\n\none: failed: "))
  })
})

describe("two runs beside each other", () => {
  const found = caseOf({ findings: [finding({ _tag: "Golden", golden: 0 })] })
  const rowOf = (text: string, label: string) =>
    text.split("\n").find((line) => line.startsWith(`${label} `))?.replaceAll(/ {2,}/g, "  ")

  it("say of a figure if it became better or worse, and nothing where more is neither", () => {
    const text = compareText(runOf([caseOf()]), runOf([found]))
    assert.strictEqual(rowOf(text, "recall"), "recall  .000  .500  better")
    assert.strictEqual(rowOf(compareText(runOf([found]), runOf([caseOf()])), "recall"), "recall  .500  .000  worse")
    assert.strictEqual(rowOf(text, "findings per pull request"), "findings per pull request  0.0  1.0")
    assert.strictEqual(rowOf(text, "repeats"), "repeats  0  0")
    const repeating = caseOf({ findings: [{ ...finding({ _tag: "Golden", golden: 0 }), repeat: true }] })
    assert.strictEqual(rowOf(compareText(runOf([found]), runOf([repeating])), "repeats"), "repeats  0  1  worse")
  })

  it("know of each figure which way is better: more of what was found, less of noise, of tokens, of dollars and of time", () => {
    const usage = (input: number, cacheRead: number) => new Usage({ input, cacheRead, output: 1, cacheWrite: 0 })
    const at = (line: number) => ({ ...finding({ _tag: "Golden", golden: 0 }), line })
    const noise = { ...finding({ _tag: "Nothing" }), repeat: true }
    const clean = caseOf({ name: "clean", goldens: [], usage: usage(1, 0), dollars: 1, judgeDollars: 1 })
    const bad = runOf([
      caseOf({ findings: [at(90), noise, noise], usage: usage(900, 50), dollars: 9, judgeDollars: 2, millis: 9_000 }),
      { ...clean, findings: [noise], millis: 9_000 }
    ])
    const good = runOf([
      caseOf({ findings: [at(4)], usage: usage(100, 700), dollars: 2, judgeDollars: 1, millis: 1_000 }),
      { ...clean, millis: 1_000 }
    ])
    const trends = (before: EvalResult, after: EvalResult) => {
      const text = compareText(before, { ...after, metrics: { ...after.metrics, seconds: 7 } })
      return Object.fromEntries(
        figures.map(({ label, name }) => [name, /(better|worse)$/.exec(rowOf(text, label) ?? "")?.[0]])
      )
    }
    const unjudged = { findings: undefined, judge: undefined, seconds: undefined }
    const judged = figures.map(({ name }) => name).filter((name) => !(name in unjudged))
    const all = (trend: string) => ({ ...Object.fromEntries(judged.map((name) => [name, trend])), ...unjudged })
    assert.deepStrictEqual(trends(bad, good), { ...all("better"), recall: undefined })
    assert.deepStrictEqual(trends(good, bad), { ...all("worse"), recall: undefined })
  })

  it("are a table of figures and nothing else where they are the same", () => {
    const lines = compareText(runOf([found]), runOf([found], { reviewer: "other" })).split("\n")
    assert.lengthOf(lines, figures.length + 1)
    assert.strictEqual(lines[0], `${"".padEnd(30)}model    other`.trimEnd())
    assert.strictEqual(lines[1], "precision                     1.000    1.000")
    assert.strictEqual(lines.at(-1), "time of the run               1.0 s    1.0 s")
  })

  it("say nothing of a golden that only one of the suites has", () => {
    const reworded = caseOf({ goldens: [{ comment: "The lock leaks", severity: "high", path, line: 4 }] })
    const text = compareText(runOf([found]), runOf([reworded]))
    assert.notInclude(text, "lost:")
    assert.notInclude(text, "found now:")
  })

  it("name what is in one of them only, a case that ended otherwise, and judges that differ", () => {
    const before = runOf([caseOf({ name: "old" }), caseOf()])
    const after = runOf([caseOf({ state: "Failed", problem: "no model" }), caseOf({ name: "new" })], {
      judge: "a-model"
    })
    const text = compareText(before, after)
    assert.isTrue(text.startsWith("The judges differ: words and a-model.\n\n"))
    assert.isTrue(text.endsWith(
      "s\n\none\n  Reviewed → Failed\nnew\n  only in the second run\nold\n  only in the first run"
    ))
  })
})
