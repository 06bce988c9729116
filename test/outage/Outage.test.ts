import { assert, describe, it } from "@effect/vitest"
import { quiet } from "@nominal-code/testing/Quiet"
import { Duration, Effect, Random } from "effect"
import { TestClock } from "effect/testing"
import type { Outage } from "./Network.ts"
import * as World from "./World.ts"

const begins = Duration.toMillis("10 seconds")
const step = Duration.seconds(5)

type Kind = Pick<Outage, "answer"> & { readonly service: "forge" | "model" | "store"; readonly lasts: Duration.Input }

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
  "the queue's store away": { service: "store", lasts: ten }
} satisfies Record<string, Kind>

/** Windows of outages: each begins five minutes before the one before it ends. */
const windowsOf = (kinds: ReadonlyArray<Kind>): ReadonlyMap<string, Outage> => {
  const windows = new Map<string, Outage>()
  let from = begins
  for (const { answer, lasts, service } of kinds) {
    const until = from + Duration.toMillis(lasts)
    windows.set(service, { from, until, ...(answer === undefined ? {} : { answer }) })
    from = until - Duration.toMillis("5 minutes")
  }
  return windows
}

/**
 * Bounds of the requests in vain. Of the forge, a run makes at most four (one, and three retries), of the model five. Four
 * runs are at work when the outage begins; then the breaker lets one try after 5 seconds, twice as long each time up to 5
 * minutes: nine in ten minutes. The store is asked by each of the four runs every second for 20 seconds to renew its
 * lease, as long to ask whether it is still wanted, and every 5 seconds to take the outcome.
 */
const most = { forge: 4 * (4 + 9), model: 5 * (4 + 9), store: 4 * (20 + 20 + 7 + 120) }

const outlasts = (...these: ReadonlyArray<Kind>) =>
  Effect.gen(function*() {
    const outages = windowsOf(these)
    const end = Math.max(...[...outages.values()].map(({ until }) => until))
    const world = yield* World.make(outages)
    yield* Effect.repeat(Effect.andThen(TestClock.adjust(step), Effect.andThen(quiet, world.settled)), {
      times: Math.ceil((end + Duration.toMillis("15 minutes")) / Duration.toMillis(step))
    })
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
  for (const [name, kind] of Object.entries(kinds)) {
    it.effect(`${name} for ${kind.lasts}, with no busy loop`, () => outlasts(kind), 60_000)
  }

  for (
    const [one, other] of [
      ["the forge away", "the model overloaded"],
      ["the model overloaded", "the forge away"],
      ["the forge limited by the hour", "the model away"],
      ["the forge answering 502", "the queue's store away"],
      ["the queue's store away", "the forge away"],
      ["the model overloaded", "the queue's store away"],
      ["the queue's store away", "the model away"]
    ] as const
  ) {
    it.effect(`${one}, and ${other} before it is back`, () => outlasts(kinds[one], kinds[other]), 60_000)
  }
})
