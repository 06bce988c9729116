import { Failure } from "@nominal-code/domain/job/Failure"
import { JobOutcome, reviewedHead } from "@nominal-code/domain/job/Job"
import { Option, Schema } from "effect"
import type { JobRow, JobTable } from "../table/JobTable.ts"
import { isLifecycleReview } from "./JobTransitions.ts"

/*
 * Dedup of deliveries by their event: a job covers each delivery that asks for what it does, or has done.
 */

const decodeOutcome = Schema.decodeOption(Schema.fromJsonString(JobOutcome))
const decodeFailure = Schema.decodeOption(Schema.fromJsonString(Failure))

/** True if the event's own head was reviewed. A run that saw another head does not count. */
export const isOfItsHead = (event: string, outcome: JobOutcome): boolean =>
  event.endsWith(`:${reviewedHead(outcome) ?? "none"}`)

/** True if a job covers another delivery of its event: it does, or has done, what that asks for. */
export const coversEvent = ({ event, lifecycle, outcome, state, task }: JobRow): boolean => {
  if (state === "waiting" || state === "running") return !lifecycle || task === "review" || task === "command"
  if (state !== "done") return false
  return !lifecycle ||
    Option.exists(Option.flatMap(Option.fromNullOr(outcome), decodeOutcome), (one) => isOfItsHead(event, one))
}

/** True if a lifecycle job of the lane waits or runs, or if the event's job covers another delivery of it. */
export const knowsEvent = (table: JobTable, lane: string, event: string): boolean => {
  const job = table.byEvent(lane, event)
  return table.active(lane).some(isLifecycleReview) || job !== undefined && coversEvent(job)
}

/** True if a job was refused because no server has signed it. It answers no event: that may have come all the same. */
export const isRefused = ({ failure, state }: JobRow): boolean =>
  state === "parked" &&
  Option.exists(Option.flatMap(Option.fromNullOr(failure), decodeFailure), ({ _tag }) => _tag === "Unsigned")
