import { NodeServices } from "@effect/platform-node"
import * as CallRatesMemory from "@nominal-code/persistence/CallRatesMemory"
import * as CallRatesRedis from "@nominal-code/persistence/CallRatesRedis"
import { emptied, redisSuite, shared } from "@nominal-code/testing/RedisServer"
import { testTime } from "@nominal-code/testing/RedisStore"
import { Layer } from "effect"
import { callRatesSuite } from "./callRatesSuite.ts"

callRatesSuite("memory", CallRatesMemory.layer)

redisSuite("the rates in Redis", () => {
  const server = shared({ aof: false })
  callRatesSuite(
    "Redis",
    CallRatesRedis.layer.pipe(
      Layer.provide(testTime),
      Layer.provide(emptied(server)),
      Layer.provide(NodeServices.layer)
    )
  )
})
