import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Sqlite, type Statements } from "@nominal-code/persistence/Sqlite"
import { Effect, Fiber, FileSystem, Schema } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { TestClock } from "effect/testing"
import { DatabaseSync } from "node:sqlite"
import { onBrokenDisk } from "./BrokenDisk.ts"
import { databaseAt, freshDatabase, temporaryDirectory } from "./TestDatabase.ts"

const Last = Schema.Struct({ last: Schema.Int })
const last = Effect.flatMap(
  Sqlite,
  ({ read }) => read("test", (statements) => statements.get(Last, "SELECT last FROM ticks")?.last)
)

const openError = (directory: string) => Effect.flip(Effect.provide(last, databaseAt(directory)))

it.effect("what was written is on the disk before the answer, and readers do not wait for writers", () =>
  Effect.gen(function*() {
    const { read } = yield* Sqlite
    const settings = yield* read("test", (statements) => ({
      journal: statements.get(Schema.Struct({ journal_mode: Schema.String }), "PRAGMA journal_mode"),
      synchronous: statements.get(Schema.Struct({ synchronous: Schema.Int }), "PRAGMA synchronous")
    }))
    assert.deepStrictEqual(settings, { journal: { journal_mode: "wal" }, synchronous: { synchronous: 2 } })
  }).pipe(Effect.provide(freshDatabase)))

it.effect("what does not wait for the disk is there at once, and the transactions after it wait as ever", () =>
  Effect.gen(function*() {
    const { read, synced, transaction, unsynced } = yield* Sqlite
    const level = (statements: Statements) =>
      statements.get(Schema.Struct({ synchronous: Schema.Int }), "PRAGMA synchronous")?.synchronous
    const during = yield* unsynced("test", (statements) => {
      statements.run("UPDATE ticks SET last = 7")
      return level(statements)
    })
    const failed = yield* Effect.flip(unsynced("test", (statements) => statements.run("nonsense")))
    assert.deepStrictEqual([during, failed.operation, yield* last], [1, "test", 7])
    assert.deepStrictEqual([yield* read("test", level), yield* transaction("test", level)], [2, 2])
    yield* synced
  }).pipe(Effect.provide(freshDatabase)))

const set = (value: number) => (statements: Statements) => statements.run("UPDATE ticks SET last = ?", [value])

const lastIn = (directory: string) => Effect.provide(last, databaseAt(directory), { local: true })

it.live("what the disk failed to take is written anew, by nobody else meanwhile, before it counts as written", () =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* temporaryDirectory
    const { afterPowerCut, log, synced, unsynced } = yield* onBrokenDisk(3, directory)
    const file = fs.readFile(`${directory}/nominal-code.db`)
    const before = yield* file
    yield* unsynced("test", set(7))
    yield* synced
    const anew = "written under a lock"
    assert.deepStrictEqual(log, ["lost", anew, "lost", anew, "lost", anew, "taken"])
    assert.strictEqual(yield* lastIn(yield* afterPowerCut), 7)
    yield* unsynced("test", set(8))
    yield* synced
    assert.strictEqual(yield* lastIn(yield* afterPowerCut), 8)
    // A power cut finds the file as the journal takes it to be.
    assert.deepStrictEqual(yield* file, before)
  }).pipe(Effect.provide(NodeServices.layer)))

it.effect("while it cannot be written anew nothing counts as written, though the disk is there again", () =>
  Effect.gen(function*() {
    const directory = yield* temporaryDirectory
    const { afterPowerCut, log, synced, transaction, unsynced } = yield* onBrokenDisk(1, directory)
    yield* unsynced("test", set(7))
    const writer = new DatabaseSync(`${directory}/nominal-code.db`)
    writer.exec("BEGIN IMMEDIATE")
    for (const waiting of [synced, synced, transaction("test", set(9))]) {
      const [error] = yield* Effect.all([Effect.flip(waiting), TestClock.adjust("10 seconds")], { concurrency: 2 })
      assert.strictEqual(error.reason, "unavailable")
    }
    writer.close()
    yield* transaction("test", set(10))
    assert.deepStrictEqual(log, ["lost", "written under a lock", "taken"])
    assert.strictEqual(yield* lastIn(yield* afterPowerCut), 10)
  }).pipe(Effect.provide(NodeServices.layer)))

