import { NodeServices } from "@effect/platform-node"
import type { Job } from "@nominal-code/domain/job/Job"
import type { Lane } from "@nominal-code/domain/job/Lane"
import { JobQueue, QueueLimits, Settlement } from "@nominal-code/jobs/JobQueue"
import * as RedisQueue from "@nominal-code/jobs/redis/RedisQueue"
import * as SqliteQueue from "@nominal-code/jobs/sqlite/SqliteQueue"
import * as StoredJob from "@nominal-code/jobs/table/StoredJob"
import * as Redis from "@nominal-code/persistence/Redis"
import * as Sqlite from "@nominal-code/persistence/Sqlite"
import { laneOf, mention, reviewed } from "@nominal-code/testing/Jobs"
import * as RedisServer from "@nominal-code/testing/RedisServer"
import { Queue, Worker } from "bullmq"
import { Context, Effect, FileSystem, Layer, Option } from "effect"
import { count, NotMeasured, ratio } from "./Figure.ts"
import { opened } from "./ScaleStores.ts"

const rounds = 3
/** Rounds before them, in which everything is warmed up: what is called seldom is not compiled, here as there. */
const before = 5
const atOnce = 50
const lanes = 1000
/** Maximum number of comments that wait in one lane. */
const inLane = QueueLimits.defaultValue().laneCapacity
const waves = 10

interface Speed {
  readonly offers: number
  readonly cycles: number
}

/** Offers and ends these jobs. Each way may wait for what is done with it. */
interface Peer {
  readonly offer: (job: Job) => Effect.Effect<unknown, { readonly message: string }>
  readonly endAll: (jobs: ReadonlyArray<Job>) => Effect.Effect<unknown, { readonly message: string }>
}

const done = Settlement.cases.Done.make({ outcome: reviewed })

const ours = ({ offer, settleAndTake, take }: JobQueue["Service"]): Peer => ({
  offer,
  endAll: (jobs) => {
    const endLane = Effect.fnUntraced(function*([lane, jobs]: readonly [Lane, ReadonlyArray<Job>]) {
      let next = yield* take(lane)
      for (const { id } of jobs) {
        if (Option.isNone(next)) return yield* new NotMeasured({ message: `job ${id} cannot be taken` })
        next = (yield* settleAndTake(next.value, done)).next
      }
    })
    const byLane = [...Map.groupBy(jobs, ({ lane: { number } }) => number).values()]
    return Effect.forEach(
      byLane.flatMap((jobs) => jobs.slice(0, 1).map(({ lane }) => [lane, jobs] as const)),
      endLane,
      { concurrency: atOnce, discard: true }
    )
  }
})

const attempt = <A>(run: () => Promise<A>) =>
  Effect.tryPromise({ try: run, catch: (cause) => new NotMeasured({ message: `BullMQ: ${String(cause)}` }) })

/** BullMQ, as its documentation sets it up. It knows no lanes. */
const bullMq = Effect.fnUntraced(function*(port: number) {
  const connection = { host: "127.0.0.1", port, maxRetriesPerRequest: null }
  const queue = yield* Effect.acquireRelease(
    Effect.sync(() => new Queue<string>("bench", { connection })),
    (queue) => Effect.promise(() => queue.close())
  )
  const peer: Peer = {
    offer: (job) => attempt(() => queue.add("review", StoredJob.encode(job), { jobId: job.id })),
    endAll: (jobs) =>
      Effect.acquireUseRelease(
        Effect.sync(() =>
          new Worker("bench", () => Promise.resolve(), { connection, concurrency: atOnce, autorun: false })
        ),
        (worker) =>
          Effect.callback<void, NotMeasured>((resume) => {
            let left = jobs.length
            worker.on("completed", () => --left === 0 && resume(Effect.void))
            worker.on("error", ({ message }) => resume(Effect.fail(new NotMeasured({ message: `BullMQ: ${message}` }))))
            void worker.run()
          }),
        (worker) => Effect.promise(() => worker.close())
      )
  }
  return peer
})

