import { NodeServices } from "@effect/platform-node"
import * as SpendRedis from "@nominal-code/persistence/SpendRedis"
import { emptied, redisSuite, shared } from "@nominal-code/testing/RedisServer"
import { testTime } from "@nominal-code/testing/RedisStore"
import { Layer } from "effect"
import { spendDaysSuite, spendSuite } from "./spendSuite.ts"

redisSuite("the ledger in Redis", () => {
  const server = shared({ aof: false })
  const store = Layer.fresh(SpendRedis.layer).pipe(Layer.provide(emptied(server)), Layer.provide(NodeServices.layer))

  spendSuite("Redis", store)
  spendDaysSuite("Redis", store.pipe(Layer.provide(testTime)))
})
