import { assert, describe, it } from "@effect/vitest"
import { Failure, ServiceName } from "@nominal-code/domain/job/Failure"
import { DeliveryId, jobIdOfDelivery } from "@nominal-code/domain/job/Job"
import * as ServiceBreakers from "@nominal-code/jobs/run/ServiceBreakers"
import { Duration, Effect, Random, Schema } from "effect"
import { TestClock } from "effect/testing"

const forge = ServiceName.make("forge:github")
const model = ServiceName.make("model:anthropic")
const jobOf = (name: string) => jobIdOfDelivery("github", DeliveryId.make(name))

const { Answered, Away, Nothing, Reached } = ServiceBreakers.ServiceObservation.cases

const answered = Answered.make({ services: [forge, model] })
const unavailable = (service: ServiceName) =>
  Away.make({ job: jobOf("a"), service, failure: Failure.cases.Forge.make({ reason: "unavailable", detail: "502" }) })
const limited = (retryAfterMillis?: number) =>
  Away.make({
    job: jobOf("a"),
    service: forge,
    failure: Failure.cases.Forge.make({ reason: "rate-limited", detail: "403" }),
    ...(retryAfterMillis === undefined ? {} : { retryAfterMillis })
  })

const withoutGit = Away.make({
  job: jobOf("a"),
  service: forge,
  failure: Failure.cases.Checkout.make({ reason: "unavailable", detail: "fetch: 503" })
})

/** The finding of another job. */
const by = (job: string, away: typeof Away.Type) => Away.make({ ...away, job: jobOf(job) })

const hour = 3_600_000

/** A run that takes no time, and how long it has to wait for the service that it found away. */
const run = (finding: ServiceBreakers.ServiceObservation) =>
  Effect.flatMap(
    ServiceBreakers.ServiceBreakers,
    ({ begin }) => Effect.flatMap(begin([forge, model]), ({ end }) => end(finding))
  )

const admits = (...services: ReadonlyArray<ServiceName>) =>
  Effect.map(ServiceBreakers.ServiceBreakers, (breakers) => breakers.admits(services))

const pass = (duration: Duration.Input) => TestClock.adjust(duration)

const breaking = <A, E>(effect: Effect.Effect<A, E, ServiceBreakers.ServiceBreakers>) =>
  effect.pipe(Effect.provide(ServiceBreakers.layer), Random.withSeed("breakers"))

describe("the breaker of a service", () => {
  it.effect("holds back every run that needs the service that a run found away, and no other", () =>
    breaking(Effect.gen(function*() {
      yield* run(unavailable(forge))
      assert.isFalse(yield* admits(forge))
      assert.isFalse(yield* admits(model, forge))
      assert.isTrue(yield* admits(model))
    })))

  it.effect("lets one run try after the backoff, and all of them when that one was answered", () =>
    breaking(Effect.gen(function*() {
      const delay = Duration.toMillis(yield* run(unavailable(forge)))
      assert.isTrue(delay >= 4_000 && delay <= 6_000, String(delay))
      yield* pass(delay - 1)
      assert.isFalse(yield* admits(forge))
      yield* pass(1)
      assert.isTrue(yield* admits(forge))
      const { begin } = yield* ServiceBreakers.ServiceBreakers
      const probe = yield* begin([forge, model])
      assert.isFalse(yield* admits(forge))
      yield* probe.end(answered)
      assert.isTrue(yield* admits(forge))
      assert.deepStrictEqual(yield* (yield* ServiceBreakers.ServiceBreakers).outages, [])
    })))

  it.effect("is closed by a run that it served, and that then found another service away", () =>
    breaking(Effect.gen(function*() {
      const { admits, outages } = yield* ServiceBreakers.ServiceBreakers
      yield* run(unavailable(forge))
      yield* pass("6 seconds")
      yield* run(Away.make({ ...unavailable(model), served: [forge] }))
      assert.deepStrictEqual((yield* outages).map(({ service }) => service), [model])
      assert.isTrue(admits([forge]))
    })))

  it.effect("doubles the backoff with each try in vain, up to about 5 minutes, and starts anew after an answer", () =>
    breaking(Effect.gen(function*() {
      const delays: Array<number> = []
      for (let attempt = 0; attempt < 10; attempt++) {
        const delay = yield* run(by(`job ${attempt}`, unavailable(forge)))
        delays.push(Duration.toSeconds(delay))
        yield* pass(delay)
      }
      for (const [index, seconds] of delays.entries()) {
        const middle = Math.min(5 * 2 ** index, 300)
        assert.isTrue(seconds >= 0.8 * middle && seconds <= 1.2 * middle, `${index}: ${seconds}`)
      }
      yield* run(answered)
      const first = Duration.toSeconds(yield* run(by("another", unavailable(forge))))
      assert.isAtMost(first, 6)
    })))

  it.effect("waits exactly as long as the service asks, for hours too", () =>
    breaking(Effect.gen(function*() {
      assert.deepStrictEqual(yield* run(limited(hour)), Duration.millis(hour))
      yield* pass(hour - 1)
      assert.isFalse(yield* admits(forge))
      yield* pass(1)
      assert.isTrue(yield* admits(forge))
    })))

  it.effect("is opened for longer by a run that began before and was asked for more time, and for shorter by none", () =>
    breaking(Effect.gen(function*() {
      const { begin, outages } = yield* ServiceBreakers.ServiceBreakers
      const [one, two, three] = [yield* begin([forge]), yield* begin([forge]), yield* begin([forge])]
      yield* one.end(limited(60_000))
      yield* pass(10_000)
      assert.deepStrictEqual(yield* two.end(by("b", unavailable(forge))), Duration.millis(50_000))
      assert.deepStrictEqual(yield* three.end(by("c", limited(hour))), Duration.millis(hour))
      const [outage] = yield* outages
      assert.deepInclude(outage, { service: forge, since: 0, until: 10_000 + hour })
      yield* pass(hour - 1)
      assert.isFalse(yield* admits(forge))
      yield* pass(1)
      assert.isTrue(yield* admits(forge))
    })))

  it.effect("lets the next run try when a try found nothing out", () =>
    breaking(Effect.gen(function*() {
      yield* pass(yield* run(unavailable(forge)))
      yield* run(Nothing.make({}))
      assert.isTrue(yield* admits(forge))
      yield* run(Answered.make({ services: [model] }))
      assert.isTrue(yield* admits(forge))
      assert.strictEqual((yield* (yield* ServiceBreakers.ServiceBreakers).outages).length, 1)
    })))

  it.effect("stays open to one run at a time where git is away and the forge's API answers", () =>
    breaking(Effect.gen(function*() {
      yield* run(withoutGit)
      yield* pass("6 seconds")
      const first = yield* (yield* ServiceBreakers.ServiceBreakers).begin([forge])
      yield* first.end(Reached.make({ services: [forge] }))
      assert.isTrue(yield* admits(forge))
      yield* (yield* ServiceBreakers.ServiceBreakers).begin([forge])
      assert.isFalse(yield* admits(forge))
      yield* run(answered)
      assert.isTrue(yield* admits(forge))
    })))

  it.effect("lets a further run try each 30 seconds while none has ended", () =>
    breaking(Effect.gen(function*() {
      const { begin } = yield* ServiceBreakers.ServiceBreakers
      yield* pass(yield* run(unavailable(forge)))
      for (let attempt = 0; attempt < 3; attempt++) {
        yield* begin([forge])
        yield* pass("29 seconds")
        assert.isFalse(yield* admits(forge))
        yield* pass("1 second")
        assert.isTrue(yield* admits(forge))
      }
    })))
})

