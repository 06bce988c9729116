import type { Statements, Values } from "@nominal-code/persistence/Sqlite"
import { Array, Result, Schema } from "effect"
import { byTurn, type FoundRow, JobRow, type JobTable } from "../table/JobTable.ts"
import * as SqliteEndedJobs from "./SqliteEndedJobs.ts"
import * as SqliteJobList from "./SqliteJobList.ts"
import { columnOf, Columns, columns, fields, foundRow, readableRow, StoredNumber } from "./SqliteJobRow.ts"
import * as SqliteLaneCache from "./SqliteLaneCache.ts"

const StoredHead = Schema.Struct({
  lane: Schema.String,
  dueAt: Schema.Int,
  lifecycle: Schema.Int,
  task: Schema.String,
  position: Schema.Int
})
const isTask = Schema.is(JobRow.fields.task)
const StoredId = Schema.Struct({ id: Schema.String })
const StoredPayload = Schema.Struct({ payload: Schema.String })
const StoredMinimum = Schema.Struct({ number: Schema.NullOr(Schema.Int) })
const Version = Schema.Struct({ data_version: Schema.Int })
const StoredState = Schema.Struct({ state: JobRow.fields.state })
const StoredValue = Schema.Struct({ value: Schema.String })

/** Insertion of a job: the values of its fields, then its payload. */
const insertion = `INSERT INTO jobs (${[...fields, "payload"].map(columnOf).join(", ")})
  VALUES (${[...fields, "payload"].map(() => "?").join(", ")})`

/** True for a job whose id, lane or event is known. The event of one that waits or runs is in its lane. */
const knowing = `SELECT EXISTS (SELECT 1 FROM jobs WHERE id = ?1)
  OR EXISTS (SELECT 1 FROM jobs WHERE lane = ?2 AND state IN ('waiting', 'running'))
  OR EXISTS (SELECT 1 FROM jobs WHERE ended_at IS NOT NULL AND lane = ?2 AND event = ?3)
  OR EXISTS (SELECT 1 FROM ended_jobs WHERE id = ?4)
  OR EXISTS (SELECT 1 FROM ended_jobs WHERE event = ?5) AS number`

/**
 * Jobs of a lane that wait or run and have this id or event. Of lifecycle reviews, a lane has room for one that waits: it
 * reviews the head as it is by then.
 */
const twins = `SELECT id FROM jobs WHERE lane = ?1 AND state IN ('waiting', 'running')
  AND (id = ?2 OR event = ?3 OR ?4 = 1 AND lifecycle = 1 AND state = 'waiting' AND task = 'review')`

/** Value of a field in its column. */
const valueOf = (row: JobRow, field: keyof JobRow): Values[number] => {
  const value = row[field]
  return typeof value === "boolean" ? Number(value) : value
}

/** Fields that a change of a job may change. */
const changeable = fields.filter((field) =>
  !["id", "delivery", "event", "lane", "lifecycle", "receivedAt"].includes(field)
)

/** Column and new value of each changeable field in an update. */
const assignments = new Map([...changeable, "payload"].map((field) => [field, `${columnOf(field)} = ?`]))

/** Update of these columns of a job: their values, then the job's id. Indexes of other columns stay as they are. */
const updateOf = (changed: ReadonlyArray<string>): string =>
  `UPDATE jobs SET ${changed.map((field) => assignments.get(field)).join(", ")} WHERE id = ?`

// SQLite takes the bare columns from the row of the minimum: https://sqlite.org/lang_select.html#bareagg
const allHeads = `SELECT lane, due_at AS dueAt, lifecycle, task, position, min(turn) FROM jobs INDEXED BY jobs_active
  WHERE state IN ('waiting', 'running') GROUP BY lane`

/** The heads that are due at an instant or later, which is above 0: however many wait for nothing, they are not read. */
const headsFrom = `SELECT lane, due_at AS dueAt, lifecycle, task, position FROM jobs AS one INDEXED BY jobs_due
  WHERE due_at > 0 AND state IN ('waiting', 'running') AND due_at >= ? AND turn =
    (SELECT min(turn) FROM jobs INDEXED BY jobs_active WHERE lane = one.lane AND state IN ('waiting', 'running'))`

