import { assert, describe, it } from "@effect/vitest"
import { RepoName } from "@nominal-code/domain/event/PullRequest"
import { Failure, ServiceName } from "@nominal-code/domain/job/Failure"
import { Job, JobOutcome } from "@nominal-code/domain/job/Job"
import { Lane } from "@nominal-code/domain/job/Lane"
import { NoticeOutcome } from "@nominal-code/domain/job/Notice"
import { laneOf, mention, push, reviewed } from "@nominal-code/testing/Jobs"
import { failed, laneWorld, lasting } from "@nominal-code/testing/LaneWorld"
import { quiet } from "@nominal-code/testing/Quiet"
import { Clock, Duration, Effect, Option, Random } from "effect"
import { TestClock } from "effect/testing"

const forge = ServiceName.make("forge:github")
const model = ServiceName.make("model:anthropic")
const needs = () => [forge, model]
const failure = Failure.cases.Forge.make({ reason: "unavailable", detail: "502" })
const overloaded = Failure.cases.Model.make({ reason: "overloaded", detail: "529" })
const away = JobOutcome.cases.Postponed.make({ failure, service: forge })

const [one, two] = [laneOf(1), laneOf(2)]
const job = mention(one, "a")

/** Lets time pass. The clock stands still at each instant at which something wakes, until all that follows has happened. */
const pass = (duration: Duration.Input) => Effect.andThen(TestClock.adjust(duration), quiet)

const starts = (events: ReadonlyArray<string>) => events.filter((event) => event.startsWith("start"))
const tells = (events: ReadonlyArray<string>) => events.filter((event) => event.startsWith("tell"))

const refused = Failure.cases.Forge.make({ reason: "forbidden", detail: "suspended" })
const shut = JobOutcome.cases.Postponed.make({ failure: refused, service: forge })

describe("a job that its forge refuses access", () => {
  it.effect("waits alone, without an attempt, at growing distances, until it has access", () =>
    Effect.gen(function*() {
      const { events, offer, start, stateOf } = yield* laneWorld({
        needs,
        run: ({ delivery }) =>
          Effect.map(
            Clock.currentTimeMillis,
            (now) => delivery === "a" && now < 1_200_000 ? shut : reviewed
          )
      })
      yield* start
      yield* offer(job)
      assert.strictEqual(starts(events).length, 1)
      yield* offer(mention(two, "b"))
      assert.include(events, "end b")
      yield* pass("19 minutes")
      assert.deepStrictEqual(yield* stateOf(job), {
        state: "waiting",
        attempts: 0,
        reason: "waits for forge:github: forge: suspended"
      })
      assert.isAtMost(starts(events).length, 15)
      yield* pass("8 minutes")
      assert.strictEqual((yield* stateOf(job)).state, "done")
    }))

  it.effect("pays for about fifty reviews in a day where its pods keep none that could not be posted", () =>
    Effect.gen(function*() {
      const { events, offer, start, stateOf } = yield* laneWorld({
        needs,
        outOfProcess: true,
        run: () => Effect.succeed(shut)
      })
      yield* start
      yield* offer(job)
      yield* pass("23 hours")
      assert.strictEqual((yield* stateOf(job)).attempts, 0)
      assert.isAbove(starts(events).length, 40)
      assert.isBelow(starts(events).length, 65)
    }).pipe(Random.withSeed("dear")))

  it.effect("is given up once it is older than jobs.give_up_after, and its notice waits as long again", () =>
    Effect.gen(function*() {
      const { events, offer, start, stateOf } = yield* laneWorld({
        needs,
        run: () => Effect.succeed(shut),
        postNotice: () => Effect.succeed(NoticeOutcome.cases.Postponed.make({ failure: refused, service: forge })),
        settings: { giveUpAfter: Duration.hours(1) }
      })
      yield* start
      yield* offer(job)
      yield* pass("59 minutes")
      assert.deepStrictEqual(tells(events), [])
      yield* pass("50 minutes")
      assert.strictEqual((yield* stateOf(job)).state, "waiting")
      assert.isAtLeast(tells(events).length, 5)
      yield* pass("20 minutes")
      assert.strictEqual((yield* stateOf(job)).state, "parked")
    }))
})

