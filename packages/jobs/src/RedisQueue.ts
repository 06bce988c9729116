import { failureText } from "@nominal-code/domain/Failure"
import { type Job, JobId, JobOutcome } from "@nominal-code/domain/Job"
import { type Lane, LaneKey, laneKey } from "@nominal-code/domain/Lane"
import { Redis } from "@nominal-code/persistence/Redis"
import * as RedisScript from "@nominal-code/persistence/RedisScript"
import { Heard } from "@nominal-code/persistence/RedisSubscriber"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Clock, Context, Duration, Effect, Layer, Option, Schedule, Schema, Stream } from "effect"
import { randomUUID } from "node:crypto"
import { Handled, JobQueue, type Lease, LeaseTask, Offered, QueueLimits, Renewed, Settlement } from "./JobQueue.ts"
import { JobRecords, JobState } from "./JobRecords.ts"
import type { Head, Page } from "./JobTable.ts"
import { refusals } from "./LaneRequests.ts"
import * as ReadyLanes from "./ReadyLanes.ts"
import * as RedisJobs from "./RedisJobs.ts"
import * as StoredJob from "./StoredJob.ts"

/** What the scripts take for the time. None, and they ask Redis: the one clock that all processes share. */
export const RedisTime = Context.Reference<Effect.Effect<Option.Option<number>>>("@nominal-code/jobs/RedisTime", {
  defaultValue: () => Effect.succeedNone
})

const { root } = RedisJobs

/**
 * How long a step is tried while Redis is away for a moment, or its answer is lost. Every try says that it is the same
 * step, so it is done once. A delivery has to be answered before its forge gives up; an end is worth more patience.
 */
const patience = (duration: Duration.Input) =>
  Schedule.min([Schedule.exponential("50 millis"), Schedule.spaced("1 second")]).pipe(Schedule.upTo({ duration }))
const short = patience("2 seconds")
const long = patience("10 seconds")

/** Everything is announced, so looking is only a net: it need not be often. */
const sweepAtMost = Duration.seconds(30)

/** How many ended jobs are forgotten in one step: whatever else is asked meanwhile waits for it. */
const portion = 500

const hourly = Schedule.spaced("1 hour")

const Taken = Schema.NullOr(
  Schema.Tuple([JobId, Schema.String, Schema.Int, Schema.Int, Schema.Int, Schema.Int, Schema.BooleanFromBit])
)
const Words = Schema.Array(Schema.String)
const Due = Schema.Array(Schema.Union([Schema.Int, Schema.String]))
const Changes = Schema.NullOr(Schema.FiniteFromString)

const decodeLane = Schema.decodeOption(LaneKey)
const decodeState = Schema.decodeUnknownSync(JobState)
const encodeOutcome = Schema.encodeSync(Schema.fromJsonString(JobOutcome))

const offeredOf = ([what = "", id = "", superseded]: ReadonlyArray<string>): Offered => {
  if (what === "full") return Offered.cases.Full.make({ waiting: Number(id), told: false })
  if (what === "duplicate") return Offered.cases.Duplicate.make({ jobId: id })
  return Offered.cases.Accepted.make({ jobId: id, ...(superseded === undefined ? {} : { superseded }) })
}

const handledOf = ([what = "", detail = "", reason = ""]: ReadonlyArray<string>): Handled => {
  if (what === "done") return Handled.cases.Done.make({})
  if (what === "stopping") return Handled.cases.Stopping.make({})
  if (what === "unknown") return Handled.cases.Unknown.make({})
  if (what === "newer") return refusals.newer(detail)
  return what === "full"
    ? refusals.full(Number(detail))
    : refusals.state(decodeState(detail), reason === "" ? null : reason.slice(4, 24))
}

/** What the settlement says, as the script takes it: its text and its delay. */
const settlementArgs = Settlement.match({
  Done: ({ outcome }) => ["Done", encodeOutcome(outcome), 0] as const,
  Park: () => ["Park", "cancelled", 0] as const,
  GiveUp: ({ failure }) => ["Park", failureText(failure), 0] as const,
  Retry: ({ delay, failure }) => ["Retry", failureText(failure), Duration.toMillis(delay)] as const,
  Wait: ({ delay, failure }) => ["Retry", failureText(failure), Duration.toMillis(delay)] as const,
  Lose: ({ failure }) => ["Retry", failureText(failure), 0] as const,
  Release: () => ["Release", "", 0] as const
})

const headOf = (lane: string, dueAt: number): Head => ({ lane, dueAt, lifecycle: false, task: "review" })

const isLane = (key: string) => Option.isSome(decodeLane(key))

/** `"<milliseconds> <lane>"`, as a script announces when a lane is due. */
const announcement = /^(\d+) (\S+)$/

const lua = new URL("lua/", import.meta.url)
const script = (name: string) => RedisScript.load(lua, ["queue", name])

const loadScripts = Effect.all({
  offer: script("offer"),
  take: script("take"),
  renew: script("renew"),
  settle: script("settle"),
  retry: script("retry"),
  cancel: script("cancel"),
  due: script("due"),
  forget: script("forget")
}, { concurrency: 1 })

