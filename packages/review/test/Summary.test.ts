import { assert, describe, it } from "@effect/vitest"
import { Finding, Fingerprint } from "@nominal-code/domain/review/Finding"
import { fallback } from "../src/answer/Fallback.ts"
import { commentBody } from "../src/posted/CommentBody.ts"
import { composed } from "../src/posted/OutgoingText.ts"
import { summarize, type SummaryParts } from "../src/posted/Summary.ts"
import * as Scene from "./Scene.ts"

const found = (changes: Partial<ConstructorParameters<typeof Finding>[0]> = {}) => ({
  fingerprint: Fingerprint.make("0123456789abcdef"),
  finding: new Finding({
    path: Scene.path("src/cart.ts"),
    line: 11,
    side: "RIGHT",
    body: "It is wrong.",
    severity: "high",
    confidence: "medium",
    category: "security",
    ...changes
  })
})

const parts: SummaryParts = {
  headSha: Scene.headSha,
  text: "All in all, good.",
  inline: [],
  folded: [],
  cut: [],
  unplaced: [],
  coverage: [],
  repeated: 0,
  stillOpen: [],
  settlements: [],
  settledBefore: [],
  unproven: 0,
  refuted: 0,
  unverified: 0,
  unreadable: 0,
  minor: 0,
  repositoryProblems: [],
  files: 2,
  ignored: 0,
  limit: undefined
}

const summary = (of: SummaryParts) => summarize(of, Scene.pullRequest())

it("says below the model's text that findings in it did not hold, and counts them", () => {
  const text = summary({ ...parts, refuted: 1, unproven: 1 })
  assert.include(
    text,
    "All in all, good.\n\n> This was written before its findings were verified. 2 of them did not hold"
  )
  assert.include(text, "1 finding refuted \u00b7 1 finding without proof dropped")
  assert.notInclude(summary(parts), "verified")
})

describe("the summary", () => {
  it("of a review without findings is three short paragraphs", () => {
    assert.strictEqual(summary(parts), "**No findings.**\n\nAll in all, good.\n\n*Reviewed `aaaaaaa` · 2 files*")
  })

  it("counts the findings, the worst first, wherever they stand", () => {
    const text = summary({
      ...parts,
      inline: [found(), found({ severity: "low" })],
      folded: [found({ severity: "critical" })]
    })
    assert.match(text, /^\*\*3 new findings\*\* — 🔴 Critical: 1 · 🟠 High: 1 · 🔵 Low: 1\n/)
  })

  it("tells which limit of dollars ended the review early", () => {
    const said = (limit: SummaryParts["limit"]) => summary({ ...parts, limit }).split("\n\n")[2]
    assert.strictEqual(
      said("review"),
      "> This review ended early: the dollar limit of one review is used up. It may not have looked at everything."
    )
    assert.include(said("pull-request"), "the dollar limit of this pull request is used up")
    assert.include(said("repository"), "this repository's dollar limit for one day (UTC) is used up")
  })

  it("tells what was ignored, not repeated and not readable", () => {
    const text = summary({ ...parts, text: "", files: 1, ignored: 3, repeated: 2, unreadable: 1 })
    assert.strictEqual(
      text,
      "**1 finding of the model could not be read**\n\n*Reviewed `aaaaaaa` · 1 file (3 more ignored) · 2 earlier findings not repeated · 1 finding of the model could not be read*"
    )
  })

  it("ends with the findings that have no place in the diff, each with its code", () => {
    const text = summary({ ...parts, folded: [found({ suggestion: "let a = 1" })] })
    assert.match(
      text,
      /\n\n\*\*Additional notes \(not in diff\)\*\*\n\n- \*\*`src\/cart.ts:11`\*\* — It is wrong\.\n\n {2}```\n {2}let a = 1\n {2}```$/
    )
  })

  it("loses no finding and stays within what a forge takes, however much was found", () => {
    const folded = Array.from({ length: 120 }, (_, at) => found({ line: at + 1, body: "word ".repeat(400) }))
    const text = summary({ ...parts, text: "x\n".repeat(30_000), folded })
    assert.isBelow(text.length, 65_000 + 40_000)
    for (let line = 1; line <= 100; line++) assert.include(text, `\`src/cart.ts:${line}\``)
  })
})

describe("a comment", () => {
  it("says how bad, of what kind and how sure, and then what is wrong", () => {
    assert.strictEqual(commentBody(found().finding), "🟠 **High** · security · medium confidence\n\nIt is wrong.")
  })

  it("warns of a suggestion for a file that runs in CI or pins dependencies", () => {
    for (
      const path of [".github/workflows/ci.yml", "web/package-lock.json", ".gitlab-ci.yml", "Dockerfile", "go.sum"]
    ) {
      assert.include(commentBody(found({ path: Scene.path(path), suggestion: "x" }).finding), "⚠️", path)
      assert.notInclude(commentBody(found({ path: Scene.path(path) }).finding), "⚠️", path)
    }
    assert.notInclude(commentBody(found({ suggestion: "x" }).finding), "⚠️")
  })

  it("has a text and a suggestion of a length that leaves room, and keeps its fingerprint", () => {
    const fit = composed(true)
    assert.strictEqual(fit(found({ suggestion: "@team" })).finding.suggestion, "@team")
    assert.isFalse("suggestion" in fit(found({ suggestion: "x".repeat(30_000) })).finding)
    assert.isFalse("suggestion" in composed(false)(found({ suggestion: "ok" })).finding)
    assert.isBelow(fit(found({ body: "long\n".repeat(20_000) })).finding.body.length, 25_001)
    assert.strictEqual(fit(found({ body: "@team" })).fingerprint, "0123456789abcdef")
  })
})

describe("the fallback", () => {
  it("holds the summary that can be made out, and what to do", () => {
    const text = fallback(`{"summary": "Two \\"bugs\\" here", "comments": [`)
    assert.match(text, /^Two "bugs" here\n\n_No inline comments are available/)
    assert.include(text, "contact an administrator")
  })

  it("holds no more of a long summary than fits", () => {
    assert.isAtMost(fallback(`{"summary": "${"word ".repeat(10_000)}" : : `).length, 25_000)
  })

  it("holds nothing of an answer without one", () => {
    assert.notInclude(fallback("Error 529: the provider's words"), "529")
    assert.include(fallback(""), "Mention me again")
  })
})