describe("a job that keeps finding a service away that answers others", () => {
  const others = run(answered)
  it.effect("opens no breaker from the second time on, and waits by itself, ever longer, up to about an hour", () =>
    breaking(Effect.gen(function*() {
      for (const finding of [unavailable(forge), by("b", limited()), by("c", limited(1_000)), by("d", withoutGit)]) {
        assert.isAbove(Duration.toMillis(yield* run(finding)), 0)
        yield* pass("6 minutes")
        for (let time = 0; time < 12; time++) {
          yield* others
          const seconds = Duration.toSeconds(yield* run(finding))
          const middle = Math.min(5 * 2 ** time, 3_600)
          assert.isTrue(seconds >= 0.8 * middle && seconds <= 1.2 * middle, `${time}: ${seconds}`)
          assert.isTrue(yield* admits(forge))
        }
      }
    })))

  it.effect("holds the others back, too, as long as the service answers nobody else", () =>
    breaking(Effect.gen(function*() {
      for (let attempt = 0; attempt < 5; attempt++) {
        yield* run(unavailable(forge))
        assert.isFalse(yield* admits(forge))
        yield* pass("6 minutes")
      }
    })))

  it.effect("holds them back as long as no other gets a review, whatever else is answered", () =>
    breaking(Effect.gen(function*() {
      for (const finding of [unavailable(forge), withoutGit]) {
        for (let attempt = 0; attempt < 5; attempt++) {
          yield* run(finding)
          assert.isFalse(yield* admits(forge))
          yield* pass("6 minutes")
          yield* run(Reached.make({ services: [forge] }))
        }
      }
    })))

  it.effect("waits by itself for as long as the service asks", () =>
    breaking(Effect.gen(function*() {
      yield* run(limited(hour))
      yield* pass(hour)
      yield* others
      assert.deepStrictEqual(yield* run(limited(hour)), Duration.millis(hour))
      assert.isTrue(yield* admits(forge))
    })))

  it.effect("leaves the next try to others, which are held back because of it", () =>
    breaking(Effect.gen(function*() {
      const first = yield* run(limited(60_000))
      assert.strictEqual(Duration.toSeconds(first), 60)
      yield* pass("1 minute")
      const again = yield* run(limited(60_000))
      yield* pass(Duration.subtract(again, Duration.seconds(1)))
      assert.isTrue(yield* admits(forge))
    })))

  it.effect("is not what the service's next try is about, and leaves it to others where the service is away", () =>
    breaking(Effect.gen(function*() {
      yield* run(unavailable(forge))
      yield* pass("6 seconds")
      yield* others
      yield* run(unavailable(forge))
      yield* run(by("b", unavailable(forge)))
      yield* pass("6 seconds")
      assert.isTrue(yield* admits(forge))
      assert.isAtLeast(Duration.toSeconds(yield* run(unavailable(forge))), 5)
      assert.isTrue(yield* admits(forge))
    })))

  it.effect.prop(
    "holds others back only until one of them was answered, and never again after that",
    [Schema.Array(Schema.Literals(["limited", "answered"])).check(Schema.isMaxLength(40))],
    ([steps]) =>
      breaking(Effect.gen(function*() {
        let found = false
        let alone = false
        for (const step of steps) {
          if (step === "answered") {
            yield* others
            alone ||= found
            assert.isTrue(yield* admits(forge))
          } else {
            yield* run(limited(60_000))
            found = true
            assert.strictEqual(yield* admits(forge), alone, steps.join(" "))
            yield* pass("1 minute")
          }
        }
      }))
  )
})
