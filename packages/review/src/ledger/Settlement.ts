import type { Sha } from "@nominal-code/domain/event/PullRequest"
import type { Job } from "@nominal-code/domain/job/Job"
import { Marker } from "@nominal-code/domain/review/Marker"
import type { Discussion } from "@nominal-code/domain/review/Review"
import { Forge } from "@nominal-code/forge/Forge"
import { fenced, fit } from "@nominal-code/forge/Markdown"
import { Effect } from "effect"
import { byHand, resolveThread } from "./Dismissal.ts"
import { type LedgerFinding, ledgerOf } from "./Ledger.ts"
import type { ClosedFinding } from "./Reckoning.ts"
import type { OwnPostTest } from "./Thread.ts"

/** A finding that a review closes, with the text for its thread. */
export interface Settlement {
  readonly finding: LedgerFinding
  readonly as: "fixed" | "dismissed"
  readonly text: string
}

const longestQuote = 2_000
const longestReason = 2_000

const textOf = (closing: ClosedFinding, headSha: Sha): string => {
  if (closing._tag === "Withdrawn") return `I withdraw this finding: ${fit(closing.reason.trim(), longestReason)}`
  if (closing._tag === "Gone") return `The code here has changed, and I do not find this any more in ${headSha}.`
  return closing.quote === undefined
    ? `Fixed in ${headSha}: the code is gone.`
    : `Fixed in ${headSha}:\n\n${fenced("", fit(closing.quote, longestQuote))}`
}

/** Writes the text about a finding that is closed. */
export const settlementOf = (headSha: Sha) => (closing: ClosedFinding): Settlement => ({
  finding: closing.finding,
  as: closing._tag === "Withdrawn" ? "dismissed" : "fixed",
  text: textOf(closing, headSha)
})

/** Discussions in which a run finds what an earlier one has done already. */
interface KnownDiscussions {
  readonly discussions: ReadonlyArray<Discussion>
  readonly isOurs: OwnPostTest
}

/**
 * Closes the threads of findings: resolves each, and answers in it once. The answer comes last, so that a run that is
 * repeated does what is left. A finding in a summary has no thread; the review's own markers tell of it.
 */
export const settleAll = Effect.fn("Settlement.settleAll")(
  function*(job: Job, headSha: Sha, settlements: ReadonlyArray<Settlement>, { discussions, isOurs }: KnownDiscussions) {
    const { event: { pullRequest }, id: jobId } = job
    const open = ledgerOf(discussions, isOurs).filter(({ settledBy }) => settledBy === undefined)
    for (const { as, finding: { fingerprint, threadId }, text } of settlements) {
      if (threadId === undefined || !open.some((one) => one.threadId === threadId)) continue
      const thread = { pullRequest, threadId }
      const resolved = yield* resolveThread(thread)
      yield* (yield* Forge).settle(
        thread,
        resolved ? text : `${text}\n\n${byHand}`,
        new Marker({ jobId, headSha, [as]: fingerprint })
      )
    }
  }
)
