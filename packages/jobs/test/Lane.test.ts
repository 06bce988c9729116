import { assert, it } from "@effect/vitest"
import { Job, JobOutcome } from "@nominal-code/domain/job/Job"
import { Traceparent } from "@nominal-code/domain/telemetry/Trace"
import { StoreError } from "@nominal-code/persistence/StoreError"
import { laneOf, mention, push, reviewed } from "@nominal-code/testing/Jobs"
import { failed, laneWorld, lasting } from "@nominal-code/testing/LaneWorld"
import { quiet } from "@nominal-code/testing/Quiet"
import { Effect, Option, Stream } from "effect"
import { TestClock } from "effect/testing"

const [one, two, three] = [laneOf(1), laneOf(2), laneOf(3)]
const away = new StoreError({ operation: "test", message: "the disk went away", reason: "unavailable" })

/** Fails so many times, and then does what it stands for. */
const failing = (times: number) => {
  let left = times
  return <A, R>(effect: Effect.Effect<A, StoreError, R>): Effect.Effect<A, StoreError, R> =>
    Effect.suspend(() => left-- > 0 ? Effect.fail(away) : effect)
}

it.effect("the jobs of a pull request run one after the other, those of others beside them", () =>
  Effect.gen(function*() {
    const { events, offer, start } = yield* laneWorld({ run: () => lasting("1 minute") })
    yield* start
    yield* offer(mention(one, "a"), mention(one, "b"), mention(two, "c"))
    yield* TestClock.adjust("1 minute")
    yield* quiet
    assert.deepStrictEqual(events.slice(0, 2), ["start a", "start c"])
    assert.deepStrictEqual(events.filter((event) => !event.endsWith("c")), ["start a", "end a", "start b"])
  }))

