import { NodeServices } from "@effect/platform-node"
import { assert, it, vi } from "@effect/vitest"
import * as SqliteQueue from "@nominal-code/jobs/sqlite/SqliteQueue"
import * as Sqlite from "@nominal-code/persistence/Sqlite"
import { Effect, FileSystem, Layer, Logger } from "effect"
import { Agent, request } from "node:http"
import { Socket } from "node:net"
import { listeningPort, pullRequest, server, sign } from "./ServerFixture.ts"

/** Number of deliveries, and of connections that they come by. */
const [count, atOnce] = [1000, 50]

interface Counts {
  commits: number
  syncs: number
  lines: number
  /** Writes of the log: as the program does, lines of one turn are written together. */
  logWrites: number
}

/** The queue in a database file, whose commits and waits for the disk are counted. */
const countedQueue = (counts: Counts) => {
  const files = Layer.effect(
    FileSystem.FileSystem,
    Effect.map(FileSystem.FileSystem, (fs) =>
      FileSystem.FileSystem.of({
        ...fs,
        open: (path, options) =>
          Effect.map(fs.open(path, options), (file) => {
            const { sync } = file
            return Object.defineProperty(file, "sync", { value: Effect.suspend(() => (counts.syncs++, sync)) })
          })
      }))
  )
  const database = Layer.unwrap(Effect.map(
    FileSystem.FileSystem.use((fs) => fs.makeTempDirectoryScoped()),
    Sqlite.layer
  ))
  const counting = Layer.effect(
    Sqlite.Sqlite,
    Effect.map(Sqlite.Sqlite, (sqlite) => {
      const committing = (run: typeof sqlite.transaction): typeof sqlite.transaction => (operation, body) =>
        Effect.tap(run(operation, body), () => Effect.sync(() => counts.commits++))
      return Sqlite.Sqlite.of({
        ...sqlite,
        transaction: committing(sqlite.transaction),
        unsynced: committing(sqlite.unsynced)
      })
    })
  )
  return Layer.orDie(SqliteQueue.layer.pipe(
    Layer.provide(counting),
    Layer.provide(database),
    Layer.provide(files),
    Layer.provide(NodeServices.layer)
  ))
}

/** Log whose lines and writes are counted. */
const countedLog = (counts: Counts) => {
  let isDue = false
  return Logger.layer([Logger.make(() => {
    counts.lines += 1
    if (isDue) return
    isDue = true
    queueMicrotask(() => {
      isDue = false
      counts.logWrites += 1
    })
  })])
}

/** Counts the writes of the sockets that a port has accepted, until the scope closes. */
const writesOf = (port: number) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      let writes = 0
      const spies = (["_write", "_writev"] as const).map((method) => {
        const original = Socket.prototype[method]
        return vi.spyOn(Socket.prototype, method).mockImplementation(
          function(this: Socket, ...given: ReadonlyArray<unknown>) {
            if (this.localPort === port) writes += 1
            return Reflect.apply(original ?? (() => {}), this, given)
          }
        )
      })
      return { spies, written: () => writes }
    }),
    ({ spies }) => Effect.sync(() => spies.forEach((spy) => spy.mockRestore()))
  ).pipe(Effect.map(({ written }) => written))

const agent = Effect.acquireRelease(
  Effect.sync(() => new Agent({ keepAlive: true, maxSockets: atOnce })),
  (agent) => Effect.sync(() => agent.destroy())
)

/** Delivers the opening of a pull request, and returns the status of the answer. */
const delivered = (agent: Agent, port: number) => (number: number) => {
  const body = JSON.stringify(pullRequest({ number }))
  const headers = {
    "content-type": "application/json",
    "x-github-event": "pull_request",
    "x-github-delivery": `delivery-${number}`,
    "x-hub-signature-256": sign(body)
  }
  return Effect.callback<number | undefined>((resume) => {
    request({ agent, port, path: "/webhooks/github", method: "POST", headers }, (response) => {
      response.resume().on("end", () => resume(Effect.succeed(response.statusCode)))
    }).end(body)
  })
}

it.live("a thousand deliveries by fifty connections take a thousand writes of sockets, and two hundred commits, waits for the disk and writes of the log at most", () =>
  Effect.suspend(() => {
    const counts: Counts = { commits: 0, syncs: 0, lines: 0, logWrites: 0 }
    return Effect.gen(function*() {
      const port = yield* listeningPort
      const deliver = delivered(yield* agent, port)
      const written = yield* writesOf(port)
      const numbers = Array.from({ length: count }, (_, index) => index + 1)
      const statuses = yield* Effect.forEach(numbers, deliver, { concurrency: atOnce })
      assert.deepStrictEqual(new Set(statuses), new Set([202]))
      assert.strictEqual(written(), count)
      assert.isAtLeast(counts.lines, count - atOnce)
      const { commits, logWrites, syncs } = counts
      for (const some of [commits, syncs, logWrites]) assert.isAtMost(some, count / 5, JSON.stringify(counts))
    }).pipe(
      Effect.scoped,
      Effect.provide(server({ queue: countedQueue(counts) }).pipe(Layer.provideMerge(countedLog(counts))))
    )
  }))