describe("a job whose service is away", () => {
  it.effect("waits without using an attempt, and its record says for what and until when", () =>
    Effect.gen(function*() {
      const { offer, records, start } = yield* laneWorld({
        needs,
        run: () =>
          Effect.succeed(JobOutcome.cases.Postponed.make({ failure, service: forge, retryAfterMillis: 7_200_000 }))
      })
      yield* start
      yield* offer(job)
      const record = Option.getOrThrow(yield* records.find(job.id))
      assert.deepStrictEqual([record.state, record.attempts], ["waiting", 0])
      assert.deepStrictEqual(record.waitsFor, Option.some({ service: forge, since: 0, until: 7_200_000 }))
    }))

  it.effect("is given up once it is older than jobs.give_up_after, and not before", () =>
    Effect.gen(function*() {
      const { events, offer, start, stateOf } = yield* laneWorld({
        needs,
        run: () => Effect.succeed(away),
        settings: { giveUpAfter: Duration.hours(2) }
      })
      yield* start
      yield* offer(job)
      yield* pass("118 minutes")
      assert.deepStrictEqual([(yield* stateOf(job)).state, tells(events)], ["waiting", []])
      // Up to 6 minutes until the next try, and as many again until the forge is tried with the notice.
      yield* pass("15 minutes")
      assert.deepStrictEqual([(yield* stateOf(job)).state, tells(events)], ["parked", ["tell a: forge: 502"]])
    }))

  it.effect("waits by itself where its service answers others, uses no attempt, and is given up for its age only", () =>
    Effect.gen(function*() {
      const waited: Array<number> = []
      const tried: Array<number> = []
      const { events, offer, start, stateOf } = yield* laneWorld({
        needs,
        run: ({ delivery, receivedAt }) =>
          Effect.gen(function*() {
            const now = yield* Clock.currentTimeMillis
            if (delivery === "a") tried.push(now)
            else waited.push(now - receivedAt)
            return delivery === "a" ? away : reviewed
          }),
        settings: { giveUpAfter: Duration.hours(6) }
      })
      yield* start
      yield* offer(job)
      for (let minute = 0; minute < 5 * 60; minute += 4) {
        const receivedAt = yield* Clock.currentTimeMillis
        yield* offer(new Job({ ...mention(two, `other ${minute}`), receivedAt }))
        yield* pass("4 minutes")
      }
      assert.deepInclude(yield* stateOf(job), { state: "waiting", attempts: 0 })
      const rests = tried.slice(1).map((at, index) => at - (tried[index] ?? at))
      assert.isTrue(rests.slice(2, 9).every((rest, index) => rest > (rests[index + 1] ?? 0)), String(rests))
      assert.isAtMost(tried.length, 15)
      assert.deepStrictEqual([waited.length, waited.filter((millis) => millis > 20_000)], [75, []])
      yield* pass("3 hours")
      assert.deepStrictEqual(yield* stateOf(job), { state: "parked", attempts: 1, reason: "forge: 502" })
      assert.deepStrictEqual(tells(events), ["tell a: forge: 502"])
    }).pipe(Random.withSeed("alone")))

  it.effect("holds back no lane that needs other services", () =>
    Effect.gen(function*() {
      const { events, offer, start } = yield* laneWorld({
        needs: ({ number }) => number === 1 ? [forge] : [model],
        run: ({ delivery }) => delivery === "a" ? Effect.succeed(away) : Effect.succeed(reviewed)
      })
      yield* start
      yield* offer(job, mention(two, "b"))
      assert.include(events, "end b")
    }))

  it.effect("is run again at once, with no attempt used, when its run gave itself up", () =>
    Effect.gen(function*() {
      let runs = 0
      const lost = Failure.cases.Lease.make({ detail: "it could not ask" })
      const { offer, start, stateOf } = yield* laneWorld({
        run: () =>
          Effect.sync(() => ++runs < 5 ? JobOutcome.cases.Failed.make({ failure: lost, retryable: true }) : reviewed)
      })
      yield* start
      yield* offer(job)
      yield* quiet
      assert.deepStrictEqual([runs, yield* stateOf(job)], [5, { state: "done", attempts: 1, reason: "" }])
    }))
})

