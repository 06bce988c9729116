import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs"
import { hostname } from "node:os"
import * as TemporaryDirectory from "../src/TemporaryDirectory.ts"

const prefix = "nominal-test-temporary-"

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
    const long = yield* made("long", `${hostname()} ${process.ppid} 1`)
    const lost = yield* made("lost", `another-host ${gone} 1`)
    const damaged = yield* made("damaged", `${hostname()} unknown`)
    // What a directory has a link to is not in it.
    symlinkSync(running, `${killed}/link`)
    for (const directory of [forgotten, long, lost, damaged]) old(directory)
    const first = yield* TemporaryDirectory.make(prefix)
    const second = yield* TemporaryDirectory.make(prefix)
    const removed = [killed, forgotten, lost, damaged]
    const kept = [nameless, running, `${running}/.git`, elsewhere, open, long, `${parent}link`, first, second]
    assert.deepStrictEqual([removed.filter(existsSync), kept.filter((path) => !existsSync(path))], [[], []])
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