/** Condition of each state that is counted, for which there is an index. */
const conditions = [
  ["waiting", "state = 'waiting'"],
  ["running", "state = 'running'"],
  ["parked", "ended_at IS NOT NULL AND state = 'parked'"]
] as const

/** By how much the number of jobs of each state has changed. */
type SqliteJobCounts = Map<JobRow["state"], number>

const positionOf = (found: FoundRow): number => Result.merge(found).position

const newest = (a: JobRow | undefined, b: JobRow) => a !== undefined && a.position > b.position ? a : b

/**
 * The jobs of the database, for one transaction: `jobs` has those that may run once more, `ended_jobs` the others. A
 * transaction asks for a lane before and after it changes it, so that lanes are read once.
 */
export const make = (
  statements: Statements,
  lanes = SqliteLaneCache.make(),
  counts: SqliteJobCounts = new Map()
): JobTable => {
  const ended = SqliteEndedJobs.make(statements)
  const lists = SqliteJobList.make(statements)
  let signers: string | undefined
  const living = (id: string) => {
    const found = statements.get(Columns, `SELECT ${columns} FROM jobs WHERE id = :id`, { id })
    return found === undefined ? undefined : readableRow(foundRow(found))
  }
  const count = (state: JobRow["state"] | undefined, number: number) => {
    if (state !== undefined) counts.set(state, (counts.get(state) ?? 0) + number)
  }
  const countChange = (before: JobRow["state"] | undefined, after: JobRow["state"]) => {
    if (before === after) return
    count(before, -1)
    count(after, 1)
  }
  const rowsOf = (lane: string): ReadonlyArray<FoundRow> =>
    statements.all(Columns, `SELECT ${columns} FROM jobs WHERE lane = :lane AND state IN ('waiting', 'running')`, {
      lane
    }).map(foundRow)
  const active = (lane: string): ReadonlyArray<JobRow> => {
    const known = lanes.rows(lane)
    if (known !== undefined) return known
    const found = rowsOf(lane)
    const rows = Array.getSuccesses(found).toSorted(byTurn)
    // A lane that is remembered has no row that cannot be read.
    if (rows.length === found.length) lanes.read(lane, rows)
    return rows
  }

  return {
    tick: () => {
      throw new Error("only a transaction that writes gives ticks")
    },
    knows: ({ event, id, lane }) => {
      if ((lanes.rows(lane)?.length ?? 0) > 0) return true
      const found = statements.get(StoredNumber, knowing, [
        id,
        lane,
        event,
        SqliteEndedJobs.bytesOf(id),
        SqliteEndedJobs.digestOf(lane, event)
      ])
      if (found?.number === 0) lanes.read(lane, [])
      return found?.number !== 0
    },
    byId: (id) => living(id) ?? ended.byId(id),
    byEvent: (lane, event) =>
      [
        ...active(lane).filter((row) => row.event === event),
        ...statements.all(
          Columns,
          `SELECT ${columns} FROM jobs WHERE ended_at IS NOT NULL AND lane = :lane AND event = :event`,
          { lane, event }
        ).flatMap((found) => Array.getSuccesses([foundRow(found)]))
      ].reduce(newest, ended.byEvent(lane, event)),
    active,
    unreadable: (lane) => lanes.rows(lane) === undefined ? Array.getFailures(rowsOf(lane))[0] : undefined,
    unreadableTwin: ({ event, id, lane, lifecycle }) => {
      if (lanes.rows(lane) !== undefined) return undefined
      const unread = new Set(Array.getFailures(rowsOf(lane)).map(({ id }) => id))
      return unread.size === 0
        ? undefined
        : statements.all(StoredId, twins, [lane, id, event, lifecycle ? 1 : 0]).find(({ id }) => unread.has(id))?.id
    },
    payload: (id, lane) => {
      const known = lane === undefined ? undefined : lanes.payload(lane, id)
      if (known !== undefined) return known
      const payload = statements.get(StoredPayload, "SELECT payload FROM jobs WHERE id = ?", [id])?.payload ?? ""
      if (lane !== undefined) lanes.readPayload(lane, id, payload)
      return payload
    },
    insert: (row, payload) => {
      lanes.put(row, payload)
      count(row.state, 1)
      statements.run(insertion, [...fields.map((field) => valueOf(row, field)), payload])
    },
    update: (row, payload) => {
      const before = lanes.rows(row.lane)?.find(({ id }) => id === row.id)
      const state = before?.state ?? statements.get(StoredState, "SELECT state FROM jobs WHERE id = ?", [row.id])?.state
      countChange(state, row.state)
      lanes.put(row, payload)
      if (row.state === "done" || row.state === "superseded") {
        statements.run("DELETE FROM jobs WHERE id = ?", [row.id])
        ended.insert(row)
        return
      }
      const changed: Array<string> = []
      const values: Array<Values[number]> = []
      for (const field of changeable) {
        if (before !== undefined && before[field] === row[field]) continue
        changed.push(field)
        values.push(valueOf(row, field))
      }
      if (payload !== undefined) {
        changed.push("payload")
        values.push(payload)
      }
      if (changed.length > 0) statements.run(updateOf(changed), [...values, row.id])
    },
    signers: () =>
      signers ??= statements.get(StoredValue, "SELECT value FROM installation WHERE name = 'job_signers'")?.value ?? "",
    setSigners: (value) => {
      signers = value
      statements.run("INSERT OR REPLACE INTO installation (name, value) VALUES ('job_signers', :value)", { value })
    },
    heads: (from) =>
      statements.all(StoredHead, from > 0 ? headsFrom : allHeads, from > 0 ? [from] : [])
        .toSorted((a, b) => a.position - b.position)
        // It only decides about the turn: whoever takes the lane reads the job.
        .map(({ lifecycle, task, ...head }) => ({
          ...head,
          lifecycle: lifecycle !== 0,
          task: isTask(task) ? task : "review"
        })),
    count: lists.count,
    waitingSince: () =>
      statements.get(StoredMinimum, "SELECT min(since) AS number FROM jobs WHERE state = 'waiting'")?.number ??
        undefined,
    list: (page) =>
      [...lists.list(page), ...ended.list(page)].sort((a, b) => positionOf(b) - positionOf(a)).slice(0, page.limit),
    oldestWaiting: lists.oldestWaiting,
    probe: () => {
      statements.run("INSERT INTO probes (filler) VALUES (zeroblob(8192))")
      statements.run("DELETE FROM probes")
    },
    forget: (before) => {
      const forgotten = statements.run("DELETE FROM jobs WHERE ended_at < :before", { before })
      // A server of the version before, which may have run beside this one, has not counted.
      for (const [state, condition] of conditions) {
        statements.run(
          `UPDATE job_counts SET number = (SELECT count(*) FROM jobs WHERE ${condition}) WHERE state = '${state}'`
        )
      }
      return forgotten + ended.forget(before)
    }
  }
}

/**
 * Runs the body of a write transaction on the jobs, and returns its result with what to call once it is committed. All its
 * ticks are one change of their counter, and so is what it changes of the number of jobs in each state.
 */
export const within = <A>(
  statements: Statements,
  lanes: SqliteLaneCache.SqliteLaneCache,
  body: (table: JobTable) => A
): readonly [result: A, committed: () => void] => {
  const committed = lanes.begin(statements.get(Version, "PRAGMA data_version")?.data_version ?? NaN)
  const counts: SqliteJobCounts = new Map()
  let last: number | undefined
  const result = body({
    ...make(statements, lanes, counts),
    tick: () => {
      last ??= statements.get(StoredNumber, "SELECT last AS number FROM ticks")?.number ?? 0
      last += 1
      return last
    }
  })
  if (last !== undefined) statements.run("UPDATE ticks SET last = ?", [last])
  for (const [state, change] of counts) {
    if (change !== 0) statements.run("UPDATE job_counts SET number = number + ? WHERE state = ?", [change, state])
  }
  return [result, committed]
}
