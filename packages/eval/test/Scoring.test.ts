import { assert, describe, it } from "@effect/vitest"
import { RepoPath } from "@nominal-code/domain/event/PullRequest"
import { Usage } from "@nominal-code/domain/model/Usage"
import { Effect, Result } from "effect"
import { compareText } from "../src/Compare.ts"
import { missedFloors, parseFloors } from "../src/Floor.ts"
import { resultHtml } from "../src/HtmlReport.ts"
import { byWords } from "../src/Judge.ts"
import { matched } from "../src/Matching.ts"
import type { CaseResult, EvalFinding, Match } from "../src/Measured.ts"
import { metricsOf } from "../src/Score.ts"
import type { EvalCase } from "../src/Suite.ts"

const path = RepoPath.make("src/a.ts")

const one: EvalCase = {
  name: "one",
  title: "One",
  description: "",
  url: "https://forge.example/pull/1",
  language: undefined,
  code: { _tag: "Trees", base: {}, head: {} },
  goldens: [
    { comment: "The lock is never released when reading fails", severity: "high", path, line: 40 },
    { comment: "An empty list makes the average NaN", severity: "medium" }
  ],
  fixedLater: [{ comment: "The name of the variable is misleading" }],
  script: []
}

const finding = (body: string, line = 40, at = "src/a.ts"): EvalFinding => ({ body, path: at, line })

const judged = (findings: ReadonlyArray<EvalFinding>) =>
  Effect.map(byWords.judge(findings, one), ({ matches }) => matched(findings, matches))

const tags = (findings: ReadonlyArray<EvalFinding>) =>
  Effect.map(judged(findings), (all) => all.map(({ match }) => match._tag === "Golden" ? match.golden : match._tag))

const resultOf = (findings: CaseResult["findings"], changes: Partial<CaseResult> = {}): CaseResult => ({
  name: "one",
  title: "One",
  url: one.url,
  state: "Reviewed",
  goldens: one.goldens,
  fixedLater: one.fixedLater,
  findings,
  cut: 0,
  millis: 2_000,
  ...changes
})

