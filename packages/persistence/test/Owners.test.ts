import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import * as Owners from "@nominal-code/persistence/Owners"
import { Effect, FileSystem, Layer, PlatformError, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { databaseAt, temporaryDirectory } from "./TestDatabase.ts"

const ownersAt = (directory: string) => Layer.fresh(Owners.layer).pipe(Layer.provide(databaseAt(directory)))

it.live("a process is alive until it is killed", () =>
  Effect.gen(function*() {
    const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
    const directory = yield* temporaryDirectory
    const holder = yield* spawner.spawn(
      ChildProcess.make(process.execPath, [`${import.meta.dirname}/holder.ts`, directory])
    )
    const [name = ""] = yield* holder.stdout.pipe(
      Stream.decodeText,
      Stream.splitLines,
      Stream.take(1),
      Stream.runCollect
    )
    yield* Effect.gen(function*() {
      const { forget, isAlive, self } = yield* Owners.Owners
      const fs = yield* FileSystem.FileSystem
      assert.notStrictEqual(name, self)
      // Asked more than once, for the asking must not free what it asks about.
      assert.deepStrictEqual([yield* isAlive(name), yield* isAlive(name)], [true, true])
      yield* holder.kill({ killSignal: "SIGKILL" })
      assert.isFalse(yield* isAlive(name))
      yield* forget(name)
      assert.deepStrictEqual(yield* fs.readDirectory(`${directory}/owners`), [self])
    }).pipe(Effect.provide(ownersAt(directory)))
  }).pipe(Effect.provide(NodeServices.layer)))

it.effect("two stores of one process have two names, and each is alive until it is closed", () =>
  Effect.gen(function*() {
    const directory = yield* temporaryDirectory
    yield* Effect.gen(function*() {
      const here = yield* Owners.Owners
      const other = yield* Effect.gen(function*() {
        const there = yield* Owners.Owners
        assert.notStrictEqual(there.self, here.self)
        assert.isTrue(yield* here.isAlive(there.self))
        assert.isTrue(yield* there.isAlive(here.self))
        return there.self
      }).pipe(Effect.provide(ownersAt(directory), { local: true }))
      assert.isFalse(yield* here.isAlive(other))
      assert.isTrue(yield* here.isAlive(here.self))
    }).pipe(Effect.provide(ownersAt(directory)))
    // A command that looked into the store leaves nothing of itself there.
    const fs = yield* FileSystem.FileSystem
    assert.deepStrictEqual(yield* fs.readDirectory(`${directory}/owners`), [])
  }).pipe(Effect.provide(NodeServices.layer)))

it.effect("asking about a process that never was does not make it one", () =>
  Effect.gen(function*() {
    const directory = yield* temporaryDirectory
    yield* Effect.gen(function*() {
      const { isAlive, self } = yield* Owners.Owners
      const fs = yield* FileSystem.FileSystem
      assert.isFalse(yield* isAlive("nobody"))
      assert.deepStrictEqual(yield* fs.readDirectory(`${directory}/owners`), [self])
    }).pipe(Effect.provide([ownersAt(directory), NodeServices.layer]))
  }))

it.effect("a process whose lock cannot be looked at counts as alive, so that nobody takes its jobs", () =>
  Effect.gen(function*() {
    const directory = yield* temporaryDirectory
    const fs = yield* FileSystem.FileSystem
    const broken = FileSystem.FileSystem.of({
      ...fs,
      exists: () => Effect.fail(PlatformError.systemError({ _tag: "Unknown", module: "FileSystem", method: "exists" }))
    })
    const owners = Layer.fresh(Owners.layer).pipe(
      Layer.provide(Layer.succeed(FileSystem.FileSystem, broken)),
      Layer.provide(databaseAt(directory))
    )
    yield* Effect.gen(function*() {
      const { isAlive } = yield* Owners.Owners
      assert.isTrue(yield* isAlive("another"))
    }).pipe(Effect.provide(owners))
  }).pipe(Effect.provide(NodeServices.layer)))
