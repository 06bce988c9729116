import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { laneKey } from "@nominal-code/domain/job/Lane"
import { type RenewalResult, Settlement } from "@nominal-code/jobs/JobQueue"
import * as RedisQueue from "@nominal-code/jobs/redis/RedisQueue"
import * as Redis from "@nominal-code/persistence/Redis"
import { RedisTime } from "@nominal-code/persistence/RedisTime"
import { laneOf, mention, push } from "@nominal-code/testing/Jobs"
import { retryIn, storeIn } from "@nominal-code/testing/QueueSteps"
import { Elsewhere, quiet } from "@nominal-code/testing/Quiet"
import { type RedisServer, redisSuite, shared } from "@nominal-code/testing/RedisServer"
import { elsewhere } from "@nominal-code/testing/RedisStore"
import { Clock, Context, Duration, Effect, Layer, Option, Stream } from "effect"
import { TestClock } from "effect/testing"
import { setImmediate } from "node:timers/promises"

/**
 * A queue that listens, and the numbers of lanes that its looks have read since it was asked last. `promoted` has the
 * later pages of a look, as after a failover. `ahead`: how far Redis' clock is ahead.
 */
const looking = Effect.fnUntraced(function*({ url }: RedisServer, promoted?: RedisServer, ahead = 0) {
  yield* TestClock.setTime(Math.max(Duration.toMillis("1 hour"), yield* Clock.currentTimeMillis))
  const later = promoted === undefined
    ? undefined
    : Context.get(yield* Layer.build(Layer.fresh(Redis.layer(promoted.url))), Redis.Redis)
  const context = yield* Layer.build(elsewhere.pipe(Layer.provideMerge(Layer.fresh(Redis.layer(url)))))
  const redis = Context.get(context, Redis.Redis)
  const looks: Array<number> = []
  const counted: { hook: Effect.Effect<unknown> } = { hook: Effect.void }
  const counting = Redis.Redis.of({
    ...redis,
    send: (operation, schema, command) =>
      Effect.tap(redis.send(operation, schema, command), () =>
        Effect.suspend(() => {
          if (command[0] !== "get" || !String(command[1]).endsWith(":changes")) return Effect.void
          const { hook } = counted
          counted.hook = Effect.void
          return hook
        })),
    run: (...call) =>
      Effect.tap(
        (isLook(call[3]) && looks.length > 0 ? later ?? redis : redis).run(...call),
        (answer) =>
          Effect.sync(() => {
            if (isLook(call[3]) && Array.isArray(answer)) looks.push(answer[1].length)
          })
      )
  })
  const clock = { ahead }
  const now = Effect.map(Clock.currentTimeMillis, (millis) => Option.some(1_750_000_000_000 + clock.ahead + millis))
  const queue = storeIn(
    yield* Layer.build(
      Layer.fresh(RedisQueue.layer).pipe(
        Layer.provide([Layer.succeed(Redis.Redis, counting), Layer.succeed(RedisTime, now), NodeServices.layer])
      )
    )
  )
  const named = new Set<number>()
  yield* Effect.forkScoped(Stream.runForEach(queue.ready, ({ lane }) => Effect.sync(() => named.add(lane.number))))
  const settled = Effect.provideService(quiet, Elsewhere, Context.get(context, Elsewhere))
  const after = (seconds: number) =>
    Effect.gen(function*() {
      yield* Effect.replicateEffect(Effect.andThen(TestClock.adjust("1 second"), settled), seconds)
      return looks.splice(0)
    })
  /** The number of lanes that were told of, once there are so many, or nothing more comes. */
  const told = (lanes: number) =>
    Effect.map(Effect.repeat(settled, { until: () => named.size >= lanes, times: 50 }), () => named.size)
  yield* settled
  return { queue, named, after, told, counted, clock }
})

const isLook = (keys: ReadonlyArray<unknown>) => keys.length === 3 && String(keys[1]).endsWith(":work")

const pushes = (count: number, from: number) =>
  Array.from({ length: count }, (_, index) => push(laneOf(from + index), `${from + index}`))

