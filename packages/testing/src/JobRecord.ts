import { LeaseTask } from "@nominal-code/jobs/JobQueue"
import type { JobRecord } from "@nominal-code/jobs/JobRecords"
import { Option } from "effect"

/** Record of a push that waits, but for what is given. */
export const jobRecord = (given: Pick<JobRecord, "id" | "lane" | "delivery"> & Partial<JobRecord>): JobRecord => ({
  position: 1,
  kind: "pr_push",
  state: "waiting",
  task: LeaseTask.cases.Review.make({}),
  attempts: 0,
  losses: 0,
  failure: Option.none(),
  waitsFor: Option.none(),
  leaseUntil: Option.none(),
  cancelled: false,
  supersededBy: Option.none(),
  stoodFor: [],
  outcome: Option.none(),
  headSha: Option.none(),
  receivedAt: 0,
  endedAt: Option.none(),
  unreadable: false,
  job: Option.none(),
  ...given
})
