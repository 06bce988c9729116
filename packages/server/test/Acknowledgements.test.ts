import { assert, it } from "@effect/vitest"
import { PullNumber, PullRequestRef, RepoName, Sha } from "@nominal-code/domain/event/PullRequest"
import { Job, jobOfHead } from "@nominal-code/domain/job/Job"
import { Forge } from "@nominal-code/forge/Forge"
import { Forbidden, ForgeError, RateLimited, Unavailable } from "@nominal-code/forge/ForgeError"
import * as Forges from "@nominal-code/forge/Forges"
import { JobQueue } from "@nominal-code/jobs/JobQueue"
import * as MemoryQueue from "@nominal-code/jobs/memory/MemoryQueue"
import { Deferred, Duration, Effect, Layer, Logger, Option } from "effect"
import { TestClock } from "effect/testing"
import * as Acknowledgements from "../src/Acknowledgements.ts"

const jobOf = (number: number) =>
  jobOfHead({
    ref: new PullRequestRef({
      platform: "github",
      repo: RepoName.make("acme/shop"),
      number: PullNumber.make(number)
    }),
    title: "Add refunds",
    headSha: Sha.make(String(number).repeat(40)),
    headBranch: "feature",
    baseBranch: "main"
  })

/** Acknowledgements to this forge, and the queue of the jobs. */
const acknowledging = (forge: Partial<Forge["Service"]>) =>
  Effect.provide(
    Acknowledgements.layer.pipe(
      Layer.provideMerge(MemoryQueue.layer),
      Layer.provide(
        Forges.layer([
          Layer.mock(Forge, {
            platform: "github",
            headRef: () => "",
            acknowledge: () => Effect.void,
            check: () => Effect.void,
            ...forge
          })
        ])
      )
    )
  )

it.effect("a commit is shown as queued only where its job waits: one that runs says so itself", () =>
  Effect.gen(function*() {
    const shown: Array<string> = []
    const showed = yield* Deferred.make<void>()
    const forge: Partial<Forge["Service"]> = {
      check: ({ pullRequest }, state) => {
        shown.push(`${pullRequest.number} ${state._tag}`)
        return Effect.asVoid(Deferred.succeed(showed, undefined))
      }
    }
    const [running, waiting] = [jobOf(1), jobOf(2)]
    yield* Effect.gen(function*() {
      const { offer, take } = yield* JobQueue
      yield* offer(running)
      yield* offer(waiting)
      assert.isTrue(Option.isSome(yield* take(running.lane)))
      const { send } = yield* Acknowledgements.Acknowledgements
      yield* send(running)
      yield* send(waiting)
      yield* Deferred.await(showed)
      assert.deepStrictEqual(shown, ["2 Queued"])
    }).pipe(acknowledging(forge))
  }))

it.effect("eighty events are acknowledged in ten seconds, and one a second of a flood that goes on", () =>
  Effect.gen(function*() {
    let acknowledged = 0
    const forge = { acknowledge: () => Effect.sync(() => void acknowledged++) }
    yield* Effect.gen(function*() {
      const { send } = yield* Acknowledgements.Acknowledgements
      const during = (span: Duration.Input) =>
        Effect.suspend(() => {
          const before = acknowledged
          return Effect.map(TestClock.adjust(span), () => acknowledged - before)
        })
      const sendAll = (count: number) => Effect.replicateEffect(send(jobOf(1)), count, { discard: true })
      yield* sendAll(80)
      assert.strictEqual(yield* during("10 seconds"), 80)
      yield* sendAll(300)
      yield* during("5 seconds")
      const flood = Effect.andThen(sendAll(10), during("100 millis"))
      const [, ...inFlood] = yield* Effect.replicateEffect(flood, 201)
      assert.strictEqual(inFlood.reduce((sum, count) => sum + count), 20)
      yield* during("16 seconds")
      assert.strictEqual(yield* during("5 seconds"), 40)
    }).pipe(acknowledging(forge))
  }))

