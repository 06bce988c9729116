import { Option, Struct } from "effect"
import type { AppConfig, RedisSettings } from "./AppConfig.ts"
import type { Report } from "./Report.ts"
import { settings } from "./Settings.ts"
import { type Values, valuesOf } from "./Values.ts"

const { redis, storage } = settings

/** Resolves the shared Redis, if there is one. */
export const resolveRedis = (values: Values): Option.Option<RedisSettings> =>
  Option.map(values(redis.url), (url) => ({ ...Struct.omit(valuesOf(values)(redis), ["keyTtl"]), url }))

/**
 * Resolves the storage of the queue and the conversations: Redis if one is configured, because other processes then use
 * it.
 */
export const resolveStorage = (values: Values, report: Report): AppConfig["Service"]["storage"] => {
  const backend = values(storage.backend)
  if (Option.isNone(values(redis.url))) return backend
  if (backend === "memory") {
    report.warn(storage.backend, "redis.url (REDIS_URL) is set, so the queue and the conversations are kept in Redis")
  }
  return "redis"
}
