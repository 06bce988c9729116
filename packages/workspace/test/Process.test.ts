import { assert, layer } from "@effect/vitest"
import { Effect, Fiber, FileSystem } from "effect"
import * as Process from "../src/Process.ts"
import { services } from "./Fixture.ts"

const shell = (script: string, timeoutSeconds: number, maxBytes = 100) =>
  Process.run("/bin/sh", ["-c", script], {
    cwd: "/",
    env: { PATH: "/usr/bin:/bin", GIVEN: "yes" },
    timeoutSeconds,
    maxBytes
  })

/** A shell with a child and a grandchild, all of which write their ids to a file and ignore being asked to end. */
const stubborn = (file: string) =>
  `trap '' TERM; echo $$ >> ${file}; sh -c 'echo $$ >> ${file}; sleep 300 & echo $! >> ${file}; wait' & wait`

const written = Effect.fnUntraced(function*(file: string) {
  const fs = yield* FileSystem.FileSystem
  const text = yield* Effect.orElseSucceed(fs.readFileString(file), () => "")
  return text.split("\n").filter((line) => line !== "")
})

/** Neither running nor sleeping: gone, or a zombie that its new parent has yet to reap. */
const hasEnded = Effect.fnUntraced(function*(pid: string) {
  const fs = yield* FileSystem.FileSystem
  const stat = yield* Effect.orElseSucceed(fs.readFileString(`/proc/${pid}/stat`), () => `${pid} (gone) Z`)
  return stat.slice(stat.lastIndexOf(")") + 2).startsWith("Z")
})

layer(services, { excludeTestServices: true })("Process", (it) => {
  it.effect("gives the child the environment that it was given, and nothing else", () =>
    Effect.gen(function*() {
      const { stdout } = yield* shell("env", 10, 10_000)
      const names = Buffer.from(stdout).toString().trim().split("\n").map((line) => line.split("=")[0])
      assert.deepStrictEqual(names.filter((name) => !["PWD", "SHLVL", "_", "OLDPWD"].includes(name ?? "")).sort(), [
        "GIVEN",
        "PATH"
      ])
    }))

  it.effect("answers with the exit code and what was said on both outputs", () =>
    Effect.gen(function*() {
      const { cut, exitCode, stderr, stdout } = yield* shell("echo out; echo err >&2; exit 3", 10)
      assert.deepStrictEqual([exitCode, Buffer.from(stdout).toString(), stderr, cut], [3, "out\n", "err\n", false])
    }))

  it.effect("stops a program that writes without end as soon as enough is read", () =>
    Effect.gen(function*() {
      const output = yield* shell("exec yes", 20, 1000)
      assert.strictEqual(output.stdout.length, 1000)
      assert.isTrue(output.cut)
    }))

  it.effect("leaves no process of the whole tree behind when the time is over", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const file = yield* fs.makeTempFileScoped()
      const error = yield* Effect.flip(shell(stubborn(file), 1))
      assert.strictEqual(error.reason, "timeout")
      const pids = yield* written(file)
      assert.strictEqual(pids.length, 3)
      for (const pid of pids) assert.isTrue(yield* hasEnded(pid), pid)
    }))

  it.effect("leaves no process behind when it is interrupted", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const file = yield* fs.makeTempFileScoped()
      const fiber = yield* Effect.forkChild(shell(stubborn(file), 60))
      while ((yield* written(file)).length < 3) yield* Effect.sleep("10 millis")
      yield* Fiber.interrupt(fiber)
      for (const pid of yield* written(file)) assert.isTrue(yield* hasEnded(pid), pid)
    }))

  it.effect("says that a program could not be started", () =>
    Effect.gen(function*() {
      const options = { cwd: "/", env: { PATH: "/nonexistent" }, timeoutSeconds: 5, maxBytes: 1 }
      const error = yield* Effect.flip(Process.run("git", [], options))
      assert.strictEqual(error.reason, "not-started")
    }))
})
