import { Option, Schema } from "effect"
import { Fingerprint } from "./Finding.ts"
import { JobId } from "./Job.ts"
import { Sha } from "./PullRequest.ts"

/**
 * The hidden line at the end of everything that we post. The forge keeps it for us: it says which job posted the text,
 * what commit was reviewed and, under a finding, which finding it is. It is the ledger that makes posting idempotent.
 */
export class Marker extends Schema.Class<Marker>("@nominal-code/domain/Marker")({
  jobId: JobId,
  headSha: Schema.optionalKey(Sha),
  fingerprint: Schema.optionalKey(Fingerprint)
}) {}

const shape = /<!-- nominal-code job=([0-9a-f]{20})(?: sha=([0-9a-f]{40,64}))?(?: finding=([0-9a-f]{16}))? -->/

/** The HTML comment that stands for a marker. */
export const renderMarker = ({ fingerprint, headSha, jobId }: Marker): string =>
  `<!-- nominal-code job=${jobId}${headSha === undefined ? "" : ` sha=${headSha}`}${
    fingerprint === undefined ? "" : ` finding=${fingerprint}`
  } -->`

/** The marker in a posted text, if it holds one. Whose text it is, the caller has to check: anybody can copy a marker. */
export const findMarker = (text: string): Option.Option<Marker> => {
  const [, jobId, headSha, fingerprint] = shape.exec(text) ?? []
  return jobId === undefined ? Option.none() : Schema.decodeOption(Marker)({
    jobId,
    ...(headSha === undefined ? {} : { headSha }),
    ...(fingerprint === undefined ? {} : { fingerprint })
  })
}
