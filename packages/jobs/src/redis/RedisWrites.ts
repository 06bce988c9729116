import { SigningKeys } from "@nominal-code/domain/job/JobSignature"
import { gathered } from "@nominal-code/persistence/Gathered"
import { Redis } from "@nominal-code/persistence/Redis"
import * as RedisScript from "@nominal-code/persistence/RedisScript"
import { RedisTime } from "@nominal-code/persistence/RedisTime"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Array, Clock, Duration, Effect, Exit, Option, Result, Schema } from "effect"
import { randomBytes } from "node:crypto"
import { QueueLimits } from "../JobQueue.ts"
import * as JobSigners from "../signature/JobSigners.ts"
import type { JobRow } from "../table/JobTable.ts"
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
import * as RedisClock from "./RedisClock.ts"
import { type PlannedLane, planOf } from "./RedisCommit.ts"
import type { ShardKeys } from "./RedisKeys.ts"
import type { RedisLaneCache } from "./RedisLaneCache.ts"
import * as RedisRead from "./RedisRead.ts"
import { sweepInterval } from "./RedisReadyLanes.ts"
import type { StoredRow } from "./RedisRow.ts"
import { givenBy, type LoadedLane } from "./RedisSnapshot.ts"
import * as RedisTypes from "./RedisTypes.ts"

/** Answer of `commit.lua`. */
interface CommitAnswer {
  readonly now: number
  /** A digit for each day: 1 if something that is kept has ended on it, else 0. */
  readonly days: string
  /** The result for each lane: 1 and the numbers that it was given, or why it was not changed. */
  readonly lanes: ReadonlyArray<ReadonlyArray<number>>
}

const answered = /^\d+ [01]*(?:\n[\d -]*)*$/

const CommitAnswer = Schema.String.check(Schema.isPattern(answered))

const committedOf = (answer: string): CommitAnswer => {
  const [head = "", ...lines] = answer.split("\n")
  const [now, days = ""] = head.split(" ")
  return { now: Number(now), days, lanes: lines.map((line) => line === "" ? [] : line.split(" ").map(Number)) }
}

/** Number of lanes that are read at once. */
const atOnce = 50

/**
 * Maximum number of lanes in one script, and of characters of their requests. While it runs, Redis does nothing else; and
 * while Redis works on one, this process makes the next.
 */
const together = 25
const togetherLength = 1024 * 1024

/** Time in milliseconds for which the types of the keys that lanes share are taken for right. */
const typesLast = 100

const lua = new URL("lua/", import.meta.url)

const unplanned: PlannedLane = { version: "", list: [], jobs: [] }

const real = (row: JobRow, numbers: ReadonlyArray<number>): JobRow => {
  const position = givenBy(row.position)
  const epoch = givenBy(row.epoch)
  return position === undefined && epoch === undefined ? row : {
    ...row,
    position: position === undefined ? row.position : numbers[position] ?? row.position,
    epoch: epoch === undefined ? row.epoch : numbers[epoch] ?? row.epoch
  }
}

/** The first tries that may be made together: each is about jobs and an event of its own. */
const independent = (tries: ReadonlyArray<OptimisticWrite>): ReadonlyArray<OptimisticWrite> => {
  const [first, ...others] = tries
  if (first === undefined || first.ids.length === 0 || others.length === 0) return tries.slice(0, 1)
  const found = [first]
  const seen = new Set([...first.ids, first.event])
  for (const one of others) {
    const own = [...one.ids, ...(one.event === undefined ? [] : [one.event])]
    if (one.ids.length === 0 || own.some((name) => seen.has(name))) break
    own.forEach((name) => seen.add(name))
    found.push(one)
  }
  return found
}

const lengthOf = ({ change: { snapshot } }: AppliedLane): number => {
  let length = 0
  for (const id of snapshot.changed().keys()) length += snapshot.payload(id).length
  return length
}

