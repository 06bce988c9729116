import { AppConfig } from "@nominal-code/config/AppConfig"
import * as AppConfigLayer from "@nominal-code/config/AppConfigLayer"
import { PullRequestRef, Sha } from "@nominal-code/domain/event/PullRequest"
import { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { DeliveryId, Job, JobId, jobIdOfDelivery } from "@nominal-code/domain/job/Job"
import { JobQueue, QueueLimits } from "@nominal-code/jobs/JobQueue"
import { JobRecord, JobRecords, type JobState, type UnreadableJob, unreadableText } from "@nominal-code/jobs/JobRecords"
import { JobRequestResult, QueueAdmin } from "@nominal-code/jobs/QueueAdmin"
import { Clock, Console, Duration, Effect, Layer, Option, Schedule, Schema, Stream } from "effect"
import process from "node:process"
import * as Columns from "../Columns.ts"
import * as Configured from "../Configured.ts"
import * as JobText from "../JobText.ts"
import * as Logging from "../Logging.ts"
import { pagesOn } from "../PullRequestPage.ts"
import * as Storage from "../Storage.ts"

/** A request about a job that could not be carried out. The process ends with 1. */
class JobRequestFailed extends Schema.TaggedError<JobRequestFailed>()("NotHandled", { message: Schema.String }) {}

/** Fails with a line for each of these jobs, if there are any. */
const failOn = (unreadable: ReadonlyArray<UnreadableJob>) =>
  unreadable.length === 0
    ? Effect.void
    : Effect.fail(new JobRequestFailed({ message: unreadable.map(unreadableText).join("\n") }))

const queue = Storage.existingQueue.pipe(
  Layer.provide(Configured.configured(Logging.layer)),
  Layer.provideMerge(AppConfigLayer.layer("jobs"))
)

const encode = Schema.encodeEffect(Schema.fromJsonString(Schema.toCodecJson(Schema.Array(JobRecord))))

/** Page size of a scan through all records. */
const readPageSize = 500

/** All records, the newest first. */
const everyRecord = (onUnreadable: (job: UnreadableJob) => void) =>
  Stream.unwrap(JobRecords.use(({ list }) =>
    Effect.succeed(
      Stream.paginate(Option.none<number>(), (before) =>
        Effect.map(
          list({
            limit: readPageSize,
            onUnreadable,
            ...Option.match(before, { onNone: () => ({}), onSome: (at) => ({ before: at }) })
          }),
          (page) =>
            [
              page,
              page.length < readPageSize
                ? Option.none()
                : Option.map(Option.fromUndefinedOr(page.at(-1)), (last) => Option.some(last.position))
            ] as const
        ))
    )
  ))

/**
 * Finds the one job whose id is, or starts with, the given text. A whole id is looked up; a prefix needs a scan of all
 * records.
 */
const named = Effect.fnUntraced(function*(start: string) {
  const unreadable: Array<UnreadableJob> = []
  const known = yield* Option.match(Schema.decodeOption(JobId)(start), {
    onSome: (id) => Effect.map(JobRecords.use(({ find }) => find(id)), Option.toArray),
    onNone: () =>
      everyRecord((job) => unreadable.push(job)).pipe(
        Stream.filter(({ id }) => id.startsWith(start)),
        Stream.runCollect
      )
  })
  const [found, other] = [...new Map(known.map((record) => [record.id, record])).values()]
  yield* failOn(unreadable.filter(({ id }) => id.startsWith(start)))
  if (found === undefined) {
    return yield* new JobRequestFailed({ message: `no job ${start} is known: see nominal-code jobs list` })
  }
  if (other === undefined) return found
  return yield* new JobRequestFailed({
    message: `more than one job's id starts with ${start}: ${found.id} and ${other.id} do`
  })
})

/** The filter and the page of a list of jobs. */
export interface JobListQuery {
  readonly state: Option.Option<JobState>
  readonly limit: number
  /** Id of a job: only older ones are listed. */
  readonly before: Option.Option<string>
  readonly json: boolean
}

/** Command that lists the jobs after this one. */
const nextPage = (last: JobRecord, { limit, state }: JobListQuery): string =>
  [
    "there are older ones: nominal-code jobs list",
    ...Option.toArray(Option.map(state, (state) => `--state ${state}`)),
    `--limit ${limit} --before ${last.id}`
  ].join(" ")

/** The jobs that wait: the oldest and the newest of them, if there are many. */
const waiting = JobRecords.use(({ list, oldestWaiting }) =>
  Effect.zipWith(
    oldestWaiting(readPageSize),
    list({ state: "waiting", limit: readPageSize }),
    (oldest, newest) => [...oldest, ...newest]
  )
)

/**
 * Prints a page of the stored jobs, newest first. If there are more, a line on stderr says so; so does one for each job of
 * the page that cannot be read, and the command fails then.
 */
export const list = Effect.fn("cli.jobs.list")(function*(listing: JobListQuery) {
  const { before, json, limit, state } = listing
  const from = yield* Effect.transposeOption(Option.map(before, named))
  const unreadable: Array<UnreadableJob> = []
  // One more than is shown tells whether there are more.
  const found = yield* JobRecords.use(({ list }) =>
    list({
      limit: limit + 1,
      onUnreadable: (job) => unreadable.push(job),
      ...Option.match(state, { onNone: () => ({}), onSome: (state) => ({ state }) }),
      ...Option.match(from, { onNone: () => ({}), onSome: ({ position }) => ({ before: position }) })
    })
  )
  const records = found.slice(0, limit)
  const last = records.at(-1)
  if (json) yield* Console.log(yield* encode(records))
  else if (last === undefined) yield* Console.log("no jobs")
  else {
    yield* Console.log(
      JobText.table(
        records,
        yield* waiting,
        yield* Clock.currentTimeMillis,
        pagesOn(yield* AppConfig),
        yield* Columns.width
      )
    )
  }
  if (last !== undefined && found.length > limit) yield* Console.error(nextPage(last, listing))
  yield* failOn(unreadable)
}, Effect.provide(queue))

/** Prints the details of one job. */
export const show = Effect.fn("cli.jobs.show")(function*(start: string, json: boolean) {
  const record = yield* named(start)
  if (json) return yield* Console.log(yield* encode([record]))
  yield* Console.log(JobText.facts(record, yield* waiting, yield* Clock.currentTimeMillis, pagesOn(yield* AppConfig)))
}, Effect.provide(queue))

const told = (id: JobId, done: string) =>
  JobRequestResult.match({
    Done: () => Console.log(`job ${id} ${done}`),
    Stopping: () =>
      Effect.flatMap(QueueLimits, ({ renewEvery }) =>
        Console.log(
          `job ${id} runs and is being cancelled: its server learns of it within ${Duration.format(renewEvery)}, ` +
            `ends the run and parks the job`
        )),
    Unknown: () => Effect.fail(new JobRequestFailed({ message: `job ${id} is not known any more` })),
    Refused: ({ reason }) => Effect.fail(new JobRequestFailed({ message: `job ${id} stays as it is: ${reason}` }))
  })

/** The request to review the pull request of a job once more: a job of its own, beside the one that is there. */
const jobAgain = ({ headSha, id, lane }: JobRecord, now: number): Job => {
  const delivery = DeliveryId.make(`again-${id}-${now}`)
  return new Job({
    id: jobIdOfDelivery(lane.platform, delivery),
    lane,
    event: PullRequestEvent.cases.Lifecycle.make({
      kind: "pr_rerun",
      pullRequest: new PullRequestRef({ platform: lane.platform, repo: lane.repo, number: lane.number }),
      title: "",
      author: lane.bot,
      // The run reviews the head that it finds.
      headSha: Option.getOrElse(headSha, () => Sha.make("0".repeat(40))),
      headBranch: "",
      baseBranch: "",
      again: delivery
    }),
    prompt: "",
    delivery,
    receivedAt: now
  })
}

/** Offers another review of a finished job's pull request. The finished one stays, with its outcome and its cost. */
const reviewAgain = Effect.fnUntraced(function*(record: JobRecord) {
  const job = jobAgain(record, yield* Clock.currentTimeMillis)
  yield* (yield* JobQueue).offer(job)
  yield* Console.log(`job ${job.id} waits: it reviews the pull request of ${record.id} anew`)
})

const isFinished = ({ state }: JobRecord): boolean => state === "done" || state === "superseded"

/** Queues a parked job again. With `again`, the pull request of a finished job is reviewed anew. */
export const retry = Effect.fn("cli.jobs.retry")(function*(start: string, again: boolean) {
  const record = yield* named(start)
  if (again && isFinished(record)) return yield* reviewAgain(record)
  yield* told(record.id, "waits again")(yield* (yield* QueueAdmin).retry(record.id)).pipe(
    Effect.mapError((error) =>
      isFinished(record)
        ? new JobRequestFailed({ message: `${error.message}. To review its pull request anew, add --again` })
        : error
    )
  )
}, Effect.provide(queue))

/** Ends when a line could not be written to stdout: whoever read it has gone. */
const outputClosed = Effect.callback<void>((resume) => {
  const end = () => resume(Effect.void)
  process.stdout.once("error", end)
  return Effect.sync(() => process.stdout.off("error", end))
})

/** Prints a line for each job that waits, runs or changes, until it is interrupted or nobody reads it any more. */
export const watch = Effect.fn("cli.jobs.watch")(function*() {
  const changesIn = JobText.makeChanges()
  const told = new Set<string>()
  const look = Effect.gen(function*() {
    const unreadable: Array<UnreadableJob> = []
    const records = yield* JobRecords.use(({ list }) =>
      list({ limit: readPageSize, onUnreadable: (job) => unreadable.push(job) })
    )
    for (const job of unreadable) {
      if (!told.has(job.id)) yield* Console.error(unreadableText(job))
      told.add(job.id)
    }
    const changed = changesIn(records, yield* Clock.currentTimeMillis)
    if (changed.length > 0) yield* Console.log(changed.join("\n"))
  })
  yield* Effect.raceFirst(Effect.repeat(look, Schedule.spaced("1 second")), outputClosed)
}, Effect.provide(queue))

/** Cancels a job: a waiting one is parked at once, a running one when its run has ended. */
export const cancel = Effect.fn("cli.jobs.cancel")(function*(start: string) {
  const { id } = yield* named(start)
  yield* told(id, "is cancelled")(yield* (yield* QueueAdmin).cancel(id))
}, Effect.provide(queue))
