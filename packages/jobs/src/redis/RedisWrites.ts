import { SigningKeys } from "@nominal-code/domain/job/JobSignature"
import { gathered } from "@nominal-code/persistence/Gathered"
import { Redis } from "@nominal-code/persistence/Redis"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Array, Duration, Effect, Exit, Result } from "effect"
import { QueueLimits } from "../JobQueue.ts"
import * as JobSigners from "../signature/JobSigners.ts"
import {
  type AppliedLane,
  applyTries,
  askedOf,
  assumedLane,
  emptyLane,
  type OptimisticWrite,
  type OutcomeHandler,
  unmade,
  type WriteOutcome,
  type WriteResult
} from "./RedisApply.ts"
import { batchesOf, independent } from "./RedisBatches.ts"
import * as RedisClock from "./RedisClock.ts"
import * as RedisCommitScript from "./RedisCommitScript.ts"
import type { RedisLaneCache } from "./RedisLaneCache.ts"
import * as RedisRead from "./RedisRead.ts"
import type { LoadedLane } from "./RedisSnapshot.ts"

/** Number of lanes that are read at once. */
const atOnce = 50

/** Tries on one lane. */
type LaneTries = readonly [lane: string, tries: Array.NonEmptyReadonlyArray<OptimisticWrite>]

/** Runs an effect for each of some, all at once. One alone takes no fiber of its own. */
const each = <A>(all: ReadonlyArray<A>, run: (one: A, index: number) => Effect.Effect<void>): Effect.Effect<void> => {
  const [only] = all
  return all.length === 1 && only !== undefined
    ? run(only, 0)
    : Effect.forEach(all, run, { concurrency: "unbounded", discard: true })
}

/** Makes the lane as it is assumed to be; undefined if it has to be read. */
const makeAssumed = Effect.fnUntraced(function*(cache: RedisLaneCache) {
  const retentionMillis = Duration.toMillis((yield* QueueLimits).retention)
  return (
    lane: string,
    tries: ReadonlyArray<OptimisticWrite>,
    now: number | undefined
  ): LoadedLane | undefined => {
    const known = cache.take(lane)
    if (now === undefined || tries.some(({ reads, sent }) => reads || sent !== undefined)) return undefined
    const times = { now, forgottenBefore: now - retentionMillis }
    if (known !== undefined) return assumedLane(known, lane, tries, times)
    // Work is mostly about a pull request of which nothing waits.
    return tries.every(({ intake }) => intake) ? assumedLane(emptyLane, lane, tries, times) : undefined
  }
})

/** Makes the function that reads a lane, and applies tries to it. */
const makeApplyRead = Effect.fnUntraced(function*(signer: string, { heard }: RedisClock.EstimatedTime) {
  const read = yield* RedisRead.make
  const confirm = RedisCommitScript.makeConfirm(yield* Redis)
  return Effect.fnUntraced(function*([lane, tries]: LaneTries, answer: OutcomeHandler) {
    const [first] = tries
    const { keys, operation } = first
    const found = yield* Effect.result(read({ operation, keys, lane, ...askedOf(tries) }))
    if (Result.isFailure(found)) {
      for (const one of tries) answer(one, Exit.fail(found.failure))
      return []
    }
    yield* heard(found.success.now)
    const outcomes: Array<readonly [OptimisticWrite, WriteOutcome]> = []
    const applied = applyTries(found.success, tries, signer, (one, outcome) => outcomes.push([one, outcome]))
    if (outcomes.length > 0) yield* confirm(first, outcomes, answer)
    return applied === undefined ? [] : [applied]
  })
})

