import { SigningKeys } from "@nominal-code/domain/JobSignature"
import { Redis } from "@nominal-code/persistence/Redis"
import * as RedisScript from "@nominal-code/persistence/RedisScript"
import { RedisTime } from "@nominal-code/persistence/RedisTime"
import { StoreError } from "@nominal-code/persistence/StoreError"
import { Array, Duration, Effect, Option, Schema } from "effect"
import { randomBytes } from "node:crypto"
import { QueueLimits } from "./JobQueue.ts"
import * as JobSigners from "./JobSigners.ts"
import type { JobRow } from "./JobTable.ts"
import * as LaneRules from "./LaneRules.ts"
import { numbering, workOf } from "./RedisCommit.ts"
import { dayOf, daysOf, eventDigest, type ShardKeys, shortId } from "./RedisKeys.ts"
import { type Lanes, short } from "./RedisLane.ts"
import { fieldsOf } from "./RedisRow.ts"

const Answers = Schema.Array(Schema.FiniteFromString)

const lua = new URL("lua/", import.meta.url)

/** Position and instants of a job that has none yet: the script gives them. */
const unplaced = { tick: () => 0 }

/** Fields that the script adds. */
const instants = (now: number) => [["r", String(now)], ["si", String(now)]] as const

interface Batch {
  readonly keys: ShardKeys
  readonly shards: number
  readonly retentionMillis: number
  /** Fingerprint of the key that the jobs are signed with. */
  readonly signer: string
  /** The time when Redis was asked last. */
  readonly last: number
  /** Idempotency key of the script's call, kept with its jobs, so that it can be repeated when its answer was lost. */
  readonly call: string
  /** Version of its jobs. */
  readonly version: string
}

/** A job that is new, with its row before it has a place. */
interface NewJob {
  readonly job: LaneRules.OfferedJob
  readonly row: JobRow
  readonly fields: ReadonlyMap<string, string>
}

/** Keys and arguments of `fresh.lua`. */
const planOf = (
  jobs: ReadonlyArray<NewJob>,
  { call, keys, last, retentionMillis, shards, signer, version }: Batch
) => {
  const names = [keys.due, keys.tick, keys.changes, keys.waiting, keys.events, keys.work, keys.signers]
  const indexOf = numbering(names)
  const days = daysOf(last, retentionMillis).map(keys.ended)
  const plan = {
    channel: keys.ready,
    shard: keys.shard,
    shards,
    day: dayOf(last),
    call,
    v: version,
    signer,
    jobs: jobs.map(({ fields, row }) => {
      const { event, id, lane } = row
      const digest = eventDigest(lane, event)
      return {
        id,
        lane,
        list: indexOf(keys.queue(lane)),
        key: indexOf(keys.job(id)),
        event: digest,
        events: days.map(({ events }) => indexOf(events(digest))),
        short: shortId(id),
        ids: days.map(({ ids }) => indexOf(ids(shortId(id)))),
        work: workOf(row),
        set: [...fields].flat()
      }
    })
  }
  return { keys: names, plan: JSON.stringify(plan) }
}

/**
 * Makes the function that stores the new jobs among those of one shard, in one script, and tells of each if it is stored.
 * A job that is known, or whose event or lane is, is left: the rules of its lane decide about it.
 */
export const make = Effect.fnUntraced(function*({ nextVersion, remember }: Lanes, shards: number) {
  const redis = yield* Redis
  const time = yield* RedisTime
  const retentionMillis = Duration.toMillis((yield* QueueLimits).retention)
  const signingKeys = yield* SigningKeys
  const signer = JobSigners.signerOf(signingKeys)
  const script = yield* RedisScript.load(lua, ["intake", "ended", "numbers", "signers", "fresh"])
  const self = randomBytes(3).toString("base64url")
  let calls = 0
  let last = 0

  return (operation: string, keys: ShardKeys, jobs: ReadonlyArray<LaneRules.OfferedJob>) =>
    Effect.suspend(() => {
      const call = `${self}+${(++calls).toString(36)}`
      const version = nextVersion()
      const offered = jobs.map((job): NewJob => {
        const row = LaneRules.newRow(unplaced, job, 0)
        return { job, row, fields: fieldsOf(row, job.payload, call) }
      })
      let tries = 0
      const once = Effect.gen(function*() {
        tries += 1
        const { keys: names, plan } = planOf(offered, {
          keys,
          shards,
          retentionMillis,
          signer,
          last,
          call,
          version
        })
        const [now, ...places] = yield* redis.run(operation, Answers, script, names, [
          Option.getOrElse(yield* time, () => ""),
          plan
        ])
        if (now === undefined) return yield* JobSigners.untrusted(operation, signingKeys)
        last = now
        for (const [{ fields, job: { payload }, row }, position] of Array.zip(offered, places)) {
          // After a lost answer, the instants are those of an earlier try.
          if (position === 0 || tries > 1) continue
          const placed = { ...row, position, receivedAt: now, since: now }
          const stored = { row: placed, payload, call, version, fields: new Map([...fields, ...instants(now)]) }
          remember(row.lane, { list: [row.id], jobs: new Map([[row.id, stored]]) })
        }
        return places.map((position) => position !== 0)
      })
      return once.pipe(
        // On another day than that of the last call, the keys are named anew.
        Effect.repeat({ times: 2, until: (stored) => stored.length === jobs.length }),
        Effect.filterOrFail(
          (stored) => stored.length === jobs.length,
          () => new StoreError({ operation, message: "the clock of Redis is set all the time", reason: "unavailable" })
        ),
        Effect.retry({ schedule: short, while: (error) => error.retryable })
      )
    })
})
