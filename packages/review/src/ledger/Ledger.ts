/** The ledger of findings of a pull request. The forge keeps it: our own comments, their markers and threads. */
import { parsePatch } from "@nominal-code/domain/diff/Hunk"
import type { Side } from "@nominal-code/domain/diff/Patch"
import type { Sha } from "@nominal-code/domain/event/PullRequest"
import type { JobId } from "@nominal-code/domain/job/Job"
import {
  claimWords,
  type Fingerprint,
  fingerprint as fingerprintOf,
  Severity
} from "@nominal-code/domain/review/Finding"
import { type Marker, markersIn, splitMarkers } from "@nominal-code/domain/review/Marker"
import type { Discussion } from "@nominal-code/domain/review/Review"
import { beforeBlock } from "@nominal-code/domain/text/Fence"
import { foldedFindings } from "@nominal-code/forge/FoldedFindings"
import { badges } from "../posted/CommentBody.ts"
import type { PriorFinding, PriorPlace } from "./PriorFindings.ts"
import type { OwnPostTest } from "./Thread.ts"

/**
 * State of a finding. `resolved`: a person has resolved its thread. `fixed` and `dismissed`: a marker of ours says so.
 */
export type FindingState = "open" | "fixed" | "dismissed" | "resolved"

/** A finding of ours on a pull request. */
export interface LedgerFinding extends PriorFinding {
  readonly state: FindingState
  /** Absent where its comment was edited beyond recognition. */
  readonly severity?: Severity
  /** Its claim, in our words. */
  readonly claim: string
  /** The commit whose review has raised it, or to which the forge has followed it since. */
  readonly headSha?: Sha
  /** True for one that stands in a summary, where nobody can resolve it. */
  readonly inSummary: boolean
  /** Its thread; absent for one that stands in a summary. */
  readonly threadId?: string
  /** Others' comments in its thread since our last word there, oldest first. */
  readonly replies: ReadonlyArray<Discussion>
  /** The job that has settled it. */
  readonly settledBy?: JobId
  /** Our answer with which it was dismissed. */
  readonly reason?: string
}

const heading = /^.*?· ([\w-]+) · \w+ confidence(?: · `[\w.-]+`)?(?:$|: )/m

/** Text of a finding below its heading, without its suggestion. */
const claimOf = (text: string): string => {
  const [head = ""] = heading.exec(text) ?? []
  return beforeBlock(text.slice(text.indexOf(head) + head.length), "suggestion").trim()
}

const severityOf = (text: string): Severity | undefined =>
  Severity.literals.find((severity) => text.startsWith(badges[severity]))

const described = (text: string) => ({
  category: heading.exec(text)?.[1] ?? "",
  words: claimWords(claimOf(text))
})

const sideOf = ({ side }: Discussion, lastKind: string | undefined): Side =>
  side ?? (lastKind === "deleted" ? "LEFT" : "RIGHT")

const placeOf = (discussion: Discussion, text: string): PriorPlace | undefined => {
  const { diffHunk = "", line, originalLine, path } = discussion
  if (path === undefined) return undefined
  const lines = parsePatch(diffHunk).flatMap((hunk) => hunk.lines)
  const side = sideOf(discussion, lines.at(-1)?.kind)
  return {
    path,
    side,
    line,
    originalLine,
    code: lines.filter(({ kind }) => kind !== (side === "LEFT" ? "added" : "deleted")).map(({ text }) => text),
    ...described(text)
  }
}

/** A marker that settles a finding, and the position of its comment. */
interface Settlement {
  readonly fingerprint: Fingerprint
  readonly at: number
  /** Thread in which it was said; absent below the pull request. */
  readonly threadId?: string | undefined
  readonly end: Pick<LedgerFinding, "state" | "settledBy" | "reason">
}

const settlementsIn = (ours: ReadonlyArray<Discussion>): ReadonlyArray<Settlement> =>
  ours.flatMap(({ body, path, threadId: thread }, at) => {
    const { markers, text } = splitMarkers(body)
    const threadId = path === undefined ? undefined : thread
    return markers.flatMap(({ dismissed, fixed, jobId }): ReadonlyArray<Settlement> => [
      ...(dismissed === undefined
        ? []
        : [{
          fingerprint: dismissed,
          at,
          threadId,
          end: { state: "dismissed" as const, settledBy: jobId, reason: text.trim() }
        }]),
      ...(fixed === undefined
        ? []
        : [{ fingerprint: fixed, at, threadId, end: { state: "fixed" as const, settledBy: jobId } }])
    ])
  })

/**
 * The end of a finding whose comment is at a position. Two findings may have one fingerprint, so their threads tell them
 * apart; and one that was fixed before may have come back.
 */
const endOf = (settlements: ReadonlyArray<Settlement>, { at, fingerprint, threadId }: Omit<Settlement, "end">) =>
  settlements.findLast((one) =>
    one.fingerprint === fingerprint && (one.end.state === "dismissed" || one.at >= at) &&
    (one.threadId === undefined || threadId === undefined || one.threadId === threadId)
  )?.end

/** Others' comments in a thread after our last word there. */
const repliesIn = (
  discussions: ReadonlyArray<Discussion>,
  threadId: string | undefined,
  isOurs: OwnPostTest
) => {
  if (threadId === undefined) return []
  const thread = discussions.filter((one) => one.threadId === threadId)
  return thread.slice(thread.findLastIndex(isOurs) + 1)
}

type RaisedFinding = Omit<LedgerFinding, "state" | "replies" | "dismissed"> & { readonly resolved: boolean }

