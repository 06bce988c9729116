import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { JobQueue } from "@nominal-code/jobs/JobQueue"
import * as RedisJobResults from "@nominal-code/jobs/redis/RedisJobResults"
import { ConversationStore } from "@nominal-code/persistence/ConversationStore"
import * as ConversationStoreRedis from "@nominal-code/persistence/ConversationStoreRedis"
import * as Redis from "@nominal-code/persistence/Redis"
import { laneOf, mention } from "@nominal-code/testing/Jobs"
import { emptiedCluster, sharedCluster } from "@nominal-code/testing/RedisCluster"
import { redisSuite } from "@nominal-code/testing/RedisServer"
import { elsewhere, queue } from "@nominal-code/testing/RedisStore"
import { Effect, FileSystem, Layer, Option, Redacted } from "effect"
import { jobResultsSuite } from "./jobResultsSuite.ts"
import { queueSuite } from "./queueSuite.ts"

redisSuite("a Redis Cluster", () => {
  const cluster = sharedCluster()
  const redis = emptiedCluster(cluster)

  queueSuite("Redis Cluster", Layer.merge(queue, elsewhere).pipe(Layer.provide(redis)))
  jobResultsSuite(
    "Redis Cluster",
    Layer.merge(Layer.fresh(RedisJobResults.layer), elsewhere).pipe(Layer.provide(redis))
  )

  it.live("is used by a user with the documented permissions, and says which are missing to one with fewer", () =>
    Effect.gen(function*() {
      const nodes = yield* cluster
      const fs = yield* FileSystem.FileSystem
      const page = yield* fs.readFileString(`${import.meta.dirname}/../../../docs/operate.md`)
      const [, rules = ""] = /^ACL SETUSER nominal (.*)$/m.exec(page) ?? []
      const offering = Effect.fnUntraced(function*(user: string, ...permissions: ReadonlyArray<string>) {
        for (const { command } of [nodes.first, nodes.second, nodes.third]) {
          yield* command("acl", "setuser", user, ...permissions)
        }
        const url = Redacted.make(`redis://${user}:password@127.0.0.1:${nodes.first.port}`)
        const own = queue.pipe(Layer.provide(Layer.fresh(Redis.layer(url))))
        return yield* JobQueue.use(({ offer }) => offer(mention(laneOf(1), "a"))).pipe(Effect.provide(Layer.fresh(own)))
      })
      assert.strictEqual((yield* offering("nominal", ...rules.split(" ")))._tag, "Accepted")
      const fewer = rules.split(" ").filter((rule) => rule !== "+cluster|slots")
      const error = yield* Effect.flip(offering("stranger", ...fewer))
      assert.match(error.message, /: NOPERM, its user may not do this: see docs\/operate\.md/)
    }).pipe(Effect.provide(NodeServices.layer)))

  it.effect("the queue is on one node, and the conversations are where their pull request puts them", () =>
    Effect.gen(function*() {
      const { first, second, third } = yield* cluster
      const { save } = yield* ConversationStore
      const { offer } = yield* JobQueue
      for (let number = 1; number <= 20; number++) {
        yield* offer(mention(laneOf(number), `d${number}`))
        yield* save(laneOf(number), { sessionId: "s", messages: [] })
      }
      const keys = yield* Effect.forEach(
        [first, second, third],
        ({ command }) => Effect.map(command("keys", "*"), String),
        { concurrency: 3 }
      )
      assert.notInclude(keys[0], "{nc:0}")
      assert.include(keys[1], "{nc:0}:queue:github:acme/api:20:nominal")
      for (const some of keys) assert.include(some, "nc:conv:")
      const { load } = yield* ConversationStore
      for (let number = 1; number <= 20; number++) {
        assert.deepStrictEqual(yield* load(laneOf(number)), Option.some({ sessionId: "s", messages: [] }))
      }
    }).pipe(Effect.provide(
      Layer.merge(queue, ConversationStoreRedis.layer({ ttl: "1 hour" })).pipe(
        Layer.provide(redis),
        Layer.provide(NodeServices.layer)
      )
    )))

  it.effect("its connections are as many as its nodes, and one to listen", () =>
    Effect.gen(function*() {
      const { first, second, third } = yield* cluster
      const { offer } = yield* JobQueue
      yield* Effect.forEach(Array.from({ length: 200 }, (_, index) => mention(laneOf(index + 1), `d${index}`)), offer, {
        concurrency: 50
      })
      const clients = yield* Effect.forEach([first, second, third], ({ command }) =>
        Effect.map(command("client", "list"), String), {
        concurrency: 3
      })
      const ours = clients.join("\n").split("\n").filter((line) =>
        line.includes("name=nominal-code")
      )
      assert.isAtMost(ours.length, 4)
    }).pipe(Effect.provide(queue.pipe(Layer.provide(redis)))))
})
