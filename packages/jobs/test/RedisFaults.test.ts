import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { OfferResult, QueueLimits, Settlement } from "@nominal-code/jobs/JobQueue"
import { JobResults } from "@nominal-code/jobs/JobResults"
import * as RedisJobResults from "@nominal-code/jobs/redis/RedisJobResults"
import * as RedisQueue from "@nominal-code/jobs/redis/RedisQueue"
import { ConversationStore } from "@nominal-code/persistence/ConversationStore"
import * as ConversationStoreRedis from "@nominal-code/persistence/ConversationStoreRedis"
import * as Redis from "@nominal-code/persistence/Redis"
import { StoreError } from "@nominal-code/persistence/StoreError"
import { laneOf, mention, push, reviewed } from "@nominal-code/testing/Jobs"
import { lossyProxy } from "@nominal-code/testing/LossyProxy"
import { type Store, storeIn } from "@nominal-code/testing/QueueSteps"
import { redisSuite, shared } from "@nominal-code/testing/RedisServer"
import {
  Clock,
  Context,
  Duration,
  Effect,
  Exit,
  Fiber,
  FileSystem,
  Layer,
  Option,
  Redacted,
  Schema,
  Scope,
  Stream
} from "effect"

const done = Settlement.cases.Done.make({ outcome: reviewed })
const lane = laneOf(1)

/** A process of its own. Cutting it off leaves its leases as they are, as its death would. */
const processAt = Effect.fnUntraced(function*(url: Redacted.Redacted, leaseDuration: Duration.Input = "30 seconds") {
  const limits = Layer.succeed(QueueLimits, {
    ...QueueLimits.defaultValue(),
    leaseDuration: Duration.fromInputUnsafe(leaseDuration)
  })
  const layer = Layer.fresh(RedisQueue.layer).pipe(
    Layer.provide([Layer.fresh(Redis.layer(url)), NodeServices.layer, limits])
  )
  const scope = yield* Scope.fork(yield* Effect.scope)
  const queue = storeIn(yield* Layer.buildWithScope(layer, scope))
  return { ...queue, die: Scope.close(scope, Exit.void) }
})

const firstNamed = ({ ready }: Store) => Effect.map(Stream.runCollect(Stream.take(ready, 1)), ([one]) => one?.lane)

/** Far less than the usual lease, however busy the machine. */
const atOnce = "20 seconds"

