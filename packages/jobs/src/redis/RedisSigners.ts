import { SigningKeys } from "@nominal-code/domain/job/JobSignature"
import { Redis } from "@nominal-code/persistence/Redis"
import * as RedisScript from "@nominal-code/persistence/RedisScript"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Effect, Schedule, Schema } from "effect"
import { QueueLimits } from "../JobQueue.ts"
import * as JobSigners from "../signature/JobSigners.ts"
import type { JobTable } from "../table/JobTable.ts"
import type { ShardKeys } from "./RedisKeys.ts"
import type { Lanes } from "./RedisLane.ts"

const atOnce = 50

const Ids = Schema.Array(Schema.String)
const Stored = Schema.NullOr(Schema.String)
const Claimed = Schema.TupleWithRest(Schema.Tuple([Schema.Int]), [Schema.Union([Schema.Int, Schema.String])])

export type RedisSigners = Effect.Success<ReturnType<typeof make>>

/** Makes the operations on the signers of a queue's jobs. Each shard has its own record of them. */
export const make = Effect.fnUntraced(function*(
  all: ReadonlyArray<ShardKeys>,
  { keysOf, step }: Lanes
) {
  const redis = yield* Redis
  const keys = yield* SigningKeys
  const script = yield* RedisScript.load(new URL("lua/", import.meta.url), ["progress", "types", "claim"])
  const own = JobSigners.signersOf(keys)

  const stored = (operation: string, { signers }: ShardKeys) =>
    Effect.map(redis.send(operation, Stored, ["hget", signers, "keys"]), (stored) => stored ?? "")

  // The records as they were read last, since this process has written them.
  const known = new Map<ShardKeys, string>()

  /** Reads the record of a shard. One that Redis has lost is put back, or servers without a key would store jobs again. */
  const read = Effect.fnUntraced(function*(operation: string, shard: ShardKeys) {
    const signers = yield* stored(operation, shard)
    const before = known.get(shard)
    if (before === undefined) return signers
    if (signers !== "") known.set(shard, signers)
    else if ((yield* redis.send(operation, Schema.Int, ["hsetnx", shard.signers, "keys", before])) === 1) {
      yield* Effect.logError(
        `Redis has lost ${shard.signers}, which says that its jobs are signed, and got it back. Jobs that a server ` +
          "without jobs.signing_key (JOBS_SIGNING_KEY) has stored meanwhile are refused, and their events are searched for"
      )
    }
    return signers === "" ? before : signers
  })

  const readAll = (operation: string) =>
    Effect.forEach(all, (shard) => read(operation, shard), { concurrency: all.length })

  /** Signers of the jobs of a lane. */
  const of = (operation: string, lane: string) => read(operation, keysOf(lane))

  /** Fails if this process signs nothing, or with a key that the other servers do not count. */
  const check = Effect.fnUntraced(function*(operation: string, shard: ShardKeys) {
    if (!JobSigners.isSignerAccepted(yield* read(operation, shard), keys)) {
      return yield* JobSigners.missingKeyError(operation, keys)
    }
  })

  /** True if what this process offers is stored, in any shard. */
  const isSignerAccepted = (operation: string) =>
    Effect.map(readAll(operation), (stored) => stored.every((signers) => JobSigners.isSignerAccepted(signers, keys)))

  /** True if the jobs of any shard are signed. */
  const isSigned = (operation: string) =>
    Effect.map(readAll(operation), (stored) => stored.some((signers) => signers !== ""))

  /** Puts back what Redis has lost. While it is away, others say so. */
  const restore = Effect.suspend(() =>
    known.size === 0 ? Effect.void : Effect.ignore(readAll("JobQueue.restoreSigners"))
  )
  yield* Effect.forkScoped(Effect.repeat(restore, Schedule.spaced((yield* QueueLimits).sweepEvery)))

  const operation = "QueueAdmin.claimKeys"

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

  /** Fails if jobs of a shard that wait or run are signed with a key that this process does not have. */
  const refuseRemovedKeys = Effect.fnUntraced(function*(shard: ShardKeys) {
    const ids = yield* Effect.forEach(
      [shard.waiting, shard.running],
      (key) => redis.send(operation, Ids, ["zrange", key, 0, -1])
    )
    const foreign = yield* count(shard, [...new Set(ids.flat())], (table, id) => JobSigners.isForeign(table, id, keys))
    if (foreign > 0) return yield* JobSigners.removedKeyError(operation, foreign)
  })

  const claimIn = Effect.fnUntraced(function*(shard: ShardKeys): Effect.fn.Return<number, StoreError> {
    const signers = yield* read(operation, shard)
    if (!JobSigners.hasSigner(signers, keys)) return yield* JobSigners.missingKeyError(operation, keys)
    if (own === "") return 0
    if (JobSigners.lacksSigner(signers, keys)) yield* refuseRemovedKeys(shard)
    const [isClaimed, adopts, ...ids] = yield* redis.run(
      operation,
      Claimed,
      script,
      [shard.signers, shard.waiting, shard.running],
      [signers, own]
    )
    if (isClaimed === 0) return yield* claimIn(shard)
    known.set(shard, own)
    const signed = yield* count(shard, ids.map(String), (table, id) => JobSigners.claim(table, id, keys, adopts === 1))
    if (adopts === 1) yield* redis.send(operation, Schema.Int, ["hdel", shard.signers, "adopts"])
    return signed
  })

  return {
    of,
    check,
    isSignerAccepted,
    isSigned,
    restore,
    claim: Effect.map(Effect.forEach(all, claimIn, { concurrency: 1 }), (signed) => signed.reduce((a, b) => a + b, 0))
  }
})
