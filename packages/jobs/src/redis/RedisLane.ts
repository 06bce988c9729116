import { backoff, retryAfter, within } from "@nominal-code/domain/job/Backoff"
import { SigningKeys } from "@nominal-code/domain/job/JobSignature"
import type { Redis } from "@nominal-code/persistence/Redis"
import { RedisTime } from "@nominal-code/persistence/RedisTime"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import * as Turns from "@nominal-code/persistence/Turns"
import { Array, Clock, Effect, Exit, Option, Result, Schema } from "effect"
import { randomBytes } from "node:crypto"
import * as JobSigners from "../signature/JobSigners.ts"
import type { JobRow, JobTable } from "../table/JobTable.ts"
import type { OptimisticWrite, WriteOutcome, WriteResult } from "./RedisApply.ts"
import { type ShardKeys, shardKeys, shardOf } from "./RedisKeys.ts"
import * as RedisLaneCache from "./RedisLaneCache.ts"
import * as RedisRead from "./RedisRead.ts"
import * as RedisWrites from "./RedisWrites.ts"

const Time = Schema.Tuple([Schema.FiniteFromString, Schema.FiniteFromString])

/** The time of the store's clock, in milliseconds. */
export const storeTime = Effect.fnUntraced(function*(redis: Redis["Service"]) {
  const given = yield* yield* RedisTime
  if (Option.isSome(given)) return given.value
  const [seconds, micros] = yield* redis.send("JobQueue.time", Time, ["time"])
  return seconds * 1_000 + Math.floor(micros / 1_000)
})

/** Time in milliseconds in which a step is tried again: a delivery has to be answered before its forge gives up. */
const deliveryPatience = 2_500

/**
 * Retries of a step while Redis is away for a moment, or if its answer was lost. All tries carry the same idempotency
 * key, so the step is done once. The end of a job may take longer than a delivery.
 */
const patience = (millis: number) => within(backoff("50 millis", "1 second"), millis)
export const short = patience(deliveryPatience)
const long = patience(10_000)

/** Scope of a step. */
export interface StepScope<A> {
  readonly operation: string
  readonly lane: string
  /** Further jobs to load, beside those of the lane. */
  readonly ids?: ReadonlyArray<string>
  /** Event whose job is loaded. */
  readonly event?: string
  /** Jobs that store the step's idempotency key. Where its answer was lost, the first one shows that it was made. */
  readonly about?: (value: A) => ReadonlyArray<string>
  /** True for a step that takes more memory, which a full Redis refuses. */
  readonly intake?: boolean
  /** True for a step that only extends a lease. */
  readonly quiet?: boolean
  readonly patient?: boolean
  /** True for a step that only a process takes whose signatures count. */
  readonly trusted?: boolean
}

/** A step: its scope, and what it does with its lane. */
export interface Step<A> {
  readonly scope: StepScope<A>
  readonly body: (table: JobTable, now: number) => A
}

/** Result of a step, and the jobs after it. */
export interface StepResult<A> {
  readonly value: A
  readonly now: number
  readonly row: (id: string) => JobRow | undefined
}

/** The lanes of a Redis: the keys of each, and steps on it. */
export interface Lanes {
  readonly keysOf: (lane: string) => ShardKeys
  readonly step: <A>(
    scope: StepScope<A>,
    body: (table: JobTable, now: number) => A
  ) => Effect.Effect<StepResult<A>, StoreError>
  /** The same as one step, however often the effect is run: after a failure, its next run learns what became of it. */
  readonly begin: Lanes["step"]
  /** Makes steps together. The results are in the order of the steps. */
  readonly stepAll: <A>(
    steps: ReadonlyArray<Step<A>>
  ) => Effect.Effect<ReadonlyArray<Result.Result<StepResult<A>, StoreError>>>
}

/** Maximum number of retries of a step because another process was faster. */
const maxRaces = 100

/**
 * Optimistic transactions on the lanes of a Redis. A step knows its lane, decides by the rules that hold for every store,
 * and writes what they changed in one script, if nothing else has changed it meanwhile; else it begins again. So every key
 * that a script touches is named before, as a cluster needs it that moves a slot.
 */
