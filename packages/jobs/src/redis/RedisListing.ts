import type { Redis } from "@nominal-code/persistence/Redis"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Effect, Option, Result, Schema } from "effect"
import { type JobRecord, JobState, type UnreadableJob } from "../JobRecords.ts"
import type { Page } from "../table/JobTable.ts"
import { recordOf } from "../table/TableRecords.ts"
import type { ShardKeys } from "./RedisKeys.ts"
import { livingAt, recordAt } from "./RedisLocate.ts"
import * as RedisPortions from "./RedisPortions.ts"
import type { FoundStoredRow } from "./RedisRow.ts"

const Strings = Schema.Array(Schema.String)

/** Position of a job, and the effect that reads it. */
interface ListedJob {
  readonly position: number
  readonly row: Effect.Effect<Option.Option<FoundStoredRow>, StoreError>
}

/** Takes a job whose key is none of ours for one that cannot be read. */
const readable = (row: ListedJob["row"], job: Omit<UnreadableJob, "reason">): ListedJob["row"] =>
  Effect.catchIf(
    row,
    ({ reason }) => reason === "failed",
    ({ message }) => Effect.succeedSome(Result.fail({ ...job, reason: message }))
  )

/** Records of a list, and the jobs among them that cannot be read. */
interface ListedJobs {
  readonly records: ReadonlyArray<JobRecord>
  readonly unreadable: ReadonlyArray<UnreadableJob>
}

/** Maximum number of records that are read for one look at the indexes. */
const readPageSize = 200
const atOnce = 50

/** Makes the lists of the jobs of a shard. */
export const makeListing = (redis: Redis["Service"]) => {
  const newest = (index: string, before: number, limit: number) =>
    redis.send("JobRecords.list", Strings, [
      "zrange",
      index,
      before === Infinity ? "+inf" : `(${before}`,
      "-inf",
      "byscore",
      "rev",
      "limit",
      0,
      limit,
      "withscores"
    ])

  /** Lists the newest of a shard's jobs that may still run. */
  const living = (keys: ShardKeys, state: "waiting" | "running" | "parked", before: number, limit: number) =>
    Effect.map(
      newest(keys[state], before, limit),
      (flat) =>
        flat.flatMap((id, at): ReadonlyArray<ListedJob> => {
          if (at % 2 !== 0) return []
          const position = Number(flat[at + 1])
          return [{ position, row: readable(livingAt(redis, "JobRecords.list", keys, id), { id, position }) }]
        })
    )

  /** Lists the newest of a shard's jobs that have ended: some portions, and more where they were short. */
  const ended = Effect.fnUntraced(
    function*(keys: ShardKeys, state: "done" | "superseded", before: number, limit: number) {
      const listed: Array<ListedJob> = []
      const wanted = Math.ceil(limit / RedisPortions.half) + 1
      let at = before
      while (listed.length < limit) {
        const flat = yield* newest(keys[state], at, wanted)
        const entries = flat.flatMap((text, index) => index % 2 === 0 ? RedisPortions.entriesOf(text) : [])
        for (const { day, place, position } of entries.sort((a, b) => b.position - a.position)) {
          if (position >= at) continue
          listed.push({
            position,
            row: recordAt(redis, "JobRecords.list", { list: keys.ended(day).records, place, position })
          })
        }
        if (flat.length < 2 * wanted) break
        at = Math.min(at, ...entries.map(({ position }) => position))
      }
      return listed.slice(0, limit)
    }
  )

  /** Lists the newest jobs of a shard. Older ones make up for those that have expired or changed meanwhile. */
  const listIn = Effect.fnUntraced(function*(
    keys: ShardKeys,
    { before = Infinity, limit, state }: Page,
    oldest: number
  ): Effect.fn.Return<ListedJobs, StoreError> {
    const records = new Map<string, JobRecord>()
    const unreadable: Array<UnreadableJob> = []
    let at = before
    for (;;) {
      const many = Math.min(limit - records.size, readPageSize)
      const parts = yield* Effect.forEach(
        state === undefined ? JobState.literals : [state],
        (one) => one === "done" || one === "superseded" ? ended(keys, one, at, many) : living(keys, one, at, many),
        { concurrency: JobState.literals.length }
      )
      const page = parts.flat().sort((a, b) => b.position - a.position).slice(0, many)
      const found = yield* Effect.forEach(page, ({ row }) => row, { concurrency: atOnce })
      for (const [index, one] of found.entries()) {
        if (Option.isNone(one)) continue
        const stored = Option.getOrUndefined(Result.getSuccess(one.value))?.row
        if ((stored?.endedAt ?? Infinity) < oldest) continue
        if (stored !== undefined && state !== undefined && stored.state !== state) continue
        const record = Result.flatMap(one.value, ({ payload, row }) => recordOf(row, payload))
        if (Result.isSuccess(record)) records.set(record.success.id, record.success)
        else unreadable.push({ ...record.failure, position: page[index]?.position ?? record.failure.position })
      }
      const last = page.at(-1)
      if (last === undefined || page.length < many || records.size >= limit) {
        return { records: [...records.values()], unreadable }
      }
      at = last.position
    }
  })

  /** Reads the oldest jobs of a shard that wait. */
  const oldestIn = (keys: ShardKeys, limit: number) =>
    Effect.flatMap(
      redis.send("JobRecords.oldestWaiting", Strings, ["zrange", keys.waiting, 0, limit - 1]),
      Effect.forEach(
        (id) => readable(livingAt(redis, "JobRecords.oldestWaiting", keys, id), { id, position: 0 }),
        { concurrency: atOnce }
      )
    )

  return { listIn, oldestIn }
}
