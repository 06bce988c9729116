import type { Parameters, Statements } from "@nominal-code/persistence/Sqlite"
import { Schema, Struct } from "effect"
import * as SchemaJITCompiler from "effect/schema/SchemaJITCompiler"
import { byTurn, JobRow, type JobTable, type Page } from "./JobTable.ts"
import * as SqliteEndedJobs from "./SqliteEndedJobs.ts"

const StoredRow = Schema.Struct({ ...JobRow.fields, lifecycle: Schema.BooleanFromBit, again: Schema.BooleanFromBit })
// Each take, renewal and settlement reads rows.
SchemaJITCompiler.enable(StoredRow.ast)
const StoredHead = Schema.Struct({
  lane: Schema.String,
  dueAt: Schema.Int,
  lifecycle: Schema.BooleanFromBit,
  task: JobRow.fields.task
})
const StoredPayload = Schema.Struct({ payload: Schema.String })
const StoredMinimum = Schema.Struct({ number: Schema.NullOr(Schema.Int) })
const StoredNumber = Schema.Struct({ number: Schema.Int })
// Each offer reads numbers.
SchemaJITCompiler.enable(StoredNumber.ast)
const StoredValue = Schema.Struct({ value: Schema.String })

const fields = Struct.keys(JobRow.fields)

/** The column of a field: `waits_for` of `waitsFor`. */
const columnOf = (field: string): string => field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

const columns = fields.map((field) => `${columnOf(field)} AS ${field}`).join(", ")

/** Insertion of a job: the values of its fields, then its payload. */
const insertion = `INSERT INTO jobs (${[...fields, "payload"].map(columnOf).join(", ")})
  VALUES (${[...fields, "payload"].map(() => "?").join(", ")})`

/** True for a job whose id, lane or event is known. */
const knowing = `SELECT EXISTS (SELECT 1 FROM jobs WHERE id = ?1)
  OR EXISTS (SELECT 1 FROM jobs WHERE lane = ?2 AND state IN ('waiting', 'running'))
  OR EXISTS (SELECT 1 FROM jobs WHERE substr(event, -8) = substr(?3, -8) AND event = ?3 AND lane = ?2)
  OR EXISTS (SELECT 1 FROM ended_jobs WHERE id = ?4)
  OR EXISTS (SELECT 1 FROM ended_jobs WHERE event = ?5) AS number`

const parametersOf = (row: JobRow) => ({
  ...row,
  lifecycle: Number(row.lifecycle),
  again: Number(row.again)
} satisfies Parameters)

const newest = (a: JobRow | undefined, b: JobRow) => a !== undefined && a.position > b.position ? a : b

