import { backoff } from "@nominal-code/domain/Backoff"
import { SigningKeys } from "@nominal-code/domain/JobSignature"
import { Redis } from "@nominal-code/persistence/Redis"
import * as RedisScript from "@nominal-code/persistence/RedisScript"
import { RedisTime } from "@nominal-code/persistence/RedisTime"
import { StoreError } from "@nominal-code/persistence/StoreError"
import { Duration, Effect, Option, Schedule, Schema } from "effect"
import { randomBytes } from "node:crypto"
import { QueueLimits } from "./JobQueue.ts"
import * as JobSigners from "./JobSigners.ts"
import type { JobRow, JobTable } from "./JobTable.ts"
import { planOf } from "./RedisCommit.ts"
import { dayOf, daysOf, eventDigest, type ShardKeys, shardKeys, shardOf, shortId } from "./RedisKeys.ts"
import { endedOf, pairsOf, rowOf } from "./RedisRow.ts"
import { givenBy, type LoadedLane, make as snapshotOf, type Snapshot } from "./RedisSnapshot.ts"

const Time = Schema.Tuple([Schema.FiniteFromString, Schema.FiniteFromString])

/** The time of the store's clock, in milliseconds. */
export const storeTime = Effect.fnUntraced(function*(redis: Redis["Service"]) {
  const given = yield* yield* RedisTime
  if (Option.isSome(given)) return given.value
  const [seconds, micros] = yield* redis.send("JobQueue.time", Time, ["time"])
  return seconds * 1_000 + Math.floor(micros / 1_000)
})

/**
 * Retries of a step while Redis is away for a moment, or if its answer was lost. All tries carry the same idempotency
 * key, so the step is done once. A delivery has to be answered before its forge gives up; the end of a job may take
 * longer.
 */
const patience = (duration: Duration.Input) => backoff("50 millis", "1 second").pipe(Schedule.upTo({ duration }))
export const short = patience("2 seconds")
const long = patience("10 seconds")

const Found = Schema.TupleWithRest(
  Schema.Tuple([Schema.FiniteFromString, Schema.Array(Schema.String), Schema.String, Schema.String, Schema.String]),
  [Schema.Array(Schema.String)]
)
const Committed = Schema.Array(Schema.Union([Schema.Int, Schema.FiniteFromString]))

/** Scope of a step. */
export interface StepScope<A> {
  readonly operation: string
  readonly lane: string
  /** Further jobs to load, beside those of the lane. */
  readonly ids?: ReadonlyArray<string>
  /** Event whose job is loaded. */
  readonly event?: string
  /** Job that stores the step's idempotency key. */
  readonly about?: (value: A) => string | undefined
  /** True for a step that takes more memory, which a full Redis refuses. */
  readonly intake?: boolean
  /** True for a step that only extends a lease. */
  readonly quiet?: boolean
  readonly patient?: boolean
  /** True for a step that only a process takes whose signatures count. */
  readonly trusted?: boolean
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
    subject: StepScope<A>,
    body: (table: JobTable, now: number) => A
  ) => Effect.Effect<StepResult<A>, StoreError>
}

const lua = new URL("lua/", import.meta.url)

const overtaken = (operation: string) =>
  new StoreError({ operation, message: "the lane is changed by others all the time", reason: "unavailable" })

/** Maximum number of retries of a step because another process was faster. */
const maxRaces = 100

const real = (row: JobRow, numbers: ReadonlyArray<number>): JobRow => {
  const of = (number: number) => numbers[givenBy(number) ?? -1] ?? number
  return { ...row, position: of(row.position), epoch: of(row.epoch) }
}

/**
 * Optimistic transactions on the lanes of a Redis. A step reads its lane, decides by the rules that hold for every
 * store, and writes what they changed in one script, if nothing else has changed it meanwhile; else it begins again. So
 * every key that a script touches is named before, as a cluster needs it that moves a slot.
 */