/** Identity of a finding whose marker was edited away, by what still stands there; none for another text. */
const identityIn = (text: string, path: string, code: ReadonlyArray<string>): Fingerprint | undefined => {
  const [, category] = heading.exec(text) ?? []
  return severityOf(text) === undefined || category === undefined
    ? undefined
    : fingerprintOf({ category, path, body: claimOf(text) }, code)
}

const factsOf = (text: string) => {
  const severity = severityOf(text)
  return { claim: claimOf(text), ...(severity === undefined ? {} : { severity }) }
}

const commitOf = ({ headSha }: Pick<Marker, "headSha">, { commitId = headSha }: Pick<Discussion, "commitId"> = {}) =>
  commitId === undefined ? {} : { headSha: commitId }

/** A finding with a comment of its own. */
const inline = (
  discussion: Discussion,
  text: string,
  marker: Pick<Marker, "headSha">,
  fingerprint: Fingerprint
): RaisedFinding => {
  const { resolved, threadId } = discussion
  const place = placeOf(discussion, text)
  return {
    fingerprint,
    resolved,
    inSummary: false,
    ...factsOf(text),
    ...commitOf(marker, discussion),
    ...(place === undefined ? {} : { place }),
    ...(threadId === undefined || place === undefined ? {} : { threadId })
  }
}

/** A finding that stands in a summary, with its bullet if that can be told. */
const folded = (
  marker: Pick<Marker, "headSha">,
  fingerprint: Fingerprint,
  bullet: ReturnType<typeof foldedFindings>[number] | undefined
) => {
  const { body = "", line = 0, path = "", side = "RIGHT" as const } = bullet ?? {}
  const place: PriorPlace = { path, side, originalLine: line, code: [], ...described(body) }
  const raised: RaisedFinding = {
    fingerprint,
    resolved: false,
    inSummary: true,
    ...factsOf(body),
    ...commitOf(marker),
    ...(bullet === undefined ? {} : { place })
  }
  return raised
}

/**
 * The findings in a post of our account that has lost its markers: somebody has edited it. The forge says that the account
 * is ours, since a name can be taken by another one.
 */
const unmarkedIn = (discussion: Discussion, settlements: ReadonlyArray<Settlement>): ReadonlyArray<RaisedFinding> => {
  const { body: text, own = false, path, threadId } = discussion
  if (!own) return []
  if (path === undefined) {
    return foldedFindings(text).flatMap((bullet) => {
      const fingerprint = identityIn(bullet.body, bullet.path, [])
      return fingerprint === undefined ? [] : [folded({}, fingerprint, bullet)]
    })
  }
  const known = identityIn(text, path, placeOf(discussion, text)?.code.slice(-1) ?? [])
  if (known === undefined) return []
  // What was said of it in its thread has its identity.
  const said = settlements.find((one) => one.threadId !== undefined && one.threadId === threadId)
  return [inline(discussion, text, {}, said?.fingerprint ?? known)]
}

const raisedIn = (discussion: Discussion): ReadonlyArray<RaisedFinding> => {
  const { markers, text } = splitMarkers(discussion.body)
  const found = markers.flatMap((marker) =>
    marker.fingerprint === undefined ? [] : [{ marker, fingerprint: marker.fingerprint }]
  )
  if (discussion.path !== undefined) {
    return found.map(({ fingerprint, marker }) => inline(discussion, text, marker, fingerprint))
  }
  const bullets = foldedFindings(text)
  // Markers and bullets have one order. Where a person has edited the summary, no bullet is taken for another.
  return found.map(({ fingerprint, marker }, at) =>
    folded(marker, fingerprint, bullets.length === found.length ? bullets[at] : undefined)
  )
}

/**
 * Reads the ledger out of everybody's comments, oldest first. `isOurs`: the test if we wrote one, since anybody can
 * copy a marker.
 */
export const ledgerOf = (
  discussions: ReadonlyArray<Discussion>,
  isOurs: OwnPostTest
): ReadonlyArray<LedgerFinding> => {
  const ours = discussions.filter(isOurs)
  const settlements = settlementsIn(ours)
  const begun = new Set(new Map(discussions.toReversed().map((one) => [one.threadId, one])).values())
  const raised = (one: Discussion) =>
    markersIn(one.body).length === 0 && (one.path === undefined || begun.has(one))
      ? unmarkedIn(one, settlements)
      : raisedIn(one)
  const found = ours.flatMap((discussion, at) =>
    raised(discussion).map(({ resolved, ...raised }): LedgerFinding => {
      const end = endOf(settlements, { at, fingerprint: raised.fingerprint, threadId: raised.threadId }) ??
        { state: resolved ? "resolved" as const : "open" as const }
      return {
        ...raised,
        ...end,
        dismissed: end.state === "dismissed",
        replies: repliesIn(discussions, raised.threadId, isOurs)
      }
    })
  )
  // A finding whose comment was deleted stays dismissed by the answer that remains.
  const known = new Set(found.map(({ fingerprint }) => fingerprint))
  const deleted = new Map(
    settlements.flatMap(({ end, fingerprint }) =>
      known.has(fingerprint) || end.state !== "dismissed" ? [] : [[fingerprint, end] as const]
    )
  )
  return [
    ...found,
    ...Array.from(deleted, ([fingerprint, end]): LedgerFinding => (
      { fingerprint, claim: "", replies: [], dismissed: true, inSummary: false, ...end }
    ))
  ]
}

/** The findings that a new one may repeat. A fixed one may come back. */
export const raisedOf = (ledger: ReadonlyArray<LedgerFinding>): ReadonlyArray<LedgerFinding> =>
  ledger.filter(({ state }) => state !== "fixed")

export const openIn = (ledger: ReadonlyArray<LedgerFinding>): ReadonlyArray<LedgerFinding> =>
  ledger.filter(({ state }) => state === "open")
