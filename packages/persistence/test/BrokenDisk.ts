import { NodePath } from "@effect/platform-node"
import * as SqliteDatabase from "@nominal-code/persistence/Sqlite"
import { Sqlite } from "@nominal-code/persistence/Sqlite"
import { Context, Effect, FileSystem, Layer, PlatformError } from "effect"
import { statSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { temporaryDirectory } from "./TestDatabase.ts"

const eio = PlatformError.systemError({
  _tag: "Unknown",
  module: "FileSystem",
  method: "sync",
  description: "EIO"
})

/** True if another process could write to the database now. */
const isFree = (file: string): boolean => {
  const db = new DatabaseSync(file, { timeout: 0 })
  try {
    db.exec("BEGIN IMMEDIATE")
    return true
  } catch {
    return false
  } finally {
    db.close()
  }
}

/**
 * A database whose disk fails to take the journal for the given number of times. What the disk failed to take is lost
 * unless it is written again, also if it takes what comes later. `log` tells what became of the journal.
 */
export const onBrokenDisk = Effect.fnUntraced(function*(failures: number, directory: string) {
  const fs = yield* FileSystem.FileSystem
  const file = `${directory}/${SqliteDatabase.fileName}`
  const journal = `${file}-wal`
  const log: Array<string> = []
  let [waits, lost, again] = [0, 0, 0]
  const scripted = (file: FileSystem.File): Partial<FileSystem.File> => ({
    seek: (offset, from) => {
      again = 0
      return file.seek(offset, from)
    },
    writeAll: (bytes) => {
      again += bytes.length
      log.push(isFree(`${directory}/${SqliteDatabase.fileName}`) ? "written" : "written under a lock")
      return file.writeAll(bytes)
    },
    // Synchronous, so that a test's clock need not wait for it.
    sync: Effect.suspend(() => {
      if (waits++ < failures) {
        lost = statSync(journal).size
        log.push("lost")
        return eio
      }
      if (again >= lost) lost = 0
      log.push("taken")
      return Effect.void
    })
  })
  const broken = FileSystem.FileSystem.of({
    ...fs,
    open: (path, options) =>
      Effect.map(fs.open(path, options), (file) => {
        const own = scripted(file)
        return new Proxy(file, { get: (target, key) => Reflect.get(Reflect.has(own, key) ? own : target, key) })
      })
  })
  const sqlite = Context.get(
    yield* Layer.build(
      Layer.fresh(SqliteDatabase.layer(directory)).pipe(
        Layer.provide([Layer.succeed(FileSystem.FileSystem, broken), NodePath.layer])
      )
    ),
    Sqlite
  )
  /** A directory with the files as they are on the disk. */
  const afterPowerCut = Effect.gen(function*() {
    const copy = yield* temporaryDirectory
    yield* fs.copyFile(file, `${copy}/${SqliteDatabase.fileName}`)
    const bytes = yield* fs.readFile(journal)
    yield* fs.writeFile(`${copy}/${SqliteDatabase.fileName}-wal`, bytes.fill(0, 0, lost))
    return copy
  })
  return { ...sqlite, afterPowerCut, log }
})