export const make = Effect.fnUntraced(function*(all: ReadonlyArray<ShardKeys>) {
  const shards = all.length
  const redis = yield* Redis
  const time = yield* RedisTime
  const signingKeys = yield* SigningKeys
  const retentionMillis = Duration.toMillis((yield* QueueLimits).retention)
  const [read, intake, progress] = yield* Effect.all([
    RedisScript.load(lua, ["look", "ended", "read"]),
    RedisScript.load(lua, ["intake", "ended", "numbers", "portions", "signers", "commit"]),
    RedisScript.load(lua, ["progress", "ended", "numbers", "portions", "signers", "commit"])
  ])
  const first = shardKeys(0)
  const keysOf = (lane: string): ShardKeys => all[shardOf(lane, shards)] ?? first
  const self = randomBytes(3).toString("base64url")
  let steps = 0
  // The time when Redis was asked last: by its own clock, like all times.
  let last = 0

  /** Reads the lane and some jobs. */
  const readOnce = Effect.fnUntraced(
    function*(operation: string, lane: string, event: string, ids: ReadonlyArray<string>) {
      const keys = keysOf(lane)
      const digest = eventDigest(lane, event)
      const days = daysOf(last, retentionMillis).map(keys.ended)
      const named = [
        keys.queue(lane),
        keys.events,
        ...days.map(({ records }) => records),
        ...days.map(({ events }) => events(digest)),
        ...ids.flatMap((id) => [keys.job(id), ...days.map((day) => day.ids(shortId(id)))])
      ]
      const args = [Option.getOrElse(yield* time, () => ""), days.length, digest, ...ids.map(shortId)]
      return yield* redis.run(operation, Found, read, named, args, "bytes")
    }
  )

  /** Reads the lane, and repeats until every job that its list and its event name has been read. */
  const load = Effect.fnUntraced(
    function*(operation: string, lane: string, event: string, asked: ReadonlyArray<string>) {
      let ids: ReadonlyArray<string> = [...new Set(asked)]
      for (let round = 0; round < maxRaces; round++) {
        const [now, list, eventJob, eventEnded, record, ...flats] = yield* readOnce(operation, lane, event, ids)
        const isToday = dayOf(now) === dayOf(last)
        last = now
        const needed = [...new Set([...asked, ...list, ...(eventJob === "" ? [] : [eventJob])])]
        if (isToday && needed.every((id) => ids.includes(id))) {
          const stored = (id: string, flat: ReadonlyArray<string>) => {
            const [only = ""] = flat
            return Option.getOrUndefined(flat.length === 1 ? endedOf(only) : rowOf(id, pairsOf(flat)))
          }
          const jobs = new Map(ids.map((id, index) => [id, stored(id, flats[index] ?? [])]))
          const ended = Option.getOrUndefined(endedOf(record))
          const isEvents = ended?.row.lane === lane && ended.row.event === event
          if (ended !== undefined && isEvents) jobs.set(ended.row.id, ended)
          const loaded: LoadedLane = {
            now,
            forgottenBefore: now - retentionMillis,
            lane,
            list,
            eventJob,
            eventEnded,
            endedJob: isEvents ? ended.row.id : "",
            jobs
          }
          return loaded
        }
        ids = needed
      }
      return yield* overtaken(operation)
    }
  )

  const step = <A>(
    subject: StepScope<A>,
    body: (table: JobTable, now: number) => A
  ): Effect.Effect<StepResult<A>, StoreError> =>
    Effect.suspend(() => {
      const { about, event = "", ids = [], lane, operation } = subject
      const call = `${self}${(++steps).toString(36)}`
      // What was written by a try whose answer was lost.
      let unheard: { readonly value: A; readonly id: string } | undefined

      const write = Effect.fnUntraced(function*(loaded: LoadedLane, snapshot: Snapshot, value: A) {
        const id = about?.(value)
        const { args, keys } = planOf(loaded, snapshot, {
          keys: keysOf(lane),
          shards,
          retentionMillis,
          call,
          about: id,
          event,
          quiet: subject.quiet === true,
          signer: subject.trusted === true ? JobSigners.signerOf(signingKeys) : undefined
        })
        const script = subject.intake === true ? intake : progress
        if (id !== undefined) unheard = { value, id }
        return yield* redis.run(operation, Committed, script, keys, args)
      })

      const once = Effect.gen(function*(): Effect.fn.Return<StepResult<A>, StoreError> {
        for (let round = 0; round < maxRaces; round++) {
          const loaded = yield* load(operation, lane, event, unheard === undefined ? ids : [...ids, unheard.id])
          const { now } = loaded
          if (unheard !== undefined && loaded.jobs.get(unheard.id)?.call === call) {
            return { value: unheard.value, now, row: (id) => loaded.jobs.get(id)?.row }
          }
          const snapshot = snapshotOf(loaded)
          const value = body(snapshot.table, now)
          const changed = snapshot.changed()
          const at = (numbers: ReadonlyArray<number>) => (id: string) => {
            const row = changed.get(id) ?? loaded.jobs.get(id)?.row
            return row === undefined ? undefined : real(row, numbers)
          }
          if (changed.size === 0) return { value, now, row: at([]) }
          const numbers = yield* write(loaded, snapshot, value)
          if (numbers[0] === 0) return yield* JobSigners.untrusted(operation, signingKeys)
          if (numbers.length > 0) return { value, now, row: at(numbers) }
          yield* Effect.yieldNow
        }
        return yield* overtaken(operation)
      })
      return Effect.retry(once, {
        schedule: subject.patient === true ? long : short,
        while: (error) => error.retryable
      })
    })

  return { keysOf, step }
})