it.live("a transaction that the disk failed is tried again behind nothing that the disk may not have", () =>
  Effect.gen(function*() {
    const { log, transaction, unsynced } = yield* onBrokenDisk(0, yield* temporaryDirectory)
    yield* unsynced("test", set(7))
    yield* transaction("test", (statements) => {
      log.push("tried")
      // SQLITE_IOERR_FSYNC.
      if (log.length === 1) throw Object.assign(new Error("disk I/O error"), { errcode: 1034 })
      set(8)(statements)
    })
    assert.deepStrictEqual(log, ["tried", "written under a lock", "taken", "tried"])
  }).pipe(Effect.provide(NodeServices.layer)))

it.effect("what a process left in the journal is written anew by the next one that opens the file", () =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const [directory, killed] = [yield* temporaryDirectory, yield* temporaryDirectory]
    yield* Effect.gen(function*() {
      const { unsynced } = yield* Sqlite
      yield* unsynced("test", set(7))
      for (const name of ["nominal-code.db", "nominal-code.db-wal"]) {
        yield* fs.copyFile(`${directory}/${name}`, `${killed}/${name}`)
      }
    }).pipe(Effect.provide(databaseAt(directory)))
    const { log } = yield* onBrokenDisk(0, killed)
    assert.deepStrictEqual(log, ["written under a lock", "taken"])
    assert.deepStrictEqual((yield* onBrokenDisk(0, yield* temporaryDirectory)).log, [])
  }).pipe(Effect.provide(NodeServices.layer)))

/** Changes one page of the database so often, in the journal alone. */
const changed = (times: number) =>
  Effect.flatMap(
    Sqlite,
    ({ unsynced }) =>
      Effect.replicateEffect(
        unsynced("test", (statements) => statements.run("UPDATE ticks SET last = last + 1")),
        times,
        {
          discard: true
        }
      )
  )

/** The value in the file alone, without its journal. */
const copiedValue = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const { directory } = yield* Sqlite
  const copy = yield* temporaryDirectory
  yield* fs.copyFile(`${directory}/nominal-code.db`, `${copy}/nominal-code.db`)
  return yield* lastIn(copy)
})

it.effect("three thousand changed pages are in the journal before it is copied, and the disk waited for twice", () =>
  Effect.gen(function*() {
    const { synced } = yield* Sqlite
    yield* changed(3000)
    yield* Effect.replicateEffect(synced, 10)
    assert.strictEqual(yield* copiedValue, 0)
    yield* changed(1000)
    yield* Effect.replicateEffect(synced, 10)
    assert.strictEqual(yield* copiedValue, 4000)
    // The next writes begin the journal anew: it has its old length, and few pages.
    yield* changed(10)
    yield* Effect.replicateEffect(synced, 10)
    assert.strictEqual(yield* copiedValue, 4000)
  }).pipe(Effect.provide([freshDatabase, NodeServices.layer])))

it.live("a long journal is copied also where every transaction waits for the disk by itself", () =>
  Effect.gen(function*() {
    const { transaction } = yield* Sqlite
    yield* changed(4000)
    yield* Effect.replicateEffect(transaction("test", set(7)), 8)
    yield* Effect.repeat(Effect.delay(copiedValue, "10 millis"), { until: (value) => value === 7 })
  }).pipe(Effect.provide([freshDatabase, NodeServices.layer])))