/** The next jobs, of so many lanes. */
const supply = () => {
  let given = 0
  return (count: number, lanes: number): ReadonlyArray<Job> =>
    Array.from({ length: count }, (_, index) => {
      given += 1
      return mention(laneOf(1 + (index % lanes)), `8f14e45f-ceea-11f0-a3d4-${String(given).padStart(12, "0")}`)
    })
}

const seconds = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const began = performance.now()
    return Effect.map(effect, () => (performance.now() - began) / 1000)
  })

const speedOf = Effect.fnUntraced(function*({ endAll, offer }: Peer, all: ReadonlyArray<ReadonlyArray<Job>>) {
  const count = all.flat().length
  const times = yield* Effect.forEach(
    all,
    Effect.fnUntraced(function*(jobs) {
      const offering = yield* seconds(Effect.forEach(jobs, offer, { concurrency: atOnce, discard: true }))
      return [offering, yield* seconds(endAll(jobs))] as const
    }),
    { concurrency: 1 }
  )
  const offering = times.reduce((sum, [one]) => sum + one, 0)
  const ending = times.reduce((sum, [, one]) => sum + one, 0)
  return { offers: count / offering, cycles: count / (offering + ending) } satisfies Speed
})

/** Speed of the queue in a database file, whose every transaction waits for the disk: as many jobs at once, to their end. */
const inSqlite = Effect.gen(function*() {
  const files = yield* FileSystem.FileSystem
  const directory = yield* files.makeTempDirectoryScoped({ prefix: "nominal-bench-" })
  const context = yield* opened(
    SqliteQueue.layer.pipe(Layer.provide(Sqlite.layer(directory)), Layer.provide(NodeServices.layer))
  )
  const queue = ours(Context.get(context, JobQueue))
  const next = supply()
  const round = Effect.suspend(() => speedOf(queue, Array.from({ length: waves }, () => next(lanes, lanes))))
  const all = (yield* Effect.replicateEffect(round, 1 + rounds)).slice(1)
  return count(
    "offers and whole cycles per second, SQLite, 50 at once",
    all.map(({ cycles }) => cycles),
    `${waves * lanes} jobs a round, on this machine and its disk`
  )
})

/** Measures the queue in Redis against BullMQ in the same Redis, in many lanes and in a full one, and the one in SQLite. */
export const measure = Effect.fn("Queues.measure")(
  function*() {
    const server = yield* RedisServer.start()
    const context = yield* opened(
      RedisQueue.layer.pipe(Layer.provideMerge(Redis.layer(server.url)), Layer.provide(NodeServices.layer))
    )
    const peers = [ours(Context.get(context, JobQueue)), yield* bullMq(server.port)] as const
    const next = supply()
    const round = Effect.forEach(
      peers,
      Effect.fnUntraced(function*(peer) {
        const many = yield* speedOf(peer, [next(lanes, lanes)])
        return { many, one: yield* speedOf(peer, Array.from({ length: waves }, () => next(inLane, 1))) }
      }),
      { concurrency: 1 }
    )
    const all = (yield* Effect.replicateEffect(round, before + rounds)).slice(before)
    const column = (peer: number, lanes: "many" | "one", what: keyof Speed) =>
      all.map((speeds) => speeds[peer]?.[lanes][what] ?? NaN)
    const figure = (label: string, lanes: "many" | "one", what: keyof Speed) =>
      ratio({ name: label, unit: "/s", against: "BullMQ" }, column(0, lanes, what), column(1, lanes, what))
    return [
      figure("offers per second, 1,000 lanes", "many", "offers"),
      figure("offers and whole cycles per second, 1,000 lanes", "many", "cycles"),
      figure("offers per second, one lane", "one", "offers"),
      figure("offers and whole cycles per second, one lane", "one", "cycles"),
      yield* inSqlite
    ]
  },
  Effect.scoped,
  Effect.mapError(({ message }) => new NotMeasured({ message }))
)
