import { Platform, type Sha } from "@nominal-code/domain/event/PullRequest"
import type { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { Failure, ServiceName } from "@nominal-code/domain/job/Failure"
import {
  DeliveryId,
  eventKeyOf,
  eventKeysOfHead,
  type Job,
  JobId,
  jobIdOfDelivery,
  JobOutcome
} from "@nominal-code/domain/job/Job"
import { type Lane, LaneKey, laneKey } from "@nominal-code/domain/job/Lane"
import { Notice } from "@nominal-code/domain/job/Notice"
import { Clock, Effect, Option, Schema } from "effect"
import { LeaseTask } from "../JobQueue.ts"
import { type Depth, EventKind, headShaOf, type JobRecord, JobRecords } from "../JobRecords.ts"
import { isRefused, knowsEvent } from "../lane/Dedup.ts"
import type { JobRow, JobTable, Page } from "./JobTable.ts"
import * as StoredJob from "./StoredJob.ts"
import type { TableStore } from "./TableStore.ts"

const decodeOutcome = Schema.decodeOption(Schema.fromJsonString(JobOutcome))
const decodeFailure = Schema.decodeOption(Schema.fromJsonString(Failure))
const decodeService = Schema.decodeUnknownOption(ServiceName)
const decodeKind = Schema.decodeUnknownSync(EventKind)
const decodePlatform = Schema.decodeUnknownOption(Platform)
const decodeLane = Schema.decodeSync(LaneKey)

const failureOf = ({ failure }: JobRow): Option.Option<Failure> =>
  Option.flatMap(Option.fromNullOr(failure), decodeFailure)

/** Task of a job that is no notice. */
const itself = Option.some<LeaseTask>(LeaseTask.cases.Review.make({}))

/** Task of a job; none if this program does not know it. */
const taskOf = (row: JobRow): Option.Option<LeaseTask> => {
  if (row.task === "review" || row.task === "command") return itself
  const notice: Option.Option<Notice> = row.task === "busy"
    ? Option.some(Notice.cases.Busy.make({}))
    : Option.map(failureOf(row), (failure) => Notice.cases.GivenUp.make({ failure }))
  return Option.map(notice, (notice) => LeaseTask.cases.Notice.make({ notice }))
}

/** Decoded parts of a stored job. */
export interface DecodedJob {
  readonly job: Job
  readonly task: LeaseTask
}

/** The job and its task; undefined if this program cannot read one of them. */
export const decodeRow = (row: JobRow, payload: string): DecodedJob | undefined =>
  Option.getOrUndefined(Option.all({ job: StoredJob.decode(payload), task: taskOf(row) }))

export const recordOf = (row: JobRow, payload: string): JobRecord => {
  const outcome = Option.flatMap(Option.fromNullOr(row.outcome), decodeOutcome)
  const job = StoredJob.decode(payload)
  const task = taskOf(row)
  return {
    id: row.id,
    position: row.position,
    lane: decodeLane(row.lane),
    delivery: DeliveryId.make(row.delivery),
    kind: decodeKind(row.event.slice(0, row.event.indexOf(":"))),
    state: row.state,
    task: Option.getOrElse(task, () => LeaseTask.cases.Review.make({})),
    attempts: row.attempts,
    losses: row.losses,
    failure: failureOf(row),
    waitsFor: Option.map(decodeService(row.waitsFor), (service) => ({
      service,
      ...(row.state === "running" ? {} : { until: row.dueAt }),
      since: row.waitsSince ?? row.dueAt
    })),
    leaseUntil: row.state === "running" ? Option.some(row.dueAt) : Option.none(),
    cancelled: row.stop === "cancelled",
    supersededBy: Option.fromNullOr(row.supersededBy),
    stoodFor: row.stoodFor === null ? [] : row.stoodFor.split(" ").map((id) => JobId.make(id)),
    outcome,
    headSha: Option.flatMap(outcome, headShaOf),
    receivedAt: row.receivedAt,
    endedAt: Option.fromNullOr(row.endedAt),
    unreadable: payload !== "" && (Option.isNone(job) || Option.isNone(task)),
    job
  }
}

/** The records of a table. */
export const make = (read: TableStore["read"]): JobRecords["Service"] =>
  JobRecords.of({
    find: Effect.fn("JobRecords.find")((id: JobId) =>
      read("JobRecords.find", (table) =>
        Option.map(Option.fromUndefinedOr(table.byId(id)), (row) => recordOf(row, table.payload(row.id))))
    ),
    list: Effect.fn("JobRecords.list")((page: Page) =>
      read("JobRecords.list", (table) =>
        table.list(page).map((row) => recordOf(row, table.payload(row.id))))
    ),
    oldestWaiting: Effect.fn("JobRecords.oldestWaiting")((limit: number) =>
      read("JobRecords.oldestWaiting", (table) =>
        table.oldestWaiting(limit).map((row) =>
          recordOf(row, table.payload(row.id))
        ))
    ),
    depth: Effect.flatMap(Clock.currentTimeMillis, (now) => read("JobRecords.depth", (table) => depthOf(table, now))),
    jobOfDelivery: Effect.fn("JobRecords.jobOfDelivery")(function*(platform: string, delivery: DeliveryId) {
      const forge = decodePlatform(platform)
      if (Option.isNone(forge)) return Option.none()
      const id = jobIdOfDelivery(forge.value, delivery)
      return yield* read("JobRecords.jobOfDelivery", (table) =>
        Option.map(Option.fromUndefinedOr(table.byId(id)), ({ id }) =>
          id))
    }),
    knowsHead: Effect.fn("JobRecords.knowsHead")((lane: Lane, headSha: Sha) =>
      read(
        "JobRecords.knowsHead",
        (table) =>
          eventKeysOfHead(headSha).some((event) => knowsEvent(table, laneKey(lane), event))
      )
    ),
    hasJob: Effect.fn("JobRecords.hasJob")((lane: Lane, event: PullRequestEvent) =>
      read("JobRecords.hasJob", (table) => {
        const job = table.byEvent(laneKey(lane), eventKeyOf(event))
        return job !== undefined && !isRefused(job)
      })
    )
  })

const depthOf = (table: JobTable, now: number): Depth => ({
  waiting: table.count("waiting"),
  running: table.count("running"),
  parked: table.count("parked"),
  oldestWaitMillis: Math.max(0, now - (table.waitingSince() ?? now))
})