it.live("a disk that fails while the journal is copied is noticed, and what it failed to take is written anew", () =>
  Effect.gen(function*() {
    const directory = yield* temporaryDirectory
    const { exec } = DatabaseSync.prototype
    let failures = 1
    yield* Effect.acquireRelease(
      Effect.sync(() => {
        DatabaseSync.prototype.exec = function(sql) {
          if (sql.includes("wal_checkpoint") && failures-- > 0) {
            throw Object.assign(new Error("disk I/O error"), { errcode: 1034 })
          }
          return exec.call(this, sql)
        }
      }),
      () => Effect.sync(() => DatabaseSync.prototype.exec = exec)
    )
    const { log, synced, ...sqlite } = yield* onBrokenDisk(0, directory)
    yield* Effect.provideService(changed(4000), Sqlite, Sqlite.of({ ...sqlite, synced }))
    yield* Effect.replicateEffect(synced, 8)
    assert.deepStrictEqual(
      log.filter((entry) => entry !== "taken"),
      Array.from({ length: 16 }, () => "written under a lock")
    )
    assert.strictEqual(log.at(-1), "taken")
  }).pipe(Effect.provide(NodeServices.layer)))

it.effect("its files are for this process's user alone, also where an earlier version made them for everybody", () =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* temporaryDirectory
    const modes = Effect.gen(function*() {
      const { transaction } = yield* Sqlite
      yield* transaction("test", (statements) => statements.run("UPDATE ticks SET last = 7"))
      const names = (yield* fs.readDirectory(directory)).filter((name) => name.startsWith("nominal-code.db"))
      return yield* Effect.forEach(
        names,
        (name) => Effect.map(fs.stat(`${directory}/${name}`), ({ mode }) => (mode & 0o777).toString(8))
      )
    }).pipe(Effect.provide(databaseAt(directory), { local: true }))
    const first = yield* modes
    assert.isAtLeast(first.length, 2)
    assert.deepStrictEqual([...new Set(first)], ["600"])
    yield* fs.chmod(`${directory}/nominal-code.db`, 0o644)
    assert.deepStrictEqual([...new Set(yield* modes)], ["600"])
  }).pipe(Effect.provide(NodeServices.layer)))

it.effect("a transaction that throws changes nothing", () =>
  Effect.gen(function*() {
    const { transaction } = yield* Sqlite
    const error = yield* transaction("test", (statements) => {
      statements.run("UPDATE ticks SET last = 7")
      statements.run("INSERT INTO owners (id) VALUES (:id)", { id: null })
    }).pipe(Effect.flip)
    assert.match(error.message, /nominal-code\.db: NOT NULL constraint failed: owners\.id$/)
    assert.isFalse(error.retryable)
    assert.strictEqual(yield* last, 0)
    yield* transaction("test", (statements) => statements.run("UPDATE ticks SET last = 8"))
    assert.strictEqual(yield* last, 8)
  }).pipe(Effect.provide(freshDatabase)))

it.live("a file that another process holds for a moment is waited for, and this process goes on meanwhile", () =>
  Effect.gen(function*() {
    const directory = yield* temporaryDirectory
    yield* Effect.gen(function*() {
      const { transaction } = yield* Sqlite
      const other = new DatabaseSync(`${directory}/nominal-code.db`)
      other.exec("BEGIN IMMEDIATE")
      const writing = yield* Effect.forkChild(
        transaction("test", (statements) => statements.run("UPDATE ticks SET last = 9"))
      )
      let turns = 0
      yield* Effect.repeat(
        Effect.delay(Effect.sync(() => ++turns), "10 millis"),
        { until: (turns) => turns === 20 }
      )
      assert.isUndefined(writing.pollUnsafe())
      other.exec("COMMIT")
      other.close()
      yield* Fiber.join(writing)
      assert.strictEqual(yield* last, 9)
    }).pipe(Effect.provide(databaseAt(directory)))
  }))

it.effect("a file that was moved away is not in its place until it is back", () =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* temporaryDirectory
    yield* Effect.gen(function*() {
      const { inPlace } = yield* Sqlite
      yield* inPlace
      yield* fs.rename(directory, `${directory}-away`)
      const error = yield* Effect.flip(inPlace)
      assert.match(error.message, /nominal-code\.db: it was moved or deleted while this process has it open/)
      yield* Effect.provide(last, databaseAt(directory))
      yield* Effect.flip(inPlace)
      yield* fs.remove(directory, { recursive: true })
      yield* fs.rename(`${directory}-away`, directory)
      yield* inPlace
    }).pipe(Effect.provide(databaseAt(directory)))
  }).pipe(Effect.provide(NodeServices.layer)))

