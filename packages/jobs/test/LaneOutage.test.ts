import { assert, describe, it } from "@effect/vitest"
import { Failure, ServiceName } from "@nominal-code/domain/job/Failure"
import { type Job, JobOutcome } from "@nominal-code/domain/job/Job"
import { StoreError } from "@nominal-code/persistence/StoreError"
import { laneOf, mention, reviewed } from "@nominal-code/testing/Jobs"
import { laneWorld, lasting } from "@nominal-code/testing/LaneWorld"
import { quiet } from "@nominal-code/testing/Quiet"
import { Clock, Duration, Effect, Random, Schedule, Stream } from "effect"
import { TestClock } from "effect/testing"

const lanes = 12
/** 24 jobs in 12 lanes, of which 4 run at once. */
const jobs = Array.from(
  { length: lanes },
  (_, lane) => ["a", "b"].map((which) => mention(laneOf(lane + 1), `${lane + 1}${which}`))
)
  .flat()

const begins = Duration.toMillis("10 seconds")

/** A service that is away from the tenth second on. */
const outage = (lasts: Duration.Input) => {
  const ends = begins + Duration.toMillis(lasts)
  const remaining = Effect.map(Clock.currentTimeMillis, (now) => now >= begins && now < ends ? ends - now : 0)
  let counted = 0
  return {
    /** Rest of it in milliseconds; 0 before and after it. */
    remaining,
    /** Counts the requests that are made while it lasts. */
    count: Effect.tap(remaining, (left) => Effect.sync(() => counted += left > 0 ? 1 : 0)),
    requests: () => counted,
    /** Lets time pass until well after its end. */
    pass: Effect.andThen(TestClock.adjust(Duration.sum(Duration.millis(ends), Duration.minutes(15))), quiet)
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

/** An outage: its service, how a run finds it, how long it lasts, and how many runs may be started meanwhile. */
interface Case {
  readonly service: string
  readonly failure: Failure
  readonly lasts: Duration.Input
  readonly most: number
  /** The service says how long it will last. */
  readonly says?: true
}

const away = Forge.make({ reason: "unavailable", detail: "502" })
const usedUp = Forge.make({ reason: "rate-limited", detail: "403, x-ratelimit-reset" })
const badCredentials = Forge.make({ reason: "unauthorized", detail: "401" })
const overloaded = Model.make({ reason: "overloaded", detail: "529" })
const tooMany = Model.make({ reason: "rate-limited", detail: "429, retry-after" })
const badKey = Model.make({ reason: "unauthorized", detail: "401" })
const noCredit = Model.make({ reason: "no-credit", detail: "insufficient_quota" })
const unreachable = Cluster.make({ reason: "unavailable", detail: "connection refused" })
const full = Cluster.make({ reason: "full", detail: "exceeded quota" })

const cases: Readonly<Record<string, Case>> = {
  "a forge that is away for ten minutes": { service: "forge:github", failure: away, lasts: "10 minutes", most: 10 },
  "a forge that limits for ten minutes, which it says": {
    service: "forge:github",
    failure: usedUp,
    lasts: "10 minutes",
    most: 4,
    says: true
  },
  "a forge that limits for an hour, which it says": {
    service: "forge:github",
    failure: usedUp,
    lasts: "1 hour",
    most: 4,
    says: true
  },
  "a forge that refuses the credentials for three hours": {
    service: "forge:github",
    failure: badCredentials,
    lasts: "3 hours",
    most: 48
  },
  "a model that is overloaded for ten minutes": {
    service: "model:anthropic",
    failure: overloaded,
    lasts: "10 minutes",
    most: 10
  },
  "a model that limits for an hour, which it says": {
    service: "model:anthropic",
    failure: tooMany,
    lasts: "1 hour",
    most: 4,
    says: true
  },
  "a model that refuses the key for ten minutes": {
    service: "model:anthropic",
    failure: badKey,
    lasts: "10 minutes",
    most: 10
  },
  "a model whose account has no credit for three hours": {
    service: "model:anthropic",
    failure: noCredit,
    lasts: "3 hours",
    most: 48
  },
  "a cluster whose API is away for ten minutes": {
    service: "cluster",
    failure: unreachable,
    lasts: "10 minutes",
    most: 10
  },
  "a cluster that is full for ten minutes": { service: "cluster", failure: full, lasts: "10 minutes", most: 10 }
}

describe("4 running and 20 waiting jobs, none lost, given up or reviewed twice, all in order, outlast", () => {
  for (const [name, { failure, lasts, most, says, service: named }] of Object.entries(cases)) {
    it.effect(`${name}, with at most ${most} runs started meanwhile`, () =>
      Effect.gen(function*() {
        const service = ServiceName.make(named)
        const away = outage(lasts)
        const ended: Array<Job> = []
        const world = yield* laneWorld({
          needs: () => [
            ServiceName.make("forge:github"),
            ServiceName.make("model:anthropic"),
            ServiceName.make("cluster")
          ],
          run: (job) =>
            reviewing(away, (left) =>
              JobOutcome.cases.Postponed.make({ failure, service, ...(says ? { retryAfterMillis: left } : {}) })).pipe(
                Effect.tap((outcome) =>
                  Effect.sync(() => outcome._tag === "Reviewed" && ended.push(job))
                )
              )
        })
        yield* world.start
        yield* world.offer(...jobs)
        yield* away.pass
        yield* checkAll(world, ended)
        assert.isAtMost(away.requests(), most)
      }).pipe(Random.withSeed(name)))
  }

  it.effect("a forge that was away, and has served a run that then finds the model overloaded, is back", () =>
    Effect.gen(function*() {
      const [forge, model] = [ServiceName.make("forge:github"), ServiceName.make("model:anthropic")]
      let runs = 0
      const world = yield* laneWorld({
        needs: () => [forge, model],
        run: () =>
          Effect.sync(() =>
            JobOutcome.cases.Postponed.make(
              runs++ === 0 ? { failure: away, service: forge } : { failure: overloaded, service: model }
            )
          )
      })
      const { outages } = yield* world.start
      const waitedFor = Effect.map(outages, (all) => all.map(({ service }) => service))
      yield* world.offer(mention(laneOf(1), "a"))
      assert.deepStrictEqual(yield* waitedFor, [forge])
      yield* TestClock.adjust("7 seconds")
      yield* quiet
      assert.deepStrictEqual(yield* waitedFor, [model])
    }).pipe(Random.withSeed("two")))

  it.effect("a model that is away: one that falls silent in the middle of an answer is not back", () =>
    Effect.gen(function*() {
      const service = ServiceName.make("model:anthropic")
      const silent = Model.make({ reason: "timeout", detail: "nothing came for a minute" })
      const world = yield* laneWorld({
        needs: () => [service],
        run: ({ delivery }) =>
          Effect.succeed(
            delivery === "first"
              ? JobOutcome.cases.Postponed.make({ service, failure: overloaded })
              : JobOutcome.cases.Failed.make({ failure: silent, retryable: true })
          )
      })
      const { outages } = yield* world.start
      yield* world.offer(mention(laneOf(1), "first"))
      yield* world.offer(mention(laneOf(2), "silent"), mention(laneOf(3), "waits"))
      yield* TestClock.adjust("7 seconds")
      yield* quiet
      assert.include(world.events, "end silent")
      assert.deepStrictEqual((yield* outages).map(({ service }) => String(service)), ["model:anthropic"])
    }).pipe(Random.withSeed("silence")))

  it.effect("a cluster whose API server is away, although the reviews that it runs are done one after the other", () =>
    Effect.gen(function*() {
      const service = ServiceName.make("cluster")
      const world = yield* laneWorld({
        needs: () => [service],
        outOfProcess: true,
        run: ({ delivery }) =>
          delivery.startsWith("running")
            ? lasting("1 minute")
            : Effect.succeed(JobOutcome.cases.Postponed.make({ service, failure: unreachable }))
      })
      const { outages } = yield* world.start
      yield* world.offer(
        mention(laneOf(1), "running"),
        mention(laneOf(1), "waiting 1"),
        mention(laneOf(2), "waiting 2")
      )
      yield* TestClock.adjust("1 minute")
      yield* quiet
      assert.include(world.events, "end running")
      assert.notInclude(world.events, "start waiting 1")
      assert.deepStrictEqual((yield* outages).map(({ service }) => String(service)), ["cluster"])
    }).pipe(Random.withSeed("cluster")))

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
      }).pipe(Random.withSeed("store"))
  )

  it.effect("a store that was away for half an hour: its jobs start as soon as it tells of its lanes again", () =>
    Effect.gen(function*() {
      let isAway = false
      const away = new StoreError({ operation: "test", message: "connection refused", reason: "unavailable" })
      const asked = <A>(effect: Effect.Effect<A, StoreError>) => Effect.suspend(() => isAway ? away : effect)
      const world = yield* laneWorld({
        queue: ({ ready, take }) => ({
          take: (lane) => asked(take(lane)),
          ready: Stream.merge(
            ready,
            Stream.fromEffectDrain(asked(Effect.void).pipe(Effect.repeat(Schedule.spaced("1 second"))))
          )
        })
      })
      const { outages } = yield* world.start
      isAway = true
      yield* world.offer(mention(laneOf(1), "a"))
      yield* TestClock.adjust("30 minutes")
      yield* quiet
      const [outage] = yield* outages
      assert.isAbove((outage?.until ?? 0) - (yield* Clock.currentTimeMillis), 30_000)
      isAway = false
      yield* TestClock.adjust("10 seconds")
      yield* quiet
      assert.include(world.events, "end a")
    }).pipe(Random.withSeed("told")))

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
      }).pipe(Random.withSeed("git"))
  )
})
