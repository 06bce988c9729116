/** The reckoning of a later review: what has become of each finding that was open before it. */
import { parsePatch } from "@nominal-code/domain/diff/Hunk"
import type { ChangedFile } from "@nominal-code/domain/diff/Patch"
import { RepoPath } from "@nominal-code/domain/event/PullRequest"
import type { Checkout } from "@nominal-code/workspace/Workspace"
import { Effect, Option, Schema } from "effect"
import type { EarlierAnswer } from "../answer/EarlierAnswer.ts"
import { placesOfQuote, plainLine, quotedLines } from "../answer/Quote.ts"
import { namedFindings } from "../prompt/LedgerPrompt.ts"
import { agrees } from "./Consent.ts"
import { makeChangedSince } from "./FollowedPlaces.ts"
import type { LedgerFinding } from "./Ledger.ts"
import { lineNow, type PriorFinding } from "./PriorFindings.ts"

/** An open finding that a review closes, and why. */
export type ClosedFinding =
  /** The quoted code has fixed it. Where code was only deleted, there is no quote. */
  | { readonly _tag: "Fixed"; readonly finding: LedgerFinding; readonly quote?: string }
  /** Its code has changed, and the review does not find it any more. */
  | { readonly _tag: "Gone"; readonly finding: LedgerFinding }
  /** The finding turned out to be wrong. */
  | { readonly _tag: "Withdrawn"; readonly finding: LedgerFinding; readonly reason: string }

/** The open findings of earlier reviews, after this one. */
export interface Reckoning {
  readonly stillOpen: ReadonlyArray<LedgerFinding>
  readonly closing: ReadonlyArray<ClosedFinding>
}

/** Basis of a reckoning. */
export interface ReckoningContext {
  readonly checkout: Checkout
  readonly open: ReadonlyArray<LedgerFinding>
  readonly answers: ReadonlyArray<EarlierAnswer>
  /** The prior findings that the review has raised again. */
  readonly raisedAgain: ReadonlySet<PriorFinding>
  /** True if the review has looked at the whole head, so that its silence about a finding means something. */
  readonly whole: boolean
}

const isHeldBack = ({ replies }: LedgerFinding): boolean => replies.some(({ body }) => !agrees(body))

/** True if a file holds a quote. */
const holds = (file: ReadonlyArray<string>, quote: ReadonlyArray<string>): boolean =>
  placesOfQuote(file, quote).length > 0

const addedTo = (path: string, files: ReadonlyArray<ChangedFile>): ReadonlySet<string> =>
  new Set(
    files.filter((file) => file.path === path).flatMap(({ patch = "" }) =>
      parsePatch(patch).flatMap(({ lines }) =>
        lines.flatMap(({ kind, text }) => kind === "added" ? [plainLine(text)] : [])
      )
    )
  )

const isPath = Schema.is(RepoPath)

/** Makes the reads of a reckoning. What cannot be read proves nothing. */
const makeEvidence = ({ checkout }: ReckoningContext) => {
  const changedSince = makeChangedSince(checkout)
  const fileAt = (side: "LEFT" | "RIGHT", path: string) =>
    isPath(path)
      ? Effect.orElseSucceed(checkout.lines(side, path), () => Option.none<ReadonlyArray<string>>())
      : Effect.succeedNone

  /** True if the code of a finding is not there any more: its line was changed or deleted, or its whole file. */
  const isGone = Effect.fnUntraced(function*({ place }: LedgerFinding) {
    if (place === undefined || place.side === "LEFT" || place.line !== undefined) return false
    const file = yield* fileAt("RIGHT", place.path)
    if (Option.exists(file, (lines) => lineNow(place, lines) !== undefined)) return false
    return place.replacedBy !== undefined || Option.isSome(file) && place.code.length > 0
  })

  /** True if a quote stands in its file at the head, and is new there since the finding was raised. */
  const isFixedBy = Effect.fnUntraced(function*({ headSha, place }: LedgerFinding, quote: string, where?: string) {
    const path = where ?? place?.path ?? ""
    const wanted = quotedLines(quote)
    const file = yield* fileAt("RIGHT", path)
    if (Option.isNone(file) || !holds(file.value, wanted)) return false
    const changed = headSha === undefined ? Option.none() : yield* changedSince(headSha)
    if (Option.isNone(changed)) return place !== undefined && place.line === undefined && !holds(place.code, wanted)
    const added = addedTo(path, changed.value)
    return wanted.some((line) => added.has(line))
  })

  return { isFixedBy, isGone }
}

/**
 * Decides what has become of each open finding. It is closed if the model says so and shows the code that fixes it, if its
 * code is gone and a review of the whole head does not raise it again, or if the model withdraws it. It stays open if its
 * code was not touched, or if somebody has answered us without agreeing.
 */
export const reckon = Effect.fn("Reckoning.reckon")(function*(context: ReckoningContext) {
  const { answers, open, raisedAgain, whole } = context
  const evidence = makeEvidence(context)
  const ids = new Map(namedFindings(open).map(({ finding, id }) => [finding, id]))
  const answerTo = (finding: LedgerFinding) => answers.find(({ id }) => id === ids.get(finding))

  const closingOf = Effect.fnUntraced(function*(finding: LedgerFinding): Effect.fn.Return<ClosedFinding | undefined> {
    if (raisedAgain.has(finding)) return undefined
    const { path, quote, reason, status } = answerTo(finding) ?? {}
    if (status === "withdrawn") return reason === undefined ? undefined : { _tag: "Withdrawn", finding, reason }
    if (status === "open" || isHeldBack(finding)) return undefined
    if (status === "fixed" && quote !== undefined) {
      return (yield* evidence.isFixedBy(finding, quote, path)) ? { _tag: "Fixed", finding, quote } : undefined
    }
    if (status === undefined && !whole || !(yield* evidence.isGone(finding))) return undefined
    return status === "fixed" ? { _tag: "Fixed", finding } : { _tag: "Gone", finding }
  })

  const closings = yield* Effect.forEach(open, closingOf)
  const reckoning: Reckoning = {
    stillOpen: open.filter((_, at) => closings[at] === undefined),
    closing: closings.filter((closing) => closing !== undefined)
  }
  return reckoning
})
