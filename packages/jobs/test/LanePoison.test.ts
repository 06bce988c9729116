import { assert, describe, it } from "@effect/vitest"
import { type Job, type JobOutcome } from "@nominal-code/domain/job/Job"
import { laneOf, mention, reviewed } from "@nominal-code/testing/Jobs"
import { laneWorld } from "@nominal-code/testing/LaneWorld"
import { quiet } from "@nominal-code/testing/Quiet"
import { Effect, Option } from "effect"
import { TestClock } from "effect/testing"

const poison = mention(laneOf(1), "poison")
const neighbours = [2, 3, 4, 5, 6].map((pull) => mention(laneOf(pull), `neighbour ${pull}`))

/**
 * Lanes whose process dies when it has run the poisonous job for 5 seconds: after that nothing that it does reaches the
 * queue. A review takes 20 seconds.
 */
const deadly = Effect.fnUntraced(function*(elsewhere: boolean) {
  let alive = true
  const running = new Set<Job>()
  /** Jobs that ran beside the poisonous one, life by life. */
  const beside: Array<ReadonlyArray<string>> = []

  const run = (job: Job): Effect.Effect<JobOutcome> =>
    Effect.gen(function*() {
      running.add(job)
      if (job !== poison) return yield* Effect.as(Effect.sleep("20 seconds"), reviewed)
      yield* Effect.sleep("5 seconds")
      beside.push([...running].filter((other) => other !== job).map(({ delivery }) => delivery))
      alive = false
      return yield* Effect.never
    }).pipe(Effect.ensuring(Effect.sync(() => running.delete(job))))

  const world = yield* laneWorld({
    outOfProcess: elsewhere,
    run: (job) => Effect.suspend(() => run(job.id === poison.id ? poison : job)),
    queue: ({ renew, settle, take }) => ({
      renew: (lease) => Effect.suspend(() => alive ? renew(lease) : Effect.never),
      settle: (lease, settlement) => Effect.suspend(() => alive ? settle(lease, settlement) : Effect.succeed(false)),
      take: (lane, runs) => Effect.suspend(() => alive ? take(lane, runs) : Effect.succeedNone)
    })
  })

  /** Starts the process, and lets it live until it dies or has nothing left to do. */
  const life = Effect.gen(function*() {
    alive = true
    const { stop } = yield* world.start
    yield* Effect.repeat(Effect.andThen(TestClock.adjust("1 second"), quiet), {
      times: 299,
      while: () => alive
    })
    yield* stop
    running.clear()
    return alive
  })
  return { ...world, beside, life }
})

describe("a job that kills its process", () => {
  it.effect("takes its neighbours with it twice, then runs alone, and is given up after the fifth time", () =>
    Effect.gen(function*() {
      const { beside, events, life, offer, stateOf } = yield* deadly(false)
      yield* offer(poison, ...neighbours)
      let deaths = 0
      while (!(yield* life)) {
        deaths += 1
        yield* TestClock.adjust("30 seconds")
      }
      assert.strictEqual(deaths, 5)
      assert.deepStrictEqual(beside.slice(2), [[], [], []])
      assert.deepStrictEqual(beside.slice(0, 2).map(({ length }) => length), [3, 3])
      for (const job of neighbours) assert.strictEqual((yield* stateOf(job)).state, "done")
      assert.strictEqual((yield* stateOf(poison)).state, "parked")
      assert.deepStrictEqual(events.filter((event) => event.startsWith("tell")), [
        "tell poison: crash: its process ended 5 times before the job did"
      ])
    }))

  it.effect("holds nobody back who was lost with it for longer than it runs", () =>
    Effect.gen(function*() {
      const { life, offer, records } = yield* deadly(false)
      yield* offer(poison, ...neighbours)
      for (let death = 0; death < 5; death++) {
        assert.isFalse(yield* life)
        yield* TestClock.adjust("30 seconds")
      }
      for (const job of neighbours) {
        const { losses } = Option.getOrThrow(yield* records.find(job.id))
        assert.isAtMost(losses, 2)
      }
    }))

  it.effect("runs beside others where it runs elsewhere, and counts no loss: that a server dies says nothing about it", () =>
    Effect.gen(function*() {
      const { beside, life, offer, records, stateOf } = yield* deadly(true)
      yield* offer(poison, ...neighbours)
      for (let death = 0; death < 6; death++) {
        yield* life
        yield* TestClock.adjust("3 minutes")
      }
      assert.isTrue(beside.slice(0, 3).every(({ length }) => length > 0), JSON.stringify(beside))
      assert.strictEqual((yield* stateOf(poison)).state, "running")
      assert.strictEqual(Option.getOrThrow(yield* records.find(poison.id)).losses, 0)
    }))
})
