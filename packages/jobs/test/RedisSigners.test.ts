import { RedisShards } from "@nominal-code/jobs/RedisShards"
import { redisSuite, shared } from "@nominal-code/testing/RedisServer"
import { queueAt } from "@nominal-code/testing/RedisStore"
import { Effect, Layer, Option } from "effect"
import { signersSuite } from "./signersSuite.ts"

redisSuite("signing keys in Redis", () => {
  const server = shared({ aof: false })
  const empty = Effect.tap(server, ({ command }) => command("flushall"))
  for (const shards of [1, 4]) {
    const named = Layer.succeed(RedisShards, Option.some(shards))
    signersSuite(
      `Redis with ${shards} shard(s)`,
      Effect.map(empty, (here) => Layer.provide(queueAt(here), named))
    )
  }
})
