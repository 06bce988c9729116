import * as Owners from "@nominal-code/persistence/Owners"
import { Sqlite } from "@nominal-code/persistence/Sqlite"
import { Effect, Layer, Schema } from "effect"
import * as TableQueue from "../table/TableQueue.ts"
import type { TableStore } from "../table/TableStore.ts"
import * as SqliteJobTable from "./SqliteJobTable.ts"
import * as SqliteLaneCache from "./SqliteLaneCache.ts"
import * as SqliteSetBack from "./SqliteSetBack.ts"

const Version = Schema.Struct({ data_version: Schema.Int })
const Owner = Schema.Struct({ id: Schema.String })

const make = Effect.gen(function*() {
  const sqlite = yield* Sqlite
  const owners = yield* Owners.Owners
  const lanes = SqliteLaneCache.make()

  // Before the first lease, so that every lease names an owner that others know to ask about.
  yield* sqlite.transaction(
    "SqliteQueue.register",
    (statements) => statements.run("INSERT INTO owners (id) VALUES (:id)", { id: owners.self })
  )

  /** Ends the leases of a dead process before they run out. Those of a living process are never touched. */
  const expireLeasesOf = Effect.fnUntraced(function*(id: string) {
    const released = yield* sqlite.transaction("SqliteQueue.recover", (statements) => {
      lanes.clear()
      statements.run("DELETE FROM owners WHERE id = :id", { id })
      return statements.run(
        "UPDATE jobs SET due_at = 0 WHERE state = 'running' AND owner = :id",
        { id }
      )
    })
    yield* owners.forget(id)
    if (released > 0) yield* Effect.logWarning(`${released} job(s) of a process that ended run again`)
  })

  /** Recovers the leases of dead processes; true if there was one. */
  const recover = Effect.gen(function*() {
    const known = yield* sqlite.read(
      "SqliteQueue.recover",
      (statements) => statements.all(Owner, "SELECT id FROM owners WHERE id <> :self", { self: owners.self })
    )
    const dead = yield* Effect.filter(known, ({ id }) => Effect.map(owners.isAlive(id), (alive) => !alive), {
      concurrency: 1
    })
    yield* Effect.forEach(dead, ({ id }) => expireLeasesOf(id), { concurrency: 1, discard: true })
    return dead.length > 0
  })

  const setBack = yield* SqliteSetBack.make(sqlite, lanes)

  yield* recover
  const read: TableStore["read"] = (operation, body) =>
    sqlite.read(operation, (statements) => body(SqliteJobTable.make(statements)))
  const writing = (run: typeof sqlite.transaction): TableStore["transaction"] => (operation, body) =>
    Effect.map(
      run(operation, (statements) => SqliteJobTable.within(statements, lanes, body)),
      ([result, committed]) => {
        committed()
        return result
      }
    )
  return yield* TableQueue.make({
    owner: owners.self,
    read,
    transaction: writing(sqlite.transaction),
    unsynced: writing(sqlite.unsynced),
    synced: sqlite.synced,
    isDurable: sqlite.inPlace,
    heads: Effect.fnUntraced(function*(from) {
      const found = yield* recover
      const shortened = yield* setBack.look
      return yield* read("JobQueue.ready", (table) => table.heads(found || shortened ? 0 : from))
    }),
    version: sqlite.read(
      "JobQueue.ready",
      (statements) => statements.get(Version, "PRAGMA data_version")?.data_version ?? 0
    )
  })
})

/** Queue in the database file. Accepted jobs survive the death of the process and of the machine. */
export const layer = Layer.effectContext(make).pipe(Layer.provide(Owners.layer))
