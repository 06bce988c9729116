import * as MemoryJobResults from "@nominal-code/jobs/memory/MemoryJobResults"
import * as MemoryPayloadStore from "@nominal-code/jobs/memory/MemoryPayloadStore"
import * as RedisJobResults from "@nominal-code/jobs/redis/RedisJobResults"
import * as RedisPayloadStore from "@nominal-code/jobs/redis/RedisPayloadStore"
import { Layer, Option } from "effect"
import { configured, redis, signingKeys } from "./Configured.ts"

const shared = Layer.merge(RedisJobResults.layer, RedisPayloadStore.layer).pipe(Layer.provide([redis, signingKeys]))

const own = Layer.merge(MemoryJobResults.layer, MemoryPayloadStore.layer)

/**
 * Payload store and job results of a job in its own process: in Redis if it is configured, else in memory, where nobody
 * else reads them.
 */
export const layer = configured(({ redis }) => Option.isSome(redis) ? shared : own)