/** The jobs of the database, for one transaction: `jobs` has those that may run once more, `ended_jobs` the others. */
export const make = (statements: Statements): JobTable => {
  const ended = SqliteEndedJobs.make(statements)
  // The lanes that were read, as they are now: a transaction asks for a lane before and after it changes it.
  const lanes = new Map<string, ReadonlyArray<JobRow>>()
  /** Puts a row in its place among those of its lane, if the lane was read. */
  const place = (row: JobRow): void => {
    const known = lanes.get(row.lane)
    if (known === undefined) return
    const others = known.filter(({ id }) => id !== row.id)
    const isActive = row.state === "waiting" || row.state === "running"
    lanes.set(row.lane, isActive ? [...others, row].toSorted(byTurn) : others)
  }
  let signers: string | undefined
  const living = (id: string) => statements.get(StoredRow, `SELECT ${columns} FROM jobs WHERE id = :id`, { id })
  const listed = ({ before = Number.MAX_SAFE_INTEGER, limit, state }: Page) =>
    state === undefined
      ? statements.all(
        StoredRow,
        `SELECT ${columns} FROM jobs WHERE position < :before ORDER BY position DESC LIMIT :limit`,
        { before, limit }
      )
      : statements.all(
        StoredRow,
        `SELECT ${columns} FROM jobs WHERE state = :state AND position < :before ORDER BY position DESC LIMIT :limit`,
        { before, limit, state }
      )

  return {
    tick: () => {
      throw new Error("only a transaction that writes gives ticks")
    },
    knows: ({ event, id, lane }) => {
      const found = statements.get(StoredNumber, knowing, [
        id,
        lane,
        event,
        SqliteEndedJobs.bytesOf(id),
        SqliteEndedJobs.digestOf(lane, event)
      ])
      if (found?.number === 0) lanes.set(lane, [])
      return found?.number !== 0
    },
    byId: (id) => living(id) ?? ended.byId(id),
    byEvent: (lane, event) =>
      statements.all(
        StoredRow,
        `SELECT ${columns} FROM jobs WHERE substr(event, -8) = substr(:event, -8) AND event = :event AND lane = :lane`,
        { lane, event }
      ).reduce(newest, ended.byEvent(lane, event)),
    active: (lane) => {
      const known = lanes.get(lane)
      if (known !== undefined) return known
      const found = statements.all(
        StoredRow,
        `SELECT ${columns} FROM jobs WHERE lane = :lane AND state IN ('waiting', 'running')`,
        { lane }
      ).toSorted(byTurn)
      lanes.set(lane, found)
      return found
    },
    payload: (id) => statements.get(StoredPayload, "SELECT payload FROM jobs WHERE id = :id", { id })?.payload ?? "",
    insert: (row, payload) => {
      place(row)
      const values = parametersOf(row)
      statements.run(insertion, [...fields.map((field) => values[field]), payload])
    },
    update: (row, payload) => {
      place(row)
      if (row.state === "done" || row.state === "superseded") {
        statements.run("DELETE FROM jobs WHERE id = :id", { id: row.id })
        ended.insert(row)
        return
      }
      const {
        delivery: _delivery,
        event: _event,
        lane: _lane,
        lifecycle: _lifecycle,
        receivedAt: _receivedAt,
        ...changeable
      } = parametersOf(row)
      statements.run(
        `UPDATE jobs SET position = :position, state = :state, task = :task, failure = :failure, waits_for = :waitsFor,
         waits_since = :waitsSince, attempts = :attempts, earlier = :earlier, losses = :losses, due_at = :dueAt,
         epoch = :epoch, owner = :owner, stop = :stop, again = :again, superseded_by = :supersededBy,
         stood_for = :stoodFor, outcome = :outcome, since = :since, ended_at = :endedAt,
         payload = coalesce(:payload, payload)
       WHERE id = :id`,
        { ...changeable, payload: payload ?? null }
      )
    },
    signers: () =>
      signers ??= statements.get(StoredValue, "SELECT value FROM installation WHERE name = 'job_signers'")?.value ?? "",
    setSigners: (value) => {
      signers = value
      statements.run("INSERT OR REPLACE INTO installation (name, value) VALUES ('job_signers', :value)", { value })
    },
    // SQLite takes the bare columns from the row of the minimum: https://sqlite.org/lang_select.html#bareagg
    heads: (from) =>
      statements.all(
        StoredHead,
        `SELECT lane, due_at AS dueAt, lifecycle, task, position, min(turn) FROM jobs INDEXED BY jobs_active
       WHERE state IN ('waiting', 'running') GROUP BY lane HAVING dueAt >= :from ORDER BY position`,
        { from }
      ),
    count: (state) =>
      statements.get(StoredNumber, "SELECT number FROM job_counts WHERE state = :state", { state })?.number ?? 0,
    waitingSince: () =>
      statements.get(StoredMinimum, "SELECT min(since) AS number FROM jobs WHERE state = 'waiting'")?.number ??
        undefined,
    list: (page) => [...listed(page), ...ended.list(page)].sort((a, b) => b.position - a.position).slice(0, page.limit),
    oldestWaiting: (limit) =>
      statements.all(
        StoredRow,
        `SELECT ${columns} FROM jobs WHERE state = 'waiting' ORDER BY position LIMIT :limit`,
        { limit }
      ),
    probe: () => {
      statements.run("INSERT INTO probes (filler) VALUES (zeroblob(8192))")
      statements.run("DELETE FROM probes")
    },
    forget: (before) => statements.run("DELETE FROM jobs WHERE ended_at < :before", { before }) + ended.forget(before)
  }
}

/** Runs the body of a write transaction on the jobs. All its ticks are one change of their counter. */
export const within = <A>(statements: Statements, body: (table: JobTable) => A): A => {
  let last: number | undefined
  const result = body({
    ...make(statements),
    tick: () => {
      last ??= statements.get(StoredNumber, "SELECT last AS number FROM ticks")?.number ?? 0
      last += 1
      return last
    }
  })
  if (last !== undefined) statements.run("UPDATE ticks SET last = ?", [last])
  return result
}
