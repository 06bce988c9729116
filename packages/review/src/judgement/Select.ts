/** Selection of what a review posts: the findings that matter most, and a line in the summary for the others. */
import { parsePatch } from "@nominal-code/domain/diff/Hunk"
import type { ChangedFile } from "@nominal-code/domain/diff/Patch"
import { Confidence, Severity } from "@nominal-code/domain/review/Finding"
import { makeRuleOf } from "@nominal-code/domain/review/Selection"
import { isSevereEnough } from "@nominal-code/domain/settings/RepositorySettings"
import type { ReviewSettings } from "@nominal-code/domain/settings/ReviewSettings"
import { Effect } from "effect"
import type { FingerprintedFinding } from "./Anchor.ts"
import type { Verdict } from "./Verdict.ts"

/** A finding with its verdict. */
export interface JudgedFinding {
  readonly found: FingerprintedFinding
  /** True if its lines are in the diff. */
  readonly isInline: boolean
  /** Absent if it was not verified. */
  readonly verdict?: Verdict | undefined
}

/** Basis of a selection. */
export interface SelectContext {
  readonly settings: Pick<ReviewSettings, "maxFindings" | "minSeverity" | "nits" | "paths">
  readonly files: ReadonlyArray<ChangedFile>
}

/** Findings by what becomes of them: confirmed ones first, else in the finder's order. */
export interface Selection {
  readonly posted: ReadonlyArray<JudgedFinding>
  /** Those that are worth a line in the summary only. */
  readonly cut: ReadonlyArray<JudgedFinding>
}

/** Changed lines from which a review may have more findings, those for one more, and its most findings, as a multiple. */
const largeChange = 500
const linesPerFinding = 100
const mostTimes = 4

const changedLines = (files: ReadonlyArray<ChangedFile>): number =>
  files.reduce(
    (sum, { patch = "" }) =>
      sum +
      parsePatch(patch).reduce((sum, { lines }) => sum + lines.filter(({ kind }) => kind !== "context").length, 0),
    0
  )

/** Number of findings that a review of some change posts. */
const limitFor = (maxFindings: number, files: ReadonlyArray<ChangedFile>): number =>
  maxFindings === 0 ? Infinity : Math.min(
    maxFindings * mostTimes,
    maxFindings + Math.floor(Math.max(0, changedLines(files) - largeChange) / linesPerFinding)
  )

const isNit = ({ found: { finding } }: JudgedFinding): boolean => finding.severity === "low"

/** True for a finding that no limit cuts. */
const isAlwaysPosted = ({ found: { finding: { category, severity } } }: JudgedFinding): boolean =>
  severity === "critical" || category === "security" || category === "data-loss"

const certaintyOf = ({ verdict }: JudgedFinding): number => verdict === undefined ? 1 : certainty[verdict._tag]
const certainty = { Confirmed: 0, Uncertain: 2, Refuted: 3 } as const

/** True for a finding that depends on code elsewhere. Where its finder does not say, its evidence does. */
const isReaching = ({ found: { claim, finding } }: JudgedFinding): boolean =>
  claim?.reach === undefined
    ? claim?.evidence?.some(({ path }) => path !== finding.path) === true
    : claim.reach === "reaching"

const weights = (one: JudgedFinding): ReadonlyArray<number> => {
  const { claim, finding } = one.found
  return [
    certaintyOf(one),
    isNit(one) ? 1 : 0,
    claim?.evidence === undefined ? 1 : 0,
    isReaching(one) ? 1 : 0,
    Severity.literals.indexOf(finding.severity),
    Confidence.literals.indexOf(finding.confidence)
  ]
}

/** Order of findings: confirmed ones first, nits last, local before reaching, then by severity and confidence. */
export const byWeight = (a: JudgedFinding, b: JudgedFinding): number => {
  const others = weights(b)
  return weights(a).map((weight, at) => weight - (others[at] ?? 0)).find((difference) => difference !== 0) ?? 0
}

/** Order in which findings take their places: first those that no limit cuts. */
const byRight = (a: JudgedFinding, b: JudgedFinding): number =>
  Number(isAlwaysPosted(b)) - Number(isAlwaysPosted(a)) || byWeight(a, b)

/** Makes the test of the findings that are reported at all: findings of enough severity, by their paths. */
export const makeIsReported = ({ minSeverity, nits, paths }: SelectContext["settings"]) => {
  const ruleOf = makeRuleOf(paths)
  return ({ finding }: Pick<FingerprintedFinding, "finding">): boolean => {
    const rule = ruleOf(finding.path)
    return isSevereEnough(rule.minSeverity ?? minSeverity)(finding) &&
      (finding.severity !== "low" || (rule.nits ?? nits) !== "off")
  }
}

/**
 * Selects what is posted. Within the limits, of the whole review and of each rule of paths, the weightiest come first. No
 * limit cuts a critical finding, or one of security or of lost data.
 */
export const select = Effect.fn("Select.select")(
  (judged: ReadonlyArray<JudgedFinding>, { files, settings }: SelectContext) =>
    Effect.sync((): Selection => {
      const ruleOf = makeRuleOf(settings.paths)
      const limit = limitFor(settings.maxFindings, files)
      const posted = new Set<JudgedFinding>()
      const byPath = new Map<string, number>()
      for (const one of judged.toSorted(byRight)) {
        const { maxFindings = 0, nits = settings.nits, scope } = ruleOf(one.found.finding.path)
        const inScope = scope === undefined ? 0 : byPath.get(scope) ?? 0
        const isFull = posted.size >= limit || maxFindings > 0 && inScope >= maxFindings
        const isCut = isFull || isNit(one) && nits !== "post"
        if (isCut && !isAlwaysPosted(one)) continue
        posted.add(one)
        if (scope !== undefined) byPath.set(scope, inScope + 1)
      }
      const inOrder = judged.toSorted((a, b) => certaintyOf(a) - certaintyOf(b))
      return { posted: inOrder.filter((one) => posted.has(one)), cut: inOrder.filter((one) => !posted.has(one)) }
    })
)
