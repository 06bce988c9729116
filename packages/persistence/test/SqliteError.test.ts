import { assert, it } from "@effect/vitest"
import { PlatformError } from "effect"
import { explain, NewerSchema } from "../src/SqliteError.ts"

const explained = (cause: unknown) => {
  const { message, reason } = explain({ operation: "SqliteQueue.open", file: "/data/nominal.db", cause })
  return { message, reason }
}

const driverError = (errcode: number, message: string) => Object.assign(new Error(message), { errcode })

it("what another process holds or the disk fails at is tried again, and a full disk is full", () => {
  assert.strictEqual(explained(driverError(5, "database is locked")).reason, "unavailable")
  assert.strictEqual(explained(driverError(6, "database table is locked")).reason, "unavailable")
  // SQLITE_IOERR_FSYNC.
  assert.strictEqual(explained(driverError(1034, "disk I/O error")).reason, "unavailable")
  assert.deepStrictEqual(explained(driverError(13, "database or disk is full")), {
    message: "/data/nominal.db: database or disk is full; the disk is full: free some space",
    reason: "full"
  })
})

it("an extended code of SQLite has the advice of its primary one", () => {
  // SQLITE_BUSY_SNAPSHOT and SQLITE_READONLY_DIRECTORY.
  assert.strictEqual(explained(driverError(517, "database is locked")).reason, "unavailable")
  assert.include(explained(driverError(1544, "attempt to write a readonly database")).message, "make it writable")
})

it("a code without an advice keeps SQLite's message, and fails", () => {
  assert.deepStrictEqual(explained(driverError(1, "no such table: jobs")), {
    message: "/data/nominal.db: no such table: jobs",
    reason: "failed"
  })
})

it("a directory that cannot be made is named with the setting to change", () => {
  const cause = PlatformError.systemError({
    _tag: "PermissionDenied",
    module: "FileSystem",
    method: "makeDirectory",
    pathOrDescriptor: "/data"
  })
  const { message, reason } = explained(cause)
  assert.match(message, /^\/data\/nominal\.db: its directory cannot be made \(this user may not\); .*NOMINAL_DATA_DIR/)
  assert.strictEqual(reason, "failed")
})

it("a file of a newer version says so itself, and any other failure is its first line", () => {
  assert.strictEqual(explained(new NewerSchema({ message: "update" })).message, "update")
  assert.strictEqual(explained(new Error("one\ntwo")).message, "/data/nominal.db: one")
  assert.strictEqual(explained("odd").message, "/data/nominal.db: an unknown failure")
})
