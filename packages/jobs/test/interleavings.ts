import { assert } from "@effect/vitest"
import { Failure, ServiceName } from "@nominal-code/domain/job/Failure"
import { type Job, JobOutcome } from "@nominal-code/domain/job/Job"
import type { Lane } from "@nominal-code/domain/job/Lane"
import { type Lease, Settlement } from "@nominal-code/jobs/JobQueue"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { laneOf, lifecycle, mention, push, reviewed, reviewOf, shaOf } from "@nominal-code/testing/Jobs"
import { failure, type Store } from "@nominal-code/testing/QueueSteps"
import { Clock, Duration, Effect, Option, Result } from "effect"
import { TestClock } from "effect/testing"
import type { Chance } from "./Chance.ts"
import * as LaneModel from "./LaneModel.ts"

/** One process that works on the store. */
export interface Process {
  readonly queue: () => Store
  /** Ends it without settling anything, as a kill would, and starts another one in its place; if the store outlives it. */
  readonly crash: Option.Option<Effect.Effect<void>>
  /** Takes something from it that it has to do without, or to get again, and that nobody may notice. */
  readonly disturb?: Effect.Effect<void>
  /** Its leases last for their time although it is gone; nobody can know that it is. */
  readonly leasesOutlive?: boolean
}

interface Grant {
  readonly lease: Lease
  readonly process: Process
  until: number
  /** It was settled, or somebody else got the lane. */
  over: boolean
  /** Its process is gone, and will not use it. */
  crashed: boolean
}

/** Limit of the waiting comments of a lane in a story. */
export const capacity = 2

const leaseMillis = 30_000
const delay = Duration.seconds(20)
const done = Settlement.cases.Done.make({ outcome: reviewed })
const closed = Settlement.cases.Done.make({
  outcome: JobOutcome.cases.Skipped.make({ reason: "closed", detail: "the pull request is closed" })
})
/** The review of the head that a lifecycle event was about. */
const ofItsHead = ({ event }: Job) =>
  event._tag === "Comment" ? done : Settlement.cases.Done.make({ outcome: reviewOf(event.headSha) })
const park = Settlement.cases.Park.make({})
const settlements = [
  done,
  closed,
  park,
  Settlement.cases.Retry.make({ failure, delay }),
  Settlement.cases.Wait.make({ failure, delay, service: ServiceName.make("cluster") }),
  Settlement.cases.Lose.make({ failure }),
  Settlement.cases.Rerun.make({ failure, delay }),
  Settlement.cases.GiveUp.make({ failure: Failure.cases.Deadline.make({ detail: "it took too long" }) }),
  Settlement.cases.Release.make({})
]

/**
 * A random story of two lanes, told to a queue and to the model of one: every answer and every record has to be the
 * model's. `first` numbers its pull requests and deliveries, so that many stories share a store.
 */