describe("the comparison without a model", () => {
  it.effect("takes a few words on the same lines, and more of them elsewhere", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* tags([
          finding("When reading fails, this stays locked: the lock is not released.", 42),
          finding("The lock may be held twice.", 40),
          finding("Nothing here is tested.", 40),
          finding("The lock may be held twice.", 400),
          finding("The lock is never released when reading fails", 40, "src/b.ts"),
          finding("For an empty list the average is NaN.", 7, "src/c.ts"),
          finding("A misleading name for this variable", 9)
        ]),
        [0, 0, "Nothing", "Nothing", "Nothing", 1, "FixedLater"]
      )
    }))

  it.effect("takes three lines before and after a golden for its lines, by whichever end of a finding is nearer", () =>
    Effect.gen(function*() {
      const few = "The lock may be held twice."
      const across = (startLine: number, line: number) => ({ ...finding(few, line), startLine })
      assert.deepStrictEqual(
        yield* tags([
          finding(few, 36),
          finding(few, 37),
          finding(few, 43),
          finding(few, 44),
          across(30, 37),
          across(43, 50)
        ]),
        ["Nothing", 0, 0, "Nothing", 0, 0]
      )
    }))

  it.effect("takes the plural of a word, and its other tenses, for the word", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* tags([finding("Locks: nobody releases them when reads fail", 400), finding("Averaged lists", 7)]),
        [0, "Nothing"]
      )
    }))

  it.effect("takes the remark that is most like a finding, wherever it stands among the others", () =>
    Effect.gen(function*() {
      const goldens = ["Reading leaks a socket", "Reading leaks the handle of a file", "Writing leaks"].map((
        comment
      ) => ({
        comment,
        severity: "high" as const
      }))
      const { matches } = yield* byWords.judge([{ body: "Reading leaks the handle of a file" }], { ...one, goldens })
      assert.deepStrictEqual(matches, [{ _tag: "Golden", golden: 1 }])
    }))

  it.effect("asks for more words where one of the two has no line, or no file", () =>
    Effect.gen(function*() {
      const few = "The lock may be held twice."
      assert.deepStrictEqual(
        yield* tags([
          { body: few, path: "src/a.ts" },
          { body: few, line: 40 },
          { body: few, startLine: 40 },
          finding(few)
        ]),
        ["Nothing", "Nothing", "Nothing", 0]
      )
    }))

  it.effect("takes no ending from a word of four letters", () =>
    Effect.gen(function*() {
      const goldens = [{ comment: "uses", severity: "low" as const }]
      const kinds = Effect.map(
        byWords.judge([{ body: "used" }, { body: "uses" }], { ...one, goldens, fixedLater: [] }),
        ({ matches }) => matches.map(({ _tag }) => _tag)
      )
      assert.deepStrictEqual(yield* kinds, ["Nothing", "Golden"])
    }))

  it.effect("takes a short finding for a repeat of a long one that says it too", () =>
    Effect.gen(function*() {
      const short = "Timeout of seconds"
      const long = "The timeout of two seconds is short for a slow disk"
      const repeats = (bodies: ReadonlyArray<string>) =>
        Effect.map(judged(bodies.map((body) => finding(body, 90))), (all) => all.map(({ repeat }) => repeat))
      assert.deepStrictEqual(yield* repeats([long, short]), [false, true])
      assert.deepStrictEqual(yield* repeats([short, long]), [false, true])
    }))

  it.effect("counts what says the same again as a repeat", () =>
    Effect.gen(function*() {
      const findings = yield* judged([
        finding("The lock is never released when reading fails"),
        finding("If reading fails, nobody releases the lock"),
        finding("The timeout of two seconds is short for a slow disk", 90),
        finding("A slow disk: the timeout of two seconds is short", 10),
        finding("The timeout of two seconds is short for a slow disk", 10, "src/b.ts")
      ])
      assert.deepStrictEqual(findings.map(({ repeat }) => repeat), [false, true, false, true, false])
    }))

  it("counts findings about one golden or one note as repeats, and those about two as none", () => {
    const findings = ["a lock", "a list", "a name", "a file", "a port"].map((body, at) => finding(body, 10 * at))
    const matches: ReadonlyArray<Match> = [
      { _tag: "FixedLater", note: 0 },
      { _tag: "FixedLater", note: 1 },
      { _tag: "FixedLater", note: 0 },
      { _tag: "Golden", golden: 1 },
      { _tag: "Golden", golden: 1 }
    ]
    assert.deepStrictEqual(
      matched(findings, matches).map(({ repeat }) => repeat),
      [false, false, true, false, true]
    )
  })
})

