import { JobId } from "@nominal-code/domain/job/Job"
import type { Statements } from "@nominal-code/persistence/Sqlite"
import { Array, Result, Schema } from "effect"
import { hash } from "node:crypto"
import * as EndedJob from "../table/EndedJob.ts"
import type { FoundRow, JobRow, Page } from "../table/JobTable.ts"
import { readableRow } from "./SqliteJobRow.ts"

const Stored = Schema.Struct({
  id: Schema.Uint8Array,
  position: Schema.Int,
  superseded: Schema.Int,
  endedAt: Schema.Int,
  kept: Schema.Uint8Array
})

const columns = "id, position, superseded, ended_at AS endedAt, kept"

export const bytesOf = (id: string): Uint8Array => Buffer.from(id, "hex")

const foundRow = ({ endedAt, id, kept, position, superseded }: typeof Stored.Type): FoundRow => {
  const name = Buffer.from(id).toString("hex")
  return Result.try({
    try: () =>
      EndedJob.decode(kept, {
        id: JobId.make(name),
        position,
        endedAt,
        state: superseded === 0 ? "done" : "superseded"
      }),
    catch: (cause) => ({ id: name, position, reason: EndedJob.damageOf(cause) })
  })
}

/** Six-byte hash of a lane's event, mostly unique. As hexadecimal digits, it takes half of the time. */
export const digestOf = (lane: string, event: string): Uint8Array =>
  bytesOf(hash("sha256", `${lane}\n${event}`).slice(0, 12))

/** The `ended_jobs` table of the database, for one transaction. Nothing in it ever changes. */
export const make = (statements: Statements) => ({
  byId: (id: string): JobRow | undefined => {
    const found = statements.get(Stored, `SELECT ${columns} FROM ended_jobs WHERE id = :id`, { id: bytesOf(id) })
    return found === undefined ? undefined : readableRow(foundRow(found))
  },
  byEvent: (lane: string, event: string): JobRow | undefined =>
    statements.all(Stored, `SELECT ${columns} FROM ended_jobs WHERE event = :event ORDER BY position DESC`, {
      event: digestOf(lane, event)
    }).flatMap((found) => Array.getSuccesses([foundRow(found)])).find((row) =>
      row.event === event && row.lane === lane
    ),
  insert: (row: JobRow): void => {
    statements.run(
      "INSERT INTO ended_jobs (position, id, event, superseded, ended_at, kept) VALUES (?, ?, ?, ?, ?, ?)",
      [
        row.position,
        bytesOf(row.id),
        digestOf(row.lane, row.event),
        row.state === "superseded" ? 1 : 0,
        row.endedAt,
        EndedJob.encode(row)
      ]
    )
  },
  list: ({ before = Number.MAX_SAFE_INTEGER, limit, state }: Page): ReadonlyArray<FoundRow> => {
    if (state !== undefined && state !== "done" && state !== "superseded") return []
    // A literal: SQLite has no index for a value that it does not know yet.
    const sql = state === undefined ? "" : `superseded = ${state === "superseded" ? 1 : 0} AND`
    return statements.all(
      Stored,
      `SELECT ${columns} FROM ended_jobs WHERE ${sql} position < :before ORDER BY position DESC LIMIT :limit`,
      { before, limit }
    ).map(foundRow)
  },
  forget: (before: number): number => statements.run("DELETE FROM ended_jobs WHERE ended_at < :before", { before })
})
