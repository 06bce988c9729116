import { Redis } from "@nominal-code/persistence/Redis"
import * as RedisScript from "@nominal-code/persistence/RedisScript"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { type Array, Duration, Effect, Exit, Option, Result } from "effect"
import { randomBytes } from "node:crypto"
import { QueueLimits } from "../JobQueue.ts"
import { type AppliedLane, type OptimisticWrite, type OutcomeHandler, unmade, type WriteOutcome } from "./RedisApply.ts"
import type { EstimatedTime } from "./RedisClock.ts"
import { type CommitOptions, planOf } from "./RedisCommit.ts"
import { CommitAnswer, committedOf, outcomesOf, unplanned } from "./RedisCommitAnswer.ts"
import type { ShardKeys } from "./RedisKeys.ts"
import type { RedisLaneCache } from "./RedisLaneCache.ts"
import { sweepInterval } from "./RedisReadyLanes.ts"
import * as RedisTypes from "./RedisTypes.ts"

const lua = new URL("lua/", import.meta.url)

/** Makes the function that answers tries that were made, once the replicas have what was accepted. */
export const makeConfirm = (redis: Redis["Service"]) =>
  Effect.fnUntraced(function*(
    { intake, keys, operation }: OptimisticWrite,
    outcomes: ReadonlyArray<readonly [OptimisticWrite, WriteOutcome]>,
    answer: OutcomeHandler
  ) {
    const replicated = intake ? yield* Effect.exit(redis.replicated(operation, keys.tick)) : Exit.void
    for (const [one, outcome] of outcomes) {
      answer(one, Exit.isFailure(replicated) ? Exit.failCause(replicated.cause) : outcome)
    }
  })

/** Makes versions of no other process, and of none that a Redis may have lost: what is the same version is the same job. */
const makeVersions = (): CommitOptions["nextVersion"] => {
  const versions = 2 ** 31
  let version = randomBytes(4).readUInt32BE() % versions
  return () => String(version = (version + 0x9e3779b1) % versions + 1)
}

/** Makes the error of a script that has failed: that of a key of a wrong type, if there is one. */
const makeExplained = Effect.gen(function*() {
  const checkTypes = yield* RedisTypes.make
  return (error: StoreError, { keys, operation }: OptimisticWrite, days: ReadonlyArray<number>) =>
    Effect.match(checkTypes(operation, keys, days), { onFailure: (wrong) => wrong, onSuccess: () => error })
})

/** Makes the options of a shard's next plan. */
const makeOptions = Effect.fnUntraced(function*(shards: number, { given }: EstimatedTime) {
  const limits = yield* QueueLimits
  const constant = {
    shards,
    retentionMillis: Duration.toMillis(limits.retention),
    sweepMillis: Duration.toMillis(sweepInterval(limits.sweepEvery)),
    nextVersion: makeVersions()
  }
  return (known: Pick<CommitOptions, "keys" | "endedOn">): Effect.Effect<CommitOptions> =>
    Effect.map(given, (time) => ({ ...constant, ...known, time: Option.getOrElse(time, () => "" as const) }))
})

/** Makes the function that writes lanes of a shard by one script. */
export const make = Effect.fnUntraced(function*(shards: number, cache: RedisLaneCache, time: EstimatedTime) {
  const redis = yield* Redis
  const explained = yield* makeExplained
  const optionsOf = yield* makeOptions(shards, time)
  const confirm = makeConfirm(redis)
  const parts = ["types", "numbers", "portions", "signers", "commit"]
  const intake = yield* RedisScript.load(lua, ["intake", ...parts])
  const progress = yield* RedisScript.load(lua, ["progress", ...parts])
  /** Days of each shard on which jobs have ended, as Redis has told last: only their keys are searched. */
  const endedOn = new Map<ShardKeys, ReadonlySet<number>>()

  return Effect.fnUntraced(function*(lanes: Array.NonEmptyReadonlyArray<AppliedLane>, tell: OutcomeHandler) {
    const tries = lanes.flatMap(({ tries }) => tries)
    const [first] = tries
    if (first === undefined) return
    const { keys: shard } = first
    const options = yield* optionsOf({ keys: shard, endedOn: endedOn.get(shard) })
    const { args, changed, days, keys } = planOf(lanes.map(({ change }) => change), options)
    const operation = tries.every((one) => one.operation === first.operation) ? first.operation : "JobQueue.change"
    const written = yield* Effect.result(
      redis.run(operation, CommitAnswer, first.intake ? intake : progress, keys, args)
    )
    if (Result.isFailure(written)) {
      const hasFailed = written.failure.reason === "failed"
      const failure = hasFailed ? yield* explained(written.failure, first, days) : written.failure
      // A script that fails may fail for one of them only.
      const isOneOfThem = tries.length > 1 && hasFailed
      const outcome = isOneOfThem ? Exit.succeed(unmade("failed")) : Exit.fail(failure)
      for (const one of tries) tell(one, outcome)
      return
    }
    const answer = committedOf(written.success)
    yield* time.heard(answer.now)
    endedOn.set(shard, new Set(days.filter((_, index) => answer.days[index] === "1")))
    const outcomes = lanes.flatMap((lane, index) =>
      outcomesOf(lane, { changed: changed[index] ?? unplanned, numbers: answer.lanes[index] ?? [] }, cache)
    )
    yield* confirm(first, outcomes, tell)
  })
})

export type CommitScript = Effect.Success<ReturnType<typeof make>>