it.effect("a fault in our own code keeps no later event from its acknowledgement", () =>
  Effect.gen(function*() {
    let acknowledged = 0
    const forge: Partial<Forge["Service"]> = {
      acknowledge: ({ pullRequest }) =>
        Effect.sync(() => {
          if (pullRequest.number === 1) throw new Error("a fault")
          acknowledged++
        })
    }
    yield* Effect.gen(function*() {
      const { send } = yield* Acknowledgements.Acknowledgements
      yield* Effect.replicateEffect(send(jobOf(1)), 8, { discard: true })
      yield* send(jobOf(2))
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(acknowledged, 1)
    }).pipe(acknowledging(forge))
  }))

/** A forge that refuses every reaction, what it was asked for, and the lines that show of it. */
const refusing = (reason: ForgeError["reason"]) => {
  const asked: Array<string> = []
  const lines: Array<string> = []
  const forge: Partial<Forge["Service"]> = {
    acknowledge: ({ pullRequest }) =>
      Effect.suspend(() => {
        asked.push(`reaction ${pullRequest.repo}`)
        return Effect.fail(new ForgeError({ operation: "acknowledge", reason }))
      }),
    check: ({ pullRequest }) => Effect.sync(() => void asked.push(`check ${pullRequest.repo}`))
  }
  const logger = Logger.layer([
    Logger.make(({ logLevel, message }) => void (logLevel === "Debug" || lines.push(String([message].flat()[0]))))
  ])
  return { asked, lines, forge, logger }
}

it.effect("of a forge that refuses every reaction, one line a minute shows, with the number of the others", () =>
  Effect.gen(function*() {
    const { asked, forge, lines, logger } = refusing(new Forbidden({ message: "not with this token" }))
    yield* Effect.gen(function*() {
      const { send } = yield* Acknowledgements.Acknowledgements
      yield* Effect.replicateEffect(Effect.andThen(send(jobOf(1)), TestClock.adjust("1 second")), 90, { discard: true })
    }).pipe(acknowledging(forge), Effect.provide(logger))
    assert.isAtLeast(asked.length, 90)
    const line = "no reaction on acme/shop#1: not with this token (acknowledge); the review goes on"
    assert.strictEqual(lines[0], line)
    assert.match(lines[1] ?? "", /the review goes on \((?:58|59) more since the last such line\)$/)
    assert.match(lines[2] ?? "", /the review goes on \((?:28|29|30) more since the last such line\)$/)
    assert.lengthOf(lines, 3)
  }))

it.effect("a forge that asks to wait gets no reaction and no check for that time, of this owner", () =>
  Effect.gen(function*() {
    const { asked, forge, logger } = refusing(new RateLimited({ retryAfter: Duration.hours(1) }))
    const elsewhere = jobOf(2)
    const other = new Job({
      ...elsewhere,
      event: {
        ...elsewhere.event,
        pullRequest: new PullRequestRef({ ...elsewhere.event.pullRequest, repo: RepoName.make("other/shop") })
      }
    })
    yield* Effect.gen(function*() {
      const { offer } = yield* JobQueue
      const { send } = yield* Acknowledgements.Acknowledgements
      yield* offer(jobOf(1))
      const events = Effect.andThen(
        Effect.andThen(send(jobOf(1)), send(other)),
        TestClock.adjust("1 minute")
      )
      yield* Effect.replicateEffect(events, 59, { discard: true })
      assert.deepStrictEqual(asked.toSorted(), ["reaction acme/shop", "reaction other/shop"])
      yield* Effect.replicateEffect(events, 2, { discard: true })
      assert.lengthOf(asked, 4)
    }).pipe(acknowledging(forge), Effect.provide(logger))
  }))

it.effect("a forge that does not answer is not asked for the check, too", () =>
  Effect.gen(function*() {
    const asksFor = Effect.fnUntraced(function*(reason: ForgeError["reason"]) {
      const { asked, forge, logger } = refusing(reason)
      yield* Effect.gen(function*() {
        const { offer } = yield* JobQueue
        yield* offer(jobOf(1))
        yield* (yield* Acknowledgements.Acknowledgements).send(jobOf(1))
        yield* TestClock.adjust("1 second")
      }).pipe(acknowledging(forge), Effect.provide(logger))
      return asked
    })
    assert.deepStrictEqual(yield* asksFor(new Unavailable({ message: "no answer" })), ["reaction acme/shop"])
    assert.deepStrictEqual(yield* asksFor(new Forbidden({ message: "no" })), ["reaction acme/shop", "check acme/shop"])
  }))
