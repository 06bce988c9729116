import { Finding, Fingerprint } from "@nominal-code/domain/review/Finding"

/** A finding with its identity, which stays when its lines shift. */
export class ReviewedFinding extends Finding.extend<ReviewedFinding>("nominal-code/ReviewedFinding")({
  fingerprint: Fingerprint
}) {}
