import { assert, it } from "@effect/vitest"
import { Failure, ServiceName } from "@nominal-code/domain/job/Failure"
import { JobOutcome } from "@nominal-code/domain/job/Job"
import { laneOf, mention } from "@nominal-code/testing/Jobs"
import { laneWorld, lasting } from "@nominal-code/testing/LaneWorld"
import { quiet } from "@nominal-code/testing/Quiet"
import { Clock, Duration, Effect, Random } from "effect"
import { TestClock } from "effect/testing"

const model = ServiceName.make("model:anthropic")
const limited = JobOutcome.cases.Postponed.make({
  failure: Failure.cases.Model.make({ reason: "rate-limited", detail: "429" }),
  service: model,
  retryAfterMillis: 60_000
})

it.effect("a job that the model always limits holds others back once, and waits by itself until it is given up", () =>
  Effect.gen(function*() {
    const greedy = mention(laneOf(1), "greedy")
    const offered = new Map<string, number>()
    const waited: Array<number> = []
    const { events, offer, start, stateOf } = yield* laneWorld({
      needs: () => [model],
      run: (job) =>
        job.id === greedy.id ? Effect.succeed(limited) : Effect.tap(lasting("10 seconds"), () =>
          Effect.map(
            Clock.currentTimeMillis,
            (now) => waited.push(now - (offered.get(job.id) ?? 0))
          ))
    })
    yield* start
    yield* offer(greedy)
    for (let number = 2; number < 62; number++) {
      const job = mention(laneOf(number), `innocent ${number}`)
      offered.set(job.id, yield* Clock.currentTimeMillis)
      yield* offer(job)
      for (let second = 0; second < 20; second += 5) yield* Effect.andThen(TestClock.adjust("5 seconds"), quiet)
    }
    assert.strictEqual(waited.length, 60)
    assert.isAtMost(Math.max(...waited), Duration.toMillis("75 seconds"))
    assert.isAtMost(waited.filter((millis) => millis > 15_000).length, 4)
    assert.deepInclude(yield* stateOf(greedy), { state: "waiting", attempts: 0 })

    for (let minute = 0; minute < 25 * 60; minute += 5) yield* Effect.andThen(TestClock.adjust("5 minutes"), quiet)
    assert.strictEqual((yield* stateOf(greedy)).state, "parked")
    assert.deepStrictEqual(events.slice(-1), ["tell greedy: model: 429"])
  }).pipe(Random.withSeed("limited")))
