import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { newCall } from "@nominal-code/persistence/CallRates"
import * as CallRatesMemory from "@nominal-code/persistence/CallRatesMemory"
import * as CallRatesRedis from "@nominal-code/persistence/CallRatesRedis"
import { emptied, redisSuite, shared } from "@nominal-code/testing/RedisServer"
import { testTime } from "@nominal-code/testing/RedisStore"
import { Layer } from "effect"
import { callRatesSuite } from "./callRatesSuite.ts"

it("a call has a name that no other has, and is otherwise what it was made of", () => {
  const given = { service: "anthropic", tokens: 7, rate: { concurrent: 2 } }
  const [one, other] = [newCall(given), newCall(given)]
  assert.deepStrictEqual({ ...one, id: "" }, { ...given, id: "" })
  assert.notStrictEqual(one.id, other.id)
})

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
