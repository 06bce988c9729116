import { Redis } from "@nominal-code/persistence/Redis"
import * as RedisScript from "@nominal-code/persistence/RedisScript"
import { RedisTime } from "@nominal-code/persistence/RedisTime"
import { StoreError } from "@nominal-code/persistence/StoreError"
import { Duration, Effect, Option, Result, Schema } from "effect"
import { QueueLimits } from "../JobQueue.ts"
import type { UnreadableJob } from "../JobRecords.ts"
import { dayOf, daysOf, eventDigest, type ShardKeys, shortId } from "./RedisKeys.ts"
import { endedOf, foundEnded, foundRow, type FoundStoredRow, pairsOf, type StoredRow } from "./RedisRow.ts"
import type { LoadedEvent, LoadedLane } from "./RedisSnapshot.ts"

const Texts = Schema.Array(Schema.String)
const Found = Schema.TupleWithRest(
  Schema.Tuple([
    Schema.FiniteFromString,
    Schema.String,
    Texts,
    Schema.Array(Schema.Tuple([Schema.String, Schema.String, Schema.String]))
  ]),
  [Texts]
)

/** Reading of a lane, with the jobs of some events and some further jobs. */
export interface LaneRead {
  readonly operation: string
  readonly keys: ShardKeys
  readonly lane: string
  readonly events: ReadonlyArray<string>
  readonly ids: ReadonlyArray<string>
}

/** Maximum number of readings because another process has changed the lane. */
const maxRounds = 100

const lua = new URL("lua/", import.meta.url)

/** Error of a lane that others change faster than this process. */
export const overtaken = (operation: string): StoreError =>
  new StoreError({ operation, message: "the lane is changed by others all the time", reason: "unavailable" })

const foundOf = (id: string, flat: ReadonlyArray<string>): Option.Option<FoundStoredRow> => {
  const [only = ""] = flat
  return flat.length === 1 ? foundEnded(only) : foundRow(id, pairsOf(flat))
}

/** Makes the function that reads a lane, and repeats until every job that its list and its events name has been read. */
export const make = Effect.gen(function*() {
  const redis = yield* Redis
  const time = yield* RedisTime
  const retentionMillis = Duration.toMillis((yield* QueueLimits).retention)
  const script = yield* RedisScript.load(lua, ["look", "ended", "types", "read"])
  // The time when Redis was asked last: by its own clock, like all times.
  let last = 0

  const readOnce = Effect.fnUntraced(function*({ events, ids, keys, lane, operation }: LaneRead) {
    const digests = events.map((event) => eventDigest(lane, event))
    const days = daysOf(last, retentionMillis).map(keys.ended)
    const named = [
      keys.queue(lane),
      keys.events,
      keys.work,
      ...days.map(({ records }) => records),
      ...digests.flatMap((digest) => days.map(({ events }) => events(digest))),
      ...ids.flatMap((id) => [keys.job(id), ...days.map((day) => day.ids(shortId(id)))])
    ]
    const args = [
      Option.getOrElse(yield* time, () => ""),
      days.length,
      digests.length,
      lane,
      ...digests,
      ...ids.map(shortId)
    ]
    return yield* redis.run(operation, Found, script, named, args, "bytes")
  })

  return Effect.fnUntraced(function*(asked: LaneRead): Effect.fn.Return<LoadedLane, StoreError> {
    const { events, lane, operation } = asked
    let ids: ReadonlyArray<string> = [...new Set(asked.ids)]
    for (let round = 0; round < maxRounds; round++) {
      const [now, version, list, found, ...flats] = yield* readOnce({ ...asked, ids })
      const isToday = dayOf(now) === dayOf(last)
      last = now
      const needed = [...new Set([...asked.ids, ...list, ...found.flatMap(([job]) => job === "" ? [] : [job])])]
      if (isToday && needed.every((id) => ids.includes(id))) {
        const jobs = new Map<string, StoredRow | undefined>()
        const unreadable: Array<UnreadableJob> = []
        for (const [index, id] of ids.entries()) {
          const read = Option.getOrUndefined(foundOf(id, flats[index] ?? []))
          jobs.set(id, read !== undefined && Result.isSuccess(read) ? read.success : undefined)
          if (read !== undefined && Result.isFailure(read)) unreadable.push({ ...read.failure, id })
        }
        const loaded = new Map<string, LoadedEvent>()
        for (const [index, [job, endedAt, record]] of found.entries()) {
          const event = events[index] ?? ""
          const ended = Option.getOrUndefined(endedOf(record))
          const isEvents = ended?.row.lane === lane && ended.row.event === event
          if (ended !== undefined && isEvents) jobs.set(ended.row.id, ended)
          loaded.set(event, { job, endedAt, ended: isEvents ? ended.row.id : "" })
        }
        return {
          now,
          forgottenBefore: now - retentionMillis,
          lane,
          version,
          list,
          events: loaded,
          jobs,
          unreadable,
          remembered: false
        }
      }
      ids = needed
    }
    return yield* overtaken(operation)
  })
})
