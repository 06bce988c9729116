import { Redis } from "@nominal-code/persistence/Redis"
import * as RedisScript from "@nominal-code/persistence/RedisScript"
import { retryAtStart } from "@nominal-code/persistence/RedisStart"
import { ChannelEvent } from "@nominal-code/persistence/RedisSubscriber"
import { RedisTime } from "@nominal-code/persistence/RedisTime"
import { Clock, Duration, Effect, Option, Schema, Stream } from "effect"
import { QueueLimits } from "../JobQueue.ts"
import * as ClockWatch from "../lane/ClockWatch.ts"
import * as ReadyLanes from "../lane/ReadyLanes.ts"
import type { Head } from "../table/JobTable.ts"
import * as RedisAnnouncements from "./RedisAnnouncements.ts"
import type { ShardKeys } from "./RedisKeys.ts"
import * as RedisSetBack from "./RedisSetBack.ts"

/** Minimum interval of sweeps. They are a safety net, because every change is announced that is due before the next one. */
const leastSweepInterval = Duration.seconds(30)

/** Interval of sweeps. */
export const sweepInterval = (sweepEvery: Duration.Duration) => Duration.max(sweepEvery, leastSweepInterval)

const Due = Schema.Tuple([
  Schema.String,
  Schema.Array(Schema.Tuple([Schema.Int, Schema.FiniteFromString, Schema.String, Schema.String])),
  Schema.FiniteFromString,
  Schema.String
])
const Changes = Schema.NullOr(Schema.FiniteFromString)
/** `"<milliseconds> <work> <lane>"`, a line as a script announces when a lane is due. */
const announcement = /^(\d+) ([ncl]) (\S+)$/

/** `"#<number>"`, the last line of announcements: the number of the last one of them. Older servers write none. */
const numbered = /\n#(\d{1,15})$/

/** Time in which an announcement reaches this process. */
const underWay = Duration.seconds(1)

/** A shard, and what is known of its announcements and its clock. */
interface ShardWatch {
  readonly keys: ShardKeys
  readonly heard: RedisAnnouncements.RedisAnnouncements
  readonly clock: RedisSetBack.RedisSetBack
}

/** Makes the head of a lane that is due in `wait` milliseconds. Its kind only decides about its turn. */
const headOf = (lane: string, work: string, wait: number, now: number): Head => ({
  lane,
  dueAt: wait === 0 ? 0 : now + wait,
  lifecycle: work === "l",
  task: work === "n" ? "busy" : "review"
})

const lua = new URL("lua/", import.meta.url)

/**
 * Makes the source of the ready lanes of a Redis. Every change is announced with its number, so that a look reads the
 * lanes that wait for nothing only if some announcement was missed, however many there are.
 */
export const make = Effect.fnUntraced(function*(
  all: ReadonlyArray<ShardKeys>,
  shortenWaits: RedisSetBack.ShortenWaits
) {
  const redis = yield* Redis
  const given = yield* RedisTime
  const { sweepEvery } = yield* QueueLimits
  const due = yield* RedisScript.load(lua, ["look", "types", "due"])
  const makeSetBack = yield* RedisSetBack.make(shortenWaits)

  /** Heads of a shard's lanes, the longest waiting first. */
  const headsIn = Effect.fnUntraced(function*(shard: ShardWatch, back: number | "", now: number) {
    const { keys } = shard
    const found = new Map<string, readonly [score: number, head: Head]>()
    let next = ""
    do {
      const asked = yield* ClockWatch.elapsed
      const clock = Option.getOrElse(yield* given, () => "")
      const names = [keys.due, keys.work, keys.setBack]
      const [rest, page, time, note] = yield* redis.run("JobQueue.ready", Due, due, names, [clock, back, next])
      if (next === "" && (yield* shard.clock.hear({ time, note, asked }))) {
        // The look reached back less far than the last one, or waits are longer.
        shard.heard.missed()
        readyLanes.look()
      }
      for (const [wait, score, work, lane] of page) found.set(lane, [score, headOf(lane, work, wait, now)])
      next = rest
    } while (next !== "")
    if (back === "" && (yield* shard.clock.shorten([...found.keys()]))) shard.heard.missed()
    return Array.from(found.values()).toSorted(([one], [other]) => one - other).map(([, head]) => head)
  })

  const shards = all.map((keys): ShardWatch => ({
    keys,
    heard: RedisAnnouncements.make(),
    clock: makeSetBack(keys)
  }))
  let missed = 0
  const scope = yield* Effect.scope

  /** Compares the number of announcements with what was heard. Those that are under way are waited for, beside the look. */
  const compare = (heard: RedisAnnouncements.RedisAnnouncements, before: number | undefined, count: number) => {
    if (before === undefined || count < before) {
      missed += 1
      heard.read(count, before !== undefined)
      return Effect.void
    }
    const isBehind = () => (heard.last() ?? count) < count
    if (!isBehind()) return Effect.void
    const check = Effect.sync(() => {
      if (!isBehind()) return
      heard.missed()
      readyLanes.look()
    })
    return Effect.forkIn(Effect.delay(check, underWay), scope)
  }

  const readyLanes: ReadyLanes.ReadyLanes = ReadyLanes.make({
    heads: Effect.fnUntraced(function*(from) {
      const now = yield* Clock.currentTimeMillis
      // Only spans are exchanged with Redis, for its clock is another one.
      const back = from === 0 ? "" : Math.max(0, now - from)
      return (yield* Effect.forEach(shards, (shard) => headsIn(shard, back, now), { concurrency: all.length })).flat()
    }),
    version: Effect.gen(function*() {
      // Before Redis is asked: what is heard until its answer comes may be newer.
      const before = shards.map(({ heard }) => heard.last())
      const counts = yield* Effect.forEach(
        all,
        (keys) => redis.send("JobQueue.ready", Changes, ["get", keys.changes]),
        { concurrency: all.length }
      )
      for (const [index, { heard }] of shards.entries()) yield* compare(heard, before[index], counts[index] ?? 0)
      return missed
    })
  }, sweepInterval(sweepEvery))

  const hearOf = (heard: RedisAnnouncements.RedisAnnouncements) =>
    ChannelEvent.match({
      Message: ({ text }) =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          const lines = text.split("\n")
          for (const line of lines) {
            const [, wait = "", work = "", lane = ""] = announcement.exec(line) ?? []
            if (lane !== "") readyLanes.touched(headOf(lane, work, Number(wait), now), now)
          }
          const [, digits] = numbered.exec(text) ?? []
          if (digits === undefined) return heard.missed()
          const hadAll = heard.last() !== undefined
          heard.hear(Number(digits) - (lines.length - 1), Number(digits))
          // One before it was lost, with its lane.
          if (hadAll && heard.last() === undefined) readyLanes.look()
        }),
      Missed: () =>
        Effect.sync(() => {
          heard.missed()
          readyLanes.look()
        })
    })
  for (const { heard, keys } of shards) {
    yield* Effect.forkScoped(Stream.runForEach(yield* retryAtStart(redis.subscribe(keys.ready)), hearOf(heard)))
  }
  return readyLanes
})
