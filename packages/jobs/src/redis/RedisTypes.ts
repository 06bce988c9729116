import { Redis } from "@nominal-code/persistence/Redis"
import * as RedisScript from "@nominal-code/persistence/RedisScript"
import { Effect, Schema } from "effect"
import { sharedKeys } from "./RedisKeyNames.ts"
import type { ShardKeys } from "./RedisKeys.ts"

const Ok = Schema.Literal("OK")

/**
 * Makes the check of the keys that the lanes of a shard share, with those of some days. It fails if another program has
 * written one of them, and names it.
 */
export const make = Effect.gen(function*() {
  const redis = yield* Redis
  const script = yield* RedisScript.load(new URL("lua/", import.meta.url), ["look", "types", "check"])
  return (operation: string, keys: ShardKeys, days: ReadonlyArray<number>) =>
    Effect.asVoid(redis.run(operation, Ok, script, sharedKeys(keys, days), []))
})
