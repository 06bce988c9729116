import type { Parameters, Statements } from "@nominal-code/persistence/Sqlite"
import { Schema } from "effect"
import { JobRow, type JobTable } from "./JobTable.ts"

const StoredRow = Schema.Struct({ ...JobRow.fields, lifecycle: Schema.BooleanFromBit })
const StoredHead = Schema.Struct({ lane: Schema.String, dueAt: Schema.Int })
const StoredPayload = Schema.Struct({ payload: Schema.String })
const StoredNumber = Schema.Struct({ number: Schema.Int })

const columns =
  `id, position, lane, platform, delivery, lifecycle, state, attempts, earlier, losses, due_at AS dueAt, epoch,
  owner, reason, outcome, ended_at AS endedAt`

const parametersOf = (row: JobRow): Parameters => Schema.encodeSync(StoredRow)(row)

/** The `jobs` table of the database, for one transaction. */
export const make = (statements: Statements): JobTable => ({
  tick: () => statements.get(StoredNumber, "UPDATE ticks SET last = last + 1 RETURNING last AS number")?.number ?? 0,
  byDelivery: (platform, delivery) =>
    statements.get(StoredRow, `SELECT ${columns} FROM jobs WHERE platform = :platform AND delivery = :delivery`, {
      platform,
      delivery
    }),
  byId: (id) => statements.get(StoredRow, `SELECT ${columns} FROM jobs WHERE id = :id`, { id }),
  active: (lane) =>
    statements.all(
      StoredRow,
      `SELECT ${columns} FROM jobs WHERE lane = :lane AND state IN ('waiting', 'running') ORDER BY position`,
      { lane }
    ),
  payload: (id) => statements.get(StoredPayload, "SELECT payload FROM jobs WHERE id = :id", { id })?.payload ?? "",
  insert: (row, payload) => {
    statements.run(
      `INSERT INTO jobs (id, position, lane, platform, delivery, lifecycle, state, payload, attempts, earlier, losses,
         due_at, epoch, owner, reason, outcome, ended_at)
       VALUES (:id, :position, :lane, :platform, :delivery, :lifecycle, :state, :payload, :attempts, :earlier,
         :losses, :dueAt, :epoch, :owner, :reason, :outcome, :endedAt)`,
      { ...parametersOf(row), payload }
    )
  },
  update: (row, payload) => {
    const { delivery: _delivery, lane: _lane, lifecycle: _lifecycle, platform: _platform, ...changeable } =
      parametersOf(row)
    statements.run(
      `UPDATE jobs SET position = :position, state = :state, attempts = :attempts, earlier = :earlier,
         losses = :losses, due_at = :dueAt, epoch = :epoch, owner = :owner, reason = :reason, outcome = :outcome, ended_at = :endedAt,
         payload = coalesce(:payload, payload)
       WHERE id = :id`,
      { ...changeable, payload: payload ?? null }
    )
  },
  // SQLite takes the bare column from the row of the minimum: https://sqlite.org/lang_select.html#bareagg
  heads: (from) =>
    statements.all(
      StoredHead,
      `SELECT lane, due_at AS dueAt, min(position) AS head FROM jobs INDEXED BY jobs_active
       WHERE state IN ('waiting', 'running') GROUP BY lane HAVING dueAt >= :from ORDER BY head`,
      { from }
    ),
  count: (state) =>
    statements.get(StoredNumber, "SELECT count(*) AS number FROM jobs WHERE state = :state", { state })?.number ?? 0,
  list: (state) =>
    statements.all(
      StoredRow,
      `SELECT ${columns} FROM jobs WHERE :state IS NULL OR state = :state ORDER BY position`,
      { state: state ?? null }
    ),
  forget: (before) => statements.run("DELETE FROM jobs WHERE ended_at < :before", { before })
})
