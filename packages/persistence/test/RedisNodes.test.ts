import { assert, it } from "@effect/vitest"
import * as Redis from "@nominal-code/persistence/Redis"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { freePort } from "@nominal-code/testing/FreePort"
import { startCluster } from "@nominal-code/testing/RedisCluster"
import { type RedisServer, redisSuite, start } from "@nominal-code/testing/RedisServer"
import * as Refusing from "@nominal-code/testing/RefusingServer"
import { Duration, Effect, Exit, Fiber, Layer, Logger, Queue, Redacted, Schedule, Schema, Stream } from "effect"

const keys = Array.from({ length: 40 }, (_, index) => `test:${index}`)
const set = (value: string) => (key: string) =>
  Redis.Redis.use(({ send }) => send("test", Schema.Literal("OK"), ["set", key, value]))
const get = (key: string) => Redis.Redis.use(({ send }) => send("test", Schema.NullOr(Schema.String), ["get", key]))

const soon = <A, R>(effect: Effect.Effect<A, StoreError, R>) =>
  Effect.retry(effect, { schedule: Schedule.spaced("50 millis"), while: ({ retryable }) => retryable }).pipe(
    Effect.timeout("15 seconds"),
    Effect.orDie
  )

const several = (...nodes: ReadonlyArray<RedisServer>) =>
  Redacted.make(`redis://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(",")}`)

const untilHeard = (heard: Queue.Dequeue<string>, text: string) =>
  Effect.repeat(Queue.take(heard), { until: (one) => one === text }).pipe(Effect.timeout("15 seconds"), Effect.orDie)

const listening = Effect.fnUntraced(function*(channel: string) {
  const { subscribe } = yield* Redis.Redis
  const heard = yield* Queue.unbounded<string>()
  const stream = yield* subscribe(channel)
  yield* Effect.forkScoped(
    Stream.runForEach(stream, (one) => Queue.offer(heard, one._tag === "Message" ? one.text : "missed"))
  )
  return heard
})

/** The keys whose node answers. */
const reachable = Effect.filter(
  keys,
  (key) => Effect.map(Effect.timeoutOption(soon(get(key)), "6 seconds"), (found) => found._tag === "Some"),
  { concurrency: keys.length }
)

/** Those, looked at again for as long as hardly any node answers: on a busy machine they are slow to come back. */
const reachableAgain = Effect.repeat(reachable, { until: (there) => there.length > keys.length / 3, times: 15 })

const nodeId = ({ command }: RedisServer) => Effect.map(command("cluster", "myid"), String)

/** A cluster that goes on without some of its nodes. */
const partial = ["--cluster-require-full-coverage", "no"]

const silent = Logger.layer([])

redisSuite("the nodes of a Redis Cluster", () => {
  it.live(
    "when the node in the URL dies, the others are used, the listener moves on, and a new process finds them",
    () =>
      Effect.gen(function*() {
        const { first, second, third } = yield* startCluster(partial)
        yield* Effect.gen(function*() {
          const heard = yield* listening("test:channel")
          yield* Effect.forEach(keys, set("before"), { discard: true })
          yield* first.kill
          const there = yield* reachableAgain
          assert.isAbove(there.length, keys.length / 3)
          yield* untilHeard(heard, "missed")
          yield* second.command("publish", "test:channel", "hello")
          yield* untilHeard(heard, "hello")
          const [key = ""] = there
          assert.strictEqual(
            yield* Effect.provide(get(key), Layer.fresh(Redis.layer(several(first, second, third)))),
            "before"
          )
          yield* first.start
          yield* Effect.forEach(keys, (key) => soon(set("after")(key)), { discard: true })
        }).pipe(Effect.scoped, Effect.provide([Layer.fresh(Redis.layer(first.url)), silent]))
      }),
    150_000
  )

  it.live(
    "a node that dies while a slot moves to it fails the command that is sent on, and nothing else",
    () =>
      Effect.gen(function*() {
        const { first, second, third } = yield* startCluster(partial)
        const unhandled: Array<unknown> = []
        const note = (reason: unknown) => void unhandled.push(reason)
        yield* Effect.acquireRelease(
          Effect.sync(() => process.on("unhandledRejection", note)),
          () => Effect.sync(() => process.off("unhandledRejection", note))
        )
        const moving = "{nc:0}:moving"
        const slot = Number(yield* second.command("cluster", "keyslot", moving))
        yield* Effect.gen(function*() {
          // Connected to every node.
          yield* Effect.forEach(keys, set("before"), { discard: true })
          yield* third.command("cluster", "setslot", slot, "importing", yield* nodeId(second))
          yield* second.command("cluster", "setslot", slot, "migrating", yield* nodeId(third))
          // The second node sends whoever asks for the key to the third, which hears nothing.
          yield* third.freeze
          const asked = yield* Effect.forkChild(Effect.exit(get(moving)), { startImmediately: true })
          yield* Effect.sleep("500 millis")
          yield* third.kill
          assert.isTrue(Exit.isFailure(yield* Fiber.join(asked)))
        }).pipe(Effect.scoped, Effect.provide([Layer.fresh(Redis.layer(several(first, second, third))), silent]))
        assert.deepStrictEqual(unhandled, [])
      }).pipe(Effect.scoped),
    60_000
  )

  it.live(
    "after an outage of all nodes, any of them is a way back, whatever the URL names",
    () =>
      Effect.gen(function*() {
        const cluster = yield* startCluster([...partial, "--appendonly", "yes"])
        const { first, second, third } = cluster
        yield* Effect.gen(function*() {
          yield* Effect.forEach(keys, set("before"), { discard: true })
          yield* Effect.all([first.kill, second.kill, third.kill])
          assert.isTrue((yield* Effect.flip(set("meanwhile")("test:1"))).retryable)
          yield* Effect.all([second.start, third.start])
          // Those of the first are away with it.
          const there = yield* reachableAgain
          assert.isAbove(there.length, keys.length / 3)
        }).pipe(Effect.scoped, Effect.provide([Layer.fresh(Redis.layer(first.url)), silent]))
      }),
    150_000
  )

  it.live(
    "a node that closes every connection is asked a few times a second, however many ask",
    () =>
      Effect.gen(function*() {
        const { first, second, third } = yield* startCluster(partial)
        yield* Effect.gen(function*() {
          yield* Effect.forEach(keys, set("before"), { discard: true })
          yield* second.kill
          let connections = 0
          yield* Refusing.serve(second.port, () => connections += 1)
          const asking = Effect.forEach(keys, (key) => Effect.exit(get(key)), { concurrency: keys.length })
          const [lasted] = yield* Effect.timed(Effect.replicateEffect(asking, 2))
          assert.isAtLeast(connections, 2)
          assert.isAtMost(connections, 5 * Duration.toSeconds(lasted) + 10)
        }).pipe(Effect.scoped, Effect.provide([Layer.fresh(Redis.layer(several(first, second, third))), silent]))
      }),
    150_000
  )

  it.live("several hosts that are no cluster are refused in one line", () =>
    Effect.gen(function*() {
      const [one, gone] = [yield* start(), yield* freePort]
      const url = Redacted.make(`redis://127.0.0.1:${gone},127.0.0.1:${one.port}`)
      const error = yield* Effect.flip(Effect.provide(get("a"), Layer.fresh(Redis.layer(url))))
      assert.match(error.message, /several hosts, but it is no cluster: name one, or its sentinels/)
      assert.isFalse(error.retryable)
    }))
})
