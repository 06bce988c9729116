import { NodeServices } from "@effect/platform-node"
import type { Job } from "@nominal-code/domain/Job"
import { JobQueue, QueueLimits, Settlement } from "@nominal-code/jobs/JobQueue"
import * as RedisQueue from "@nominal-code/jobs/RedisQueue"
import * as StoredJob from "@nominal-code/jobs/StoredJob"
import * as Redis from "@nominal-code/persistence/Redis"
import { laneOf, mention, reviewed } from "@nominal-code/testing/Jobs"
import * as RedisServer from "@nominal-code/testing/RedisServer"
import { Queue, Worker } from "bullmq"
import { Context, Effect, Layer, Option } from "effect"
import { NotMeasured, ratio } from "./Figure.ts"
import { opened } from "./ScaleStores.ts"

/** Besides one before them, in which everything is warmed up. */
const rounds = 3
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

const ours = ({ offer, settle, take }: JobQueue["Service"]): Peer => ({
  offer,
  endAll: (jobs) => {
    const end = Effect.fnUntraced(function*({ id, lane }: Job) {
      const lease = yield* take(lane)
      if (Option.isNone(lease)) return yield* new NotMeasured({ message: `job ${id} cannot be taken` })
      yield* settle(lease.value, done)
    })
    const byLane = [...Map.groupBy(jobs, ({ lane: { number } }) => number).values()]
    const endLane = (jobs: ReadonlyArray<Job>) => Effect.forEach(jobs, end, { concurrency: 1, discard: true })
    return Effect.forEach(byLane, endLane, { concurrency: atOnce, discard: true })
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

/** Measures the queue in Redis against BullMQ in the same Redis: in many lanes, and in a full one. */
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
    const [, ...all] = yield* Effect.replicateEffect(round, 1 + rounds)
    const column = (peer: number, lanes: "many" | "one", what: keyof Speed) =>
      all.map((speeds) => speeds[peer]?.[lanes][what] ?? NaN)
    const figure = (label: string, lanes: "many" | "one", what: keyof Speed) =>
      ratio({ name: label, unit: "/s", against: "BullMQ" }, column(0, lanes, what), column(1, lanes, what))
    return [
      figure("offers per second, 1,000 lanes", "many", "offers"),
      figure("offers and whole cycles per second, 1,000 lanes", "many", "cycles"),
      figure("offers per second, one lane", "one", "offers"),
      figure("offers and whole cycles per second, one lane", "one", "cycles")
    ]
  },
  Effect.scoped,
  Effect.mapError(({ message }) => new NotMeasured({ message }))
)
