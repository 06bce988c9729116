import { assert, describe, it } from "@effect/vitest"
import { Failure, ServiceName } from "@nominal-code/domain/Failure"
import { type Job, JobOutcome } from "@nominal-code/domain/Job"
import { StoreError } from "@nominal-code/persistence/StoreError"
import { laneOf, mention, reviewed } from "@nominal-code/testing/Jobs"
import { laneWorld } from "@nominal-code/testing/LaneWorld"
import { quiet } from "@nominal-code/testing/Quiet"
import { Clock, Duration, Effect, Random } from "effect"
import { TestClock } from "effect/testing"

const lanes = 12
/** 24 jobs in 12 lanes, of which 4 run at once. */
const jobs = Array.from(
  { length: lanes },
  (_, lane) => ["a", "b"].map((which) => mention(laneOf(lane + 1), `${lane + 1}${which}`))
)
  .flat()

const begins = Duration.toMillis("10 seconds")
const step = Duration.seconds(5)

/** A service that is away from the tenth second on. */
const outage = (lasts: Duration.Input) => {
  const ends = begins + Duration.toMillis(lasts)
  const remaining = Effect.map(Clock.currentTimeMillis, (now) => now >= begins && now < ends ? ends - now : 0)
  let counted = 0
  return {
    /** What is left of it, in milliseconds; 0 before and after it. */
    remaining,
    /** Counts the requests that are made while it lasts. */
    count: Effect.tap(remaining, (left) => Effect.sync(() => counted += left > 0 ? 1 : 0)),
    requests: () => counted,
    /** Lets time pass until well after its end. */
    pass: Effect.repeat(Effect.andThen(TestClock.adjust(step), quiet), {
      times: Math.ceil((ends + Duration.toMillis("15 minutes")) / Duration.toMillis(step))
    })
  }
}

/** A review of 20 seconds that needs the service at its start and at its end. */
const reviewing = (
  { count, remaining }: ReturnType<typeof outage>,
  away: (left: number) => JobOutcome
): Effect.Effect<JobOutcome> =>
  Effect.gen(function*() {
    const before = yield* count
    if (before > 0) return away(before)
    yield* Effect.sleep("20 seconds")
    const after = yield* remaining
    return after > 0 ? away(after) : reviewed
  })

type World = Effect.Success<ReturnType<typeof laneWorld>>

/** Every job was reviewed once, at its first attempt, and those of a pull request in their order. */
const checkAll = Effect.fnUntraced(function*({ records, events }: World, ended: ReadonlyArray<Job>) {
  const found = yield* records.list({ limit: 100 })
  assert.deepStrictEqual(
    found.map(({ attempts, outcome, state }) => [state, attempts, outcome._tag]),
    jobs.map(() => ["done", 1, "Some"])
  )
  assert.deepStrictEqual(
    ended.map(({ delivery }) => delivery).toSorted(),
    jobs.map(({ delivery }) => delivery).toSorted()
  )
  for (let lane = 1; lane <= lanes; lane++) {
    assert.deepStrictEqual(ended.filter((job) => job.lane.number === lane).map(({ delivery }) => String(delivery)), [
      `${lane}a`,
      `${lane}b`
    ])
  }
  assert.deepStrictEqual(events.filter((event) => event.startsWith("tell")), [])
})

const { Cluster, Forge, Model } = Failure.cases
const services = [
  ["forge:github", Forge.make({ reason: "unavailable", detail: "502" })],
  ["model:anthropic", Model.make({ reason: "overloaded", detail: "529" })],
  ["cluster", Cluster.make({ reason: "full", detail: "exceeded quota" })]
] as const

const lasting = [
  ["away for ten minutes", "10 minutes", 10],
  ["limited for an hour, which it says", "1 hour", 2]
] as const

describe("4 running and 20 waiting jobs, none lost, given up or reviewed twice, all in order, outlast", () => {
  for (const [name, failure] of services) {
    for (const [how, duration, most] of lasting) {
      it.effect(`${name} that is ${how}, with at most ${most} runs started meanwhile`, () =>
        Effect.gen(function*() {
          const service = ServiceName.make(name)
          const away = outage(duration)
          const ended: Array<Job> = []
          const world = yield* laneWorld({
            needs: () => [
              ServiceName.make("forge:github"),
              ServiceName.make("model:anthropic"),
              ServiceName.make("cluster")
            ],
            run: (job) =>
              reviewing(away, (left) =>
                JobOutcome.cases.Postponed.make({
                  failure,
                  service,
                  ...(duration === "1 hour" ? { retryAfterMillis: left } : {})
                })).pipe(
                  Effect.tap((outcome) => Effect.sync(() => outcome._tag === "Reviewed" && ended.push(job)))
                )
          })
          yield* world.start
          yield* world.offer(...jobs)
          yield* away.pass
          yield* checkAll(world, ended)
          assert.isAtMost(away.requests(), most)
        }).pipe(Random.withSeed(`${name} ${how}`)), 30_000)
    }
  }

  it.effect(
    "a store that is away for ten minutes, with at most 600 requests to it meanwhile",
    () =>
      Effect.gen(function*() {
        const store = outage("10 minutes")
        const away = new StoreError({ operation: "test", message: "connection refused", reason: "unavailable" })
        const asked = <A>(effect: Effect.Effect<A, StoreError>) =>
          Effect.flatMap(store.count, (left) => left > 0 ? Effect.fail(away) : effect)
        const ended: Array<Job> = []
        const world = yield* laneWorld({
          run: (job) =>
            Effect.as(Effect.sleep("20 seconds"), reviewed).pipe(
              Effect.tap(() => Effect.sync(() => ended.push(job)))
            ),
          queue: ({ renew, settle, take }) => ({
            renew: (lease) => asked(renew(lease)),
            settle: (lease, settlement) => asked(settle(lease, settlement)),
            take: (lane) => asked(take(lane))
          })
        })
        yield* world.start
        yield* world.offer(...jobs)
        yield* store.pass
        yield* checkAll(world, ended)
        assert.isAtMost(store.requests(), 600)
      }).pipe(Random.withSeed("store")),
    30_000
  )

  it.effect(
    "a forge whose git is away for ten minutes, while jobs that need none are skipped",
    () =>
      Effect.gen(function*() {
        const away = outage("10 minutes")
        const needless = Array.from({ length: 40 }, (_, index) => mention(laneOf(100 + index), `skipped ${index}`))
        const service = ServiceName.make("forge:github")
        const failure = Failure.cases.Checkout.make({ reason: "unavailable", detail: "fetch: 503" })
        const world = yield* laneWorld({
          needs: () => [service],
          run: ({ lane }) =>
            lane.number < 100
              ? reviewing(away, () => JobOutcome.cases.Postponed.make({ failure, service }))
              : Effect.succeed(JobOutcome.cases.Skipped.make({ reason: "closed", detail: "it is closed" }))
        })
        yield* world.start
        yield* world.offer(...jobs)
        yield* Effect.forkScoped(
          Effect.forEach(needless, (job) => Effect.andThen(Effect.sleep("20 seconds"), world.offer(job)), {
            concurrency: 1
          })
        )
        yield* away.pass
        const found = yield* world.records.list({ limit: 100 })
        assert.deepStrictEqual(
          found.map(({ attempts, state }) => [state, attempts]),
          [...jobs, ...needless].map(() => ["done", 1])
        )
        assert.isAtMost(away.requests(), 50)
      }).pipe(Random.withSeed("git")),
    30_000
  )
})
