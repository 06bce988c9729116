import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Job } from "@nominal-code/domain/job/Job"
import { laneKey } from "@nominal-code/domain/job/Lane"
import type { OfferResult } from "@nominal-code/jobs/JobQueue"
import * as RedisQueue from "@nominal-code/jobs/redis/RedisQueue"
import { RedisShards } from "@nominal-code/jobs/redis/RedisShards"
import * as Redis from "@nominal-code/persistence/Redis"
import { RedisTime } from "@nominal-code/persistence/RedisTime"
import { StoreError } from "@nominal-code/persistence/StoreError"
import { laneOf, mention, push } from "@nominal-code/testing/Jobs"
import { done, lane, storeIn } from "@nominal-code/testing/QueueSteps"
import { type RedisServer, redisSuite, shared } from "@nominal-code/testing/RedisServer"
import { Context, Deferred, Duration, Effect, Fiber, Layer, Option, Result } from "effect"
import { TestClock } from "effect/testing"
import { randomBytes } from "node:crypto"

const lost = new StoreError({ operation: "test", message: "the answer was lost", reason: "unavailable" })

const broken = new StoreError({ operation: "test", message: "the script failed", reason: "failed" })

interface Seen {
  scripts: number
  /** Number of keys that the scripts were given. */
  keys: number
  loses: boolean
  isAway: boolean
  /** Happens before this process notices that an answer is lost. */
  meanwhile: Effect.Effect<unknown, StoreError>
  days: number
  refuses: string
}

/** A queue whose scripts are counted, whose clock can be set, and whose Redis can lose the next answer. */
const counted = Effect.fnUntraced(function*({ command, url }: RedisServer, shards = 1) {
  yield* command("flushall")
  const redis = Context.get(yield* Layer.build(Layer.fresh(Redis.layer(url))), Redis.Redis)
  const seen: Seen = { scripts: 0, keys: 0, loses: false, isAway: false, meanwhile: Effect.void, days: 0, refuses: "" }
  const counting = Redis.Redis.of({
    ...redis,
    run: (...call) =>
      Effect.suspend(() => {
        if (seen.isAway) return Effect.fail(lost)
        seen.scripts += 1
        seen.keys += call[3].length
        const { loses, refuses } = seen
        seen.loses = false
        const [, , , , args] = call
        if (refuses !== "" && args.some((arg) => String(arg).includes(refuses))) return Effect.fail(broken)
        return Effect.tap(redis.run(...call), () =>
          loses
            ? Effect.andThen(seen.meanwhile, Effect.fail(lost))
            : Effect.void)
      })
  })
  const now = Effect.sync(() => Option.some(1_750_000_000_000 + Duration.toMillis(Duration.days(seen.days))))
  const queue = storeIn(
    yield* Layer.build(
      Layer.fresh(RedisQueue.layer).pipe(
        Layer.provide([
          Layer.succeed(Redis.Redis, counting),
          Layer.succeed(RedisShards, Option.some(shards)),
          Layer.succeed(RedisTime, now),
          NodeServices.layer
        ])
      )
    )
  )
  const scriptsOf = <A, E>(effect: Effect.Effect<A, E>) =>
    Effect.gen(function*() {
      const { keys, scripts } = seen
      const done = yield* effect
      return { done, scripts: seen.scripts - scripts, keys: seen.keys - keys }
    })
  return { queue, scriptsOf, seen }
})

const pushes = (count: number, from = 1) =>
  Array.from({ length: count }, (_, index) => push(laneOf(from + index), `${from + index}`))

const tagsOf = (results: ReadonlyArray<Result.Result<OfferResult, StoreError>>) =>
  results.map((result) => Result.match(result, { onSuccess: ({ _tag }) => _tag, onFailure: ({ reason }) => reason }))

