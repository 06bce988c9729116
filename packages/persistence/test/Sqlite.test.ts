import { NodePath, NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import * as SqliteDatabase from "@nominal-code/persistence/Sqlite"
import { Sqlite, type Statements } from "@nominal-code/persistence/Sqlite"
import { Context, Effect, Fiber, FileSystem, Layer, PlatformError, Schema } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { TestClock } from "effect/testing"
import { DatabaseSync } from "node:sqlite"
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

const eio = PlatformError.systemError({
  _tag: "Unknown",
  module: "FileSystem",
  method: "sync",
  description: "EIO"
})

/** A database whose disk fails to take the journal for the given number of times, and what its file has without it. */
const onBrokenDisk = Effect.fnUntraced(function*(failures: number) {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* temporaryDirectory
  let waits = 0
  const broken = FileSystem.FileSystem.of({
    ...fs,
    open: (path, options) =>
      Effect.map(fs.open(path, options), (file) =>
        new Proxy(file, {
          get: (target, key) =>
            key === "sync"
              ? Effect.suspend(() => waits++ < failures ? Effect.fail(eio) : target.sync)
              : Reflect.get(target, key)
        }))
  })
  const sqlite = Context.get(
    yield* Layer.build(
      Layer.fresh(SqliteDatabase.layer(directory)).pipe(
        Layer.provide([Layer.succeed(FileSystem.FileSystem, broken), NodePath.layer])
      )
    ),
    Sqlite
  )
  const afterPowerCut = Effect.gen(function*() {
    const copy = yield* temporaryDirectory
    yield* fs.copyFile(`${directory}/nominal-code.db`, `${copy}/nominal-code.db`)
    return yield* Effect.provide(last, databaseAt(copy), { local: true })
  })
  return { ...sqlite, afterPowerCut }
})
const set = (value: number) => (statements: Statements) => statements.run("UPDATE ticks SET last = ?", [value])

it.effect("what the disk failed to take is written anew, into the file itself, before it counts as written", () =>
  Effect.gen(function*() {
    const { afterPowerCut, synced, unsynced } = yield* onBrokenDisk(1)
    yield* unsynced("test", set(7))
    assert.strictEqual(yield* afterPowerCut, 0)
    yield* synced
    assert.strictEqual(yield* afterPowerCut, 7)
    yield* unsynced("test", set(8))
    yield* synced
    assert.strictEqual(yield* afterPowerCut, 7)
  }).pipe(Effect.provide(NodeServices.layer)))

it.effect("while it cannot be written anew nothing counts as written, though the disk is there again", () =>
  Effect.gen(function*() {
    const { afterPowerCut, directory, synced, transaction, unsynced } = yield* onBrokenDisk(1)
    const reader = new DatabaseSync(`${directory}/nominal-code.db`)
    yield* unsynced("test", set(7))
    reader.exec("BEGIN")
    reader.prepare("SELECT last FROM ticks").get()
    yield* unsynced("test", set(8))
    for (const waiting of [synced, synced, transaction("test", set(9))]) {
      const [error] = yield* Effect.all([Effect.flip(waiting), TestClock.adjust("10 seconds")], { concurrency: 2 })
      assert.strictEqual(error.reason, "unavailable")
    }
    reader.close()
    yield* transaction("test", set(10))
    assert.strictEqual(yield* afterPowerCut, 8)
    yield* synced
  }).pipe(Effect.provide(NodeServices.layer)))

it.effect("a transaction that the disk failed is tried again behind nothing that the disk may not have", () =>
  Effect.gen(function*() {
    const { afterPowerCut, transaction, unsynced } = yield* onBrokenDisk(0)
    yield* unsynced("test", set(7))
    let tries = 0
    const failingOnce = transaction("test", (statements) => {
      // SQLITE_IOERR_FSYNC.
      if (tries++ === 0) throw Object.assign(new Error("disk I/O error"), { errcode: 1034 })
      set(8)(statements)
    })
    yield* Effect.all([failingOnce, TestClock.adjust("1 second")], { concurrency: 2 })
    assert.deepStrictEqual([tries, yield* afterPowerCut], [2, 7])
  }).pipe(Effect.provide(NodeServices.layer)))

it.effect("what a process left in the journal is in the file when the next one has opened it", () =>
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
    const copied = fs.copyFile(`${killed}/nominal-code.db`, `${directory}/nominal-code.db`)
    yield* Effect.provide(copied, databaseAt(killed), { local: true })
    assert.strictEqual(yield* Effect.provide(last, databaseAt(directory), { local: true }), 7)
  }).pipe(Effect.provide(NodeServices.layer)))

it.effect("three thousand changed pages are in the journal before a commit copies it, and waits for the disk twice", () =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const { directory, unsynced } = yield* Sqlite
    const change = unsynced("test", (statements) => statements.run("UPDATE ticks SET last = last + 1"))
    yield* Effect.replicateEffect(change, 3000, { discard: true })
    const { size } = yield* fs.stat(`${directory}/nominal-code.db-wal`)
    assert.isAtLeast(Number(size), 3000 * 4096)
  }).pipe(Effect.provide([freshDatabase, NodeServices.layer])))

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
