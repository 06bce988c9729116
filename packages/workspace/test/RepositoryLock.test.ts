import { assert, layer } from "@effect/vitest"
import { Deferred, Effect, Fiber, FileSystem, Path } from "effect"
import { TestClock } from "effect/testing"
import { hostname } from "node:os"
import { beat } from "../src/Heartbeat.ts"
import * as RepositoryLock from "../src/RepositoryLock.ts"
import { services } from "./Fixture.ts"

const given = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const target = path.join(yield* fs.makeTempDirectoryScoped(), "x.git")
  return { fs, target, directory: `${target}.lock` }
})

/** Real time for what happens on the disk; the clock of the program stands still meanwhile. */
const settle = Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 30)))

layer(services)("RepositoryLock", (it) => {
  it.effect("lets one at a time through, in one process and in several", () =>
    Effect.gen(function*() {
      const { target } = yield* given
      const [first, second] = [yield* RepositoryLock.make, yield* RepositoryLock.make]
      const seen = { running: 0, most: 0, done: 0 }
      const work = Effect.gen(function*() {
        seen.most = Math.max(seen.most, ++seen.running)
        yield* settle
        seen.running--
        seen.done++
      })
      const fiber = yield* Effect.forkChild(
        Effect.forEach([first, second, first, second], (lock) => lock(target, work), { concurrency: 4 })
      )
      while (seen.done < 4) {
        yield* settle
        yield* TestClock.adjust("1 second")
      }
      yield* Fiber.join(fiber)
      assert.strictEqual(seen.most, 1)
    }))

  it.effect("does not hold up another path", () =>
    Effect.gen(function*() {
      const { target } = yield* given
      const lock = yield* RepositoryLock.make
      assert.strictEqual(yield* lock(target, lock(`${target}2`, Effect.succeed("in"))), "in")
    }))

  it.effect("is given back when the work fails or is interrupted", () =>
    Effect.gen(function*() {
      const { directory, fs, target } = yield* given
      const lock = yield* RepositoryLock.make
      assert.strictEqual(yield* Effect.flip(lock(target, Effect.fail("no"))), "no")
      assert.isFalse(yield* fs.exists(directory))
      const started = yield* Deferred.make<void>()
      const fiber = yield* Effect.forkChild(
        lock(target, Effect.andThen(Deferred.succeed(started, undefined), Effect.never))
      )
      yield* Deferred.await(started)
      assert.isTrue(yield* fs.exists(directory))
      yield* Fiber.interrupt(fiber)
      assert.isFalse(yield* fs.exists(directory))
    }))

  it.effect.each(["an earlier life of this process id", "a killed process"])(
    "is taken over from %s at once",
    (holder) =>
      Effect.gen(function*() {
        const { directory, fs, target } = yield* given
        const pid = holder === "a killed process" ? 2 ** 22 + 1 : process.pid
        yield* fs.makeDirectory(directory)
        yield* fs.writeFileString(`${directory}/owner`, `${hostname()} ${pid} 0`)
        yield* beat(directory)
        const lock = yield* RepositoryLock.make
        assert.strictEqual(yield* lock(target, Effect.succeed("in")), "in")
      })
  )

  it.effect("is taken over after two seconds from a holder that was killed before it could say who it is", () =>
    Effect.gen(function*() {
      const { directory, fs, target } = yield* given
      yield* fs.makeDirectory(directory)
      yield* beat(directory)
      const lock = yield* RepositoryLock.make
      const fiber = yield* Effect.forkChild(lock(target, Effect.succeed("in")))
      // Far less than the minute of a holder that said who it is; a busy disk may take more than one look.
      for (let second = 0; second < 30 && fiber.pollUnsafe() === undefined; second++) {
        yield* TestClock.adjust("1 second")
        yield* settle
      }
      assert.strictEqual(fiber.pollUnsafe()?._tag, "Success")
    }))

  it.effect("is taken over from a process of another machine after a minute of silence, and not before", () =>
    Effect.gen(function*() {
      const { directory, fs, target } = yield* given
      yield* fs.makeDirectory(directory)
      yield* fs.writeFileString(`${directory}/owner`, `another-machine ${process.pid} 0`)
      yield* beat(directory)
      const lock = yield* RepositoryLock.make
      const seen = { entered: false }
      const fiber = yield* Effect.forkChild(lock(
        target,
        Effect.sync(() => {
          seen.entered = true
        })
      ))
      for (let second = 0; second < 59; second++) yield* TestClock.adjust("1 second")
      yield* settle
      assert.isFalse(seen.entered)
      while (!seen.entered) {
        yield* TestClock.adjust("1 second")
        yield* settle
      }
      yield* Fiber.join(fiber)
    }))
})
