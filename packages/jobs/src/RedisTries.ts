import { SigningKeys } from "@nominal-code/domain/JobSignature"
import { Redis } from "@nominal-code/persistence/Redis"
import * as RedisScript from "@nominal-code/persistence/RedisScript"
import { RedisTime } from "@nominal-code/persistence/RedisTime"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Array, Clock, Duration, Effect, Exit, Option, Request, RequestResolver, Result, Schema } from "effect"
import { randomBytes } from "node:crypto"
import { QueueLimits } from "./JobQueue.ts"
import * as JobSigners from "./JobSigners.ts"
import type { JobRow, JobTable } from "./JobTable.ts"
import * as RedisClock from "./RedisClock.ts"
import { type ChangedLane, type LaneChange, planOf } from "./RedisCommit.ts"
import type { ShardKeys } from "./RedisKeys.ts"
import type { RedisLaneCache } from "./RedisLaneCache.ts"
import * as RedisRead from "./RedisRead.ts"
import type { StoredRow } from "./RedisRow.ts"
import { givenBy, type LoadedLane, make as snapshotOf, type Snapshot } from "./RedisSnapshot.ts"

/** One try of a step on a lane. */
export interface Try {
  readonly operation: string
  readonly keys: ShardKeys
  readonly lane: string
  readonly ids: ReadonlyArray<string>
  readonly event: string | undefined
  readonly intake: boolean
  readonly quiet: boolean
  readonly trusted: boolean
  /** Idempotency key of the step, the same for each of its tries. */
  readonly call: string
  /** Job that an earlier try may have written, although its answer was lost. */
  readonly sent: string | undefined
  /** True if the lane is read in any case. */
  readonly reads: boolean
  /** True if it shares no script with others. */
  readonly alone: boolean
  /** Makes the change, and returns the jobs that it is about. */
  readonly apply: (table: JobTable, now: number) => ReadonlyArray<string>
}

/**
 * Result of a try. `overtaken`: the lane is another than it was assumed to be. `later`: another step on the lane comes
 * first. `failed`: one of those that shared the script has failed.
 */
export interface TryResult {
  readonly _tag: "made" | "overtaken" | "later" | "failed" | "untrusted"
  readonly now: number
  readonly row: (id: string) => JobRow | undefined
}

class TryRequest extends Request.Class<{ readonly one: Try }, TryResult, StoreError> {}

const Numbers = Schema.Array(Schema.Union([Schema.Int, Schema.FiniteFromString]))
const Committed = Schema.TupleWithRest(Schema.Tuple([Schema.FiniteFromString]), [Numbers])

/** Maximum number of lanes in one script: while it runs, Redis does nothing else. */
const together = 50

const lua = new URL("lua/", import.meta.url)

const unmade = (_tag: Exclude<TryResult["_tag"], "made">): TryResult => ({ _tag, now: 0, row: () => undefined })

const real = (row: JobRow, numbers: ReadonlyArray<number>): JobRow => {
  const of = (number: number) => numbers[givenBy(number) ?? -1] ?? number
  return { ...row, position: of(row.position), epoch: of(row.epoch) }
}

type Outcomes = Map<Try, Exit.Exit<TryResult, StoreError>>

/** Tries on one lane that were applied to it, and wait to be written. */
interface Applied {
  readonly change: LaneChange
  readonly tries: ReadonlyArray<Try>
}