/** Makes the function that makes tries on the lanes of one shard, by one of the scripts. */
const makeInShard = Effect.fnUntraced(function*(shards: number, cache: RedisLaneCache) {
  const signer = JobSigners.signerOf(yield* SigningKeys)
  const time = yield* RedisClock.makeTime
  const assumed = yield* makeAssumed(cache)
  const applyRead = yield* makeApplyRead(signer, time)
  const write = yield* RedisCommitScript.make(shards, cache, time)

  const writeAll = (lanes: ReadonlyArray<AppliedLane>, answer: OutcomeHandler) =>
    each(
      batchesOf(lanes),
      // The first one is on its way before the others are made.
      (some, index) => index === 0 ? write(some, answer) : Effect.andThen(Effect.yieldNow, write(some, answer))
    )

  return Effect.fnUntraced(function*(tries: ReadonlyArray<OptimisticWrite>, answer: OutcomeHandler) {
    const now = yield* time.now
    const applied: Array<AppliedLane> = []
    const unread: Array<LaneTries> = []
    for (const [lane, all] of Map.groupBy(tries, ({ lane }) => lane)) {
      const some = independent(all)
      if (!Array.isReadonlyArrayNonEmpty(some)) continue
      const loaded = assumed(lane, some, now)
      if (loaded === undefined) {
        unread.push([lane, some])
        continue
      }
      const made = applyTries(loaded, some, signer, answer)
      if (made !== undefined) applied.push(made)
    }
    const written = writeAll(applied, answer)
    if (unread.length === 0) return yield* written
    const found = Effect.forEach(unread, (one) => applyRead(one, answer), { concurrency: atOnce })
    // What is read keeps nobody else waiting.
    yield* Effect.all([written, Effect.flatMap(found, (lanes) => writeAll(lanes.flat(), answer))], {
      concurrency: 2,
      discard: true
    })
  })
})

/**
 * Makes the function that makes tries of steps. Those of the same moment share scripts: the tries on a lane are applied to
 * it one after another, and the lanes of a shard are written by one script, each for itself. A lane that this process has
 * written last is not read again, and one that work is accepted for is taken for empty: the script refuses the change if
 * anything of it is another.
 */
export const make = Effect.fnUntraced(function*(shards: number, cache: RedisLaneCache) {
  const makeIn = yield* makeInShard(shards, cache)

  /**
   * Makes tries that share scripts. Those that have to wait for others on their lane come after all of them. If one of
   * them has a bug, each is to be made alone.
   */
  const makeSome = Effect.fnUntraced(function*(tries: ReadonlyArray<OptimisticWrite>, answer: OutcomeHandler) {
    const open = new Set(tries)
    const exit = yield* Effect.exit(makeIn(tries, (one, outcome) => {
      if (open.delete(one)) answer(one, outcome)
    }))
    const left = Exit.isSuccess(exit)
      ? Exit.succeed(unmade("later"))
      : tries.length > 1
      ? Exit.succeed(unmade("failed"))
      : Exit.failCause(exit.cause)
    for (const one of open) answer(one, left)
  })

  /** Makes tries, each shard's by scripts of its own. */
  const makeAll = (tries: Iterable<OptimisticWrite>, answer: OutcomeHandler) => {
    const groups = Map.groupBy(tries, ({ keys }) => keys).values().flatMap((some) =>
      Map.groupBy(some, ({ intake }) => intake).values()
    )
    return each(groups.toArray(), (some) => makeSome(some, answer))
  }

  /** Makes a try, with those of the same moment. */
  const attempt = gathered<OptimisticWrite, WriteResult, StoreError>((calls) => {
    const waiting = new Map(calls.map((call) => [call.input, call]))
    return makeAll(waiting.keys(), (one, outcome) => waiting.get(one)?.complete(outcome))
  })

  /** Makes tries by scripts of their own. The outcomes are in the order of the tries. */
  const attemptAll = (all: ReadonlyArray<OptimisticWrite>): Effect.Effect<ReadonlyArray<WriteOutcome>> =>
    Effect.suspend(() => {
      const outcomes = new Map<OptimisticWrite, WriteOutcome>()
      return Effect.map(
        makeAll(all, (one, outcome) => outcomes.set(one, outcome)),
        () => all.map((one) => outcomes.get(one) ?? Exit.succeed(unmade("later")))
      )
    })

  /** Makes a try by scripts of its own. */
  const attemptAlone = (one: OptimisticWrite): Effect.Effect<WriteResult, StoreError> =>
    Effect.flatMap(attemptAll([one]), ([outcome = Exit.succeed(unmade("later"))]) => outcome)

  return { attempt, attemptAll, attemptAlone }
})
