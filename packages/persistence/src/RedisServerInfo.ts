import { Effect, Schema } from "effect"
import type { Redis as Single } from "ioredis"
import { StoreError } from "./StoreError.ts"

const Info = Schema.Struct({
  redis_version: Schema.optionalKey(Schema.String),
  cluster_enabled: Schema.optionalKey(Schema.String),
  aof_enabled: Schema.optionalKey(Schema.String),
  maxmemory_policy: Schema.optionalKey(Schema.String)
})

/** Fields of a server's `INFO`. */
export type RedisServerInfo = typeof Info.Type

const infoOf = (text: string): RedisServerInfo =>
  Schema.decodeUnknownSync(Info)(Object.fromEntries(
    text.split("\r\n").map((line) => line.split(":", 2)).filter(([, value]) => value !== undefined)
  ))

/** Reads a server's `INFO`; empty if its user may not. */
export const ask = (client: Single): Effect.Effect<RedisServerInfo> =>
  Effect.tryPromise(() => client.info()).pipe(
    Effect.map(infoOf),
    Effect.orElseSucceed((): RedisServerInfo => ({}))
  )

const oldest = 7

/** Refuses a server that cannot run the queue's scripts or would evict accepted jobs, and warns of one that may. */
export const check = Effect.fnUntraced(function*(info: RedisServerInfo, address: string) {
  const { aof_enabled, maxmemory_policy = "noeviction", redis_version } = info
  const refuse = (message: string) =>
    new StoreError({ operation: "Redis.connect", message: `${address}: ${message}`, reason: "failed" })
  if (redis_version !== undefined && Number.parseInt(redis_version, 10) < oldest) {
    return yield* refuse(`Redis ${redis_version} is too old, ${oldest} is the oldest that will do`)
  }
  if (maxmemory_policy !== "noeviction") {
    return yield* refuse(
      `it throws keys away when its memory is full (maxmemory-policy ${maxmemory_policy}), and accepted jobs with ` +
        "them: set maxmemory-policy noeviction"
    )
  }
  if (aof_enabled === "0") {
    yield* Effect.logWarning(
      `${address} does not write its data to disk (AOF is off): if it restarts, accepted jobs are LOST. ` +
        "Set appendonly yes"
    )
  }
})
