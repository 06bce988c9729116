import { AppConfig } from "@nominal-code/config/AppConfig"
import { QueueLimits } from "@nominal-code/jobs/JobQueue"
import * as MemoryQueue from "@nominal-code/jobs/MemoryQueue"
import * as RedisQueue from "@nominal-code/jobs/RedisQueue"
import { RedisShards } from "@nominal-code/jobs/RedisShards"
import * as SqliteQueue from "@nominal-code/jobs/SqliteQueue"
import { Effect, Layer, Option } from "effect"
import { conversationsIn, redis, sqlite } from "./Configured.ts"

const queueIn = {
  memory: MemoryQueue.layer,
  sqlite: SqliteQueue.layer.pipe(Layer.provide(sqlite)),
  redis: RedisQueue.layer.pipe(
    Layer.provide(redis),
    Layer.provide(
      Layer.effect(RedisShards, Effect.map(AppConfig, ({ redis }) => Option.flatMap(redis, ({ shards }) => shards)))
    )
  )
}

/** The configured store of conversations. */
export const conversations = Layer.unwrap(Effect.map(AppConfig, ({ storage }) => conversationsIn[storage]))

const limits = Layer.effect(
  QueueLimits,
  Effect.map(AppConfig, ({ onPush }) => ({ ...QueueLimits.defaultValue(), onPush }))
)

/** The configured job queue, with its records. */
export const queue = Layer.unwrap(Effect.map(AppConfig, ({ storage }) => queueIn[storage])).pipe(Layer.provide(limits))

/** The conversations and the queue. */
export const layer = Layer.merge(queue, conversations)