redisSuite("looks at the lanes in Redis", () => {
  const server = shared({ aof: false })
  const empty = Effect.tap(server, (redis) => redis.command("flushall"))
  const other = shared({ aof: false })

  it.effect("a look reads none of five hundred lanes that wait, and all of them once an announcement was missed", () =>
    Effect.gen(function*() {
      const redis = yield* empty
      const here = yield* looking(redis)
      const there = yield* looking(redis)
      yield* here.queue.offerAll(pushes(300, 1))
      yield* there.queue.offerAll(pushes(200, 301))
      yield* here.after(1)
      yield* there.after(1)
      for (let sweep = 0; sweep < 3; sweep++) {
        yield* there.queue.offer(push(laneOf(1), `newer ${sweep}`))
        const read = yield* here.after(31)
        assert.isAbove(read.length, 0)
        assert.deepStrictEqual([...new Set(read)], [0])
      }
      yield* redis.command("incr", "{nc:0}:changes")
      const found = yield* here.after(35)
      assert.include(found, 500)
      assert.deepStrictEqual([...new Set(yield* here.after(60))], [0])
    }))

  it.effect("a lease is announced to nobody, and each server names its lane when it has run out", () =>
    Effect.gen(function*() {
      const redis = yield* empty
      const here = yield* looking(redis)
      const there = yield* looking(redis)
      yield* here.queue.offerAll(pushes(3, 1))
      yield* here.after(1)
      yield* there.after(1)
      const announced = yield* redis.command("get", "{nc:0}:changes")
      yield* here.queue.take(laneOf(2))
      assert.strictEqual(yield* redis.command("get", "{nc:0}:changes"), announced)
      there.named.clear()
      yield* there.after(31)
      assert.isTrue(there.named.has(2))
      yield* Effect.gen(function*() {
        const lease = Option.getOrThrow(yield* here.queue.take(laneOf(3)))
        yield* here.queue.settle(lease, Settlement.cases.Release.make({}))
      })
      assert.isAbove(Number(yield* redis.command("get", "{nc:0}:changes")), Number(announced))
    }))

  it.effect("a lane that waits for its retry, or whose process has died, is named although Redis' clock was set forward", () =>
    Effect.gen(function*() {
      const redis = yield* empty
      const here = yield* looking(redis)
      yield* here.queue.offerAll(pushes(2, 1))
      const lease = Option.getOrThrow(yield* here.queue.take(laneOf(1)))
      yield* here.queue.settle(lease, retryIn("20 seconds"))
      yield* here.queue.take(laneOf(2))
      yield* here.after(1)
      here.named.clear()
      here.clock.ahead += Duration.toMillis("10 minutes")
      yield* here.after(60)
      assert.deepStrictEqual([...here.named].sort(), [1, 2])
    }))

  it.effect("a job that waits for its retry, or whose process has died, waits no longer although Redis' clock was set back", () =>
    Effect.gen(function*() {
      const redis = yield* empty
      const here = yield* looking(redis)
      const there = yield* looking(redis)
      const retryOf = Effect.fnUntraced(function*(number: number, delay: Duration.Input = "1 minute") {
        const lease = Option.getOrThrow(yield* here.queue.take(laneOf(number)))
        yield* here.queue.settle(lease, retryIn(delay))
      })
      const setBack = (millis: number) => [here, there].forEach(({ clock }) => clock.ahead -= millis)
      yield* here.queue.offerAll(pushes(3, 1))
      yield* retryOf(1)
      yield* here.queue.take(laneOf(2))
      yield* here.after(1)
      setBack(Duration.toMillis("1 hour"))
      yield* retryOf(3)
      here.named.clear()
      yield* here.after(35)
      yield* there.after(1)
      assert.deepStrictEqual([...here.named], [2])
      yield* here.after(20)
      assert.deepStrictEqual([...here.named], [2])
      yield* here.after(10)
      assert.deepStrictEqual([...here.named].sort(), [1, 2, 3])
      // What begins to wait afterwards is left alone, whoever looks at it.
      yield* retryOf(1, "1 hour")
      here.named.clear()
      yield* redis.command("incr", "{nc:0}:changes")
      assert.include(yield* here.after(35), 3)
      assert.notInclude([...here.named], 1)
    }))

  /** Two servers, and a job that has waited for its retry since both have looked. Its wait lasts ten hours. */
  const waiting = Effect.gen(function*() {
    const redis = yield* empty
    const servers = [yield* looking(redis), yield* looking(redis)] as const
    const [here, there] = servers
    const job = push(laneOf(1), "1")
    yield* here.queue.offer(job)
    yield* here.queue.settle(Option.getOrThrow(yield* here.queue.take(laneOf(1))), retryIn("10 hours"))
    const dueAt = Effect.map(redis.command("hget", `{nc:0}:job:${job.id}`, "u"), Number)
    const before = yield* dueAt
    yield* here.after(1)
    yield* there.after(1)
    /** Sets the clock to be so many hours behind, and has each server look. */
    const setBack = Effect.fnUntraced(function*(hours: number) {
      for (const { clock } of servers) clock.ahead = -hours * hour
      for (const { after } of servers) yield* after(35)
    })
    return { redis, here, there, setBack, shortened: Effect.map(dueAt, (due) => (before - due) / hour) }
  })
  const hour = Duration.toMillis("1 hour")

  it.effect("a wait is shortened once by a step back of Redis' clock, however many servers see it, and by the next one again", () =>
    Effect.gen(function*() {
      const { redis, setBack, shortened } = yield* waiting
      // Within the first hour no number of the time that is was given yet.
      for (const hours of [1, 2, 4]) {
        yield* setBack(hours)
        // A third one starts, and finds numbers of a time that has not come.
        yield* Effect.scoped(Effect.flatMap(looking(redis, undefined, -hours * hour), ({ after }) => after(35)))
        assert.closeTo(yield* shortened, hours, 0.25)
      }
      yield* setBack(3)
      yield* setBack(4)
      assert.closeTo(yield* shortened, 5, 0.25)
    }))

  it.effect("where the server that shortens the waits dies, another one goes on, and only where it has not", () =>
    Effect.gen(function*() {
      const { redis, setBack, shortened, there } = yield* waiting
      yield* redis.command("set", "{nc:0}:set-back-claim", "another", "PX", 600_000)
      yield* setBack(1)
      assert.strictEqual(yield* shortened, 0)
      const [mine, other] = [laneKey(laneOf(1)), "github:acme/api:0"]
      yield* redis.command("set", "{nc:0}:set-back", `1 step ${mine}`)
      yield* redis.command("del", "{nc:0}:set-back-claim")
      yield* there.after(70)
      assert.strictEqual(yield* shortened, 0, "it was shortened before")
      assert.strictEqual(yield* redis.command("get", "{nc:0}:set-back"), "1 step")
      yield* redis.command("set", "{nc:0}:set-back-claim", "another", "PX", 600_000)
      yield* setBack(2)
      yield* redis.command("set", "{nc:0}:set-back", `1 next ${other}`)
      yield* redis.command("del", "{nc:0}:set-back-claim")
      yield* there.after(70)
      assert.closeTo(yield* shortened, 1, 0.25)
    }))

  it.effect("a lease that lasts is kept after Redis' clock was set back, although its server takes it for a bit later", () =>
    Effect.gen(function*() {
      const redis = yield* empty
      const here = yield* looking(redis)
      const there = yield* looking(redis)
      yield* there.queue.offer(push(laneOf(1), "1"))
      const lease = Option.getOrThrow(yield* there.queue.take(laneOf(1)))
      yield* here.after(1)
      here.clock.ahead -= Duration.toMillis("1 hour")
      there.clock.ahead = here.clock.ahead + 900
      here.named.clear()
      let renewed: RenewalResult = "lost"
      here.counted.hook = Effect.tap(
        Effect.orDie(there.queue.renew(lease)),
        (result) => Effect.sync(() => renewed = result)
      )
      yield* here.after(40)
      assert.deepStrictEqual([renewed, ...here.named], ["kept"])
    }))

  it.effect("a clock that was set back and forth between two looks shortens no wait", () =>
    Effect.gen(function*() {
      const redis = yield* empty
      const { after, clock, counted, named, queue } = yield* looking(redis)
      yield* queue.offer(push(laneOf(1), "1"))
      yield* queue.settle(Option.getOrThrow(yield* queue.take(laneOf(1))), retryIn("45 minutes"))
      yield* after(1)
      named.clear()
      const set = (millis: number) => Effect.sync(() => clock.ahead += millis)
      const hour = Duration.toMillis("1 hour")
      counted.hook = Effect.tap(set(-hour), () => Effect.sync(() => counted.hook = set(hour)))
      yield* after(40)
      assert.deepStrictEqual([clock.ahead, ...named], [0])
    }))

  it.effect("a server that starts after Redis' clock was set back shortens what waits since before", () =>
    Effect.gen(function*() {
      const redis = yield* empty
      yield* Effect.scoped(Effect.gen(function*() {
        const { clock, queue } = yield* looking(redis)
        clock.ahead = Duration.toMillis("1 hour")
        yield* queue.offerAll([...pushes(1, 1), mention(laneOf(2), "first"), mention(laneOf(2), "second")])
        yield* queue.settle(Option.getOrThrow(yield* queue.take(laneOf(2))), retryIn("1 minute"))
        yield* queue.take(laneOf(1))
      }))
      const here = yield* looking(redis)
      yield* here.after(40)
      assert.deepStrictEqual([...here.named].sort(), [1])
      yield* here.after(30)
      assert.deepStrictEqual([...here.named].sort(), [1, 2])
    }))

  it.effect("all of many lanes are read in pages of about a thousand, and each is told of", () =>
    Effect.gen(function*() {
      const redis = yield* empty
      const here = yield* looking(redis)
      for (let from = 1; from <= 2_500; from += 250) yield* here.queue.offerAll(pushes(250, from))
      const there = yield* looking(redis)
      assert.strictEqual(yield* there.told(2_500), 2_500)
      const pages = yield* there.after(1)
      assert.isAtLeast(pages.length, 3)
      assert.isAtMost(Math.max(...pages), 1_500)
    }))

  it.effect("each of many lanes is told of if a replica becomes the primary between two pages", () =>
    Effect.gen(function*() {
      const [redis, replica] = [yield* server, yield* other]
      yield* redis.command("flushall")
      const here = yield* looking(redis)
      for (let from = 1; from <= 2_500; from += 250) yield* here.queue.offerAll(pushes(250, from))
      yield* replica.command("replicaof", "127.0.0.1", redis.port)
      yield* Effect.repeat(replica.command("zcard", "{nc:0}:due"), { until: (lanes) => lanes === 2_500 })
      yield* replica.command("replicaof", "no", "one")
      const there = yield* looking(redis, replica)
      assert.strictEqual(yield* there.told(2_500), 2_500)
      assert.isAtLeast((yield* there.after(1)).length, 3)
    }))

  it.effect("each of many lanes that are due at the same moment is told of", () =>
    Effect.gen(function*() {
      const redis = yield* empty
      const here = yield* looking(redis)
      for (let from = 1; from <= 2_500; from += 250) yield* here.queue.offerAll(pushes(250, from))
      const lanes = Array.from({ length: 1_200 }, (_, index) => [7, laneKey(laneOf(901 + index))]).flat()
      yield* redis.command("zadd", "{nc:0}:due", ...lanes)
      const there = yield* looking(redis)
      assert.strictEqual(yield* there.told(2_500), 2_500)
      assert.isAtLeast((yield* there.after(1)).length, 2)
    }))

  it.effect("a server hears one of an earlier version, which does not number its announcements", () =>
    Effect.gen(function*() {
      const redis = yield* empty
      const here = yield* looking(redis)
      yield* here.queue.offerAll(pushes(3, 1))
      yield* here.after(31)
      yield* redis.command("incr", "{nc:0}:changes")
      yield* redis.command("publish", "{nc:0}:ready", "0 l github:acme/api:1:nominal")
      assert.include(yield* here.after(31), 3)
    }))

  it.effect("all lanes are read once the count of announcements was set back, as by a failover, and went beyond", () =>
    Effect.gen(function*() {
      const redis = yield* empty
      const there = yield* looking(redis)
      yield* there.queue.offerAll(pushes(19, 1))
      const here = yield* looking(redis)
      yield* there.queue.offerAll(pushes(1, 20))
      yield* here.after(31)
      yield* redis.command("decrby", "{nc:0}:changes", "3")
      yield* there.queue.offerAll(pushes(3, 21))
      yield* there.queue.offerAll(pushes(5, 24))
      assert.include(yield* here.after(35), 28)
      assert.deepStrictEqual([...new Set(yield* here.after(60))], [0])
    }))

  it.effect("a lane whose announcement was lost is looked for at once when the next one is heard", () =>
    Effect.gen(function*() {
      const redis = yield* empty
      const here = yield* looking(redis)
      const there = yield* looking(redis)
      yield* there.queue.offerAll(pushes(20, 1))
      assert.deepStrictEqual([...new Set(yield* here.after(40))], [0])
      yield* redis.command("incr", "{nc:0}:changes")
      yield* there.queue.offerAll(pushes(1, 21))
      assert.include(yield* here.after(1), 21)
      yield* there.queue.offerAll(pushes(1, 22))
      assert.deepStrictEqual([...new Set(yield* here.after(60))], [0])
    }))

  it.effect("what is announced while the count is read keeps no look from reading no lane", () =>
    Effect.gen(function*() {
      const redis = yield* empty
      const here = yield* looking(redis)
      const there = yield* looking(redis)
      yield* there.queue.offerAll(pushes(20, 1))
      yield* here.after(31)
      for (let number = 21; number < 24; number++) {
        here.counted.hook = Effect.andThen(
          Effect.orDie(there.queue.offerAll(pushes(1, number))),
          Effect.repeat(Effect.promise(() => setImmediate()), { until: () => here.named.has(number) })
        )
        assert.deepStrictEqual([...new Set(yield* here.after(31))], [0])
        assert.isTrue(here.named.has(number))
      }
    }))
})