/** Splits lanes into those that one script writes. */
const batchesOf = (lanes: ReadonlyArray<AppliedLane>): ReadonlyArray<Array.NonEmptyReadonlyArray<AppliedLane>> => {
  const batches: Array<Array.NonEmptyArray<AppliedLane>> = []
  let length = 0
  for (const lane of lanes) {
    const own = lengthOf(lane)
    const last = batches.at(-1)
    length += own
    if (last !== undefined && last.length < together && length <= togetherLength) {
      last.push(lane)
    } else {
      batches.push([lane])
      length = own
    }
  }
  return batches
}

/** Runs an effect for each of some, all at once. One alone takes no fiber of its own. */
const each = <A>(all: ReadonlyArray<A>, run: (one: A, index: number) => Effect.Effect<void>): Effect.Effect<void> => {
  const [only] = all
  return all.length === 1 && only !== undefined
    ? run(only, 0)
    : Effect.forEach(all, run, { concurrency: "unbounded", discard: true })
}

/** Outcomes of the tries on a lane that Redis was asked to write. */
const outcomesOf = (
  { change: { loaded, snapshot }, tries }: AppliedLane,
  { changed, numbers }: { readonly changed: PlannedLane; readonly numbers: ReadonlyArray<number> },
  cache: RedisLaneCache
): ReadonlyArray<readonly [OptimisticWrite, WriteOutcome]> => {
  const [done] = numbers
  if (done !== 1) {
    return tries.map((one) => [
      one,
      Exit.succeed(unmade(done === -1 ? "failed" : done === 0 && one.trusted ? "untrusted" : "overtaken"))
    ])
  }
  const jobs = new Map<string, StoredRow>()
  for (const stored of changed.jobs) {
    const row = real(stored.row, numbers)
    jobs.set(row.id, row === stored.row ? stored : { ...stored, row })
  }
  cache.put(loaded.lane, { version: changed.version, list: changed.list, jobs })
  const row = (id: string) => {
    const known = jobs.get(id)?.row
    if (known !== undefined) return known
    const found = snapshot.changed().get(id) ?? loaded.jobs.get(id)?.row
    return found === undefined ? undefined : real(found, numbers)
  }
  const made: WriteOutcome = Exit.succeed({ _tag: "made", now: loaded.now, row })
  return tries.map((one) => [one, made])
}

/**
 * Makes the function that makes tries of steps. Those of the same moment share scripts: the tries on a lane are applied to
 * it one after another, and the lanes of a shard are written by one script, each for itself. A lane that this process has
 * written last is not read again, and one that work is accepted for is taken for empty: the script refuses the change if
 * anything of it is another.
 */
