import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs"
import { hostname } from "node:os"
import * as BorrowingRepository from "../src/BorrowingRepository.ts"

const prefix = "nominal-test-borrowing-"

const borrowed = BorrowingRepository.make({ objects: "/nonexistent", prefix, files: {} })

/** Process id of a process that has ended. */
const gone = spawnSync("true").pid

it.live("what a killed process left is removed by the next one, and nothing of a process that may run", () =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const parent = (yield* fs.makeTempDirectoryScoped({ prefix })) + "-"
    const made = (name: string, owner?: string, mode = 0o700) =>
      Effect.acquireRelease(
        Effect.sync(() => {
          const directory = `${parent}${name}`
          mkdirSync(`${directory}/.git`, { recursive: true, mode })
          if (owner !== undefined) writeFileSync(`${directory}/owner`, owner)
          return directory
        }),
        (directory) => Effect.ignore(fs.remove(directory, { recursive: true, force: true }))
      )
    const old = (directory: string) => utimesSync(directory, 0, 0)
    const killed = yield* made("killed", `${hostname()} ${gone} 1`)
    const nameless = yield* made("nameless")
    const forgotten = yield* made("forgotten")
    const running = yield* made("running", `${hostname()} ${process.ppid} 1`)
    const elsewhere = yield* made("elsewhere", `another-host ${gone} 1`)
    const open = yield* made("open", `${hostname()} ${gone} 1`)
    yield* fs.chmod(open, 0o777)
    yield* Effect.acquireRelease(
      Effect.sync(() => symlinkSync(running, `${parent}link`)),
      () => Effect.ignore(fs.remove(`${parent}link`))
    )
    old(forgotten)
    const first = yield* borrowed
    const second = yield* borrowed
    const left = [killed, nameless, forgotten, running, elsewhere, open, `${parent}link`, first, second].map(existsSync)
    assert.deepStrictEqual(left, [false, true, false, true, true, true, true, true, true])
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
