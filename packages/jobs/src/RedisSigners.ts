import { SigningKeys } from "@nominal-code/domain/JobSignature"
import { Redis } from "@nominal-code/persistence/Redis"
import * as RedisScript from "@nominal-code/persistence/RedisScript"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Effect, Schema } from "effect"
import * as JobSigners from "./JobSigners.ts"
import type { JobTable } from "./JobTable.ts"
import type { ShardKeys } from "./RedisKeys.ts"
import type { Lanes } from "./RedisLane.ts"

const atOnce = 50

const Ids = Schema.Array(Schema.String)
const Stored = Schema.NullOr(Schema.String)
const Claimed = Schema.TupleWithRest(Schema.Tuple([Schema.Int]), [Schema.Union([Schema.Int, Schema.String])])

/** Makes the operations on the signers of a queue's jobs. Each shard has its own record of them. */
export const make = Effect.fnUntraced(function*(
  all: ReadonlyArray<ShardKeys>,
  { keysOf, step }: Lanes
) {
  const redis = yield* Redis
  const keys = yield* SigningKeys
  const script = yield* RedisScript.load(new URL("lua/", import.meta.url), ["progress", "claim"])
  const own = JobSigners.signersOf(keys)

  const read = (operation: string, { signers }: ShardKeys) =>
    Effect.map(redis.send(operation, Stored, ["hget", signers, "keys"]), (stored) => stored ?? "")

  /** Signers of the jobs of a lane. */
  const of = (operation: string, lane: string) => read(operation, keysOf(lane))

  /** Fails if this process signs nothing, or with a key that the other servers do not count. */
  const check = Effect.fnUntraced(function*(operation: string, shard: ShardKeys) {
    if (!JobSigners.isTrusted(yield* read(operation, shard), keys)) return yield* JobSigners.untrusted(operation, keys)
  })

  /** True if what this process offers is stored, in any shard. */
  const isTrusted = (operation: string) =>
    Effect.map(
      Effect.forEach(all, (shard) => read(operation, shard), { concurrency: all.length }),
      (stored) => stored.every((signers) => JobSigners.isTrusted(signers, keys))
    )

  const operation = "JobQueue.claimKeys"

  /** Counts the jobs for which a step on their tables is true. */
  const count = Effect.fnUntraced(function*(
    shard: ShardKeys,
    ids: ReadonlyArray<string>,
    body: (table: JobTable, id: string) => boolean
  ) {
    const one = Effect.fnUntraced(function*(id: string) {
      const lane = yield* redis.send(operation, Stored, ["hget", shard.job(id), "lane"])
      if (lane === null) return false
      return (yield* step({ operation, lane, ids: [id] }, (table) => body(table, id))).value
    })
    const done = yield* Effect.forEach(ids, one, { concurrency: atOnce })
    return done.filter((one) => one).length
  })

  const leaves = Effect.fnUntraced(function*(shard: ShardKeys) {
    const ids = yield* Effect.forEach(
      [shard.waiting, shard.running],
      (key) => redis.send(operation, Ids, ["zrange", key, 0, -1])
    )
    const foreign = yield* count(shard, [...new Set(ids.flat())], (table, id) => JobSigners.isForeign(table, id, keys))
    if (foreign > 0) return yield* JobSigners.leftBehind(operation, foreign)
  })

  const claimIn = Effect.fnUntraced(function*(shard: ShardKeys): Effect.fn.Return<number, StoreError> {
    const signers = yield* read(operation, shard)
    if (!JobSigners.trusts(signers, keys)) return yield* JobSigners.untrusted(operation, keys)
    if (own === "") return 0
    if (JobSigners.drops(signers, keys)) yield* leaves(shard)
    const [isClaimed, adopts, ...ids] = yield* redis.run(
      operation,
      Claimed,
      script,
      [shard.signers, shard.waiting, shard.running],
      [signers, own]
    )
    if (isClaimed === 0) return yield* claimIn(shard)
    const signed = yield* count(shard, ids.map(String), (table, id) => JobSigners.claim(table, id, keys, adopts === 1))
    if (adopts === 1) yield* redis.send(operation, Schema.Int, ["hdel", shard.signers, "adopts"])
    return signed
  })

  return {
    of,
    check,
    isTrusted,
    claim: Effect.map(Effect.forEach(all, claimIn, { concurrency: 1 }), (signed) => signed.reduce((a, b) => a + b, 0))
  }
})