it.effect("a run continues the trace of the delivery", () =>
  Effect.gen(function*() {
    const traceparent = Traceparent.make("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
    const traces: Array<string> = []
    const { offer, start } = yield* laneWorld({
      run: () =>
        Effect.currentSpan.pipe(
          Effect.withSpan("review"),
          Effect.tap(({ traceId }) => Effect.sync(() => traces.push(traceId))),
          Effect.orDie,
          Effect.as(reviewed)
        )
    })
    yield* start
    yield* offer(new Job({ ...mention(one, "a"), traceparent }))
    assert.deepStrictEqual(traces, ["4bf92f3577b34da6a3ce929d0e0e4736"])
  }))

it.effect("no more jobs run at once than configured, and a lane that waits is not even taken", () =>
  Effect.gen(function*() {
    let taken = 0
    const { events, offer, start } = yield* laneWorld({
      run: () => lasting("1 minute"),
      settings: { maxConcurrent: 2 },
      queue: ({ take }) => ({ take: (lane) => Effect.tap(take(lane), () => Effect.sync(() => taken++)) })
    })
    yield* offer(...Array.from({ length: 500 }, (_, index) => mention(laneOf(index + 1), `d${index}`)))
    yield* start
    assert.deepStrictEqual(events, ["start d0", "start d1"])
    assert.strictEqual(taken, 2)
    yield* TestClock.adjust("1 minute")
    yield* quiet
    assert.deepStrictEqual(events.slice(2).sort(), ["end d0", "end d1", "start d2", "start d3"])
  }))

it.effect("a lane goes on with the lease that its settlement hands over while no other waits, and keeps the order", () =>
  Effect.gen(function*() {
    const given: Array<string> = []
    const { events, offer, start } = yield* laneWorld({
      settings: { maxConcurrent: 1 },
      run: () => lasting("1 second"),
      queue: ({ settleAndTake }) => ({
        settleAndTake: (lease, settlement, runs) =>
          Effect.tap(
            settleAndTake(lease, settlement, runs),
            ({ next }) =>
              Effect.sync(() =>
                given.push(Option.match(next, { onNone: () => "-", onSome: ({ job }) => job.delivery }))
              )
          )
      })
    })
    yield* offer(...["a", "b", "c"].map((delivery) => mention(one, delivery)))
    yield* start
    yield* TestClock.adjust("10 seconds")
    assert.deepStrictEqual(events, ["start a", "end a", "start b", "end b", "start c", "end c"])
    assert.deepStrictEqual(given, ["b", "c", "-"])
  }))

it.effect("a lane with much to do gives way to the others after each job", () =>
  Effect.gen(function*() {
    const { events, offer, start } = yield* laneWorld({
      settings: { maxConcurrent: 1 },
      run: () => lasting("1 second")
    })
    yield* offer(mention(one, "1a"), mention(one, "1b"), mention(one, "1c"), mention(two, "2"), mention(three, "3"))
    yield* start
    yield* TestClock.adjust("10 seconds")
    assert.deepStrictEqual(events.filter((event) => event.startsWith("start")), [
      "start 1a",
      "start 2",
      "start 3",
      "start 1b",
      "start 1c"
    ])
  }))

it.effect("a finished job keeps its outcome, reviewed or skipped", () =>
  Effect.gen(function*() {
    const skipped = JobOutcome.cases.Skipped.make({ reason: "closed", detail: "the pull request is closed" })
    const { offer, records, start } = yield* laneWorld({
      run: ({ delivery }) => Effect.succeed(delivery === "a" ? reviewed : skipped)
    })
    yield* start
    yield* offer(mention(one, "a"), mention(one, "b"))
    const done = yield* records.list({ state: "done", limit: 100 })
    assert.deepStrictEqual(done.toReversed().map(({ outcome }) => Option.getOrThrow(outcome)), [reviewed, skipped])
  }))

it.effect("a job that fails is tried again after a while, then parked, and its pull request is told once", () =>
  Effect.gen(function*() {
    const { events, offer, start, stateOf } = yield* laneWorld({
      run: (_job, run) => Effect.succeed(failed(`the model was away (${run})`))
    })
    const job = push(one, "a")
    yield* start
    yield* offer(job)
    assert.deepStrictEqual(yield* stateOf(job), {
      state: "waiting",
      attempts: 1,
      reason: "bug: the model was away (1)"
    })
    yield* TestClock.adjust("7 seconds")
    assert.strictEqual((yield* stateOf(job)).attempts, 1)
    yield* TestClock.adjust("6 seconds")
    assert.deepStrictEqual(yield* stateOf(job), {
      state: "waiting",
      attempts: 2,
      reason: "bug: the model was away (2)"
    })
    yield* TestClock.adjust("18 seconds")
    assert.strictEqual((yield* stateOf(job)).attempts, 2)
    yield* TestClock.adjust("1 hour")
    assert.deepStrictEqual(yield* stateOf(job), { state: "parked", attempts: 3, reason: "bug: the model was away (3)" })
    assert.deepStrictEqual(events.filter((event) => event.startsWith("tell")), [
      "tell a: bug: the model was away (3)"
    ])
  }))

it.effect("a failure that no other attempt would change parks the job at once, and the lane goes on", () =>
  Effect.gen(function*() {
    const { events, offer, start, stateOf } = yield* laneWorld({
      run: ({ delivery }) => Effect.succeed(delivery === "a" ? failed("no such commit", false) : reviewed)
    })
    const job = push(one, "a")
    yield* start
    yield* offer(job, mention(one, "b"))
    assert.deepStrictEqual(events, ["start a", "end a", "tell a: bug: no such commit", "start b", "end b"])
    assert.strictEqual((yield* stateOf(job)).state, "parked")
  }))

for (
  const [name, bug] of [
    ["a bug in the runner", Effect.die(new Error("secret 42"))],
    ["a runner that interrupts itself", Effect.interrupt]
  ] as const
) {
  it.effect(`${name} is a failure to be tried again, and its text stays in the log`, () =>
    Effect.gen(function*() {
      const { offer, start, stateOf } = yield* laneWorld({ run: (_job, run) => run === 1 ? bug : lasting(0) })
      const job = push(one, "a")
      yield* start
      yield* offer(job)
      const { reason, state } = yield* stateOf(job)
      assert.deepStrictEqual([state, reason], [
        "waiting",
        `bug: an unexpected error; the server's log has it under job ${job.id}`
      ])
      yield* TestClock.adjust("13 seconds")
      assert.strictEqual((yield* stateOf(job)).state, "done")
    }))
}

it.effect("an attempt that takes longer than its deadline is stopped and tried again", () =>
  Effect.gen(function*() {
    const { events, offer, start, stateOf } = yield* laneWorld({ run: () => Effect.never })
    const job = push(one, "a")
    yield* start
    yield* offer(job)
    yield* TestClock.adjust("30 minutes")
    yield* quiet
    assert.deepStrictEqual(events, ["start a", "stop a"])
    assert.deepStrictEqual(yield* stateOf(job), {
      state: "waiting",
      attempts: 1,
      reason: "deadline: it took longer than its deadline of 30m"
    })
  }))

it.effect("a lease is kept for as long as its job runs", () =>
  Effect.gen(function*() {
    const { events, offer, queue, start } = yield* laneWorld({ run: () => lasting("20 minutes") })
    yield* start
    yield* offer(mention(one, "a"))
    for (let minute = 0; minute < 19; minute++) {
      yield* TestClock.adjust("1 minute")
      assert.isTrue(Option.isNone(yield* queue.take(one)))
    }
    yield* TestClock.adjust("1 minute")
    assert.deepStrictEqual(events, ["start a", "end a"])
  }))

it.effect("a run whose lease was lost is stopped, and settles nothing", () =>
  Effect.gen(function*() {
    const { events, offer, start, stateOf } = yield* laneWorld({
      run: () => lasting("1 hour"),
      queue: () => ({ renew: () => Effect.succeed("lost") })
    })
    const job = mention(one, "a")
    yield* start
    yield* offer(job)
    yield* TestClock.adjust("10 seconds")
    assert.deepStrictEqual(events, ["start a", "stop a"])
    assert.deepStrictEqual(yield* stateOf(job), { state: "running", attempts: 1, reason: "" })
  }))

it.effect("a run survives a store that is away for a moment, and is stopped before others may have its lease", () =>
  Effect.gen(function*() {
    const briefly = failing(15)
    const short = yield* laneWorld({
      run: () => lasting("1 minute"),
      queue: ({ renew }) => ({ renew: (lease) => briefly(renew(lease)) })
    })
    yield* short.start
    yield* short.offer(mention(one, "a"))
    yield* TestClock.adjust("1 minute")
    assert.deepStrictEqual(short.events, ["start a", "end a"])

    const long = yield* laneWorld({ run: () => lasting("1 minute"), queue: () => ({ renew: () => Effect.fail(away) }) })
    yield* long.start
    yield* long.offer(mention(one, "a"))
    yield* TestClock.adjust("29 seconds")
    assert.deepStrictEqual(long.events, ["start a"])
    yield* TestClock.adjust("1 second")
    assert.deepStrictEqual(long.events.slice(0, 2), ["start a", "stop a"])
  }))

it.effect("a store that is away for a while stops nothing for good", () =>
  Effect.gen(function*() {
    const [reading, taking, settling] = [failing(3), failing(3), failing(3)]
    const { events, offer, start, stateOf } = yield* laneWorld({
      queue: ({ ready, settle, take }) => ({
        ready: Stream.unwrap(reading(Effect.succeed(ready))),
        take: (lane) => taking(take(lane)),
        settle: (lease, settlement) => settling(settle(lease, settlement))
      })
    })
    const jobs = [mention(one, "a"), mention(two, "b")]
    yield* offer(...jobs)
    yield* start
    yield* TestClock.adjust("2 minutes")
    assert.sameMembers(events, ["start a", "end a", "start b", "end b"])
    for (const job of jobs) assert.strictEqual((yield* stateOf(job)).state, "done")
  }))

it.effect("a bug in the store costs a lane a moment, not its life", () =>
  Effect.gen(function*() {
    let [reading, taking] = [1, 1]
    const { events, offer, start } = yield* laneWorld({
      queue: ({ ready, take }) => ({
        ready: Stream.unwrap(Effect.suspend(() => reading-- > 0 ? Effect.die("bug") : Effect.succeed(ready))),
        take: (lane) => Effect.suspend(() => taking-- > 0 ? Effect.die("bug") : take(lane))
      })
    })
    yield* offer(mention(one, "a"))
    yield* start
    yield* TestClock.adjust("5 seconds")
    assert.deepStrictEqual([events, reading], [["start a", "end a"], -1])
    assert.isBelow(taking, 0)
  }))

it.effect("an end that cannot be stored now is stored when the store is back, and the job is not run again", () =>
  Effect.gen(function*() {
    const settling = failing(60)
    const { events, offer, start, stateOf } = yield* laneWorld({
      queue: ({ settle }) => ({ settle: (lease, settlement) => settling(settle(lease, settlement)) })
    })
    const job = mention(one, "a")
    yield* start
    yield* offer(job)
    yield* TestClock.adjust("6 minutes")
    assert.deepStrictEqual(events, ["start a", "end a"])
    assert.deepStrictEqual(yield* stateOf(job), { state: "done", attempts: 1, reason: "" })
  }))