export const interleaving = (processes: ReadonlyArray<Process>, chance: Chance, first: number) => {
  const trace: Array<string> = []
  const grants: Array<Grant> = []
  const model = LaneModel.make(capacity)
  const lanes = [laneOf(first), laneOf(first + 1)]
  let deliveries = 0

  const anyLane = () => chance.of(lanes) ?? laneOf(first)
  const anyProcess = (): Process => processes[chance.below(processes.length)] ?? assert.fail("no process")
  const entryOf = ({ lease }: Grant) => model.of(lease.job.id)

  /** The fields of an entry that its record tells. */
  const toldOf = (entry: LaneModel.Entry) => ({
    state: entry.state,
    task: entry.task,
    attempts: entry.attempts,
    losses: entry.losses,
    failure: entry.failure,
    waitsFor: entry.waitsFor,
    cancelled: entry.stop === "cancelled",
    stoodFor: entry.stoodFor,
    supersededBy: entry.supersededBy
  })

  /** The told fields of the entries whose records were compared, as JSON. */
  const compared = new Map<LaneModel.Entry, string>()

  const checkRecord = Effect.fnUntraced(function*(entry: LaneModel.Entry) {
    const { id } = entry.job
    const record = Option.getOrElse(yield* anyProcess().queue().find(id), () => assert.fail(`${id} is lost`))
    const told = toldOf(entry)
    assert.deepStrictEqual(
      {
        state: record.state,
        task: record.task,
        attempts: record.attempts,
        losses: record.losses,
        failure: Option.getOrUndefined(record.failure),
        waitsFor: Option.getOrUndefined(record.waitsFor)?.service,
        cancelled: record.cancelled,
        stoodFor: record.stoodFor,
        supersededBy: Option.getOrUndefined(record.supersededBy)
      },
      told,
      `the record of ${entry.job.delivery}`
    )
    compared.set(entry, JSON.stringify(told))
  })
  const checkAll = (entries: ReadonlyArray<LaneModel.Entry>) =>
    Effect.forEach(entries, checkRecord, { concurrency: "unbounded", discard: true })

  /** Compares the lane's records that a step has changed. The others are compared before the drain and after it. */
  const check = (lane: Lane) =>
    checkAll(
      model.entries.filter((entry) => entry.job.lane === lane && compared.get(entry) !== JSON.stringify(toldOf(entry)))
    )

  /** Something new, the same delivery again, or another delivery of an event that came before. */
  const anyJob = (lane: Lane): Job => {
    const delivery = `${first}-${++deliveries}`
    const before = chance.of(model.entries.filter(({ job }) => job.lane === lane))?.job
    const dice = chance.below(10)
    if (before !== undefined && dice < 1) return before
    if (before !== undefined && dice < 3) {
      return before.event._tag === "Comment"
        ? mention(lane, delivery, "explain", before.event.commentId)
        : lifecycle(lane, delivery, before.event.kind, before.event.headSha)
    }
    if (dice < 4) return lifecycle(lane, delivery, "pr_reopened", shaOf(delivery))
    return dice < 7 ? push(lane, delivery) : mention(lane, delivery)
  }

  const offer = Effect.gen(function*() {
    const lane = anyLane()
    const job = anyJob(lane)
    const now = yield* Clock.currentTimeMillis
    const offered = yield* anyProcess().queue().offer(job)
    trace.push(`offer ${job.event.kind} ${job.delivery} on ${lane.number}: ${JSON.stringify(offered)}`)
    assert.deepStrictEqual(offered, model.offer(job, now))
    yield* check(lane)
  })

  const take = Effect.fnUntraced(function*(lane: Lane) {
    const process = anyProcess()
    return yield* granted(lane, process, yield* process.queue().take(lane))
  })

  /** Compares what a process was given of a lane. */
  const granted = Effect.fnUntraced(function*(lane: Lane, process: Process, given: Option.Option<Lease>) {
    const taken = Option.getOrUndefined(given)
    const now = yield* Clock.currentTimeMillis
    trace.push(`take ${lane.number} at ${now}: ${taken?.job.delivery} epoch ${taken?.epoch}`)
    const before = grants.findLast(({ lease }) => lease.lane === lane)
    const isHeld = before !== undefined && !before.over && before.until > now
    if (before !== undefined && !isHeld) before.over = true
    const entry = model.take(lane, now, isHeld)
    assert.strictEqual(taken?.job.id, entry?.job.id, "the lane's next job is given out")
    if (taken === undefined || entry === undefined) return undefined
    assert.isAbove(taken.epoch, before?.lease.epoch ?? 0)
    assert.deepStrictEqual(
      [taken.attempt, taken.run, taken.losses, taken.task, Option.getOrUndefined(taken.stop), taken.age],
      [entry.attempts, entry.run, entry.losses, entry.task, entry.stop, Duration.millis(now - entry.since)]
    )
    const grant: Grant = { lease: taken, process, until: now + leaseMillis, over: false, crashed: false }
    grants.push(grant)
    yield* check(lane)
    return grant
  })

  const settle = Effect.fnUntraced(function*(grant: Grant, settlement: Settlement, takes = false) {
    const { lease, over } = grant
    const process = anyProcess()
    const { next, settled } = takes
      ? yield* process.queue().settleAndTake(lease, settlement)
      : { settled: yield* process.queue().settle(lease, settlement), next: Option.none() }
    trace.push(`${settlement._tag} ${lease.job.delivery} epoch ${lease.epoch}: ${settled}`)
    assert.strictEqual(settled, !over)
    if (!over) model.settle(entryOf(grant), settlement, yield* Clock.currentTimeMillis)
    grant.over = true
    if (takes && settled) yield* granted(lease.lane, process, next)
    else assert.isTrue(Option.isNone(next))
    yield* check(lease.lane)
  })

  /** Offers, settlements and takes of the same moment, which are equal to themselves in their order. */
  const together = Effect.gen(function*() {
    const process = anyProcess()
    const lane = anyLane()
    const jobs = Array.from({ length: 1 + chance.below(4) }, () => anyJob(lane))
    const now = yield* Clock.currentTimeMillis
    trace.push(
      `together ${jobs.map(({ event: { kind }, delivery }) => `${kind} ${delivery}`).join(", ")} on ${lane.number}`
    )
    const offered = yield* process.queue().offerAll(jobs)
    assert.deepStrictEqual(offered, jobs.map((job) => Result.succeed(model.offer(job, now))))
    yield* check(lane)
  })

  const renew = Effect.fnUntraced(function*(grant: Grant) {
    const renewed = yield* anyProcess().queue().renew(grant.lease)
    trace.push(`renew ${grant.lease.job.delivery} epoch ${grant.lease.epoch}: ${renewed}`)
    assert.strictEqual(renewed, grant.over ? "lost" : entryOf(grant).stop ?? "kept")
    if (!grant.over) grant.until = (yield* Clock.currentTimeMillis) + leaseMillis
  })

  const ask = Effect.fnUntraced(function*(what: "cancel" | "retry", entry: LaneModel.Entry) {
    const answer = yield* anyProcess().queue()[what](entry.job.id)
    trace.push(`${what} ${entry.job.delivery}: ${answer._tag}`)
    const now = yield* Clock.currentTimeMillis
    assert.strictEqual(answer._tag, what === "cancel" ? model.cancel(entry) : model.retry(entry, now))
    yield* check(entry.job.lane)
  })

  const pass = Effect.suspend(() => TestClock.adjust(chance.of([1000, 9000, 31_000]) ?? 0))

  const crash = Effect.gen(function*() {
    const process = anyProcess()
    if (Option.isNone(process.crash)) return
    trace.push("crash")
    yield* process.crash.value
    for (const grant of grants.filter((one) => one.process === process && !one.over)) {
      if (process.leasesOutlive !== true) grant.until = 0
      grant.crashed = true
    }
  })

  const disturb = Effect.suspend(() => {
    trace.push("disturb")
    return anyProcess().disturb ?? Effect.void
  })

  const step = Effect.suspend((): Effect.Effect<unknown, StoreError> => {
    if (chance.below(300) === 0) return disturb
    const dice = chance.below(100)
    const usable = chance.of(grants.filter(({ crashed, over }) => over || !crashed))
    const entry = chance.of(model.entries)
    if (dice < 30 || entry === undefined) return offer
    if (dice < 36) return together
    if (dice < 62) return take(anyLane())
    if (dice < 70) return pass
    if (dice < 71) return crash
    if (dice < 76) return ask("cancel", entry)
    if (dice < 81) return ask("retry", entry)
    if (usable === undefined) return Effect.void
    if (dice < 86) return renew(usable)
    return settle(usable, chance.of([ofItsHead(usable.lease.job), ...settlements]) ?? done, chance.below(2) === 0)
  })

  /** Every job gets to its one end. */
  const drain = Effect.gen(function*() {
    yield* checkAll(model.entries)
    for (let round = 0; round < 40 && lanes.some((lane) => model.active(lane).length > 0); round++) {
      yield* TestClock.adjust("30 seconds")
      for (const lane of lanes) {
        const grant = yield* take(lane)
        if (grant === undefined) continue
        const isRun = grant.lease.task._tag === "Review" && Option.isNone(grant.lease.stop)
        yield* settle(grant, isRun ? done : park)
      }
    }
    assert.deepStrictEqual(lanes.flatMap((lane) => model.active(lane)), [])
    yield* checkAll(model.entries)
  })

  return { trace, story: Effect.andThen(Effect.repeat(step, { times: 3 + chance.below(15) }), drain) }
}