const make = Effect.gen(function*() {
  const redis = yield* Redis
  const time = yield* RedisTime
  const limits = yield* QueueLimits
  const scripts = yield* loadScripts
  const jobs = RedisJobs.make(redis)
  const leaseMillis = Duration.toMillis(limits.leaseDuration)
  const retentionMillis = Duration.toMillis(limits.retention)
  const self = randomUUID()
  let steps = 0

  /** One step of the queue. */
  const run = <S extends Schema.ConstraintDecoder<unknown>>(
    operation: string,
    script: RedisScript.RedisScript,
    reply: S,
    args: ReadonlyArray<string | number>
  ) =>
    Effect.flatMap(
      time,
      (now) => redis.run(operation, reply, script, [root], [Option.getOrElse(now, () => ""), retentionMillis, ...args])
    )

  /** One step that is done once, however often it is tried. */
  const once = <S extends Schema.ConstraintDecoder<unknown>>(
    operation: string,
    script: RedisScript.RedisScript,
    reply: S,
    args: ReadonlyArray<string | number>,
    schedule = short
  ) =>
    Effect.suspend(() => {
      const step = `${self}:${++steps}`
      return Effect.retry(run(operation, script, reply, [step, ...args]), {
        schedule,
        while: (error) => error.retryable
      })
    })

  const offer = Effect.fn("JobQueue.offer")(function*(job: Job) {
    const lifecycle = job.event._tag === "Lifecycle" ? 1 : 0
    const payload = StoredJob.encode(job)
    const args = [limits.laneCapacity, job.id, laneKey(job.lane), lifecycle, job.delivery, payload]
    return offeredOf(yield* once("JobQueue.offer", scripts.offer, Words, args))
  })

  const end = (id: JobId, epoch: number, settlement: Settlement) => {
    const args = [id, epoch, ...settlementArgs(settlement)]
    return once("JobQueue.settle", scripts.settle, Schema.BooleanFromBit, args, long)
  }

  const take = Effect.fn("JobQueue.take")(function*(lane: Lane): Effect.fn.Return<Option.Option<Lease>, StoreError> {
    const taken = yield* once("JobQueue.take", scripts.take, Taken, [leaseMillis, laneKey(lane)])
    if (taken === null) return Option.none()
    const [, payload, epoch, attempt, earlier, losses, cancelled] = taken
    return Option.map(StoredJob.decode(payload), (job): Lease => ({
      lane,
      job,
      task: LeaseTask.cases.Review.make({}),
      epoch,
      attempt,
      run: earlier + attempt,
      losses,
      stop: cancelled ? Option.some("cancelled") : Option.none(),
      age: Duration.zero
    }))
  }, Effect.uninterruptible)

  const renew = Effect.fn("JobQueue.renew")(({ epoch, job }: Lease) =>
    run("JobQueue.renew", scripts.renew, Renewed, [job.id, epoch, leaseMillis])
  )

  const settle = Effect.fn("JobQueue.settle")(({ epoch, job }: Lease, settlement: Settlement) =>
    end(job.id, epoch, settlement)
  )

  const retry = Effect.fn("JobQueue.retry")((id: JobId) =>
    Effect.map(run("JobQueue.retry", scripts.retry, Words, [id, limits.laneCapacity]), handledOf)
  )

  const cancel = Effect.fn("JobQueue.cancel")((id: JobId) =>
    Effect.map(run("JobQueue.cancel", scripts.cancel, Words, [id]), handledOf)
  )

  const forget = run("JobQueue.forget", scripts.forget, Schema.Int, [portion]).pipe(
    Effect.repeat({ until: (forgotten) => forgotten < portion })
  )
  yield* forget.pipe(
    Effect.catch((error) => Effect.logWarning(`ended jobs could not be cleaned up: ${error.message}`)),
    Effect.repeat(hourly),
    Effect.forkScoped
  )

  const readyLanes = ReadyLanes.make({
    heads: Effect.fnUntraced(function*(from) {
      const now = yield* Clock.currentTimeMillis
      // Only spans are exchanged with Redis, for its clock is another one.
      const back = from === 0 ? "" : Math.max(0, now - from)
      const found = yield* run("JobQueue.ready", scripts.due, Due, [back])
      return found.flatMap((wait, index) =>
        typeof wait === "number" ? [headOf(String(found[index + 1]), wait === 0 ? 0 : now + wait)] : []
      )
    }),
    version: Effect.map(
      redis.send("JobQueue.ready", Changes, ["get", `${root}:changes`]),
      (changes) => changes ?? 0
    )
  }, Duration.max(limits.sweepEvery, sweepAtMost))

  const hear = Heard.match({
    Message: ({ text }) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const [, wait = "", lane = ""] = announcement.exec(text) ?? []
        // Whoever reaches the channel can say anything on it.
        if (isLane(lane)) readyLanes.touched(headOf(lane, wait === "0" ? 0 : now + Number(wait)), now)
      }),
    Missed: () => Effect.sync(() => readyLanes.look())
  })
  yield* Effect.forkScoped(Stream.runForEach(yield* redis.subscribe(`${root}:ready`), hear))

  return Context.make(
    JobQueue,
    JobQueue.of({
      offer,
      take,
      renew,
      settle,
      retry,
      cancel,
      ready: readyLanes.ready,
      check: Effect.asVoid(jobs.depth)
    })
  ).pipe(
    Context.add(
      JobRecords,
      { ...jobs, list: Effect.fn("JobRecords.list")((page: Page) => Effect.andThen(forget, jobs.list(page))) }
    )
  )
})

/**
 * The queue that several processes share. What it accepted survives the death of any of them and, where Redis writes to
 * its disk, of Redis.
 */
export const layer = Layer.effectContext(make)
