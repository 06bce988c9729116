import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { JobRecords } from "@nominal-code/jobs/JobRecords"
import * as SqliteQueue from "@nominal-code/jobs/sqlite/SqliteQueue"
import * as Sqlite from "@nominal-code/persistence/Sqlite"
import { freePort } from "@nominal-code/testing/FreePort"
import { laneOf, push } from "@nominal-code/testing/Jobs"
import { offer, take } from "@nominal-code/testing/QueueSteps"
import { launch, redisSuite, start } from "@nominal-code/testing/RedisServer"
import { queueAt } from "@nominal-code/testing/RedisStore"
import { Array, Effect, FileSystem, Layer, Redacted, Schedule, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { readFileSync } from "node:fs"
import { env } from "node:process"
import { fileURLToPath } from "node:url"

const page = readFileSync(fileURLToPath(new URL("../../docs/one-host.md", import.meta.url)), "utf8")
const blocks = [...page.matchAll(/```sh\n([^]*?)```/g)].map(([, block = ""]) => block)
const blockWith = (text: string): string => blocks.find((block) => block.includes(text)) ?? `no block has ${text}`

/** Runs commands of the page in a directory. */
const bash = Effect.fnUntraced(function*(cwd: string, commands: string) {
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const child = yield* spawner.spawn(ChildProcess.make("bash", ["-ec", commands], {
    cwd,
    env: { PATH: env["PATH"] },
    stdin: "ignore",
    forceKillAfter: "2 seconds"
  }))
  const said = yield* Stream.mkString(Stream.decodeText(child.all))
  assert.strictEqual(Number(yield* child.exitCode), 0, said)
}, Effect.scoped)

const [before, after] = [push(laneOf(1), "before the backup"), push(laneOf(2), "after it")]

/** Ids of the jobs that are stored, and that of the one whose turn it is. */
const held = Effect.gen(function*() {
  const records = yield* JobRecords.use(({ list }) => list({ limit: 10 }))
  return [...records.map(({ id }) => id), (yield* take).job.id]
})

describe("docs/one-host.md", () => {
  it.live("backs up the queue in SQLite under a running server, and restores it", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped({ prefix: "backup-" })
      const queue = Layer.fresh(SqliteQueue.layer.pipe(Layer.provide(Sqlite.layer(directory))))
      // Node stands in for a program that a machine may lack.
      const backup = `const { DatabaseSync, backup } = require("node:sqlite"); ` +
        `backup(new DatabaseSync(process.argv[1]), process.argv[2].split(" ")[1])`
      const sqlite3 = `command -v sqlite3 || sqlite3() { "${process.execPath}" -e '${backup}' "$@"; }`
      yield* Effect.provide(
        Effect.gen(function*() {
          yield* offer(before)
          yield* bash(directory, `${sqlite3}\n${blockWith("sqlite3")}`)
          yield* offer(after)
        }),
        queue
      )
      yield* bash(directory, blockWith("nominal-code.db-wal"))
      assert.deepStrictEqual(yield* Effect.provide(held, queue), [before.id, before.id])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
})

redisSuite("docs/one-host.md, with Redis", () => {
  it.live("backs up the queue of a running Redis, and restores it where it writes an append-only file", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped({ prefix: "backup-" })
      const server = yield* start()
      yield* Effect.provide(offer(before), queueAt(server))
      yield* server.command("bgsave")
      yield* Effect.repeat(Effect.map(server.command("info", "persistence"), String), {
        schedule: Schedule.spaced("20 millis"),
        until: (info) => info.includes("rdb_bgsave_in_progress:0")
      })
      const [, from] = yield* Effect.map(server.command("config", "get", "dir"), Array.ensure)
      yield* fs.copyFile(`${from}/dump.rdb`, `${directory}/dump.rdb`)
      yield* server.kill

      const port = String(yield* freePort)
      const onPort = `redis-server() { command redis-server --port ${port} --bind 127.0.0.1 --save "" "$@"; }
        redis-cli() { command redis-cli -p ${port} "$@"; }`
      yield* bash(directory, `${onPort}\n${blockWith("--appendonly no")}\nwait`)
      const usual = ["--port", port, "--bind", "127.0.0.1", "--dir", directory, "--save", "", "--appendonly", "yes"]
      yield* launch(usual, "Ready to accept connections")
      const restored = queueAt({ ...server, url: Redacted.make(`redis://127.0.0.1:${port}/0`) })
      assert.deepStrictEqual(yield* Effect.provide(held, restored), [before.id, before.id])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
})