redisSuite("the queue in a Redis that fails", () => {
  const server = shared()
  const empty = Effect.tap(server, ({ command }) => command("flushall"))

  it.live("a Redis that goes away for a moment while a server starts does not end the server", () =>
    Effect.gen(function*() {
      const { url } = yield* empty
      const redis = Context.get(yield* Layer.build(Layer.fresh(Redis.layer(url))), Redis.Redis)
      const seen = new Map<string, number>()
      const flaky = <A, R>(
        operation: string,
        effect: Effect.Effect<A, StoreError, R>
      ): Effect.Effect<A, StoreError, R> =>
        Effect.suspend(() => {
          const times = (seen.get(operation) ?? 0) + 1
          seen.set(operation, times)
          return times > 2
            ? effect
            : Effect.fail(new StoreError({ operation, message: "the connection was lost", reason: "unavailable" }))
        })
      const away = Redis.Redis.of({
        ...redis,
        send: (operation, reply, command) => flaky(operation, redis.send(operation, reply, command)),
        subscribe: (channel) => flaky("subscribe", redis.subscribe(channel))
      })
      const opened = yield* Layer.build(
        Layer.fresh(RedisQueue.layer).pipe(Layer.provide([Layer.succeed(Redis.Redis, away), NodeServices.layer]))
      )
      assert.deepInclude(yield* storeIn(opened).offer(mention(lane, "a")), { _tag: "Accepted" })
      assert.containsAllKeys(Object.fromEntries(seen), ["JobQueue.open", "JobQueue.migrate", "subscribe"])
    }))

  it.live("what waited for a server that is gone is named to the next one at once, without a new event", () =>
    Effect.gen(function*() {
      const { url } = yield* empty
      const before = yield* processAt(url)
      yield* before.offer(mention(lane, "a"))
      yield* before.die
      const after = yield* processAt(url)
      assert.deepStrictEqual(yield* Effect.timeout(firstNamed(after), atOnce), lane)
    }))

  it.live("what ran on a server that is gone is named to the others when its lease has run out, and not before", () =>
    Effect.gen(function*() {
      const { url } = yield* empty
      const [here, there] = [yield* processAt(url, "1 second"), yield* processAt(url, "1 second")]
      yield* here.offer(mention(lane, "a"))
      const before = yield* Clock.currentTimeMillis
      const lease = Option.getOrThrow(yield* here.take(lane))
      yield* here.die
      yield* Effect.timeout(firstNamed(there), atOnce)
      assert.isAtLeast((yield* Clock.currentTimeMillis) - before, 990)
      const again = Option.getOrThrow(yield* there.take(lane))
      assert.deepStrictEqual([again.attempt, again.run, again.losses], [1, 1, 1])
      assert.isAbove(again.epoch, lease.epoch)
      assert.isFalse(yield* there.settle(lease, done))
      assert.isTrue(yield* there.settle(again, done))
    }))

  it.live("an epoch is never given twice, even if Redis comes back without the last that it gave", () =>
    Effect.gen(function*() {
      const { command, url } = yield* empty
      const queue = yield* processAt(url)
      yield* queue.offer(mention(lane, "a"))
      const lost = Option.getOrThrow(yield* queue.take(lane))
      // As if nothing of it had reached the disk.
      yield* command("flushall")
      yield* queue.offer(mention(lane, "a"))
      const lease = Option.getOrThrow(yield* queue.take(lane))
      assert.isAbove(lease.epoch, lost.epoch)
      assert.isFalse(yield* queue.settle(lost, done))
      assert.isTrue(yield* queue.settle(lease, done))
    }))

  it.live.each([0, 1, 2])(
    "a step whose answer is lost after %i others is done, once",
    (after) =>
      Effect.gen(function*() {
        const { loseAnswer, url } = yield* lossyProxy(yield* empty)
        const queue = yield* processAt(url)
        const [first, second] = [mention(lane, "a"), push(lane, "b")]

        yield* loseAnswer(after)
        assert.deepStrictEqual(yield* queue.offer(first), OfferResult.cases.Accepted.make({ jobId: first.id }))
        assert.deepStrictEqual(yield* queue.offer(first), OfferResult.cases.Duplicate.make({ jobId: first.id }))
        yield* queue.offer(second)

        yield* loseAnswer(after)
        const lease = Option.getOrThrow(yield* queue.take(lane))
        assert.deepStrictEqual([lease.job.id, lease.attempt, lease.losses], [first.id, 1, 0])
        assert.strictEqual(yield* queue.renew(lease), "kept")

        yield* loseAnswer(after)
        assert.isTrue(yield* queue.settle(lease, Settlement.cases.Park.make({})))
        assert.isFalse(yield* queue.settle(lease, done))
        const { attempts, state } = Option.getOrThrow(yield* queue.find(first.id))
        assert.deepStrictEqual([state, attempts], ["parked", 1])
        assert.deepStrictEqual(Option.getOrThrow(yield* queue.take(lane)).job.id, second.id)
      })
  )

  it.live.each([0, 1, 2])(
    "a step of a cancelled job whose answer is lost after %i others is done, once",
    (after) =>
      Effect.gen(function*() {
        const { loseAnswer, url } = yield* lossyProxy(yield* empty)
        const queue = yield* processAt(url)
        const [first, second] = [mention(lane, "a"), push(lane, "b")]
        yield* queue.offer(first)
        yield* queue.offer(second)
        const left = Option.getOrThrow(yield* queue.take(lane))
        yield* queue.cancel(first.id)

        yield* loseAnswer(after)
        assert.isTrue(yield* queue.settle(left, Settlement.cases.Release.make({})))
        assert.isFalse(yield* queue.settle(left, done))

        yield* loseAnswer(after)
        const lease = Option.getOrThrow(yield* queue.take(lane))
        assert.deepStrictEqual([lease.job.id, Option.isSome(lease.stop), lease.run], [first.id, true, 1])
        assert.strictEqual(yield* queue.renew(lease), "cancelled")

        yield* loseAnswer(after)
        assert.isTrue(yield* queue.settle(lease, Settlement.cases.Park.make({})))
        assert.strictEqual(Option.getOrThrow(yield* queue.take(lane)).job.id, second.id)
      })
  )

  it.live("a job that is cancelled while the answer to its taker is lost is not lost with it", () =>
    Effect.gen(function*() {
      const here = yield* empty
      const { loseAnswer, url } = yield* lossyProxy(here)
      const [queue, other] = [yield* processAt(url), yield* processAt(here.url)]
      const job = push(lane, "a")
      yield* queue.offer(job)
      // The lane is read twice, and then written.
      yield* loseAnswer(2)
      const taking = yield* Effect.forkChild(queue.take(lane))
      const runs = Effect.map(other.find(job.id), Option.exists(({ state }) => state === "running"))
      yield* Effect.repeat(runs, { until: (yes) => yes })
      yield* other.cancel(job.id)
      const lease = Option.getOrThrow(yield* Fiber.join(taking))
      assert.strictEqual(yield* queue.renew(lease), "cancelled")
    }))

  it.live("a job whose stored form cannot be read is left, with its lane, to another version of the program", () =>
    Effect.gen(function*() {
      const { command, url } = yield* empty
      const queue = yield* processAt(url)
      const broken = mention(lane, "a")
      yield* queue.offer(broken)
      yield* queue.offer(mention(lane, "b"))
      yield* command("hset", `{nc:0}:job:${broken.id}`, "payload", "{\"version\": 3}")
      const other = yield* processAt(url)
      assert.deepStrictEqual(yield* other.take(lane), Option.none())
      assert.isTrue(Option.getOrThrow(yield* queue.find(broken.id)).unreadable)
    }))

  it.live("an id without its job, and a word on the channel that names no lane, hold nothing up", () =>
    Effect.gen(function*() {
      const { command, url } = yield* empty
      const queue = yield* processAt(url)
      const named = yield* Effect.forkScoped(firstNamed(queue))
      yield* command("publish", "{nc:0}:ready", "0 c nonsense")
      yield* command("publish", "{nc:0}:ready", "garbage")
      yield* command("rpush", "{nc:0}:queue:github:acme/api:1:nominal", "f".repeat(20))
      yield* queue.offer(mention(lane, "a"))
      assert.deepStrictEqual(yield* Effect.timeout(Fiber.join(named), atOnce), lane)
      assert.strictEqual(Option.getOrThrow(yield* queue.take(lane)).job.delivery, "a")
    }))

  it.live("a user with the documented permissions can use queue, results and conversations, and no key of others", () =>
    Effect.gen(function*() {
      const { command, port } = yield* empty
      const fs = yield* FileSystem.FileSystem
      const page = yield* fs.readFileString(`${import.meta.dirname}/../../../docs/operate.md`)
      const [, rules = ""] = /^ACL SETUSER (nominal .*)$/m.exec(page) ?? []
      yield* command("acl", "setuser", ...rules.split(" "))
      const url = Redacted.make(`redis://nominal:password@127.0.0.1:${port}`)
      const queue = yield* processAt(url)
      const named = yield* Effect.forkScoped(firstNamed(queue))
      yield* queue.offer(push(lane, "a"))
      assert.deepStrictEqual(yield* Effect.timeout(Fiber.join(named), atOnce), lane)
      const lease = Option.getOrThrow(yield* queue.take(lane))
      assert.strictEqual(yield* queue.renew(lease), "kept")
      assert.isTrue(yield* queue.settle(lease, Settlement.cases.Park.make({})))
      yield* queue.retry(lease.job.id)
      yield* queue.cancel(lease.job.id)
      assert.strictEqual((yield* queue.list({ limit: 10_000 })).length, 1)
      yield* queue.depth
      const { ping, send } = Context.get(yield* Layer.build(Layer.fresh(Redis.layer(url))), Redis.Redis)
      yield* ping
      yield* Effect.provide(
        Effect.gen(function*() {
          const { listen, report } = yield* JobResults
          const { load, save } = yield* ConversationStore
          const run = { id: lease.job.id, run: 1 }
          const outcome = yield* listen(run)
          yield* report(run, reviewed)
          assert.deepStrictEqual(yield* outcome, reviewed)
          yield* save(lane, { messages: [] })
          yield* load(lane)
        }),
        Layer.mergeAll(RedisJobResults.layer, ConversationStoreRedis.layer({ ttl: "1 day" })).pipe(
          Layer.provide(Layer.fresh(Redis.layer(url))),
          Layer.provide(NodeServices.layer)
        )
      )
      const error = yield* Effect.flip(send("test", Schema.Null, ["get", "somebody:else"]))
      assert.match(error.message, /: NOPERM, its user may not do this: see docs\/operate\.md/)
    }).pipe(Effect.provide(NodeServices.layer)))
})
