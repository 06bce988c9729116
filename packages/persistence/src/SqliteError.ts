import { directoryTrouble } from "@nominal-code/domain/file/DirectoryTrouble"
import { PlatformError, Schema } from "effect"
import { StoreError } from "./StoreError.ts"

/** The file was written by a newer version of the program. */
export class NewerSchema extends Schema.TaggedError<NewerSchema>()("NewerSchema", { message: Schema.String }) {}

const DriverError = Schema.Struct({ errcode: Schema.Int, message: Schema.String })
const isDriverError = Schema.is(DriverError)

const busy = 5
const locked = 6
const disk = 10
const full = 13
const reasons = new Map<number, StoreError["reason"]>([
  [busy, "unavailable"],
  [locked, "unavailable"],
  [disk, "unavailable"],
  [full, "full"]
])

const move = "make it writable for this user, or set data_dir (NOMINAL_DATA_DIR) to another directory"

// By SQLite's primary result code: https://sqlite.org/rescode.html
const advice = new Map([
  [busy, "another process holds it; it will be tried again"],
  [locked, "another process holds it; it will be tried again"],
  [8, move],
  [disk, "the disk failed to read or write: check the disk"],
  [11, "the file is damaged: move it away and start again"],
  [full, "the disk is full: free some space"],
  [14, move],
  [26, "the file is not a database: move it away, or set data_dir (NOMINAL_DATA_DIR) to another directory"]
])

// The upper bytes only say more about the same thing.
const codeOf = ({ errcode }: typeof DriverError.Type): number => errcode & 0xff

/** True for an error of the driver that says that the disk failed to read or write. */
export const isDiskFailure = (cause: unknown): boolean => isDriverError(cause) && codeOf(cause) === disk

/** Error of a failed operation: one line with the operation, the file and the remedy. */
export const explain = (
  { cause, file, operation }: { readonly operation: string; readonly file: string; readonly cause: unknown }
): StoreError => {
  if (cause instanceof NewerSchema) return new StoreError({ operation, message: cause.message, reason: "failed" })
  if (isDriverError(cause)) {
    const code = codeOf(cause)
    return new StoreError({
      operation,
      message: `${file}: ${cause.message}${advice.has(code) ? `; ${advice.get(code)}` : ""}`,
      reason: reasons.get(code) ?? "failed"
    })
  }
  if (cause instanceof PlatformError.PlatformError) {
    return new StoreError({
      operation,
      message: `${file}: its directory cannot be made (${directoryTrouble(cause)}); ${move}`,
      reason: "failed"
    })
  }
  const detail = cause instanceof Error ? cause.message.split("\n", 1)[0] : "an unknown failure"
  return new StoreError({ operation, message: `${file}: ${detail}`, reason: "failed" })
}