export const make = Effect.fnUntraced(function*(shards: number, cache: RedisLaneCache) {
  const redis = yield* Redis
  const given = yield* RedisTime
  const signer = JobSigners.signerOf(yield* SigningKeys)
  const limits = yield* QueueLimits
  const retentionMillis = Duration.toMillis(limits.retention)
  const sweepMillis = Duration.toMillis(sweepInterval(limits.sweepEvery))
  const read = yield* RedisRead.make
  const checkTypes = yield* RedisTypes.make
  const [intake, progress] = yield* Effect.all([
    RedisScript.load(lua, ["intake", "types", "numbers", "portions", "signers", "commit"]),
    RedisScript.load(lua, ["progress", "types", "numbers", "portions", "signers", "commit"])
  ])
  // Versions of no other process, and of none that a Redis may have lost: what is the same version is the same job.
  const versions = 2 ** 31
  let version = randomBytes(4).readUInt32BE() % versions
  const nextVersion = () => String(version = (version + 0x9e3779b1) % versions + 1)
  const clock = RedisClock.make()
  /** Days of each shard on which jobs have ended, as Redis has told last: only their keys are searched. */
  const endedOn = new Map<ShardKeys, ReadonlySet<number>>()

  /** Instants at which the types of each shard's keys were looked at last, by this process' clock. */
  const typesKnown = new Map<ShardKeys, number>()

  const timeNow = Effect.gen(function*() {
    const time = yield* given
    if (Option.isSome(time)) return time.value
    return clock.at(yield* Clock.currentTimeMillis)
  })

  const heard = (now: number) => Effect.map(Clock.currentTimeMillis, (local) => clock.hear(now, local))

  /** The lane as it is assumed to be; undefined if it has to be read. */
  const assumed = (
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

  /** Answers tries that were made, once the replicas have what was accepted. */
  const confirm = Effect.fnUntraced(function*(
    { intake, keys, operation }: OptimisticWrite,
    outcomes: ReadonlyArray<readonly [OptimisticWrite, WriteOutcome]>,
    answer: OutcomeHandler
  ) {
    const replicated = intake ? yield* Effect.exit(redis.replicated(operation, keys.tick)) : Exit.void
    for (const [one, outcome] of outcomes) {
      answer(one, Exit.isFailure(replicated) ? Exit.failCause(replicated.cause) : outcome)
    }
  })

  /** Reads a lane, and applies tries to it. */
  const applyRead = Effect.fnUntraced(
    function*([lane, tries]: readonly [string, Array.NonEmptyReadonlyArray<OptimisticWrite>], answer: OutcomeHandler) {
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
    }
  )

  /** The error of a script that has failed: that of a key of a wrong type, if there is one. */
  const explained = (error: StoreError, { keys, operation }: OptimisticWrite, days: ReadonlyArray<number>) =>
    Effect.match(checkTypes(operation, keys, days), { onFailure: (wrong) => wrong, onSuccess: () => error })

  /** Writes lanes of a shard by one script. */
  const write = Effect.fnUntraced(function*(lanes: Array.NonEmptyReadonlyArray<AppliedLane>, tell: OutcomeHandler) {
    const tries = lanes.flatMap(({ tries }) => tries)
    const [first] = tries
    if (first === undefined) return
    const local = yield* Clock.currentTimeMillis
    const checks = Math.abs(local - (typesKnown.get(first.keys) ?? -Infinity)) >= typesLast
    const { args, changed, days, keys } = planOf(lanes.map(({ change }) => change), {
      keys: first.keys,
      shards,
      retentionMillis,
      sweepMillis,
      time: Option.getOrElse(yield* given, () => "" as const),
      endedOn: endedOn.get(first.keys),
      checks,
      nextVersion
    })
    const operation = tries.every((one) => one.operation === first.operation) ? first.operation : "JobQueue.change"
    const written = yield* Effect.result(
      redis.run(operation, CommitAnswer, first.intake ? intake : progress, keys, args)
    )
    if (Result.isFailure(written)) {
      typesKnown.delete(first.keys)
      const hasFailed = written.failure.reason === "failed"
      const failure = hasFailed && !checks ? yield* explained(written.failure, first, days) : written.failure
      // A script that fails may fail for one of them only.
      const isOneOfThem = tries.length > 1 && hasFailed
      const outcome = isOneOfThem ? Exit.succeed(unmade("failed")) : Exit.fail(failure)
      for (const one of tries) tell(one, outcome)
      return
    }
    if (checks) typesKnown.set(first.keys, local)
    const answer = committedOf(written.success)
    yield* heard(answer.now)
    endedOn.set(first.keys, new Set(days.filter((_, index) => answer.days[index] === "1")))
    const outcomes = lanes.flatMap((lane, index) =>
      outcomesOf(lane, { changed: changed[index] ?? unplanned, numbers: answer.lanes[index] ?? [] }, cache)
    )
    yield* confirm(first, outcomes, tell)
  })

  const writeAll = (lanes: ReadonlyArray<AppliedLane>, answer: OutcomeHandler) =>
    each(
      batchesOf(lanes),
      // The first one is on its way before the others are made.
      (some, index) => index === 0 ? write(some, answer) : Effect.andThen(Effect.yieldNow, write(some, answer))
    )

  /** Makes tries on the lanes of one shard, by one of the scripts. */
  const makeIn = Effect.fnUntraced(function*(tries: ReadonlyArray<OptimisticWrite>, answer: OutcomeHandler) {
    const now = yield* timeNow
    const applied: Array<AppliedLane> = []
    const unread: Array<readonly [string, Array.NonEmptyReadonlyArray<OptimisticWrite>]> = []
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

  return { attempt, attemptAll, attemptAlone, nextVersion }
})