it.effect("a row of another shape is an error, not a value", () =>
  Effect.gen(function*() {
    const { read } = yield* Sqlite
    const error = yield* Effect.flip(
      read("test", (statements) => statements.get(Schema.Struct({ last: Schema.String }), "SELECT last FROM ticks"))
    )
    assert.strictEqual(error._tag, "StoreError")
    assert.notInclude(error.message, "\n")
  }).pipe(Effect.provide(freshDatabase)))

it.effect("what was committed is there when the file is opened again", () =>
  Effect.gen(function*() {
    const directory = yield* temporaryDirectory
    yield* Effect.flatMap(Sqlite, ({ transaction }) =>
      transaction("test", (statements) => statements.run("UPDATE ticks SET last = 3"))).pipe(
        Effect.provide(databaseAt(directory))
      )
    assert.strictEqual(yield* Effect.provide(last, databaseAt(directory)), 3)
  }))

// The test's clock stands still: an answer after a wait, or after another try, would never come.
it.effect("a data directory that cannot be made is one clear line at once", () =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* temporaryDirectory
    yield* fs.writeFileString(`${directory}/file`, "")
    const reasons = [["file/data", "a part of its path is a file"], ["file", "it is a file"]] as const
    for (const [name, why] of reasons) {
      const error = yield* openError(`${directory}/${name}`)
      assert.strictEqual(
        error.message,
        `${directory}/${name}/nominal-code.db: its directory cannot be made (${why}); ` +
          "make it writable for this user, or set data_dir (NOMINAL_DATA_DIR) to another directory"
      )
      assert.isFalse(error.retryable)
    }
  }).pipe(Effect.provide(NodeServices.layer)))

it.effect("a database that cannot be opened is one clear line at once", () =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* temporaryDirectory
    yield* fs.makeDirectory(`${directory}/nominal-code.db`)
    const error = yield* openError(directory)
    assert.match(error.message, /nominal-code\.db: unable to open database file; make it writable for this user/)
  }).pipe(Effect.provide(NodeServices.layer)))

it.effect("a file that is no database is refused and left as it is", () =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* temporaryDirectory
    const text = "these are my holiday notes, not a database\n".repeat(50)
    yield* fs.writeFileString(`${directory}/nominal-code.db`, text)
    const error = yield* openError(directory)
    assert.match(error.message, /nominal-code\.db: file is not a database; the file is not a database: move it away/)
    assert.strictEqual(yield* fs.readFileString(`${directory}/nominal-code.db`), text)
  }).pipe(Effect.provide(NodeServices.layer)))

it.effect("a database of a newer program is refused and left as it is", () =>
  Effect.gen(function*() {
    const directory = yield* temporaryDirectory
    const change = Effect.flatMap(Sqlite, ({ transaction }) =>
      transaction("test", (statements) => statements.run("PRAGMA user_version = 99")))
    yield* Effect.provide(change, databaseAt(directory))
    for (let round = 0; round < 2; round++) {
      const error = yield* openError(directory)
      assert.match(error.message, /written by a newer nominal-code \(schema 99, this program knows \d+\); upgrade/)
      assert.isFalse(error.retryable)
    }
  }))

it.live("processes that make the same database at once and write to it lose nothing", () =>
  Effect.gen(function*() {
    const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
    const directory = yield* temporaryDirectory
    const counter = ChildProcess.make(process.execPath, [`${import.meta.dirname}/counter.ts`, directory, "50"])
    const codes = yield* Effect.all(Array.from({ length: 3 }, () => spawner.exitCode(counter)), { concurrency: 3 })
    assert.deepStrictEqual(codes.map(Number), [0, 0, 0])
    assert.strictEqual(yield* Effect.provide(last, databaseAt(directory)), 150)
  }).pipe(Effect.provide(NodeServices.layer)))
