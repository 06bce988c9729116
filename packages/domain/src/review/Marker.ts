import { Option, Schema } from "effect"
import { Sha } from "../event/PullRequest.ts"
import { JobId } from "../job/Job.ts"
import { Fingerprint } from "./Finding.ts"

/**
 * State of a pull request's reviews, as the answer to a command has set it. `paused`: none starts by itself; `ignored`:
 * none at all.
 */
export const ReviewMode = Schema.Literals(["active", "paused", "ignored"])
export type ReviewMode = typeof ReviewMode.Type

/**
 * The hidden line at the end of everything that we post. The forge keeps it for us: it says which job posted the text,
 * what commit was reviewed and, under a finding, which finding it is. It is the ledger that makes posting idempotent.
 * Under a review, `scope` is there when it covers only what one comment asked about: without it, and in the markers of
 * versions that did not have it, the review counts as the review of its head. Under an answer to a command, `mode` is the
 * mode that it has set, and `dismissed` the finding that somebody has dismissed. `fixed` is a finding that a later commit
 * has fixed: under the reply in its thread or, where it has none, under a review.
 */
export class Marker extends Schema.Class<Marker>("@nominal-code/domain/Marker")({
  jobId: JobId,
  headSha: Schema.optionalKey(Sha),
  scope: Schema.optionalKey(Schema.Literal("request")),
  fingerprint: Schema.optionalKey(Fingerprint),
  mode: Schema.optionalKey(ReviewMode),
  dismissed: Schema.optionalKey(Fingerprint),
  fixed: Schema.optionalKey(Fingerprint)
}) {}

const shape =
  /<!-- nominal-code job=([0-9a-f]{20})(?: sha=([0-9a-f]{40,64}))?(?: scope=(request))?(?: finding=([0-9a-f]{16}))?(?: mode=(active|paused|ignored))?(?: dismissed=([0-9a-f]{16}))?(?: fixed=([0-9a-f]{16}))? -->/g

const attribute = (name: string, value: string | undefined): string => value === undefined ? "" : ` ${name}=${value}`

/** Renders a marker as an HTML comment. */
export const renderMarker = ({ dismissed, fingerprint, fixed, headSha, jobId, mode, scope }: Marker): string =>
  `<!-- nominal-code job=${jobId}${attribute("sha", headSha)}${attribute("scope", scope)}${
    attribute("finding", fingerprint)
  }${attribute("mode", mode)}${attribute("dismissed", dismissed)}${attribute("fixed", fixed)} -->`

const isMode = Schema.is(ReviewMode)

const markerOf = (
  [, jobId = "", headSha, scope, fingerprint, mode, dismissed, fixed]: RegExpExecArray
): Option.Option<Marker> =>
  Schema.decodeOption(Marker)({
    jobId,
    ...(headSha === undefined ? {} : { headSha }),
    ...(scope === "request" ? { scope } : {}),
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(isMode(mode) ? { mode } : {}),
    ...(dismissed === undefined ? {} : { dismissed }),
    ...(fixed === undefined ? {} : { fixed })
  })

/** A posted text, and the markers at its very end. */
export interface MarkedText {
  readonly text: string
  readonly markers: ReadonlyArray<Marker>
}

/** Splits a posted text before the markers at its end, which is where we put them. One further up is a copy, or was written by somebody else. */
export const splitMarkers = (posted: string): MarkedText => {
  const found = Array.from(posted.matchAll(shape))
  const markers: Array<Marker> = []
  let start = posted.length
  for (const match of found.reverse()) {
    if (posted.slice(match.index + match[0].length, start).trim() !== "") break
    start = match.index
    markers.unshift(...Option.toArray(markerOf(match)))
  }
  return { text: posted.slice(0, start), markers }
}

/** The markers at the end of a posted text, in order. The caller has to check the author: anybody can copy a marker. */
export const markersIn = (posted: string): ReadonlyArray<Marker> => splitMarkers(posted).markers

/** The text without anything that could be read as a marker. */
export const withoutMarkers = (posted: string): string => posted.replaceAll(shape, "")