describe("the figures of a run", () => {
  it("are zeros where no case was reviewed, and its dollars are not known", () => {
    const { dollars, judgeDollars, ...figures } = metricsOf([resultOf([], { state: "NotRun" })], 1)
    assert.deepStrictEqual([dollars, judgeDollars], [undefined, undefined])
    assert.deepInclude(figures, { cases: 0, precision: 0, recall: 0, f1: 0, anchors: 0, cached: 0, medianSeconds: 0 })
  })

  it.effect("count a golden once, a failed case's goldens as missed, and no case that was not run", () =>
    Effect.gen(function*() {
      const found = yield* judged([
        finding("The lock is never released when reading fails", 44),
        finding("If reading fails, nobody releases the lock"),
        finding("A misleading name for this variable", 9),
        finding("Nothing here is tested.", 40)
      ])
      const usage = new Usage({ input: 300, output: 50, cacheRead: 700, cacheWrite: 0 })
      const cases = [
        resultOf(found, { usage, dollars: 0.1 }),
        resultOf([], { goldens: [], dollars: 0.3, millis: 4_000 }),
        resultOf([], { state: "Failed", problem: "away" }),
        resultOf([], { state: "NotRun" })
      ]
      const metrics = metricsOf(cases, 9)
      assert.deepInclude(metrics, {
        cases: 3,
        clean: 1,
        failed: 1,
        notRun: 1,
        goldens: 4,
        found: 1,
        findings: 4,
        precision: 0.25,
        recall: 0.25,
        f1: 0.25,
        goldenOrFixedLater: 0.75,
        findingsPerPullRequest: 2,
        findingsPerCleanChange: 0,
        repeats: 1,
        anchors: 0.5,
        cached: 0.7,
        medianDollars: 0.2,
        medianSeconds: 3,
        seconds: 9
      })
      assert.closeTo(metrics.dollars ?? 0, 0.4, 1e-9)
      assert.isUndefined(metricsOf([resultOf([])], 1).dollars, "a price that is not known is no zero")
      const partly = metricsOf([resultOf([], { dollars: 0.1 }), resultOf([])], 1)
      assert.isUndefined(partly.dollars, "nor is the sum of those that are known the price of all")
    }))

  it("take the middle one of the cases by time and by dollars, and the mean of two", () => {
    const runs = (dollars: ReadonlyArray<number>) =>
      metricsOf(dollars.map((dollars) => resultOf([], { dollars, judgeDollars: 0.5, millis: dollars * 1000 })), 1)
    assert.deepInclude(runs([9, 1, 2]), { medianDollars: 2, medianSeconds: 2, dollars: 12, judgeDollars: 1.5 })
    assert.deepInclude(runs([9, 1, 4, 2]), { medianDollars: 3, medianSeconds: 3 })
    assert.deepInclude(runs([7]), { medianDollars: 7, dollars: 7 })
  })

  it("count an anchor of a golden that has a line, up to three lines beside it", () => {
    const at = (line: number, match: Match): CaseResult["findings"][number] => ({
      ...finding("It leaks", line),
      match,
      repeat: false
    })
    const first: Match = { _tag: "Golden", golden: 0 }
    const anchors = (...findings: CaseResult["findings"]) => metricsOf([resultOf(findings)], 1).anchors
    assert.strictEqual(anchors(at(43, first), at(44, first)), 0.5)
    assert.strictEqual(anchors(at(43, first), at(1, { _tag: "Golden", golden: 1 }), at(1, { _tag: "Nothing" })), 1)
    assert.strictEqual(anchors(at(43, first), at(90, { _tag: "FixedLater", note: 0 })), 1)
  })

  it("say which part of the input came from the cache, with what was written to it", () => {
    const usage = new Usage({ input: 100, output: 50, cacheRead: 200, cacheWrite: 100 })
    assert.strictEqual(metricsOf([resultOf([], { usage })], 1).cached, 0.5)
  })

  it.effect("have floors, and ceilings where less is better; one that is not known is missed", () =>
    Effect.sync(() => {
      const metrics = metricsOf([resultOf([])], 1)
      const missed = (text: string) => missedFloors(metrics, Result.getOrThrow(parseFloors(text)))
      assert.deepStrictEqual(missed("recall=0, findings=3.5,repeats=0"), [])
      assert.deepStrictEqual(missed("f1=.6"), ["F1 is .000, below .600"])
      const repeated = resultOf([
        { ...finding("The timeout is short"), match: { _tag: "Nothing" }, repeat: true }
      ])
      const ceiling = missedFloors(metricsOf([repeated], 1), Result.getOrThrow(parseFloors("repeats=0")))
      assert.deepStrictEqual(ceiling, ["repeats is 1, above 0"])
      assert.lengthOf(missed("dollars=1"), 1)
      assert.isTrue(Result.isFailure(parseFloors("f1")))
      assert.isTrue(Result.isFailure(parseFloors("beauty=1")))
      assert.deepStrictEqual(missed("F1=.6"), ["F1 is .000, below .600"])
      assert.match(
        String(Result.getFailure(parseFloors("seconds=1"))),
        /the figures are precision, recall, .*, median-seconds\b[^,]*$/
      )
    }))
})

