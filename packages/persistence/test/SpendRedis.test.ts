import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Spend } from "@nominal-code/persistence/Spend"
import * as SpendRedis from "@nominal-code/persistence/SpendRedis"
import { emptied, redisSuite, shared } from "@nominal-code/testing/RedisServer"
import { testTime } from "@nominal-code/testing/RedisStore"
import { Effect, Layer } from "effect"
import { spendDaysSuite, spendSuite } from "./spendSuite.ts"

redisSuite("the ledger in Redis", () => {
  const server = shared({ aof: false })
  const store = Layer.fresh(SpendRedis.layer).pipe(Layer.provide(emptied(server)), Layer.provide(NodeServices.layer))

  spendSuite("Redis", store)
  spendDaysSuite("Redis", store.pipe(Layer.provide(testTime)))

  it.live("lists the other costs of a day beside those that cannot be read", () =>
    Effect.gen(function*() {
      const { costs } = yield* Spend
      const redis = yield* server
      const names = (model: string) => JSON.stringify(["github:acme/api", "github:ada", "anthropic", model])
      const stored = [
        [names("whole"), "7 0 0 1 0 1 1 0 0"],
        [names("damaged"), "7 0 0 1 0 x 1 0 0"],
        [names("below"), "7 0 0 1 0 -1 1 0 0"],
        ["no names", "7"]
      ]
      const today = yield* Effect.map(Effect.sync(() => Date.now()), (now) => Math.floor(now / 86_400_000))
      yield* redis.command("hset", `{nc:spend}:costs:${today}`, ...stored.flat())
      const found = yield* costs(today)
      assert.deepStrictEqual(found.map(({ spent, subject }) => [subject.model, spent]), [["whole", 7]])
    }).pipe(Effect.provide(store)))
})
