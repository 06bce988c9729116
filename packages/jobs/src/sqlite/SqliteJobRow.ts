import { Option, Result, Schema, Struct } from "effect"
import * as SchemaJITCompiler from "effect/schema/SchemaJITCompiler"
import { unreadableText } from "../JobRecords.ts"
import { type FoundRow, JobRow } from "../table/JobTable.ts"

/** A job as its columns are read. */
export const StoredRow = Schema.Struct({
  ...JobRow.fields,
  lifecycle: Schema.BooleanFromBit,
  again: Schema.BooleanFromBit
})
// Each take, renewal and settlement reads rows.
SchemaJITCompiler.enable(StoredRow.ast)
/** The columns of a row, for `foundRow`. */
export const Columns = Schema.Unknown

const decodeRow = Schema.decodeUnknownResult(StoredRow)
const decodeIdentity = Schema.decodeUnknownOption(Schema.Struct({ id: Schema.String, position: Schema.Int }))

/** Reads the columns of a row. */
export const foundRow = (found: unknown): FoundRow =>
  Result.mapError(decodeRow(found), ({ message }) => ({
    ...Option.getOrElse(decodeIdentity(found), () => ({ id: "without an id", position: 0 })),
    reason: message.replaceAll(/\s+/g, " ")
  }))

/** The row; throws if it cannot be read. */
export const readableRow = (found: FoundRow): JobRow =>
  Result.getOrThrowWith(found, (job) => new Error(unreadableText(job)))

/** A number that a statement returns. */
export const StoredNumber = Schema.Struct({ number: Schema.Int })
// Each offer reads numbers.
SchemaJITCompiler.enable(StoredNumber.ast)

/** Fields of a job that have a column. */
export const fields = Struct.keys(JobRow.fields)

/** The column of a field: `waits_for` of `waitsFor`. */
export const columnOf = (field: string): string => field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** The columns of a job, by the names of its fields. */
export const columns = fields.map((field) => `${columnOf(field)} AS ${field}`).join(", ")
