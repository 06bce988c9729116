import * as AppConfigLayer from "@nominal-code/config/AppConfigLayer"
import type { JobId } from "@nominal-code/domain/Job"
import { laneKey } from "@nominal-code/domain/Lane"
import { Handled, JobQueue, QueueLimits } from "@nominal-code/jobs/JobQueue"
import { JobRecord, JobRecords, type JobState, reasonOf } from "@nominal-code/jobs/JobRecords"
import { Console, Duration, Effect, Layer, Option, Schema } from "effect"
import * as Logging from "../Logging.ts"
import * as Storage from "../Storage.ts"

/** What was asked of a job could not be done, and why. The process ends with 1. */
class NotHandled extends Schema.TaggedError<NotHandled>()("NotHandled", { message: Schema.String }) {}

const queue = Storage.queue.pipe(
  Layer.provide(Logging.layer),
  Layer.provide(AppConfigLayer.layer("jobs"))
)

const encode = Schema.encodeEffect(Schema.fromJsonString(Schema.toCodecJson(Schema.Array(JobRecord))))

const titles = ["JOB", "STATE", "TRIES", "PULL REQUEST", "WHAT", "REASON"]

const cells = (record: JobRecord) => [
  record.id,
  record.state,
  String(record.attempts),
  `${record.lane.repo}#${record.lane.number}`,
  record.kind,
  reasonOf(record)
]

/** Columns as wide as their widest cell. */
const table = (rows: ReadonlyArray<ReadonlyArray<string>>) => {
  const widths = titles.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)))
  return rows.map((row) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ").trimEnd()).join("\n")
}

/** How many jobs are listed: the newest. */
const limit = 1000

/** The jobs that are remembered, in the order of arrival, or those in one state. */
export const list = Effect.fn("cli.jobs.list")(function*(state: Option.Option<JobState>, json: boolean) {
  const page = Option.match(state, { onNone: () => ({ limit }), onSome: (state) => ({ limit, state }) })
  const records = (yield* JobRecords.use(({ list }) => list(page))).toReversed()
  if (json) return yield* Console.log(yield* encode(records))
  yield* Console.log(records.length === 0 ? "no jobs" : table([titles, ...records.map(cells)]))
}, Effect.provide(queue))

const unknown = (id: JobId) => new NotHandled({ message: `no job ${id} is known: see nominal-code jobs list` })

/** One job, with all that is known of it. */
export const show = Effect.fn("cli.jobs.show")(function*(id: JobId, json: boolean) {
  const found = yield* JobRecords.use(({ find }) => find(id))
  if (Option.isNone(found)) return yield* unknown(id)
  if (json) return yield* Console.log(yield* encode([found.value]))
  const { attempts, delivery, job, kind, lane, outcome, state } = found.value
  const reason = Option.liftPredicate(reasonOf(found.value), (text) => text !== "")
  const facts: ReadonlyArray<readonly [string, Option.Option<string>]> = [
    ["job", Option.some(id)],
    ["state", Option.some(state)],
    ["tries", Option.some(String(attempts))],
    ["lane", Option.some(laneKey(lane))],
    ["delivery", Option.some(delivery)],
    ["event", Option.some(kind)],
    ["asked for", Option.filter(Option.map(job, ({ prompt }) => prompt), (prompt) => prompt !== "")],
    ["reason", reason],
    ["outcome", Option.map(outcome, (ended) => JSON.stringify(ended))]
  ]
  yield* Console.log(
    facts.flatMap(([name, value]) => Option.toArray(Option.map(value, (text) => `${name.padEnd(10)}${text}`))).join(
      "\n"
    )
  )
}, Effect.provide(queue))

const told = (id: JobId, done: string) =>
  Handled.match({
    Done: () => Console.log(`job ${id} ${done}`),
    Stopping: () =>
      Effect.flatMap(QueueLimits, ({ renewEvery }) =>
        Console.log(
          `job ${id} runs and is being cancelled: its server learns of it within ${Duration.format(renewEvery)}, ` +
            `ends the run and parks the job`
        )),
    Unknown: () => Effect.fail(unknown(id)),
    Refused: ({ reason }) => Effect.fail(new NotHandled({ message: `job ${id} stays as it is: ${reason}` }))
  })

/** A parked job waits again. */
export const retry = Effect.fn("cli.jobs.retry")(function*(id: JobId) {
  yield* told(id, "waits again")(yield* (yield* JobQueue).retry(id))
}, Effect.provide(queue))

/** A waiting job is parked; a running one as soon as its run is ended. */
export const cancel = Effect.fn("cli.jobs.cancel")(function*(id: JobId) {
  yield* told(id, "is cancelled")(yield* (yield* JobQueue).cancel(id))
}, Effect.provide(queue))
