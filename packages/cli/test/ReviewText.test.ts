import { assert, describe, it } from "@effect/vitest"
import { RepoPath, Sha } from "@nominal-code/domain/event/PullRequest"
import { FileCoverage } from "@nominal-code/domain/review/Coverage"
import { Fingerprint } from "@nominal-code/domain/review/Finding"
import { commentHead } from "@nominal-code/review/posted/CommentBody"
import { Option, Schema } from "effect"
import {
  countAtLeast,
  reportOf,
  reviewJson,
  reviewMarkdown,
  type ReviewReport,
  suggestedChange,
  worstFirst
} from "../src/review/ReviewReport.ts"
import { paint, reviewText } from "../src/review/ReviewText.ts"
import { columns, pieces, printable, wrap } from "../src/review/TerminalText.ts"
import { ReviewedFinding } from "../src/ReviewedFinding.ts"

const path = RepoPath.make("src/pages.ts")
const lines = [
  "// Pages of a list.",
  "export const pages = (count: number, size: number) => Math.floor(count / size)",
  "export const 漢字 = \"漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字\""
]

const finding = (changes: Partial<ConstructorParameters<typeof ReviewedFinding>[0]> = {}) =>
  new ReviewedFinding({
    path,
    line: 2,
    side: "RIGHT",
    body: "The last page is lost: `Math.floor` drops the remainder of the division, so 21 items are one page.",
    suggestion: "export const pages = (count: number, size: number) => Math.ceil(count / size)",
    severity: "high",
    confidence: "high",
    category: "bug",
    fingerprint: Fingerprint.make("0123456789abcdef"),
    ...changes
  })

const report = (findings: ReadonlyArray<ReviewedFinding>, summary = "**1 finding**"): ReviewReport => ({
  summary,
  findings,
  headSha: Sha.make("a".repeat(40)),
  usage: undefined,
  severities: findings.map(({ severity }) => severity),
  files: new Map(findings.map(({ path, side }) => [`${side} ${path}`, lines])),
  coverage: [
    new FileCoverage({
      path: RepoPath.make("src/pages.ts"),
      kind: "source",
      seen: "part",
      why: "too-large",
      leftOut: 3
    })
  ]
})

const plain = (width: number) => ({ width, paint: (_: unknown, text: string) => text })
const coloured = { width: 80, paint }

/** Everything that a model, a file or a path may hold to make a terminal do something. */
const hostile = "\u001b[2J\u001b]0;title\u0007\u009b31m\u202eevil\u2066\r\u0008\u0000"
const controls = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u

