import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import * as Redis from "@nominal-code/persistence/Redis"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { freePort } from "@nominal-code/testing/FreePort"
import { launch, type RedisServer, redisSuite, replicaOf, start } from "@nominal-code/testing/RedisServer"
import { Effect, FileSystem, Layer, Logger, Queue, Redacted, Schedule, Schema, Stream } from "effect"

/** A real sentinel that watches a primary under the name `main`, and promotes a replica after a second. */
const sentinelOf = Effect.fnUntraced(function*(primary: RedisServer) {
  const fs = yield* FileSystem.FileSystem
  const port = yield* freePort
  const file = `${yield* fs.makeTempDirectoryScoped()}/sentinel.conf`
  yield* fs.writeFileString(
    file,
    [
      `port ${port}`,
      "bind 127.0.0.1",
      `sentinel monitor main 127.0.0.1 ${primary.port} 1`,
      "sentinel down-after-milliseconds main 700",
      "sentinel failover-timeout main 3000"
    ].join("\n")
  )
  yield* launch([file, "--sentinel"], "+monitor master")
  return port
}, Effect.provide(NodeServices.layer))

const set = (value: string) =>
  Redis.Redis.use(({ send }) => send("test", Schema.Literal("OK"), ["set", "test:key", value]))
const get = Redis.Redis.use(({ send }) => send("test", Schema.NullOr(Schema.String), ["get", "test:key"]))
const soon = <A, R>(effect: Effect.Effect<A, StoreError, R>) =>
  Effect.retry(effect, { schedule: Schedule.spaced("50 millis"), while: ({ retryable }) => retryable }).pipe(
    Effect.timeout("15 seconds"),
    Effect.orDie
  )

redisSuite("a Redis behind sentinels", () => {
  it.live(
    "is found by their name for it, and found again when its primary dies and a replica is promoted",
    () =>
      Effect.gen(function*() {
        const primary = yield* start()
        const replica = yield* replicaOf(primary)
        const [gone, sentinel] = [yield* freePort, yield* sentinelOf(primary)]
        const url = Redacted.make(`redis+sentinel://127.0.0.1:${gone},127.0.0.1:${sentinel}/main/0`)
        yield* Effect.gen(function*() {
          const { replicated, subscribe } = yield* Redis.Redis
          const heard = yield* Queue.unbounded<string>()
          const listen = Stream.runForEach(
            yield* subscribe("test:channel"),
            (one) => Queue.offer(heard, one._tag === "Message" ? one.text : "missed")
          )
          yield* Effect.forkScoped(listen)
          yield* set("before")
          yield* replicated("test", "test:key")
          // The sentinel has to have heard of the replica before it can promote it.
          yield* Effect.repeat(primary.command("client", "list").pipe(Effect.map(String)), {
            schedule: Schedule.spaced("50 millis"),
            until: (clients) => clients.includes("name=sentinel-")
          })
          yield* Effect.sleep("1 second")
          yield* primary.kill
          const error = yield* Effect.flip(set("meanwhile"))
          assert.strictEqual(error.reason, "unavailable")
          yield* soon(set("after"))
          assert.strictEqual(yield* Effect.timeout(Queue.take(heard), "15 seconds"), "missed")
          yield* replica.command("publish", "test:channel", "from the promoted")
          assert.strictEqual(yield* Effect.timeout(Queue.take(heard), "5 seconds"), "from the promoted")
          assert.strictEqual(yield* get, "after")
          assert.strictEqual(yield* replica.command("get", "test:key"), "after")
          // No replica is left.
          const alone = yield* Effect.flip(replicated("test", "test:key"))
          assert.match(alone.message, /no replica has confirmed it \(redis\.wait_replicas is 1\)$/)
        }).pipe(
          Effect.scoped,
          Effect.provide([Layer.fresh(Redis.layer({ url, waitReplicas: 1 })), Logger.layer([])])
        )
      })
  )
})
