import { assert, describe, it } from "@effect/vitest"
import { eighthUsually } from "@nominal-code/testing/Sized"
import { Clock, Duration, Effect, Random } from "effect"
import { TestClock } from "effect/testing"
import { table } from "../../packages/cli/src/JobText.ts"
import type { Outage } from "./Network.ts"
import * as World from "./World.ts"

const begins = Duration.toMillis("10 seconds")
const step = Duration.seconds(5)

type Kind = Pick<Outage, "answer"> & { readonly service: keyof typeof most; readonly lasts: Duration.Input }

const json = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } })

const hour = "1 hour"
const ten = "10 minutes"

const kinds = {
  "the forge away": { service: "forge", lasts: ten },
  "the forge answering 502": { service: "forge", lasts: ten, answer: () => json(502, { message: "Bad gateway" }) },
  "the forge limited by the hour": {
    service: "forge",
    lasts: hour,
    answer: (_left, until) =>
      json(403, { message: "API rate limit exceeded" }, {
        "x-ratelimit-limit": "5000",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": String(Math.ceil(until / 1000))
      })
  },
  "the model overloaded": {
    service: "model",
    lasts: ten,
    answer: () => json(529, { type: "error", error: { type: "overloaded_error", message: "Overloaded" } })
  },
  "the model away": { service: "model", lasts: ten },
  "the queue's store away": { service: "store", lasts: ten },
  "the cluster's API server away": { service: "cluster", lasts: ten }
} satisfies Record<string, Kind>

/** Windows of outages: each begins so long before the one before it ends. */
const windowsOf = (kinds: ReadonlyArray<Kind>, overlap: Duration.Input): ReadonlyMap<string, Outage> => {
  const windows = new Map<string, Outage>()
  let from = begins
  for (const { answer, lasts, service } of kinds) {
    const until = from + Duration.toMillis(lasts)
    windows.set(service, { from, until, ...(answer === undefined ? {} : { answer }) })
    from = until - Duration.toMillis(overlap)
  }
  return windows
}

/**
 * Bounds of the requests in vain. Of the forge, a run makes at most four (one, and three retries), of the model five. Four
 * runs are at work when the outage begins, and one more may begin before the first of them has given up; then the breaker
 * lets one try after 5 seconds, twice as long each time up to 5
 * minutes: nine in ten minutes. The store is asked by each of the four runs every second for 20 seconds to renew its
 * lease, as long to ask whether it is still wanted, and every 5 seconds to take the outcome. Of the cluster, two watches
 * try to begin again every 4 to 6 seconds, and a run tries to create its Job for the first 20 seconds, and then once.
 */
const most = { forge: 4 * (5 + 9), model: 5 * (5 + 9), store: 4 * (20 + 20 + 7 + 120), cluster: 2 * 170 + 4 * 12 + 9 }

const names = { forge: "forge:github", model: "model:anthropic", cluster: "cluster" }

/**
 * Asserts that all that waits says so, while the service is away. A run that gives up at this very moment is given two
 * minutes more to be settled. A store that is away can be asked nothing.
 */
const sayWhatFor = Effect.fnUntraced(
  function*(world: Effect.Success<ReturnType<typeof World.make>>, kind: Kind | undefined, aStep: Effect.Effect<void>) {
    if (kind === undefined || kind.service === "store") return
    const name = names[kind.service]
    const lines = Effect.gen(function*() {
      const records = yield* world.records
      const waiting = records.filter(({ state }) => state === "waiting")
      return table(waiting, records, yield* Clock.currentTimeMillis).split("\n").slice(1)
    })
    const isSilent = (line: string) => !line.includes(`waits for ${name}`)
    const last = yield* Effect.repeat(Effect.andThen(aStep, lines), {
      times: 120_000 / Duration.toMillis(step),
      until: (some) => !some.some(isSilent)
    })
    assert.include(yield* world.waitedFor, name)
    assert.isAtLeast(last.length, 20)
    assert.deepStrictEqual(last.filter(isSilent), [])
  }
)

/** The test's clock, with the number of the sleepers that it has woken. */
const countingClock = Effect.map(Clock.Clock, (clock) => {
  let woken = 0
  const counted = Effect.sync(() => woken += 1)
  return {
    woken: () => woken,
    clock: { ...clock, sleep: (duration: Duration.Duration) => Effect.tap(clock.sleep(duration), counted) }
  }
})

const outlasts = Effect.fnUntraced(
  function*(these: ReadonlyArray<Kind>, overlap: Duration.Input = "5 minutes") {
    const { clock, woken } = yield* countingClock
    yield* Effect.provideService(outlastsBy(woken, these, overlap), Clock.Clock, clock)
  }
)

const outlastsBy = (woken: () => number, these: ReadonlyArray<Kind>, overlap: Duration.Input) =>
  Effect.gen(function*() {
    const outages = windowsOf(these, overlap)
    const end = Math.max(...[...outages.values()].map(({ until }) => until))
    const world = yield* World.make(outages, outages.has("cluster") ? "jobs" : "in-process")
    const isDone = Effect.map(world.records, (records) => records.every(({ state }) => state === "done"))
    const aStep = Effect.gen(function*() {
      const before = woken()
      yield* TestClock.adjust(step)
      if (woken() > before) yield* world.settled
    })
    const aMinute = Effect.repeat(aStep, { times: 60_000 / Duration.toMillis(step) - 1 })
    const pass = (millis: number) =>
      Effect.repeat(Effect.andThen(aMinute, isDone), {
        times: Math.ceil(millis / 60_000) - 1,
        until: (done) => done
      })
    const early = begins + Duration.toMillis("2 minutes")
    yield* pass(early)
    yield* sayWhatFor(world, these[0], aStep)
    yield* pass(end + Duration.toMillis("15 minutes") - early)
    assert.deepStrictEqual(
      (yield* world.records).map(({ attempts, outcome, state }) => [state, attempts, outcome._tag]),
      world.jobs.map(() => ["done", 1, "Some"])
    )
    for (const [index, { jobs, texts }] of world.posted().entries()) {
      const own = world.jobs.filter(({ lane }) => lane.number === index + 1)
      assert.deepStrictEqual(jobs, own.map(({ id }) => String(id)))
      assert.deepStrictEqual(texts, own.map(() => [1, 0]))
    }
    for (const { service } of these) {
      assert.isAbove(world.inVain(service), 0)
      assert.isAtMost(world.inVain(service), most[service])
    }
  }).pipe(Effect.scoped, Random.withSeed(JSON.stringify(these)))

describe("4 running and 20 waiting jobs are each reviewed once, at the first attempt and in order, after", () => {
  it.effect(
    "the cluster's API server and the forge away together, with no busy loop",
    () => outlasts([kinds["the cluster's API server away"], kinds["the forge away"]], ten)
  )

  for (const [name, kind] of Object.entries(kinds)) {
    it.effect(`${name} for ${kind.lasts}, with no busy loop`, () => outlasts([kind]))
  }

  const pairs = [
    ["the forge away", "the model overloaded"],
    ["the model overloaded", "the forge away"],
    ["the forge limited by the hour", "the model away"],
    ["the forge answering 502", "the queue's store away"],
    ["the queue's store away", "the forge away"],
    ["the model overloaded", "the queue's store away"],
    // `make test` has another order of these two already.
    ["the cluster's API server away", "the forge away"],
    ["the queue's store away", "the model away"]
  ] as const
  for (const [one, other] of Effect.runSync(eighthUsually(pairs))) {
    it.effect(`${one}, and ${other} before it is back`, () => outlasts([kinds[one], kinds[other]]))
  }
})
