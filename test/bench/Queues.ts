import { NodeServices } from "@effect/platform-node"
import type { Job } from "@nominal-code/domain/job/Job"
import type { Lane } from "@nominal-code/domain/job/Lane"
import { JobQueue, QueueLimits, Settlement } from "@nominal-code/jobs/JobQueue"
import * as RedisQueue from "@nominal-code/jobs/redis/RedisQueue"
import * as SqliteQueue from "@nominal-code/jobs/sqlite/SqliteQueue"
import * as Redis from "@nominal-code/persistence/Redis"
import * as Sqlite from "@nominal-code/persistence/Sqlite"
import { laneOf, mention, reviewed } from "@nominal-code/testing/Jobs"
import * as RedisServer from "@nominal-code/testing/RedisServer"
import { Context, Effect, FileSystem, Layer, Option } from "effect"
import * as BullMq from "./BullMq.ts"
import { count, type Figure, NotMeasured, ratio, shown } from "./Figure.ts"
import { median, type Samples } from "./Samples.ts"
import { opened } from "./ScaleStores.ts"

const rounds = { redis: 5, sqlite: 3 }
const atOnce = 50
const lanes = 1000
/** Maximum number of comments that wait in one lane. */
const inLane = QueueLimits.defaultValue().laneCapacity
/** Waves of a round in many lanes, and in one: each is offered, and ended then. */
const waves = { many: 10, one: 25 }

/** Time that some operations took in seconds, and the CPU time of this process and of Redis in microseconds. */
interface Spent {
  readonly seconds: number
  readonly own: number
  readonly store: number
}

const plus = (one: Spent, other: Spent): Spent => ({
  seconds: one.seconds + other.seconds,
  own: one.own + other.own,
  store: one.store + other.store
})