describe("a notice", () => {
  const broken = () => Effect.succeed(failed("no such commit", false))

  it.effect("is kept until the forge takes it, told once, and does not wait for the model", () =>
    Effect.gen(function*() {
      const told: Array<number> = []
      const { events, offer, start, stateOf } = yield* laneWorld({
        needs,
        run: ({ delivery }) =>
          delivery === "a"
            ? broken()
            : Effect.succeed(
              JobOutcome.cases.Postponed.make({ failure: overloaded, service: model, retryAfterMillis: 36_000_000 })
            ),
        postNotice: () =>
          Effect.map(Clock.currentTimeMillis, (now) => {
            if (now < 3_600_000) return NoticeOutcome.cases.Postponed.make({ failure, service: forge })
            told.push(now)
            return NoticeOutcome.cases.Told.make({})
          })
      })
      yield* start
      yield* offer(job, push(two, "b"))
      yield* pass("59 minutes")
      assert.deepStrictEqual([(yield* stateOf(job)).state, told], ["waiting", []])
      yield* pass("10 minutes")
      assert.deepStrictEqual([(yield* stateOf(job)).state, told.length], ["parked", 1])
      assert.isAtMost(tells(events).length, 25)
    }))

  it.effect("that the forge forbids is kept until it is allowed, and holds no other lane back", () =>
    Effect.gen(function*() {
      const { events, offer, start, stateOf } = yield* laneWorld({
        needs,
        run: ({ delivery }) => delivery === "a" ? broken() : Effect.succeed(reviewed),
        postNotice: () =>
          Effect.map(Clock.currentTimeMillis, (now) =>
            now < 1_200_000
              ? NoticeOutcome.cases.Postponed.make({ failure: refused, service: forge })
              : NoticeOutcome.cases.Told.make({}))
      })
      yield* start
      yield* offer(job)
      assert.strictEqual(tells(events).length, 1)
      yield* offer(mention(two, "b"))
      assert.include(events, "end b")
      yield* pass("19 minutes")
      assert.strictEqual((yield* stateOf(job)).state, "waiting")
      yield* pass("8 minutes")
      assert.strictEqual((yield* stateOf(job)).state, "parked")
      assert.isAtMost(tells(events).length, 15)
    }))

  it.effect("makes the job done where its review is on the pull request", () =>
    Effect.gen(function*() {
      const { offer, records, start } = yield* laneWorld({
        run: broken,
        postNotice: () => Effect.succeed(NoticeOutcome.cases.Reviewed.make({ outcome: reviewed }))
      })
      yield* start
      yield* offer(job)
      yield* quiet
      const { outcome, state } = Option.getOrThrow(yield* records.find(job.id))
      assert.deepStrictEqual([state, outcome], ["done", Option.some(reviewed)])
    }))

  it.effect("that breaks or is refused is not told again, and one that hangs is; the lane goes on behind them", () =>
    Effect.gen(function*() {
      let hung = 0
      const { events, offer, start } = yield* laneWorld({
        needs,
        run: ({ delivery }) => delivery === "last" ? Effect.succeed(reviewed) : broken(),
        postNotice: ({ delivery }) => {
          if (delivery === "breaks") return Effect.die("bug")
          if (delivery === "is refused") return Effect.succeed(NoticeOutcome.cases.Refused.make({ detail: "locked" }))
          return ++hung === 1 ? Effect.never : Effect.succeed(NoticeOutcome.cases.Told.make({}))
        }
      })
      yield* start
      yield* offer(mention(one, "breaks"), mention(one, "is refused"), mention(one, "hangs"), mention(one, "last"))
      yield* pass("3 minutes")
      assert.deepStrictEqual(tells(events).map((event) => event.split(":")[0]), [
        "tell breaks",
        "tell is refused",
        "tell hangs",
        "tell hangs"
      ])
      assert.include(events, "end last")
    }))
})

it.effect("a command is carried out while the model is away, also behind a question that waits for it", () =>
  Effect.gen(function*() {
    const { events, offer, start, stateOf } = yield* laneWorld({
      needs,
      run: ({ prompt }) =>
        Effect.succeed(
          prompt === "explain"
            ? JobOutcome.cases.Postponed.make({ failure: overloaded, service: model })
            : JobOutcome.cases.Answered.make({ command: "pause" })
        )
    })
    const behind = mention(one, "behind", "pause")
    const elsewhere = mention(two, "elsewhere", "help")
    yield* start
    yield* offer(job)
    yield* offer(behind, elsewhere)
    assert.deepStrictEqual(starts(events), ["start a", "start behind", "start elsewhere"])
    for (const command of [behind, elsewhere]) assert.strictEqual((yield* stateOf(command)).state, "done")
    assert.match((yield* stateOf(job)).reason, /waits for model:anthropic/)
  }))

describe("turns", () => {
  const elsewhere = new Lane({ ...laneOf(1), repo: RepoName.make("acme/web") })

  it.effect.each([["pushes", push], ["mentions", mention]] as const)(
    "let a mention in another repository wait for one running review at most, while %s flood the first",
    ([, flood]) =>
      Effect.gen(function*() {
        const { events, offer, start } = yield* laneWorld({
          settings: { maxConcurrent: 1 },
          run: () => lasting("1 minute")
        })
        yield* start
        yield* offer(...Array.from({ length: 60 }, (_, pull) => flood(laneOf(pull + 1), `flood ${pull + 1}`)))
        yield* pass("5 minutes")
        const before = starts(events).length
        yield* offer(mention(elsewhere, "mention"))
        yield* pass("2 minutes")
        assert.strictEqual(starts(events)[before], "start mention")
      })
  )

  it.effect("let what people asked for in a repository come before its pushes", () =>
    Effect.gen(function*() {
      const { events, offer, start } = yield* laneWorld({
        settings: { maxConcurrent: 1 },
        run: () => lasting("1 minute")
      })
      yield* offer(push(laneOf(1), "push 1"), push(laneOf(2), "push 2"), mention(laneOf(3), "mention"))
      yield* start
      yield* pass("4 minutes")
      assert.deepStrictEqual(starts(events), ["start mention", "start push 1", "start push 2"])
    }))
})

it.effect("a server whose jobs run in a cluster does not wait for them, and gives them back to be taken over", () =>
  Effect.gen(function*() {
    const { events, offer, start, stateOf } = yield* laneWorld({
      outOfProcess: true,
      run: () => Effect.never,
      settings: { gracePeriod: Duration.hours(1) }
    })
    const { stop } = yield* start
    yield* offer(job)
    yield* stop
    assert.deepStrictEqual(events, ["start a", "stop a"])
    assert.deepStrictEqual(yield* stateOf(job), { state: "waiting", attempts: 0, reason: "" })
  }))