redisSuite("offers of the same moment in Redis", () => {
  const server = shared({ aof: false })

  it.effect("a hundred new jobs are stored by four scripts, whether they are offered together or at once", () =>
    Effect.gen(function*() {
      const { queue, scriptsOf } = yield* counted(yield* server)
      // The first one learns which day it is.
      yield* queue.offer(push(laneOf(9999), "first"))
      const together = yield* scriptsOf(queue.offerAll(pushes(100)))
      assert.deepStrictEqual([together.scripts, ...new Set(tagsOf(together.done))], [4, "Accepted"])
      const atOnce = yield* scriptsOf(
        Effect.forEach(pushes(100, 101), queue.offer, { concurrency: "unbounded" })
      )
      assert.deepStrictEqual([atOnce.scripts, ...new Set(atOnce.done.map(({ _tag }) => _tag))], [4, "Accepted"])
      const waiting = yield* queue.list({ limit: 500 })
      assert.strictEqual(waiting.length, 201)
    }))

  it.effect("requests of a million characters share no script, so that none holds Redis up for long", () =>
    Effect.gen(function*() {
      const { queue, scriptsOf } = yield* counted(yield* server)
      yield* queue.offer(push(laneOf(9999), "first"))
      const long = (number: number, delivery: string) =>
        new Job({ ...mention(laneOf(number), delivery), prompt: randomBytes(750_000).toString("base64") })
      const stored = yield* scriptsOf(queue.offerAll([long(1, "a"), long(2, "b"), long(3, "c"), ...pushes(20, 4)]))
      assert.deepStrictEqual([stored.scripts, ...new Set(tagsOf(stored.done))], [3, "Accepted"])
    }))

  it.effect("those that are known are told apart, and the jobs of a lane keep their order", () =>
    Effect.gen(function*() {
      const { queue } = yield* counted(yield* server)
      const jobs = Array.from({ length: 300 }, (_, index) => push(laneOf(1 + (index % 50)), `${index % 200}`))
      const tags = tagsOf(yield* queue.offerAll(jobs))
      assert.deepStrictEqual(tags.filter((tag) => tag === "Duplicate").length, 100)
      assert.deepStrictEqual(new Set(tags), new Set(["Accepted", "Duplicate"]))

      const comments = Array.from({ length: 9 }, (_, index) => mention(lane, `m${index}`))
      yield* queue.offerAll(comments)
      const listed = yield* queue.list({ limit: 500 })
      const order = listed.filter(({ lane: { number } }) => number === lane.number).map(({ id }) => id)
      assert.deepStrictEqual(
        order.filter((id) => comments.some((one) => one.id === id)).toReversed(),
        comments.map(({ id }) => id)
      )
    }))

  it.live("jobs of several shards are stored once although an answer was lost", () =>
    Effect.gen(function*() {
      const { queue, seen } = yield* counted(yield* server, 4)
      yield* queue.offer(push(laneOf(9999), "first"))
      seen.loses = true
      assert.deepStrictEqual([...new Set(tagsOf(yield* queue.offerAll(pushes(20))))], ["Accepted"])
      assert.strictEqual((yield* queue.list({ limit: 100 })).length, 21)
    }))

  it.effect("a job that ended is known on later days, until it is forgotten", () =>
    Effect.gen(function*() {
      const { queue, seen } = yield* counted(yield* server)
      const job = mention(lane, "asked")
      yield* queue.offer(job)
      yield* queue.settle(Option.getOrThrow(yield* queue.take(lane)), done)
      const answers: Array<string> = []
      for (const days of [0, 1, 6, 9]) {
        seen.days = days
        answers.push(...tagsOf(yield* queue.offerAll([job])))
      }
      assert.deepStrictEqual(answers, ["Duplicate", "Duplicate", "Duplicate", "Accepted"])
    }))

  it.effect("a new job names the keys of the days on which something has ended, and of no other", () =>
    Effect.gen(function*() {
      const { queue, scriptsOf, seen } = yield* counted(yield* server)
      const keysOfOffers = (from: number) =>
        Effect.map(scriptsOf(queue.offerAll(pushes(100, from))), ({ keys, scripts }) => {
          assert.strictEqual(scripts, 4)
          return keys / 100
        })
      yield* queue.offer(push(laneOf(9999), "first"))
      assert.isBelow(yield* keysOfOffers(1), 5)
      for (const days of [1, 2, 3]) {
        seen.days = days
        yield* queue.offer(mention(laneOf(5000), `on day ${days}`))
        yield* queue.settle(Option.getOrThrow(yield* queue.take(laneOf(5000))), done)
      }
      const later = yield* keysOfOffers(101)
      assert.isTrue(later > 6 && later < 9, String(later))
    }))

  it.effect("a job that another server ended on a day that this one has not heard of is known", () =>
    Effect.gen(function*() {
      const redis = yield* server
      const { queue: there, seen } = yield* counted(redis)
      const { queue } = yield* counted(redis)
      yield* queue.offer(push(laneOf(9999), "first"))
      seen.days = 1
      const job = mention(lane, "asked")
      yield* there.offer(job)
      yield* there.settle(Option.getOrThrow(yield* there.take(lane)), done)
      assert.strictEqual((yield* queue.offer(job))._tag, "Duplicate")
      assert.strictEqual((yield* queue.offer(mention(lane, "again", "explain", 5)))._tag, "Accepted")
    }))

  it.effect("a hundred cycles in lanes of their own take 16 scripts, four for each step: no step reads a lane", () =>
    Effect.gen(function*() {
      const { queue, scriptsOf } = yield* counted(yield* server)
      yield* queue.offer(push(laneOf(9999), "first"))
      const jobs = pushes(100)
      const { done: settled, scripts } = yield* scriptsOf(Effect.gen(function*() {
        yield* queue.offerAll(jobs)
        const taken = yield* Effect.forEach(jobs, ({ lane }) => queue.take(lane), { concurrency: "unbounded" })
        yield* Effect.forEach(taken.map(Option.getOrThrow), (lease) => queue.renew(lease), { concurrency: "unbounded" })
        return yield* Effect.forEach(taken.map(Option.getOrThrow), (lease) => queue.settle(lease, done), {
          concurrency: "unbounded"
        })
      }))
      assert.strictEqual(settled.filter((one) => one).length, 100)
      assert.strictEqual(scripts, 16)
    }))

  it.effect("a hundred cycles in five lanes take at most 25 scripts: a settlement hands the lane's next lease over", () =>
    Effect.gen(function*() {
      const { queue, scriptsOf } = yield* counted(yield* server)
      yield* queue.offer(push(laneOf(9999), "first"))
      const jobs = Array.from({ length: 100 }, (_, index) => mention(laneOf(1 + (index % 5)), `${index}`))
      const { scripts } = yield* scriptsOf(Effect.gen(function*() {
        yield* queue.offerAll(jobs)
        const taken = yield* Effect.forEach([1, 2, 3, 4, 5], (number) => queue.take(laneOf(number)), { concurrency: 5 })
        let leases = taken.map(Option.getOrThrow)
        for (let cycle = 0; cycle < 20; cycle++) {
          assert.strictEqual(leases.length, 5)
          const settled = yield* Effect.forEach(leases, (lease) => queue.settleAndTake(lease, done), { concurrency: 5 })
          leases = settled.flatMap(({ next }) => Option.toArray(next))
        }
        assert.deepStrictEqual(leases, [])
      }))
      assert.isAtMost(scripts, 25)
      assert.strictEqual((yield* queue.depth).waiting, 1)
    }))

  it.effect("twenty comments of a lane are stored by one script, and keep their order", () =>
    Effect.gen(function*() {
      const { queue, scriptsOf } = yield* counted(yield* server)
      yield* queue.offer(push(laneOf(9999), "first"))
      const jobs = Array.from({ length: 20 }, (_, index) => mention(lane, `m${index}`))
      const { done: stored, scripts } = yield* scriptsOf(
        Effect.forEach(jobs, queue.offer, { concurrency: "unbounded" })
      )
      assert.deepStrictEqual([...new Set(stored.map(({ _tag }) => _tag))], ["Accepted"])
      assert.strictEqual(scripts, 1)
      const order: Array<string> = []
      for (const _ of jobs) {
        const lease = Option.getOrThrow(yield* queue.take(lane))
        order.push(lease.job.id)
        yield* queue.settle(lease, done)
      }
      assert.deepStrictEqual(order, jobs.map(({ id }) => id))
    }))

  it.effect("pushes of a lane that come together replace each other, and each is kept in its place", () =>
    Effect.gen(function*() {
      const { queue } = yield* counted(yield* server)
      const jobs = ["a", "b", "c", "d"].map((delivery) => push(lane, delivery))
      yield* queue.offerAll(jobs)
      const listed = yield* queue.list({ limit: 10 })
      assert.deepStrictEqual(
        listed.map(({ delivery, state }) => [delivery, state]),
        [["d", "waiting"], ["c", "superseded"], ["b", "superseded"], ["a", "superseded"]]
      )
      const places = listed.map(({ position }) => position)
      assert.isTrue(places.every((place) => place < 2 ** 42), String(places))
    }))

  it.effect("a lane that cannot be changed keeps no other from it, although they share a script", () =>
    Effect.gen(function*() {
      const { queue, seen } = yield* counted(yield* server)
      const jobs = pushes(40)
      yield* queue.offerAll(jobs)
      seen.refuses = laneKey(laneOf(7))
      const taken = yield* Effect.forEach(jobs, ({ lane }) => Effect.result(queue.take(lane)), {
        concurrency: "unbounded"
      })
      const leases = taken.map((result) => Option.getOrUndefined(Option.flatten(Result.getSuccess(result))))
      assert.deepStrictEqual(jobs.filter((_, index) => leases[index] === undefined), jobs.slice(6, 7))
      assert.deepStrictEqual(new Set(leases.map((lease) => lease?.attempt ?? 1)), new Set([1]))
    }))

  it.effect("a lane whose list is no list takes no job, and keeps no other from it", () =>
    Effect.gen(function*() {
      const redis = yield* server
      const { queue } = yield* counted(redis)
      yield* queue.offer(push(laneOf(9999), "first"))
      const list = `{nc:0}:queue:${laneKey(laneOf(3))}`
      yield* redis.command("set", list, "no list")
      const offered = Effect.map(queue.offerAll(pushes(5)), tagsOf)
      assert.deepStrictEqual(yield* offered, ["Accepted", "Accepted", "failed", "Accepted", "Accepted"])
      assert.strictEqual((yield* queue.depth).waiting, 5)
      yield* redis.command("del", list)
      assert.deepStrictEqual(yield* offered, ["Duplicate", "Duplicate", "Accepted", "Duplicate", "Duplicate"])
    }))

  it.live("takes and settlements that share a script are done once although its answer was lost", () =>
    Effect.gen(function*() {
      const { queue, seen } = yield* counted(yield* server)
      const jobs = pushes(20)
      yield* queue.offerAll(jobs)
      seen.loses = true
      const taken = yield* Effect.forEach(jobs, ({ lane }) => queue.take(lane), { concurrency: "unbounded" })
      const leases = taken.map(Option.getOrThrow)
      assert.deepStrictEqual(
        leases.map(({ attempt, job, losses }) => [job.id, attempt, losses]),
        jobs.map(({ id }) => [id, 1, 0])
      )
      seen.loses = true
      const settled = yield* Effect.forEach(leases, (lease) => queue.settleAndTake(lease, done), {
        concurrency: "unbounded"
      })
      assert.isTrue(settled.every((one) => one.settled && Option.isNone(one.next)))
      assert.deepInclude(yield* queue.depth, { waiting: 0, running: 0 })
    }))

  it.live("a lease that another process took before the lost answer was noticed is not handed over", () =>
    Effect.gen(function*() {
      const redis = yield* server
      const { queue: there, seen: theirs } = yield* counted(redis)
      const { queue, seen } = yield* counted(redis)
      yield* queue.offerAll([mention(lane, "a"), mention(lane, "b")])
      const lease = Option.getOrThrow(yield* queue.take(lane))
      theirs.days = 1
      const taken: Array<string> = []
      seen.meanwhile = Effect.map(there.take(lane), Option.map(({ job }) => taken.push(job.delivery)))
      seen.loses = true
      const { next, settled } = yield* queue.settleAndTake(lease, done)
      assert.deepStrictEqual([settled, Option.isNone(next), taken], [true, true, ["b"]])
    }))

  it.effect("a settlement whose answer was lost for good gives its lease when it is asked again, and counts no loss", () =>
    Effect.gen(function*() {
      const { queue, seen } = yield* counted(yield* server)
      yield* queue.offerAll([mention(lane, "a"), mention(lane, "b")])
      const lease = Option.getOrThrow(yield* queue.take(lane))
      const ending = queue.settleAndTake(lease, done)
      const isAway = yield* Deferred.make<void>()
      seen.loses = true
      seen.meanwhile = Effect.suspend(() => {
        seen.isAway = true
        return Deferred.succeed(isAway, undefined)
      })
      const asked = yield* Effect.forkChild(Effect.flip(ending))
      yield* Deferred.await(isAway)
      yield* Effect.replicateEffect(TestClock.adjust("1 second"), 30)
      assert.isTrue((yield* Fiber.join(asked)).retryable)
      seen.isAway = false
      const { next, settled } = yield* ending
      const { attempt, job, losses } = Option.getOrThrow(next)
      assert.deepStrictEqual([settled, job.delivery, attempt, losses], [true, "b", 1, 0])
      assert.strictEqual(yield* queue.renew(Option.getOrThrow(next)), "kept")
    }))

  it.effect("a lane that Redis has lost and got again in another form is not taken for the one that was written", () =>
    Effect.gen(function*() {
      const redis = yield* server
      const { queue } = yield* counted(redis)
      const [job, other] = [mention(lane, "a"), mention(lane, "b")]
      yield* queue.offer(job)
      const lost = Option.getOrThrow(yield* queue.take(lane))
      yield* redis.command("flushall")
      const { queue: there, seen } = yield* counted(redis)
      seen.days = 0.01
      yield* there.offer(job)
      const lease = Option.getOrThrow(yield* there.take(lane))
      assert.isFalse(yield* queue.settle(lost, done))
      assert.strictEqual((yield* queue.offer(other))._tag, "Accepted")
      assert.isTrue(yield* there.settle(lease, done))
      assert.strictEqual(Option.getOrThrow(yield* queue.take(lane)).job.id, other.id)
    }))
})
