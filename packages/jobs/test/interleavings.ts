import { assert } from "@effect/vitest"
import type { Job } from "@nominal-code/domain/Job"
import type { Lane } from "@nominal-code/domain/Lane"
import { Handled, type Lease, Offered, Settlement } from "@nominal-code/jobs/JobQueue"
import type { JobState } from "@nominal-code/jobs/JobRecords"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Clock, Duration, Effect, Option } from "effect"
import { TestClock } from "effect/testing"
import type { Chance } from "./Chance.ts"
import { laneOf, mention, push, reviewed } from "./Jobs.ts"
import { failure, type Store } from "./QueueSteps.ts"

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

/** An accepted job. What is known of it comes from the answers of the queue, and from nothing else. */
interface Known {
  readonly job: Job
  readonly lane: Lane
  readonly lifecycle: boolean
  /** The order of acceptance. */
  readonly order: number
  ended: JobState | undefined
  notBefore: number
  losses: number
  /** It was cancelled while it ran, and nobody has ended it since. */
  stopping: boolean
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

const leaseMillis = 30_000
const done = Settlement.cases.Done.make({ outcome: reviewed })
const retry = Settlement.cases.Retry.make({ failure, delay: Duration.seconds(20) })
const settlements = [
  done,
  done,
  retry,
  Settlement.cases.Park.make({}),
  Settlement.cases.Release.make({})
]

/**
 * A random story of two lanes, told to a queue step by step and checked at every one of them. `first` numbers its pull
 * requests and deliveries, so that many stories share a store.
 */
export const interleaving = (processes: ReadonlyArray<Process>, chance: Chance, first: number) => {
  const trace: Array<string> = []
  const known = new Map<string, Known>()
  const grants: Array<Grant> = []
  const lanes = [laneOf(first), laneOf(first + 1)]
  let order = 0

  const anyLane = () => chance.of(lanes) ?? laneOf(first)
  const anyProcess = (): Process => processes[chance.below(processes.length)] ?? assert.fail("no process")
  const knownOf = (id: string): Known => known.get(id) ?? assert.fail(`${id} was never accepted`)
  const of = ({ lease }: Grant): Known => knownOf(lease.job.id)
  const unended = (lane: Lane) =>
    [...known.values()].filter((one) => one.lane === lane && one.ended === undefined).sort((a, b) => a.order - b.order)
  /** What runs first, then mentions, then the push. */
  const inTurn = (lane: Lane) => {
    const rank = (one: Known) => one.stopping ? 0 : one.lifecycle ? 2 : 1
    return unended(lane).sort((a, b) => rank(a) - rank(b))
  }
  const record = (one: Known) =>
    Effect.map(
      anyProcess().queue().find(one.job.id),
      Option.getOrElse(() => assert.fail(`${one.job.delivery} is lost`))
    )

  const accept = (job: Job, lane: Lane) =>
    known.set(job.id, {
      job,
      lane,
      lifecycle: job.event._tag === "Lifecycle",
      order: ++order,
      ended: undefined,
      notBefore: 0,
      losses: 0,
      stopping: false
    })

  const supersede = (id: string, by: string) => {
    const [older, newer] = [knownOf(id), knownOf(by)]
    assert.isTrue(older.lifecycle && newer.lifecycle, "only pushes replace, and only pushes are replaced")
    assert.strictEqual(older.lane, newer.lane)
    assert.isBelow(older.order, newer.order)
    older.ended = "superseded"
  }

  const ranBefore = ({ job, lifecycle }: Known) => lifecycle && grants.some(({ lease }) => lease.job.id === job.id)

  /** Finds out about pushes that were replaced when they came back from a run. */
  const notice = Effect.fnUntraced(function*(jobs: ReadonlyArray<Known>) {
    for (const one of jobs.filter(ranBefore)) {
      const { state, supersededBy } = yield* record(one)
      if (state === "superseded") supersede(one.job.id, Option.getOrElse(supersededBy, () => ""))
    }
  })

  const offer = Effect.gen(function*() {
    const lane = anyLane()
    const again = chance.below(5) === 0 ? chance.of([...known.values()].filter((one) => one.lane === lane)) : undefined
    const delivery = `${first}-${known.size}`
    const job = again?.job ?? (chance.below(3) > 0 ? push(lane, delivery) : mention(lane, delivery))
    const offered = yield* anyProcess().queue().offer(job)
    trace.push(`offer ${job.event._tag} ${job.delivery} on ${lane.number}: ${JSON.stringify(offered)}`)
    Offered.match(offered, {
      Accepted: ({ jobId, superseded }) => {
        assert.include([undefined, "parked"], again?.ended, "a delivery is accepted once, unless its job was parked")
        if (jobId !== job.id) return supersede(job.id, jobId)
        accept(job, lane)
        if (superseded !== undefined) supersede(superseded, jobId)
      },
      Duplicate: ({ jobId }) => assert.strictEqual(again?.job.id, jobId),
      Full: () => assert.fail("no lane of the story is full")
    })
  })

  const last = (lane: Lane) => grants.findLast(({ lease }) => lease.lane === lane)

  /** By asking for a lane, a lease of it that had run out is lost. */
  const lose = (grant: Grant | undefined) => {
    if (grant === undefined || grant.over) return
    grant.over = true
    const one = of(grant)
    if (!one.stopping) one.losses++
  }

  const take = Effect.fnUntraced(function*(lane: Lane) {
    const process = anyProcess()
    const taken = yield* process.queue().take(lane)
    const now = yield* Clock.currentTimeMillis
    trace.push(
      `take ${lane.number} at ${now}: ${
        Option.match(taken, {
          onNone: () => "none",
          onSome: ({ epoch, job }) => `${job.delivery} epoch ${epoch}`
        })
      }`
    )
    const before = last(lane)
    const held = before !== undefined && !before.over && before.until > now
    if (!held) lose(before)
    if (Option.isNone(taken)) {
      if (held) return Option.none()
      yield* notice(unended(lane))
      const [head] = inTurn(lane)
      const rests = head !== undefined && !head.stopping && (head.notBefore > now || head.losses >= 3)
      assert.isTrue(head === undefined || rests, "what can run is given out")
      return Option.none()
    }
    const lease = taken.value
    assert.isFalse(held, "a lane has one lease at a time")
    assert.isAbove(lease.epoch, before?.lease.epoch ?? 0)
    const one = knownOf(lease.job.id)
    assert.isUndefined(one.ended, "what has ended does not run")
    assert.isAtMost(one.notBefore, now)
    assert.deepStrictEqual([lease.losses, Option.isSome(lease.stop)], [one.losses, one.stopping])
    if (one.stopping) {
      assert.strictEqual(lease.run, before?.lease.run, "what is left of a run is ended under its number")
    }
    const older = unended(lane).filter(({ lifecycle, order }) =>
      lifecycle === one.lifecycle ? order < one.order : one.lifecycle
    )
    yield* notice(older)
    assert.deepStrictEqual(older.filter(({ ended }) => ended === undefined), [], "the oldest runs first")
    const grant: Grant = { lease, process, until: now + leaseMillis, over: false, crashed: false }
    grants.push(grant)
    return Option.some(grant)
  })

  /** A lease that stands, or one that does not: then nothing may change. */
  const use = Effect.fnUntraced(function*<A>(
    grant: Grant,
    what: string,
    act: (queue: Store) => Effect.Effect<A, StoreError>
  ) {
    const one = of(grant)
    const before = grant.over ? yield* record(one) : undefined
    const answer = yield* act(anyProcess().queue())
    trace.push(`${what} ${one.job.delivery} epoch ${grant.lease.epoch}: ${answer}`)
    if (grant.over) assert.deepStrictEqual(yield* record(one), before, "a stale lease has no effect")
    return answer
  })

  const settle = Effect.fnUntraced(function*(grant: Grant, settlement: Settlement) {
    const settled = yield* use(grant, settlement._tag, (queue) => queue.settle(grant.lease, settlement))
    assert.strictEqual(settled, !grant.over)
    if (grant.over) return
    grant.over = true
    const one = of(grant)
    const now = yield* Clock.currentTimeMillis
    Settlement.match(settlement, {
      Done: () => {
        one.ended = "done"
      },
      Park: () => {
        one.ended = "parked"
      },
      Retry: ({ delay }) => {
        if (!one.stopping) one.notBefore = now + Duration.toMillis(delay)
      },
      Wait: () => {},
      Lose: () => {},
      GiveUp: () => {},
      Release: () => {}
    })
    const newer = unended(one.lane).some(({ lifecycle, order }) => lifecycle && order > one.order)
    if (one.ended !== undefined || one.stopping || !one.lifecycle || !newer) return
    yield* notice([one])
    assert.strictEqual(one.ended, "superseded", "no two pushes of a lane wait")
  })

  const renew = Effect.fnUntraced(function*(grant: Grant) {
    const renewed = yield* use(grant, "renew", (queue) => queue.renew(grant.lease))
    const stands = of(grant).stopping ? "cancelled" : "kept"
    assert.strictEqual(renewed, grant.over ? "lost" : stands)
    if (!grant.over) grant.until = (yield* Clock.currentTimeMillis) + leaseMillis
  })

  const cancel = Effect.fnUntraced(function*(one: Known) {
    yield* notice([one])
    const before = yield* record(one)
    const answer = yield* anyProcess().queue().cancel(one.job.id)
    trace.push(`cancel ${one.job.delivery}: ${answer._tag}`)
    const runs = one.stopping || grants.some(({ lease, over }) => lease.job.id === one.job.id && !over)
    Handled.match(answer, {
      Done: () => {
        assert.isTrue(one.ended === undefined && !runs, "what waits is parked at once, and nothing else is")
        one.ended = "parked"
      },
      Stopping: () => {
        assert.isTrue(one.ended === undefined && runs, "what runs is marked, and nothing else is")
        one.stopping = true
      },
      Unknown: () => assert.fail("it was accepted"),
      Refused: () => assert.isDefined(one.ended, "what has not ended can be cancelled")
    })
    if (answer._tag === "Refused") assert.deepStrictEqual(yield* record(one), before)
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
    if (dice < 38) return offer
    if (dice < 66) return take(anyLane())
    if (dice < 74) return pass
    if (dice < 75) return crash
    if (usable === undefined) return Effect.void
    if (dice < 82) return renew(usable)
    if (dice < 88) return cancel((chance.below(2) === 0 ? chance.of([...known.values()]) : undefined) ?? of(usable))
    return settle(usable, chance.of(settlements) ?? done)
  })

  /** Every accepted job gets to its one end. */
  const drain = Effect.gen(function*() {
    for (let round = 0; round < 40 && lanes.some((lane) => unended(lane).length > 0); round++) {
      yield* TestClock.adjust("30 seconds")
      for (const lane of lanes) {
        const grant = yield* take(lane)
        if (Option.isSome(grant)) yield* settle(grant.value, done)
        else yield* notice(unended(lane))
      }
    }
    for (const one of known.values()) assert.strictEqual((yield* record(one)).state, one.ended, one.job.delivery)
  })

  return { trace, story: Effect.andThen(Effect.repeat(step, { times: 3 + chance.below(8) }), drain) }
}
