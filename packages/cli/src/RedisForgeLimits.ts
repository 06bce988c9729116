import { ForgeLimits } from "@nominal-code/forge/ForgeLimits"
import { Redis } from "@nominal-code/persistence/Redis"
import { Duration, Effect, Layer, Schema } from "effect"

const keyOf = (account: string) => `{nc:forge-limit}:${account}`

const make = Effect.map(Redis, (redis) => ({
  left: (account: string) =>
    redis.send("ForgeLimits.left", Schema.Int, ["pttl", keyOf(account)]).pipe(
      Effect.map((millis) => Duration.millis(Math.max(0, millis))),
      Effect.catch(({ message }) => Effect.as(Effect.logDebug(`no shared limits: ${message}`), Duration.zero))
    ),
  heard: (account: string, lasts: Duration.Duration) => {
    const millis = Math.ceil(Duration.toMillis(lasts))
    return redis.send("ForgeLimits.heard", Schema.Unknown, ["set", keyOf(account), 1, "PX", millis, "NX"]).pipe(
      Effect.andThen(redis.send("ForgeLimits.heard", Schema.Int, ["pexpire", keyOf(account), millis, "GT"])),
      Effect.catch(({ message }) => Effect.logDebug(`no shared limits: ${message}`)),
      Effect.asVoid
    )
  }
}))

/** Rate limits of the forges in the Redis that servers and Jobs share. They end by its clock. */
export const layer = Layer.effect(ForgeLimits, make)