export const make = Effect.fnUntraced(function*(all: ReadonlyArray<ShardKeys>) {
  const shards = all.length
  const signingKeys = yield* SigningKeys
  const cache = RedisLaneCache.make()
  const { attempt, attemptAll, attemptAlone } = yield* RedisWrites.make(shards, cache)
  const first = shardKeys(0)
  const keysOf = (lane: string): ShardKeys => all[shardOf(lane, shards)] ?? first
  const turns = Turns.make(deliveryPatience)
  const self = randomBytes(3).toString("base64url")
  let steps = 0

  /** Tries again after tries that made nothing, until one is made. */
  const goOn = Effect.fnUntraced(function*(
    first: WriteResult,
    tried: (reads: boolean) => OptimisticWrite
  ): Effect.fn.Return<WriteResult, StoreError> {
    let result = first
    let [reads, isAlone] = [false, false]
    for (let races = 0; races < maxRaces;) {
      const { _tag } = result
      const { operation } = tried(reads)
      if (_tag === "made") return result
      if (_tag === "untrusted") return yield* JobSigners.missingKeyError(operation, signingKeys)
      if (_tag !== "later") {
        races += 1
        reads = true
        isAlone = _tag === "failed"
      }
      // So that all of a moment begin again together, in their order.
      yield* Effect.yieldNow
      result = yield* (isAlone ? attemptAlone : attempt)(tried(reads))
    }
    return yield* RedisRead.overtaken(tried(reads).operation)
  })

  /** Begins a step: the try to make, and what follows from its result. */
  const begun = <A>({
    body,
    scope: { about, event, ids = [], intake = false, lane, operation, patient, quiet = false, trusted = false }
  }: Step<A>) => {
    // Its number in decimal digits, which take least room in the record of an ended job.
    const call = `${self}.${++steps}`
    const keys = keysOf(lane)
    let value = Option.none<A>()
    // What may have been written by a try whose answer was lost.
    let sent: string | undefined
    const apply = (table: JobTable, now: number): ReadonlyArray<string> => {
      const made = body(table, now)
      value = Option.some(made)
      const ids = about?.(made) ?? []
      sent = ids[0]
      return ids
    }
    const resultOf = ({ now, row }: WriteResult): StepResult<A> => ({ value: Option.getOrThrow(value), now, row })

    const tried = (reads: boolean): OptimisticWrite => ({
      operation,
      keys,
      lane,
      ids,
      event,
      intake,
      quiet,
      trusted,
      call,
      apply,
      sent,
      reads
    })

    const after = (first: Effect.Effect<WriteResult, StoreError>) =>
      Effect.flatMap(
        first,
        (result) =>
          result._tag === "made" ? Effect.succeed(resultOf(result)) : Effect.map(goOn(result, tried), resultOf)
      )
    const once = after(Effect.suspend(() => attempt(tried(false))))
    const again = (error: StoreError, schedule: typeof short) =>
      retryAfter(error, once, { schedule, while: ({ retryable }) => retryable })
    const againUntil = (error: StoreError, until: number) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => again(error, patience(until - now)))
    // The newer of two pushes is to be stored after the older one.
    const inTurn = () => turns.inTurn(lane, (until) => Effect.catch(once, (error) => againUntil(error, until)))
    const ended = (first: Effect.Effect<StepResult<A>, StoreError>) =>
      Effect.catch(
        first,
        (error) => intake && error.retryable ? inTurn() : again(error, patient === true ? long : short)
      )
    const direct = ended(once)
    const isLate = () => intake && turns.isTaken(lane)
    return {
      write: () => tried(false),
      isLate,
      resultOf,
      once: intake ? Effect.suspend(() => isLate() ? inTurn() : direct) : direct,
      after: (outcome: WriteOutcome) => ended(after(outcome))
    }
  }

  const begin: Lanes["begin"] = (scope, body) => begun({ scope, body }).once

  const step: Lanes["step"] = (scope, body) => Effect.suspend(() => begin(scope, body))

  const stepAll: Lanes["stepAll"] = (steps) =>
    Effect.suspend(() => {
      const all = steps.map(begun)
      // What came before on their lanes is still to be stored.
      const late = all.filter(({ isLate }) => isLate())
      const direct = late.length === 0 ? all : all.filter((one) => !late.includes(one))
      return Effect.flatMap(attemptAll(direct.map(({ write }) => write())), (outcomes) => {
        const ended = Array.zip(direct, outcomes)
        const made = ended.flatMap(([{ resultOf }, outcome]) =>
          Exit.isSuccess(outcome) && outcome.value._tag === "made" ? [Result.succeed(resultOf(outcome.value))] : []
        )
        // Mostly all are made, and none takes a fiber.
        if (made.length === all.length) return Effect.succeed(made)
        const outcomeOf = new Map(ended.map(([one, outcome]) => [one, outcome]))
        const after = (one: (typeof all)[number]) => {
          const outcome = outcomeOf.get(one)
          return Effect.result(outcome === undefined ? one.once : one.after(outcome))
        }
        return Effect.forEach(all, after, { concurrency: "unbounded" })
      })
    })

  return { keysOf, begin, step, stepAll } satisfies Lanes
})
