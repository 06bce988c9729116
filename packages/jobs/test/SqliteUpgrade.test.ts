import { assert, it } from "@effect/vitest"
import { Job } from "@nominal-code/domain/job/Job"
import { laneKey } from "@nominal-code/domain/job/Lane"
import { Sqlite } from "@nominal-code/persistence/Sqlite"
import { laneOf, mention, push } from "@nominal-code/testing/Jobs"
import { storeIn } from "@nominal-code/testing/QueueSteps"
import { Effect, Layer, Option, Schema } from "effect"
import { databaseAt, queueAt, temporaryDirectory } from "./TestStore.ts"

/** The tables of schema 2, as the version before made them. */
const tables = [
  "DROP TABLE jobs",
  "DROP TABLE ended_jobs",
  "DROP TABLE job_counts",
  "DROP TABLE probes",
  "DROP TABLE installation",
  ...["totals", "holds", "notices", "costs"].map((table) => `DROP TABLE spend_${table}`),
  "DROP TABLE periodic_leases",
  "DROP TABLE quota_jobs",
  `CREATE TABLE jobs (
    id TEXT NOT NULL PRIMARY KEY, position INTEGER NOT NULL UNIQUE, lane TEXT NOT NULL, platform TEXT NOT NULL,
    delivery TEXT NOT NULL, lifecycle INTEGER NOT NULL, state TEXT NOT NULL, payload TEXT NOT NULL,
    attempts INTEGER NOT NULL, losses INTEGER NOT NULL, due_at INTEGER NOT NULL, epoch INTEGER NOT NULL, owner TEXT,
    reason TEXT, outcome TEXT, ended_at INTEGER, earlier INTEGER NOT NULL DEFAULT 0, UNIQUE (platform, delivery)
  ) STRICT`,
  "CREATE INDEX jobs_active ON jobs (lane, position, due_at) WHERE state IN ('waiting', 'running')",
  "CREATE UNIQUE INDEX jobs_running ON jobs (lane) WHERE state = 'running'",
  "CREATE UNIQUE INDEX jobs_waiting_lifecycle ON jobs (lane) WHERE state = 'waiting' AND lifecycle = 1",
  "CREATE INDEX jobs_state ON jobs (state, position)",
  "CREATE INDEX jobs_ended ON jobs (ended_at) WHERE ended_at IS NOT NULL",
  "PRAGMA user_version = 2"
]

const encode = Schema.encodeSync(Schema.fromJsonString(Schema.Struct({ version: Schema.Literal(1), job: Job })))

const [waiting, cancelled, older, newer] = [
  mention(laneOf(1), "waiting"),
  mention(laneOf(2), "cancelled"),
  push(laneOf(1), "older"),
  push(laneOf(1), "newer")
]

it.effect("a database of the version before opens, its waiting jobs run, and its records are read", () =>
  Effect.gen(function*() {
    const directory = yield* temporaryDirectory
    yield* Sqlite.use(({ transaction }) =>
      transaction("test", (statements) => {
        for (const sql of tables) statements.run(sql)
        const store = (job: Job, position: number, state: string, reason: string | null, endedAt: number | null) =>
          statements.run(
            `INSERT INTO jobs (id, position, lane, platform, delivery, lifecycle, state, payload, attempts, losses,
               due_at, epoch, reason, ended_at)
             VALUES (:id, :position, :lane, 'github', :delivery, :lifecycle, :state, :payload, 1, 0, 0, 0, :reason, :endedAt)`,
            {
              id: job.id,
              position,
              lane: laneKey(job.lane),
              delivery: job.delivery,
              lifecycle: job.event._tag === "Lifecycle" ? 1 : 0,
              state,
              payload: encode({ version: 1, job }),
              reason,
              endedAt
            }
          )
        store(waiting, 1, "waiting", "the model was away", null)
        store(cancelled, 2, "parked", "cancelled", 0)
        store(older, 3, "superseded", `job ${newer.id} is newer`, 0)
        store(newer, 4, "waiting", null, null)
        statements.run("UPDATE ticks SET last = 4")
      })
    ).pipe(Effect.provide(databaseAt(directory)))

    const queue = storeIn(yield* Layer.build(queueAt(directory)))
    assert.deepInclude(yield* queue.depth, { waiting: 2, running: 0, parked: 1 })
    const lease = Option.getOrThrow(yield* queue.take(laneOf(1)))
    assert.deepStrictEqual([lease.job, lease.attempt], [waiting, 2])
    assert.strictEqual(
      (yield* queue.offer(mention(laneOf(1), "again", "explain", commentOf(waiting))))._tag,
      "Duplicate"
    )
    const [first, second, third] = yield* queue.list({ limit: 10 })
    assert.deepStrictEqual([first?.delivery, first?.kind, first?.job], [newer.delivery, "pr_push", Option.some(newer)])
    assert.deepStrictEqual([second?.state, second?.supersededBy], ["superseded", Option.some(newer.id)])
    assert.deepStrictEqual([third?.state, third?.cancelled], ["parked", true])
    assert.strictEqual((yield* queue.retry(cancelled.id))._tag, "Done")
    assert.deepStrictEqual(Option.getOrThrow(yield* queue.take(laneOf(2))).job, cancelled)
  }))

const commentOf = ({ event }: Job) => event._tag === "Comment" ? event.commentId : 0