describe("the reports of a run", () => {
  const run = (cases: ReadonlyArray<CaseResult>) => ({
    suite: "suite",
    reviewer: "model",
    judge: "words",
    metrics: metricsOf(cases, 1),
    cases
  })

  it.effect("name what a second run has found or lost", () =>
    Effect.gen(function*() {
      const before = run([resultOf(yield* judged([finding("The lock is never released when reading fails")]))])
      const after = run([
        resultOf(yield* judged([finding("For an empty list the average is NaN."), finding("Nothing is tested.", 1)])),
        resultOf([], { name: "two" })
      ])
      const text = compareText(before, after)
      assert.include(text, "  lost: The lock is never released when reading fails")
      assert.include(text, "  found now: An empty list makes the average NaN")
      assert.include(text, "  findings that match nothing: 0 → 1")
      assert.include(text, "two\n  only in the second run")
    }))

  it.effect("say which figures are better and worse, and nothing of one that is the same or not known", () =>
    Effect.gen(function*() {
      const found = yield* judged([finding("The lock is never released when reading fails")])
      const other = yield* judged([finding("Nothing is tested.", 1), finding("Nor is this.", 1)])
      const runs = [run([resultOf(found)]), run([resultOf(other, { dollars: 0.1 })])] as const
      const trends = (text: string) =>
        ["recall", "findings per pull request", "repeats", "dollars"].map((label) =>
          new RegExp(`^${label} .* {2}(better|worse)$`, "m").exec(text)?.[1]
        )
      assert.deepStrictEqual(trends(compareText(...runs)), ["worse", undefined, undefined, undefined])
      assert.deepStrictEqual(trends(compareText(runs[1], runs[0])), ["better", undefined, undefined, undefined])
      assert.strictEqual(
        compareText(run([resultOf(found)]), run([resultOf(found)])).match(/better|worse/g),
        null
      )
    }))

  it.effect("show each finding with what it matches and its place, and why a case has none", () =>
    Effect.gen(function*() {
      const found = yield* judged([
        finding("The lock is never released when reading fails"),
        finding("A misleading name for this variable", 9),
        { body: "Nothing here is tested.", path: "src/b.ts", folded: true },
        { body: "Nothing here is tested.", path: "src/b.ts", severity: "low" }
      ])
      const page = resultHtml(run([
        resultOf(found),
        resultOf([], { name: "two", state: "Failed", problem: "the model is away", goldens: [], fixedLater: [] }),
        resultOf([], { name: "three", state: "NotRun" }),
        resultOf([], { name: "four", state: "Failed" })
      ]))
      const [first = "", second = "", third = "", fourth = ""] = page.split("<section ").slice(1)
      assert.deepStrictEqual([...first.matchAll(/<small>(.*?)<\/small>/g)].map(([, facts]) => facts), [
        "golden 1 · high · src/a.ts:40",
        "golden 2 · medium",
        "fixed later 1",
        "golden 1 · src/a.ts:40",
        "fixed later 1 · src/a.ts:9",
        "matches nothing · src/b.ts · folded",
        "matches nothing · repeat · low · src/b.ts"
      ])
      assert.deepStrictEqual(
        [...first.matchAll(/<article class="(\w+)">/g)].map(([, kind]) => kind),
        ["hit", "miss", "later", "hit", "later", "miss", "miss"]
      )
      assert.notInclude(first, "<p>")
      assert.include(second, "<p>the model is away</p>")
      assert.include(second, "A clean change.")
      assert.include(third, "<p>not run</p>")
      assert.include(fourth, "<p>failed</p>")
    }))

  it.effect("write nothing of a model or a suite as markup", () =>
    Effect.gen(function*() {
      const page = resultHtml(
        run([resultOf(yield* judged([finding("<script>alert(1)</script>")]), { title: "<img src=x>" })])
      )
      assert.notInclude(page, "<script")
      assert.notInclude(page, "<img")
      assert.include(page, "&lt;script&gt;")
    }))
})