describe("a review on a terminal", () => {
  it("shows what a forge folds", () => {
    const folded =
      "**No findings.**\n\n<details>\n<summary>1 of 2 files looked at in full</summary>\n\n- a\n\n</details>"
    assert.strictEqual(
      reviewText(report([], folded), plain(80)),
      "No findings.\n\n1 of 2 files looked at in full:\n\n- a"
    )
  })

  it("shows no asterisk and no backtick of a text that goes on in the next line", () => {
    const text = "*Reviewed a1b2c3d · 1 file* and **two strong words** and `a long span of code`."
    const words = "Reviewed a1b2c3d · 1 file and two strong words and a long span of code."
    const shown = reviewText(report([], text), plain(14))
    assert.strictEqual(shown.replaceAll("\n", " "), words)
    assert.include(
      reviewText(report([], text), { width: 14, paint }),
      `${paint("dim", "Reviewed")}\n${paint("dim", "a1b2c3d · 1")}\n`
    )
  })

  it("shows a block of code to its own fence, with the shorter fences in it", () => {
    const summary = "Write:\n\n````md\n```js\n**a**\n```\n````\n\nand not *that*."
    const text = reviewText(report([], summary), coloured)
    assert.include(text, paint("cyan", "```js"))
    assert.include(text, paint("cyan", "**a**"))
    assert.include(text, `and not ${paint("dim", "that")}.`)
  })

  it("shows place, severity, code and text of a finding, and its suggestion as a diff", () => {
    assert.strictEqual(
      reviewText(report([finding()]), plain(100)),
      [
        "**1 finding**".replaceAll("*", ""),
        "",
        "HIGH · bug · high confidence",
        "src/pages.ts:2",
        "     1   // Pages of a list.",
        "     2 │ export const pages = (count: number, size: number) => Math.floor(count / size)",
        `     3   ${lines[2]?.slice(0, 54)}`,
        `         ${lines[2]?.slice(54)}`,
        "",
        "  The last page is lost: Math.floor drops the remainder of the division, so 21 items are one page.",
        "",
        "  suggested change",
        "  - export const pages = (count: number, size: number) => Math.floor(count / size)",
        "  + export const pages = (count: number, size: number) => Math.ceil(count / size)"
      ].join("\n")
    )
  })

  it("colours the severity and the lines of the diff", () => {
    const text = reviewText(report([finding()]), coloured)
    assert.include(text, "\u001b[31mHIGH · bug · high confidence\u001b[39m")
    assert.include(text, "\u001b[32m  + export")
    assert.include(text, "\u001b[31m  - export")
  })

  it.each([20, 40, 80, 120])("has no line that is wider than %d columns", (width) => {
    const long = finding({
      body: `${"word ".repeat(40)}\n\n- ${"point ".repeat(20)}\n\n\`\`\`ts\n${lines[2]}\n\`\`\`\n${"x".repeat(200)}`,
      path: RepoPath.make(`${"deep/".repeat(30)}file.ts`)
    })
    const text = reviewText(report([finding(), long], "**2 findings** ".repeat(20)), plain(width))
    assert.deepStrictEqual(text.split("\n").filter((line) => columns(line) > width), [])
  })

  it("writes nothing that a terminal obeys but its own colours, wherever it comes from", () => {
    const bad = finding({
      body: `Look: ${hostile}`,
      suggestion: `x ${hostile}`,
      path: RepoPath.make(`a${hostile.replaceAll("\u0000", "")}.ts`)
    })
    const hostileReport = {
      ...report([bad], `Done ${hostile}`),
      files: new Map([[`RIGHT ${bad.path}`, [hostile, hostile, hostile]]])
    }
    const text = reviewText(hostileReport, coloured)
    const own = text.replaceAll(/\u001b\[\d+m/g, "")
    assert.notMatch(own.replaceAll("\n", ""), controls)
    assert.notMatch(reviewMarkdown(hostileReport).replaceAll("\n", ""), controls)
    const json = reviewJson(hostileReport)
    assert.notMatch(json.replaceAll("\n", ""), controls)
    assert.include(JSON.parse(json).summary, hostile)
    assert.deepStrictEqual(JSON.parse(json).coverage, [
      { path: "src/pages.ts", kind: "source", seen: "part", why: "too-large", leftOut: 3 }
    ])
  })
})

it("a review as Markdown has each finding under its place, and a suggestion where there is one", () => {
  const { suggestion, ...without } = finding({ line: 3, startLine: 1 })
  const text = reviewMarkdown(report([finding(), new ReviewedFinding(without)]))
  const [summary, first = "", second = ""] = text.split("\n\n### ")
  assert.strictEqual(summary, "**1 finding**")
  assert.isTrue(first.startsWith("`src/pages.ts:2`\n\n"), first)
  assert.isTrue(first.endsWith(`\n\n\`\`\`suggestion\n${suggestion}\n\`\`\``), first)
  assert.isTrue(second.startsWith("`src/pages.ts:1-3`\n\n"), second)
  assert.notInclude(second, "```")
})

describe("the text of a terminal", () => {
  it.prop(
    "is broken into pieces that fit and lose nothing",
    [Schema.String, Schema.Literals([2, 10, 40])],
    ([raw, width]) => {
      const text = printable(raw).replaceAll("\n", "")
      const broken = pieces(text, width)
      assert.strictEqual(broken.join(""), text)
      assert.isTrue(broken.every((piece) => columns(piece) <= width))
      assert.isTrue(wrap(text, width).every((line) => columns(line) <= width), text)
    }
  )
})

it("findings stand worst first, and are counted from a severity on", () => {
  const findings = (["low", "critical", "medium", "high"] as const).map((severity) => finding({ severity }))
  assert.deepStrictEqual(worstFirst(findings).map(({ severity }) => severity), ["critical", "high", "medium", "low"])
  assert.strictEqual(countAtLeast(findings.map(({ severity }) => severity), "high"), 2)
})

it("an item of a list keeps its mark, also in a column that is too narrow to hang its text under it", () => {
  assert.deepStrictEqual(wrap("- one two", 9), ["- one two"])
  assert.deepStrictEqual(wrap("- one two three", 9), ["- one two", "  three"])
  assert.deepStrictEqual(wrap("10. one two", 6), ["10.", "one", "two"])
})

it("a finding loses the head that a forge shows above it, unless nothing else would be left", () => {
  const head = commentHead(finding())
  const bodiesOf = (...bodies: ReadonlyArray<string>) =>
    reportOf({
      summary: "",
      findings: bodies.map((body) => finding({ body })),
      headSha: Sha.make("a".repeat(40)),
      usage: Option.none(),
      files: new Map(),
      severities: [],
      coverage: []
    }).findings.map(({ body }) => body)
  assert.deepStrictEqual(bodiesOf(`${head}\n\nIt is lost.`, "It is lost.", head), ["It is lost.", "It is lost.", head])
})

it("a suggestion as a diff keeps the order of its lines, also where one stands in it twice", () => {
  const [a, b] = ["call()", "done()"]
  assert.deepStrictEqual(
    suggestedChange({ ...finding(), startLine: 1, line: 3, suggestion: `${a}\n${b}\n` }, [a, b, a])
      .map(({ sign, text }) => sign + text),
    [" call()", " done()", "-call()"]
  )
})