/** The first tries that may be made together: each is about jobs and an event of its own. */
const independent = (tries: ReadonlyArray<Try>): ReadonlyArray<Try> => {
  const [first, ...others] = tries
  if (first === undefined || first.ids.length === 0) return tries.slice(0, 1)
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

/** True if a job has ended that has no place yet: its record would have none. */
const endsUnplaced = (snapshot: Snapshot): boolean =>
  [...snapshot.changed().values()].some(({ endedAt, position }) => endedAt !== null && givenBy(position) !== undefined)

const askedOf = (tries: ReadonlyArray<Try>) => ({
  ids: tries.flatMap(({ ids, sent }) => sent === undefined ? ids : [...ids, sent]),
  events: tries.flatMap(({ event }) => event === undefined ? [] : [event])
})

/** Builds on what this process wrote last. What it does not name is assumed to be unknown; the script checks that. */
const remember = (
  { jobs, list }: ChangedLane,
  lane: string,
  tries: ReadonlyArray<Try>,
  times: Pick<LoadedLane, "now" | "forgottenBefore">
): LoadedLane => {
  const { events, ids } = askedOf(tries)
  const all = new Map<string, StoredRow | undefined>(jobs)
  for (const id of ids) if (!all.has(id)) all.set(id, undefined)
  const jobOf = (event: string) =>
    [...jobs.values()].reduce(
      (last: JobRow | undefined, { row }) => row.event === event && row.position > (last?.position ?? 0) ? row : last,
      undefined
    )
  return {
    ...times,
    lane,
    list,
    events: new Map(events.map((event) => [event, { job: jobOf(event)?.id ?? "", endedAt: "", ended: "" }])),
    jobs: all,
    remembered: true
  }
}

/**
 * Makes the function that makes tries of steps. Those of the same moment share scripts: the tries on a lane are applied to
 * it one after another, and the lanes of a shard are written by one script, each for itself. A lane that this process has
 * written last is not read again: the script refuses the change if anything of it is another.
 */
export const make = Effect.fnUntraced(function*(shards: number, cache: RedisLaneCache) {
  const redis = yield* Redis
  const given = yield* RedisTime
  const signer = JobSigners.signerOf(yield* SigningKeys)
  const retentionMillis = Duration.toMillis((yield* QueueLimits).retention)
  const read = yield* RedisRead.make
  const [intake, progress] = yield* Effect.all([
    RedisScript.load(lua, ["intake", "ended", "numbers", "portions", "signers", "commit"]),
    RedisScript.load(lua, ["progress", "ended", "numbers", "portions", "signers", "commit"])
  ])
  // Versions of no other process, and of none that a Redis may have lost: what is the same version is the same job.
  const versions = 2 ** 31
  let version = randomBytes(4).readUInt32BE() % versions
  const nextVersion = () => String(version = (version + 0x9e3779b1) % versions + 1)
  const clock = RedisClock.make()

  const timeNow = Effect.gen(function*() {
    const time = yield* given
    if (Option.isSome(time)) return time.value
    return clock.at(yield* Clock.currentTimeMillis)
  })

  const heard = (now: number) => Effect.map(Clock.currentTimeMillis, (local) => clock.hear(now, local))

  const load = Effect.fnUntraced(function*(lane: string, tries: Array.NonEmptyReadonlyArray<Try>) {
    const [{ keys, operation }] = tries
    const known = cache.take(lane)
    const now = yield* timeNow
    if (known !== undefined && now !== undefined && !tries.some(({ reads, sent }) => reads || sent !== undefined)) {
      return remember(known, lane, tries, { now, forgottenBefore: now - retentionMillis })
    }
    const loaded = yield* read({ operation, keys, lane, ...askedOf(tries) })
    yield* heard(loaded.now)
    return loaded
  })

  /** Applies tries to a lane. Those that change nothing, or that were written before, have their outcome at once. */
  const apply = (loaded: LoadedLane, tries: ReadonlyArray<Try>, outcomes: Outcomes): Applied | undefined => {
    const snapshot = snapshotOf(loaded)
    const { now } = loaded
    const calls = new Map<string, string>()
    const applied: Array<Try> = []
    for (const one of tries) {
      if (one.sent !== undefined && loaded.jobs.get(one.sent)?.call === one.call) {
        // Another process may have one of its jobs by now.
        const row = (id: string) => {
          const found = loaded.jobs.get(id)
          return found?.call === one.call ? found.row : undefined
        }
        outcomes.set(one, Exit.succeed({ _tag: "made", now, row }))
        continue
      }
      for (const id of one.apply(snapshot.table, now)) calls.set(id, one.call)
      if (applied.length > 0 && endsUnplaced(snapshot)) return applyBefore(one, loaded, tries, outcomes)
      applied.push(one)
    }
    if (snapshot.changed().size > 0) {
      const quiet = applied.every((one) => one.quiet)
      const trusted = applied.some((one) => one.trusted)
      return { change: { loaded, snapshot, calls, quiet, signer: trusted ? signer : undefined }, tries: applied }
    }
    // What is only remembered answers nothing.
    const answer: TryResult = loaded.remembered
      ? unmade("overtaken")
      : { _tag: "made", now, row: (id) => loaded.jobs.get(id)?.row }
    for (const one of applied) outcomes.set(one, Exit.succeed(answer))
  }

  /** Applies the tries before one that has to wait until Redis has given them their numbers. */
  const applyBefore = (
    one: Try,
    loaded: LoadedLane,
    tries: ReadonlyArray<Try>,
    outcomes: Outcomes
  ): Applied | undefined => {
    const at = tries.indexOf(one)
    for (const later of tries.slice(at)) outcomes.set(later, Exit.succeed(unmade("later")))
    return apply(loaded, tries.slice(0, at), outcomes)
  }

  const answerOf = ({ change, tries }: Applied, numbers: ReadonlyArray<number>, changed: ChangedLane, now: number) => {
    const [done] = numbers
    const { loaded, snapshot } = change
    if (done !== 1) {
      return tries.map((one) => [one, unmade(done === 0 && one.trusted ? "untrusted" : "overtaken")] as const)
    }
    const jobs = new Map([...changed.jobs].map(([id, stored]) => [id, { ...stored, row: real(stored.row, numbers) }]))
    cache.put(loaded.lane, { list: changed.list, jobs })
    const row = (id: string) => {
      const found = snapshot.changed().get(id) ?? loaded.jobs.get(id)?.row
      return found === undefined ? undefined : real(found, numbers)
    }
    return tries.map((one) => [one, { _tag: "made", now, row }] as const)
  }

  /** Writes the lanes of a shard. */
  const write = Effect.fnUntraced(function*(all: Array.NonEmptyReadonlyArray<Applied>, outcomes: Outcomes) {
    const tries = all.flatMap(({ tries }) => tries)
    const [{ tries: [first], change: { loaded } }] = all
    if (first === undefined) return
    const { changed, keys, args } = planOf(all.map(({ change }) => change), {
      keys: first.keys,
      shards,
      retentionMillis,
      time: Option.getOrElse(yield* given, () => "" as const),
      nextVersion
    })
    const operation = tries.every((one) => one.operation === first.operation) ? first.operation : "JobQueue.change"
    const written = yield* Effect.result(redis.run(operation, Committed, first.intake ? intake : progress, keys, args))
    if (Result.isFailure(written)) {
      // A script that fails may fail for one of them only.
      const isOneOfThem = tries.length > 1 && written.failure.reason === "failed"
      for (const one of tries) {
        outcomes.set(one, isOneOfThem ? Exit.succeed(unmade("failed")) : Exit.fail(written.failure))
      }
      return
    }
    const [now, ...answers] = written.success
    yield* heard(now)
    for (const [index, applied] of all.entries()) {
      const after = changed[index] ?? { list: [], jobs: new Map() }
      for (const [one, answer] of answerOf(applied, answers[index] ?? [], after, loaded.now)) {
        outcomes.set(one, Exit.succeed(answer))
      }
    }
  })

  /** Makes tries on the lanes of one shard, by one of the scripts. */
  const makeIn = Effect.fnUntraced(function*(tries: ReadonlyArray<Try>, outcomes: Outcomes) {
    const lanes = [...Map.groupBy(tries, ({ lane }) => lane)]
    const applied = yield* Effect.forEach(
      lanes,
      Effect.fnUntraced(function*([lane, all]) {
        const some = independent(all)
        for (const one of all.slice(some.length)) outcomes.set(one, Exit.succeed(unmade("later")))
        if (!Array.isReadonlyArrayNonEmpty(some)) return []
        const exit = yield* Effect.exit(Effect.map(load(lane, some), (loaded) => apply(loaded, some, outcomes)))
        if (Exit.isSuccess(exit)) return exit.value === undefined ? [] : [exit.value]
        for (const one of some) {
          outcomes.set(
            one,
            some.length > 1 && Exit.hasDies(exit) ? Exit.succeed(unmade("failed")) : Exit.failCause(exit.cause)
          )
        }
        return []
      }),
      { concurrency: together }
    )
    yield* Effect.forEach(Array.chunksOf(applied.flat(), together), (some) => write(some, outcomes), {
      concurrency: 1,
      discard: true
    })
  })

  const makeAll = Effect.fnUntraced(function*(tries: ReadonlyArray<Try>) {
    const outcomes: Outcomes = new Map()
    const groups = [...Map.groupBy(tries, ({ keys }) => keys).values()].flatMap((some) => [
      ...Map.groupBy(some, ({ intake }) => intake).values()
    ])
    yield* Effect.forEach(groups, (some) => makeIn(some, outcomes), { concurrency: "unbounded", discard: true })
    return outcomes
  })

  const tries = RequestResolver.make<TryRequest>(Effect.fnUntraced(function*(entries) {
    const outcomes = yield* makeAll(entries.map(({ request }) => request.one))
    for (const entry of entries) entry.completeUnsafe(outcomes.get(entry.request.one) ?? Exit.succeed(unmade("later")))
  }))

  const attempt = (one: Try): Effect.Effect<TryResult, StoreError> =>
    one.alone
      ? Effect.flatMap(makeAll([one]), (outcomes) => outcomes.get(one) ?? Effect.succeed(unmade("later")))
      : Effect.request(new TryRequest({ one }), tries)

  return { attempt, nextVersion }
})
