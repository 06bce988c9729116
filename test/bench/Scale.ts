import { type Job, JobOutcome } from "@nominal-code/domain/job/Job"
import { Usage, UsageSummary } from "@nominal-code/domain/model/Usage"
import { Settlement } from "@nominal-code/jobs/JobQueue"
import * as StoredJob from "@nominal-code/jobs/table/StoredJob"
import { laneOf, mention, push, shaOf } from "@nominal-code/testing/Jobs"
import { Effect, Option, Result } from "effect"
import { count, type Figure, NotMeasured, ratio, shown } from "./Figure.ts"
import { divide, median, type Samples } from "./Samples.ts"
import { redis, type ScaleStore, sqlite } from "./ScaleStores.ts"

const few = 1000
/** Number of the few, and of the many, that are run to their end. */
const endingOf = { few: 500, many: 3000 }
/** Number of jobs that are offered, taken and settled for one sample of the speed. */
const burst = 200
/** Besides one before them, in which everything is warmed up. */
const runs = 5
const atOnce = 16
/** Number of jobs that are offered together to fill a store. */
const filling = 500
const pages = 20
const pageSize = 50

const inMillis = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const began = performance.now()
    return Effect.map(effect, () => performance.now() - began)
  })

/** Number of these in a second. */
const rate = (jobs: ReadonlyArray<Job>, each: (job: Job) => Effect.Effect<void, { readonly message: string }>) =>
  Effect.map(
    inMillis(Effect.forEach(jobs, each, { concurrency: atOnce, discard: true })),
    (millis) => (1000 * jobs.length) / millis
  )

const asked = "Is the rounding here right for negative amounts, and what happens if two of these run at once? "

/** The next jobs, each of another pull request: half of them pushes, half questions. */
const supply = () => {
  let given = 0
  return (jobs: number): ReadonlyArray<Job> =>
    Array.from({ length: jobs }, () => {
      given += 1
      const delivery = `8f14e45f-ceea-11f0-a3d4-${String(given).padStart(12, "0")}`
      return given % 2 === 0 ? push(laneOf(given), delivery) : mention(laneOf(given), delivery, asked.repeat(3))
    })
}

/** Records that a review of some size leaves behind. */
const reviewed = ({ delivery, lane: { number } }: Job) =>
  JobOutcome.cases.Reviewed.make({
    headSha: shaOf(delivery),
    findings: number % 7,
    url: `https://github.com/acme/api/pull/${number}#pullrequestreview-${2_000_000_000 + number}`,
    alreadyPosted: false,
    usage: new UsageSummary({
      provider: "anthropic",
      model: "claude-sonnet-4-5-20250929",
      usage: new Usage({ input: 12_345 + number, output: 2345, cacheRead: 123_456, cacheWrite: 12_345 }),
      costUsd: 0.123_456,
      calls: 12
    })
  })

/** Operations on the jobs of a store. */
const workOf = ({ queue, write }: ScaleStore) => {
  const offer = (job: Job) => Effect.asVoid(queue.offer(job))
  const end = Effect.fnUntraced(function*(job: Job) {
    const lease = yield* queue.take(job.lane)
    if (Option.isNone(lease)) return yield* new NotMeasured({ message: `job ${job.id} cannot be taken` })
    yield* queue.settle(lease.value, Settlement.cases.Done.make({ outcome: reviewed(job) }))
  })
  return {
    offer,
    cycle: (job: Job) => Effect.andThen(offer(job), end(job)),
    bare: (job: Job) => write(job.id, StoredJob.encode(job))
  }
}

/** CPU time of this process for each of some jobs, in microseconds. */
const spent = <A, E, R>(jobs: number, effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const before = process.cpuUsage()
    return Effect.map(effect, (made) => {
      const { system, user } = process.cpuUsage(before)
      return { made, micros: (system + user) / jobs }
    })
  })