/** Time of some offers, and that of the offers and the ends of the same jobs. */
interface Speed {
  readonly jobs: number
  readonly offers: Spent
  readonly cycles: Spent
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

/** The next jobs, of so many lanes. */
const supply = () => {
  let given = 0
  return (count: number, lanes: number): ReadonlyArray<Job> =>
    Array.from({ length: count }, (_, index) => {
      given += 1
      return mention(laneOf(1 + (index % lanes)), `8f14e45f-ceea-11f0-a3d4-${String(given).padStart(12, "0")}`)
    })
}

/** CPU time that a store's own process has used so far, in microseconds. */
type StoreCpu = Effect.Effect<number>

const cpuOf = ({ command }: RedisServer.RedisServer): StoreCpu =>
  Effect.map(
    command("info", "cpu"),
    (info) =>
      Array.from(String(info).matchAll(/^used_cpu_(?:sys|user):([\d.]+)/gm), ([, seconds]) => Number(seconds) * 1e6)
        .reduce((sum, micros) => sum + micros, 0)
  )

/** Takes the time of this, and the CPU time. */
const spent = Effect.fnUntraced(function*<A, E>(effect: Effect.Effect<A, E>, storeCpu: StoreCpu) {
  const store = yield* storeCpu
  const cpu = process.cpuUsage()
  const began = performance.now()
  yield* effect
  const seconds = (performance.now() - began) / 1000
  const { system, user } = process.cpuUsage(cpu)
  return { seconds, own: user + system, store: (yield* storeCpu) - store } satisfies Spent
})

const speedOf = Effect.fnUntraced(
  function*({ endAll, offer }: Peer, all: ReadonlyArray<ReadonlyArray<Job>>, storeCpu: StoreCpu = Effect.succeed(0)) {
    let offers: Spent = { seconds: 0, own: 0, store: 0 }
    let ends = offers
    for (const jobs of all) {
      const offering = Effect.forEach(jobs, offer, { concurrency: atOnce, discard: true })
      offers = plus(offers, yield* spent(offering, storeCpu))
      ends = plus(ends, yield* spent(endAll(jobs), storeCpu))
    }
    return { jobs: all.flat().length, offers, cycles: plus(offers, ends) } satisfies Speed
  }
)

/** Operations in a second. */
const rate = (what: "offers" | "cycles") => ({ jobs, [what]: { seconds } }: Speed): number => jobs / seconds

/** CPU time of an operation in microseconds. */
const cpuTime = (what: "offers" | "cycles", whose: "own" | "store") => ({ jobs, [what]: spent }: Speed): number =>
  spent[whose] / jobs

/** Speeds of the two peers in each round. */
type Rounds = ReadonlyArray<readonly [ours: Speed, theirs: Speed]>

const names = {
  offers: ["offers per second", "CPU time of an offer"],
  cycles: ["offers and whole cycles per second", "CPU time of an offer and a whole cycle"]
} as const

/** The figures of an operation: how many a second, and the CPU time of one, in this process and in Redis. */
const figuresOf = (where: string, all: Rounds, what: "offers" | "cycles"): ReadonlyArray<Figure> => {
  const [rateName, cpuName] = names[what]
  const column = (peer: 0 | 1, value: (speed: Speed) => number): Samples => all.map((speeds) => value(speeds[peer]))
  const rates = ratio(
    { name: `${rateName}, ${where}`, unit: "/s", against: "BullMQ" },
    column(0, rate(what)),
    column(1, rate(what))
  )
  const [own, store] = [cpuTime(what, "own"), cpuTime(what, "store")]
  const whole = (speed: Speed) => own(speed) + store(speed)
  const split = (peer: 0 | 1) => `${shown(median(column(peer, own)))} + ${shown(median(column(peer, store)))} µs`
  const cpu: Figure = {
    ...ratio({ name: `${cpuName}, ${where}`, unit: "µs", against: "BullMQ" }, column(0, whole), column(1, whole)),
    here: `${split(0)} against ${split(1)}`
  }
  return [rates, cpu]
}

/** Speed of the queue in a database file, whose every transaction waits for the disk: as many jobs at once, to their end. */
const inSqlite = Effect.gen(function*() {
  const files = yield* FileSystem.FileSystem
  const directory = yield* files.makeTempDirectoryScoped({ prefix: "nominal-bench-" })
  const context = yield* opened(
    SqliteQueue.layer.pipe(Layer.provide(Sqlite.layer(directory)), Layer.provide(NodeServices.layer))
  )
  const queue = ours(Context.get(context, JobQueue))
  const next = supply()
  const round = Effect.suspend(() => speedOf(queue, Array.from({ length: waves.many }, () => next(lanes, lanes))))
  const all = (yield* Effect.replicateEffect(round, 1 + rounds.sqlite)).slice(1)
  return [
    count(
      "offers and whole cycles per second, SQLite, 50 at once",
      all.map(rate("cycles")),
      `${waves.many * lanes} jobs a round, on this machine and its disk`
    ),
    count("CPU time of an offer and a whole cycle, SQLite, µs", all.map(cpuTime("cycles", "own")))
  ]
})

/** Measures the queue in Redis against BullMQ in the same Redis, in many lanes and in a full one, and the one in SQLite. */
export const measure = Effect.fn("Queues.measure")(
  function*() {
    // A file that is rewritten in the middle of a round would count for the one whose turn it is.
    const server = yield* RedisServer.start({ args: ["--auto-aof-rewrite-percentage", "0"] })
    const context = yield* opened(
      RedisQueue.layer.pipe(Layer.provideMerge(Redis.layer(server.url)), Layer.provide(NodeServices.layer))
    )
    const [we, they] = [ours(Context.get(context, JobQueue)), yield* BullMq.make(server.port, atOnce)]
    const next = supply()
    const speed = (peer: Peer, waves: number, count: number, lanes: number) =>
      speedOf(peer, Array.from({ length: waves }, () => next(count, lanes)), cpuOf(server))
    const round = Effect.suspend(() =>
      Effect.all({
        many: Effect.all([speed(we, waves.many, lanes, lanes), speed(they, waves.many, lanes, lanes)]),
        one: Effect.all([speed(we, waves.one, inLane, 1), speed(they, waves.one, inLane, 1)])
      })
    )
    // The first round warms everything up.
    const all = (yield* Effect.replicateEffect(round, 1 + rounds.redis)).slice(1)
    const [many, one] = [all.map(({ many }) => many), all.map(({ one }) => one)]
    return [
      ...figuresOf("1,000 lanes", many, "offers"),
      ...figuresOf("1,000 lanes", many, "cycles"),
      ...figuresOf("one lane", one, "offers"),
      ...figuresOf("one lane", one, "cycles"),
      ...yield* inSqlite
    ]
  },
  Effect.scoped,
  Effect.mapError(({ message }) => new NotMeasured({ message }))
)
