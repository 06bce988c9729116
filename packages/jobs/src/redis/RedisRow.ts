import { Option, Result, Schema, Struct } from "effect"
import * as SchemaJITCompiler from "effect/schema/SchemaJITCompiler"
import type { UnreadableJob } from "../JobRecords.ts"
import * as EndedJob from "../table/EndedJob.ts"
import { JobRow } from "../table/JobTable.ts"

/*
 * A job's row as the fields of a hash. What has its usual value is left out, and values are short: what
 * has ended is kept in another form.
 */

/** A job as stored: its row, its payload, and its further fields. */
export interface StoredRow {
  readonly row: JobRow
  readonly payload: string
  /** Idempotency key of the step that last changed it. */
  readonly call: string
  readonly version: string
}

/** Further fields. Every change writes state, position, epoch, lane and end, so that the append-only file shows a job's history. */
const short = {
  delivery: "d",
  event: "e",
  lifecycle: "l",
  task: "t",
  failure: "f",
  waitsFor: "w",
  waitsSince: "ws",
  attempts: "a",
  earlier: "b",
  losses: "n",
  dueAt: "u",
  owner: "o",
  stop: "s",
  again: "g",
  supersededBy: "by",
  stoodFor: "for",
  outcome: "out",
  receivedAt: "r",
  since: "si"
} as const

const usual: Readonly<Record<string, string>> = { l: "0", t: "review", a: "0", b: "0", n: "0", u: "0", g: "0", si: "0" }

const text = (value: string | number | boolean | null): string =>
  value === null ? "" : typeof value === "boolean" ? (value ? "1" : "0") : String(value)

const named = Struct.keys(short).map((name) => [name, short[name]] as const)

/** Text of a further field; empty if it is left out. */
const storedText = (row: JobRow, name: keyof typeof short, field: string): string => {
  const value = row[name]
  // A version that knows no commands reads one as a review, which it carries out just so.
  if (name === "task" && value === "command" || name === "receivedAt" && value === row.position) return ""
  const stored = text(value)
  return stored === usual[field] ? "" : stored
}

/** Changes of the fields of a hash: fields and values in turn that are set, and fields that are removed. */
export interface FieldChanges {
  readonly set: ReadonlyArray<string>
  readonly del: ReadonlyArray<string>
}

/** Changes of the further fields of a job, its payload aside. Without `before` there is no hash yet. */
export const fieldChanges = (before: StoredRow | undefined, row: JobRow, call: string): FieldChanges => {
  const set: Array<string> = []
  const del: Array<string> = []
  const change = (field: string, from: string, to: string) => {
    if (from === to) return
    if (to === "") del.push(field)
    else set.push(field, to)
  }
  const commandText = (task: JobRow["task"] | undefined) => task === "command" ? "1" : ""
  change("c", commandText(before?.row.task), commandText(row.task))
  for (const [name, field] of named) {
    // That of an instant depends on the position, too.
    if (before !== undefined && before.row[name] === row[name] && name !== "receivedAt") continue
    change(field, before === undefined ? "" : storedText(before.row, name, field), storedText(row, name, field))
  }
  change("call", before?.call ?? "", call)
  return { set, del }
}

/** A stored row as it was found. */
export type FoundStoredRow = Result.Result<StoredRow, UnreadableJob>

/** Reads a job from its record after its end; none if there is no record, as mostly. `position`: the job's, where it is known. */
export const foundEnded = (record: string, position = 0): Option.Option<FoundStoredRow> =>
  record === "" ? Option.none() : Option.some(Result.try({
    try: () => ({ ...EndedJob.decodeWhole(Buffer.from(record, "latin1")), payload: "", version: "" }),
    catch: (cause) => ({ id: `at position ${position}`, position, reason: EndedJob.damageOf(cause) })
  }))

/** Reads a job from its record after its end; none if the bytes are no such record. */
export const endedOf = (record: string): Option.Option<StoredRow> =>
  Option.flatMap(foundEnded(record), Result.getSuccess)

/** A hash as `HGETALL` gives it. */
export const Fields = Schema.Record(Schema.String, Schema.String)

const decoded = (bytes: string): string => Buffer.from(bytes, "latin1").toString("utf8")

/** Reads a hash from the flat list of bytes in which a script gives it. */
export const pairsOf = (flat: ReadonlyArray<string>): typeof Fields.Type =>
  Object.fromEntries(
    flat.flatMap((field, index) => index % 2 === 0 ? [[field, decoded(flat[index + 1] ?? "")] as const] : [])
  )

const int = (value: string | undefined): number => Number(value ?? "0")
/** The number of a field that every hash has. */
const always = (value: string | undefined): number => Number(value)
const orNull = <A>(value: A | undefined): A | null => value ?? null

// Each step on a lane reads the rows of its jobs.
SchemaJITCompiler.enable(JobRow.ast)
const decodeRow = Schema.decodeUnknownResult(JobRow)

/** Reads a row from a hash; none if there is no such job. */
export const foundRow = (id: string, found: typeof Fields.Type): Option.Option<FoundStoredRow> => {
  if (Object.keys(found).length === 0) return Option.none()
  const position = always(found["position"])
  const row = decodeRow({
    id,
    lane: found["lane"],
    state: found["state"],
    position,
    epoch: always(found["epoch"]),
    endedAt: found["ended"] === "" ? null : always(found["ended"]),
    delivery: found["d"],
    event: found["e"],
    lifecycle: found["l"] === "1",
    task: found["t"] ?? (found["c"] === "1" ? "command" : "review"),
    failure: orNull(found["f"]),
    waitsFor: orNull(found["w"]),
    waitsSince: found["ws"] === undefined ? null : int(found["ws"]),
    attempts: int(found["a"]),
    earlier: int(found["b"]),
    losses: int(found["n"]),
    dueAt: int(found["u"]),
    owner: orNull(found["o"]),
    stop: orNull(found["s"]),
    again: found["g"] === "1",
    supersededBy: orNull(found["by"]),
    stoodFor: orNull(found["for"]),
    outcome: orNull(found["out"]),
    receivedAt: found["r"] === undefined ? position : int(found["r"]),
    since: int(found["si"])
  })
  return Option.some(Result.mapBoth(row, {
    onFailure: ({ message }) => ({
      id,
      position: Number.isSafeInteger(position) ? position : 0,
      reason: message.replaceAll(/\s+/g, " ")
    }),
    onSuccess: (row) => ({
      row,
      payload: found["payload"] ?? "",
      call: found["call"] ?? "",
      version: found["v"] ?? ""
    })
  }))
}
