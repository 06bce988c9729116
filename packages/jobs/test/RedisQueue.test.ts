import { describe } from "@effect/vitest"
import { hasRedis, named, shared } from "../../persistence/test/RedisServer.ts"
import { queueSuite } from "./queueSuite.ts"
import { freshQueue } from "./RedisStore.ts"

describe.skipIf(!hasRedis)(named("the queue in Redis"), () => {
  const server = shared({ aof: false })
  queueSuite("Redis", freshQueue(server))
})
