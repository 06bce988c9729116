import { assert, layer } from "@effect/vitest"
import { Duration, Effect, FileSystem, Layer, Path } from "effect"
import { TestClock } from "effect/testing"
import { sweep, usedFile } from "../src/Cleanup.ts"
import { Git } from "../src/Git.ts"
import * as Heartbeat from "../src/Heartbeat.ts"
import * as RepositoryLock from "../src/RepositoryLock.ts"
import { services } from "./Fixture.ts"

const day = Duration.toMillis("1 day")

/** A workspace of mirrors of 1000 bytes, each used last so many days ago. */
const given = Effect.fnUntraced(function*(daysAgo: Readonly<Record<string, number>>, maxBytes: number) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const baseDir = yield* fs.makeTempDirectoryScoped({ prefix: "cleanup-" })
  const mirrors = path.join(baseDir, "mirrors")
  const jobs = path.join(baseDir, "jobs")
  yield* TestClock.setTime(100 * day)
  const at = (entry: string, days: number) => fs.utimes(entry, (100 - days) * day / 1000, (100 - days) * day / 1000)
  yield* fs.makeDirectory(jobs, { recursive: true })
  for (const [name, days] of Object.entries(daysAgo)) {
    yield* fs.makeDirectory(path.join(mirrors, name, "objects", "pack"), { recursive: true })
    yield* fs.writeFileString(path.join(mirrors, name, "objects", "pack", "a.pack"), "x".repeat(1000))
    yield* fs.writeFileString(path.join(mirrors, name, usedFile), "")
    yield* at(path.join(mirrors, name, usedFile), days)
  }
  const inUse = yield* Heartbeat.make
  const lock = yield* RepositoryLock.make
  const commands: Array<string | undefined> = []
  const git = Layer.mock(Git, {
    run: (args) => {
      commands.push(args[0])
      return Effect.succeed({ exitCode: 0, stdout: new Uint8Array(), stderr: "", cut: false })
    }
  })
  const run = sweep(lock, inUse, { baseDir, maxBytes, maxAge: Duration.days(30) }).pipe(Effect.provide(git))
  const left = Effect.map(fs.readDirectory(mirrors), (names) => names.sort())
  return { fs, path, mirrors, jobs, inUse, run, left, at, commands }
})

layer(services)("Cleanup", (it) => {
  it.effect("removes the mirrors that nobody used for the maximum age", () =>
    Effect.gen(function*() {
      const { left, run } = yield* given({ "new.git": 1, "old.git": 31 }, 10_000)
      yield* run
      assert.deepStrictEqual(yield* left, ["new.git"])
    }))

  it.effect("removes the least recently used mirrors until the rest fits, but none that is in use", () =>
    Effect.gen(function*() {
      const { inUse, left, mirrors, path, run } = yield* given(
        { "a.git": 5, "b.git": 4, "c.git": 3, "d.git": 2, "other-process.git": 0, "asleep.git": 20 },
        4000
      )
      // This process was stopped for days, and could not say that it uses the mirror.
      yield* inUse.keep(path.join(mirrors, "asleep.git", usedFile))
      yield* TestClock.adjust("14 minutes")
      yield* run
      assert.deepStrictEqual(yield* left, ["asleep.git", "c.git", "d.git", "other-process.git"])
    }))

  it.effect("removes what crashed processes and earlier versions left, and leaves what running ones work on", () =>
    Effect.gen(function*() {
      const { at, fs, jobs, left, mirrors, path, run } = yield* given({ "a.git": 1 }, 10_000)
      for (
        const [entry, days] of [
          [path.join(jobs, "job-dead"), 1],
          [path.join(jobs, "job-alive"), 0],
          [path.join(mirrors, ".new-dead"), 1],
          [path.join(mirrors, ".new-alive"), 0],
          [path.join(mirrors, ".trash-dead"), 1],
          [path.join(path.dirname(mirrors), "trees", "a.git"), 0]
        ] as const
      ) {
        yield* fs.makeDirectory(path.join(entry, "tree"), { recursive: true })
        yield* at(entry, days)
      }
      yield* run
      assert.deepStrictEqual(yield* fs.readDirectory(jobs), ["job-alive"])
      assert.deepStrictEqual(yield* left, [".new-alive", "a.git"])
      assert.isFalse(yield* fs.exists(path.join(path.dirname(mirrors), "trees")))
    }))

  it.effect("packs an idle mirror of many packs into one", () =>
    Effect.gen(function*() {
      const { commands, fs, mirrors, path, run } = yield* given({ "few.git": 1, "many.git": 1, "busy.git": 0 }, 10 ** 9)
      for (const name of ["many.git", "busy.git"]) {
        for (let pack = 0; pack < 60; pack++) {
          yield* fs.writeFileString(path.join(mirrors, name, "objects", "pack", `${pack}.pack`), "")
        }
      }
      yield* run
      assert.deepStrictEqual(commands, ["gc"])
    }))
})