/** Speed of a store with the jobs that it has now, in each of some runs. */
const speeds = Effect.fnUntraced(function*(store: ScaleStore, next: ReturnType<typeof supply>) {
  const { bare, cycle, offer } = workOf(store)
  const page = inMillis(store.records.list({ limit: pageSize }))
  const run = Effect.gen(function*() {
    const bares = yield* rate(next(burst), bare)
    const offers = yield* spent(burst, rate(next(burst), offer))
    // Of jobs that wait, however many there are.
    const list = median(yield* Effect.replicateEffect(page, pages))
    const cycles = yield* spent(burst, rate(next(burst), cycle))
    return { bare: bares, offers: offers.made, list, cycles: cycles.made, micros: offers.micros + cycles.micros }
  })
  const [, ...all] = yield* Effect.replicateEffect(run, 1 + runs)
  const samples = (name: keyof typeof all[number]): Samples => all.map((one) => one[name])
  return {
    bare: samples("bare"),
    offers: samples("offers"),
    cycles: samples("cycles"),
    list: samples("list"),
    micros: samples("micros")
  }
})

/** Number of jobs that are left in the store. */
const added = (1 + runs) * 2 * burst

/** Stores so many jobs. They are made as they are stored: a million of them would not fit this process. */
const fill = Effect.fnUntraced(function*({ queue }: ScaleStore, next: ReturnType<typeof supply>, count: number) {
  for (let left = count; left > 0; left -= filling) {
    const results = yield* queue.offerAll(next(Math.min(filling, left)))
    const failed = results.find(Result.isFailure)
    if (failed !== undefined) return yield* failed.failure
  }
})

/** Space of a waiting job, from the difference of two numbers of them, and space of a job that has ended. */
const sizes = Effect.fnUntraced(function*(
  store: ScaleStore,
  next: ReturnType<typeof supply>,
  { ended, waiting }: { readonly waiting: number; readonly ended: number }
) {
  const empty = yield* store.bytes
  yield* fill(store, next, waiting)
  const filled = yield* store.bytes
  yield* Effect.forEach(next(ended), workOf(store).cycle, { concurrency: atOnce, discard: true })
  return { waiting: (filled - empty) / waiting, ended: ((yield* store.bytes) - filled) / ended }
})

const scaled = Effect.fnUntraced(function*(store: ScaleStore, many: number) {
  const { name } = store
  const next = supply()
  const small = yield* sizes(store, next, { waiting: few - endingOf.few, ended: endingOf.few })
  const atFew = yield* speeds(store, next)
  const large = yield* sizes(store, next, { waiting: many - few - added - endingOf.many, ended: endingOf.many })
  const atMany = yield* speeds(store, next)
  const bytes = (what: "waiting" | "ended") =>
    count(
      `bytes per ${what} job, ${name}`,
      [Math.round(large[what])],
      `${shown(Math.round(small[what]))} for the first ${shown(few)}`
    )
  const toBare = (what: "offers" | "cycles", label: string) =>
    ratio({ name: `${label}, ${name}`, unit: "/s", against: "bare writes" }, atMany[what], atMany.bare)
  const toFew = (what: string) => ({ name: `${what}, ${name}, ${shown(many)} jobs`, against: `${shown(few)} jobs` })
  // By the bare writes of the same moment: the machine may have become slower meanwhile, or its disk.
  const flat = (what: "offers" | "cycles", label: string) =>
    ratio(
      { ...toFew(label), unit: "bare writes" },
      divide(atMany[what], atMany.bare),
      divide(atFew[what], atFew.bare)
    )
  const figures: ReadonlyArray<Figure> = [
    bytes("waiting"),
    bytes("ended"),
    toBare("offers", "offers per second"),
    toBare("cycles", "whole cycles per second"),
    flat("offers", "offers per second"),
    flat("cycles", "whole cycles per second"),
    ratio({ ...toFew("CPU time of an offer and a cycle"), unit: "µs" }, atMany.micros, atFew.micros),
    ratio({ ...toFew("`jobs list --limit 50`"), unit: "ms" }, atMany.list, atFew.list)
  ]
  return figures
})

const because = ({ message }: { readonly message: string }) => new NotMeasured({ message })

/** Space of a job in a store, and speed of the store, as jobs become `many`. */
export const measure = Effect.fn("Scale.measure")(function*(many: number) {
  const inSqlite = yield* Effect.scoped(Effect.flatMap(sqlite, (store) => scaled(store, many)))
  const inRedis = yield* Effect.scoped(Effect.flatMap(redis, (store) => scaled(store, many)))
  return [...inSqlite, ...inRedis]
}, Effect.mapError(because))
