import { Option, Schema } from "effect"
import { Fingerprint } from "./Finding.ts"
import { JobId } from "./Job.ts"
import { Sha } from "./PullRequest.ts"

/**
 * The hidden line at the end of everything that we post. The forge keeps it for us: it says which job posted the text,
 * what commit was reviewed and, under a finding, which finding it is. It is the ledger that makes posting idempotent.
 * Under a review, `scope` is there when it covers only what one comment asked about: without it, and in the markers of
 * versions that did not have it, the review counts as the review of its head.
 */
export class Marker extends Schema.Class<Marker>("@nominal-code/domain/Marker")({
  jobId: JobId,
  headSha: Schema.optionalKey(Sha),
  scope: Schema.optionalKey(Schema.Literal("request")),
  fingerprint: Schema.optionalKey(Fingerprint)
}) {}

const shape =
  /<!-- nominal-code job=([0-9a-f]{20})(?: sha=([0-9a-f]{40,64}))?(?: scope=(request))?(?: finding=([0-9a-f]{16}))? -->/g

const attribute = (name: string, value: string | undefined): string => value === undefined ? "" : ` ${name}=${value}`

/** Renders a marker as an HTML comment. */
export const renderMarker = ({ fingerprint, headSha, jobId, scope }: Marker): string =>
  `<!-- nominal-code job=${jobId}${attribute("sha", headSha)}${attribute("scope", scope)}${
    attribute("finding", fingerprint)
  } -->`

const markerOf = ([, jobId = "", headSha, scope, fingerprint]: RegExpExecArray): Option.Option<Marker> =>
  Schema.decodeOption(Marker)({
    jobId,
    ...(headSha === undefined ? {} : { headSha }),
    ...(scope === "request" ? { scope } : {}),
    ...(fingerprint === undefined ? {} : { fingerprint })
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
