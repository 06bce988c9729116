import { Severity } from "@nominal-code/domain/review/Finding"
import type { LedgerFinding } from "../ledger/Ledger.ts"
import { badges } from "./CommentBody.ts"
import type { SummaryParts } from "./Summary.ts"

/** Number of findings after a review: new ones, those of earlier reviews that are open, and those that it has closed. */
export interface Counts {
  readonly added: ReadonlyArray<Severity>
  readonly stillOpen: ReadonlyArray<Severity>
  readonly fixed: number
  readonly withdrawn: number
}

/** Severity of a finding. Where somebody has edited its comment beyond recognition, it counts as `medium`. */
export const severityOf = ({ severity = "medium" }: LedgerFinding): Severity => severity

/** Counts the findings. What an earlier run of the same job has closed is closed by this review. */
export const countsOf = (
  { cut, folded, inline, settledBefore, settlements, stillOpen, unplaced }: SummaryParts
): Counts => {
  const states = [...settlements.map((one) => one.as), ...settledBefore.map(({ state }) => state)]
  return {
    added: [...[...inline, ...folded, ...cut].map(({ finding }) => finding), ...unplaced].map(({ severity }) =>
      severity
    ),
    stillOpen: stillOpen.map(severityOf),
    fixed: states.filter((state) => state === "fixed").length,
    withdrawn: states.filter((state) => state === "dismissed").length
  }
}

/** `1 finding`, `2 findings`. */
export const counted = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`

const perSeverity = (severities: ReadonlyArray<Severity>, text: (severity: Severity, number: number) => string) =>
  Severity.literals.flatMap((severity) => {
    const number = severities.filter((one) => one === severity).length
    return number === 0 ? [] : [text(severity, number)]
  })

const grave: ReadonlySet<Severity> = new Set(["critical", "high"])

const openText = (open: ReadonlyArray<Severity>): string => {
  const worst = perSeverity(open.filter((one) => grave.has(one)), (severity, number) => `${number} ${severity}`)
  return `${open.length} still open${worst.length === 0 ? "" : ` (${worst.join(", ")})`}`
}

/**
 * First line of a review: what is open after it, and what became of the rest. That there are no findings is said only if
 * none is open and everything that the model handed in could be read.
 */
export const headline = (parts: SummaryParts): string => {
  const { added, fixed, stillOpen, withdrawn } = countsOf(parts)
  const { unreadable } = parts
  const open = [...added, ...stillOpen]
  const closed = [
    ...(fixed === 0 ? [] : [`${fixed} fixed`]),
    ...(withdrawn === 0 ? [] : [`${withdrawn} withdrawn`])
  ]
  const lost = unreadable === 0 ? [] : [`${counted(unreadable, "finding")} of the model could not be read`]
  const badged = perSeverity(open, (severity, number) => `${badges[severity].replaceAll("*", "")}: ${number}`)
  if (open.length + closed.length + lost.length === 0) return "**No findings.**"
  if (open.length === 0) {
    return `**${[...closed, ...lost, ...(lost.length > 0 ? [] : ["nothing open"])].join(" \u00b7 ")}**`
  }
  const news = stillOpen.length + closed.length === 0
    ? [counted(added.length, "new finding")]
    : [...(added.length === 0 ? [] : [`${added.length} new`]), ...(stillOpen.length === 0 ? [] : [openText(stillOpen)])]
  return `**${[...news, ...closed].join(" \u00b7 ")}** \u2014 ${badged.join(" \u00b7 ")}`
}
