import { JobOutcome } from "@nominal-code/domain/job/Job"
import type { PostedReview } from "@nominal-code/domain/review/Review"

/** The outcome of a job whose review is on the pull request already. */
export const postedOutcome = ({ folded, headSha, inline, url }: PostedReview) =>
  JobOutcome.cases.Reviewed.make({
    headSha,
    findings: inline + folded,
    ...(url === undefined ? {} : { url }),
    alreadyPosted: true
  })
