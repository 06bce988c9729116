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
import { StoreError } from "@nominal-code/persistence/StoreError"
import { Array, Clock, Effect, Option, Result, Schema } from "effect"
import { LeaseTask } from "../JobQueue.ts"
import {
  type Depth,
  EventKind,
  headShaOf,
  type JobRecord,
  JobRecords,
  type UnreadableJob,
  unreadableText
} from "../JobRecords.ts"
import { isRefused, knowsEvent } from "../lane/Dedup.ts"
import type { FoundRow, JobRow, JobTable, Page } from "./JobTable.ts"
import * as StoredJob from "./StoredJob.ts"
import type { TableStore } from "./TableStore.ts"

const decodeOutcome = Schema.decodeOption(Schema.fromJsonString(JobOutcome))
const decodeFailure = Schema.decodeOption(Schema.fromJsonString(Failure))
const decodeService = Schema.decodeUnknownOption(ServiceName)
const decodePlatform = Schema.decodeUnknownOption(Platform)
/** Fields that a row has as texts and a record has not. */
const decodeTexts = Schema.decodeUnknownResult(Schema.Struct({
  lane: LaneKey,
  delivery: DeliveryId,
  kind: EventKind,
  stoodFor: Schema.Array(JobId)
}))

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

/** Makes the record of a job; what it cannot read of the row is the failure. */
export const recordOf = (row: JobRow, payload: string): Result.Result<JobRecord, UnreadableJob> => {
  const texts = decodeTexts({
    lane: row.lane,
    delivery: row.delivery,
    kind: row.event.slice(0, row.event.indexOf(":")),
    stoodFor: row.stoodFor === null ? [] : row.stoodFor.split(" ")
  })
  if (Result.isFailure(texts)) {
    const reason = texts.failure.message.replaceAll(/\s+/g, " ")
    return Result.fail({ id: row.id, position: row.position, reason })
  }
  const outcome = Option.flatMap(Option.fromNullOr(row.outcome), decodeOutcome)
  const job = StoredJob.decode(payload)
  const task = taskOf(row)
  return Result.succeed({
    id: row.id,
    position: row.position,
    ...texts.success,
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
    outcome,
    headSha: Option.flatMap(outcome, headShaOf),
    receivedAt: row.receivedAt,
    endedAt: Option.fromNullOr(row.endedAt),
    unreadable: payload !== "" && (Option.isNone(job) || Option.isNone(task)),
    job
  })
}

/** Fails on a job that cannot be read. */
export const whenReadable = (operation: string) => (found: Option.Option<Result.Result<JobRecord, UnreadableJob>>) =>
  Effect.transposeOption(
    Option.map(
      found,
      (one) =>
        Effect.fromResult(
          Result.mapError(one, (job) => new StoreError({ operation, message: unreadableText(job), reason: "failed" }))
        )
    )
  )

/** Records of a page. Older ones make up for those that cannot be read. */
const listed = (table: JobTable, { before, limit, onUnreadable, state }: Page): ReadonlyArray<JobRecord> => {
  const records: globalThis.Array<JobRecord> = []
  let at = before
  for (;;) {
    const many = limit - records.length
    const found = table.list({
      limit: many,
      ...(state === undefined ? {} : { state }),
      ...(at === undefined ? {} : { before: at })
    })
    for (const one of found) {
      const record = recordIn(table, one)
      if (Result.isSuccess(record)) records.push(record.success)
      else onUnreadable?.(record.failure)
    }
    const last = found.at(-1)
    if (last === undefined || found.length < many || records.length >= limit) return records
    at = Result.merge(last).position
  }
}

const recordIn = (table: JobTable, found: FoundRow) =>
  Result.flatMap(found, (row) => recordOf(row, table.payload(row.id)))

/** The records of a table. */
export const make = (read: TableStore["read"]): JobRecords["Service"] =>
  JobRecords.of({
    find: Effect.fn("JobRecords.find")((id: JobId) =>
      Effect.flatMap(
        read(
          "JobRecords.find",
          (table) => Option.map(Option.fromUndefinedOr(table.byId(id)), (row) => recordOf(row, table.payload(row.id)))
        ),
        whenReadable("JobRecords.find")
      )
    ),
    list: Effect.fn("JobRecords.list")((page: Page) => read("JobRecords.list", (table) => listed(table, page))),
    oldestWaiting: Effect.fn("JobRecords.oldestWaiting")((limit: number) =>
      read(
        "JobRecords.oldestWaiting",
        (table) => Array.getSuccesses(table.oldestWaiting(limit).map((found) => recordIn(table, found)))
      )
    ),
    depth: Effect.flatMap(Clock.currentTimeMillis, (now) => read("JobRecords.depth", (table) => depthOf(table, now))),
    jobOfDelivery: Effect.fn("JobRecords.jobOfDelivery")(function*(platform: string, delivery: DeliveryId) {
      const forge = decodePlatform(platform)
      if (Option.isNone(forge)) return Option.none()
      const id = jobIdOfDelivery(forge.value, delivery)
      return yield* read(
        "JobRecords.jobOfDelivery",
        (table) => Option.map(Option.fromUndefinedOr(table.byId(id)), ({ id }) => id)
      )
    }),
    knowsHead: Effect.fn("JobRecords.knowsHead")((lane: Lane, headSha: Sha) =>
      read(
        "JobRecords.knowsHead",
        (table) => eventKeysOfHead(headSha).some((event) => knowsEvent(table, laneKey(lane), event))
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
