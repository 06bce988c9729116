import { Effect, Layer, Option, Schema } from "effect"
import { type CallPlace, CallRates, placeMillis, type RatedCall } from "./CallRates.ts"
import { Redis } from "./Redis.ts"
import * as RedisScript from "./RedisScript.ts"
import { RedisTime } from "./RedisTime.ts"

const keysOf = ({ service }: RatedCall) => [`{nc:rate:${service}}:places`, `{nc:rate:${service}}:tokens`]

const make = Effect.gen(function*() {
  const redis = yield* Redis
  const time = yield* RedisTime
  const folder = new URL("lua/", import.meta.url)
  const takeScript = yield* RedisScript.load(folder, ["rateTake"])
  const giveBackScript = yield* RedisScript.load(folder, ["rateGiveBack"])
  return CallRates.of({
    take: Effect.fn("CallRates.take")(function*(call: RatedCall) {
      const { id, rate: { concurrent = "", tokensPerMinute = "" }, tokens } = call
      const now = Option.getOrElse(yield* time, () => "")
      const args = [now, id, concurrent, tokensPerMinute, tokens, placeMillis]
      const wait = yield* redis.run("CallRates.take", Schema.Int, takeScript, keysOf(call), args)
      const place: CallPlace = wait < 0 ? { _tag: "Full" } : { _tag: "Taken", waitMillis: wait }
      return place
    }),
    giveBack: Effect.fn("CallRates.giveBack")((call: RatedCall, used: number) =>
      redis.run("CallRates.giveBack", Schema.Int, giveBackScript, keysOf(call), [call.id, call.tokens - used]).pipe(
        Effect.asVoid
      )
    )
  })
})

/** The rates that all servers and Jobs share. */
export const layer = Layer.effect(CallRates, make)
