import { Option, Schema } from "effect"
import { Fingerprint } from "./Finding.ts"
import { JobId } from "./Job.ts"
import { Sha } from "./PullRequest.ts"

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
 * mode that it has set, and `dismissed` the finding that somebody has dismissed.
 */
export class Marker extends Schema.Class<Marker>("@nominal-code/domain/Marker")({
  jobId: JobId,
  headSha: Schema.optionalKey(Sha),
  scope: Schema.optionalKey(Schema.Literal("request")),
  fingerprint: Schema.optionalKey(Fingerprint),
  mode: Schema.optionalKey(ReviewMode),
  dismissed: Schema.optionalKey(Fingerprint)
}) {}

const shape =
  /<!-- nominal-code job=([0-9a-f]{20})(?: sha=([0-9a-f]{40,64}))?(?: scope=(request))?(?: finding=([0-9a-f]{16}))?(?: mode=(active|paused|ignored))?(?: dismissed=([0-9a-f]{16}))? -->/g

const attribute = (name: string, value: string | undefined): string => value === undefined ? "" : ` ${name}=${value}`

/** Renders a marker as an HTML comment. */
export const renderMarker = ({ dismissed, fingerprint, headSha, jobId, mode, scope }: Marker): string =>
  `<!-- nominal-code job=${jobId}${attribute("sha", headSha)}${attribute("scope", scope)}${
    attribute("finding", fingerprint)
  }${attribute("mode", mode)}${attribute("dismissed", dismissed)} -->`

const isMode = Schema.is(ReviewMode)

const markerOf = (
  [, jobId = "", headSha, scope, fingerprint, mode, dismissed]: RegExpExecArray
): Option.Option<Marker> =>
  Schema.decodeOption(Marker)({
    jobId,
    ...(headSha === undefined ? {} : { headSha }),
    ...(scope === "request" ? { scope } : {}),
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(isMode(mode) ? { mode } : {}),
    ...(dismissed === undefined ? {} : { dismissed })
  })

/** All markers in a posted text, in order. The caller has to check the author: anybody can copy a marker. */
export const markersIn = (text: string): ReadonlyArray<Marker> =>
  Array.from(text.matchAll(shape)).flatMap((match) => Option.toArray(markerOf(match)))

/** The markers at the end of a post, where we put them. One further up may be a copy or a quotation. */
export const closingMarkers = (text: string): ReadonlyArray<Marker> => {
  let start = text.length
  for (const { 0: marker, index } of Array.from(text.matchAll(shape)).reverse()) {
    if (text.slice(index + marker.length, start).trim() !== "") break
    start = index
  }
  return markersIn(text.slice(start))
}
