import { assert, describe, it } from "@effect/vitest"
import { Fingerprint, type Severity } from "@nominal-code/domain/review/Finding"
import type { LedgerFinding } from "../src/ledger/Ledger.ts"
import { headline } from "../src/posted/Headline.ts"
import type { SummaryParts } from "../src/posted/Summary.ts"
import * as Scene from "./Scene.ts"

const finding = (severity: Severity): LedgerFinding => ({
  fingerprint: Fingerprint.make("0123456789abcdef"),
  state: "open",
  severity,
  claim: "It is wrong.",
  inSummary: false,
  replies: []
})

interface FindingCounts {
  readonly added?: ReadonlyArray<Severity>
  readonly open?: ReadonlyArray<Severity>
  readonly fixed?: number
  readonly withdrawn?: number
  readonly before?: ReadonlyArray<LedgerFinding["state"]>
  readonly unreadable?: number
}

const line = ({ added = [], before = [], fixed = 0, open = [], unreadable = 0, withdrawn = 0 }: FindingCounts) => {
  const settled = (as: "fixed" | "dismissed", number: number) =>
    Array.from({ length: number }, () => ({ as, finding: finding("low"), text: "" }))
  const parts: SummaryParts = {
    headSha: Scene.headSha,
    text: "",
    inline: [],
    folded: [],
    cut: [],
    unplaced: added.map((severity) => ({ severity, text: "It is wrong." })),
    coverage: [],
    repeated: 0,
    stillOpen: open.map(finding),
    settlements: [...settled("fixed", fixed), ...settled("dismissed", withdrawn)],
    settledBefore: before.map((state) => ({ ...finding("low"), state })),
    unproven: 0,
    refuted: 0,
    unverified: 0,
    unreadable,
    minor: 0,
    repositoryProblems: [],
    files: 1,
    ignored: 0,
    limit: undefined
  }
  return headline(parts)
}

describe("the first line of a review", () => {
  it("says that there are no findings only if none is open and all could be read", () => {
    assert.strictEqual(line({}), "**No findings.**")
    assert.strictEqual(line({ unreadable: 1 }), "**1 finding of the model could not be read**")
    for (const numbers of [{ open: ["low"] }, { added: ["low"] }, { fixed: 1 }, { unreadable: 2 }] as const) {
      assert.notInclude(line(numbers), "No findings")
    }
  })

  it("counts what is new, what is still open and what was closed", () => {
    assert.strictEqual(
      line({ added: ["low", "medium"], open: ["high", "low", "low"], fixed: 1 }),
      "**2 new · 3 still open (1 high) · 1 fixed** — 🟠 High: 1 · 🟡 Medium: 1 · 🔵 Low: 3"
    )
    assert.strictEqual(
      line({ open: ["critical", "high"] }),
      "**2 still open (1 critical, 1 high)** — 🔴 Critical: 1 · 🟠 High: 1"
    )
    assert.strictEqual(line({ fixed: 2, withdrawn: 1 }), "**2 fixed · 1 withdrawn · nothing open**")
    assert.strictEqual(line({ added: ["low"], withdrawn: 1 }), "**1 new · 1 withdrawn** — 🔵 Low: 1")
  })

  it("counts what an earlier run of the same job has closed", () => {
    assert.strictEqual(line({ before: ["fixed", "dismissed"], fixed: 1 }), "**2 fixed · 1 withdrawn · nothing open**")
  })
})
