import * as EndedJob from "./EndedJob.ts"
import type { JobRow } from "./JobTable.ts"
import * as LaneRules from "./LaneRules.ts"
import { dayOf, daysOf, eventDigest, keptMillis, type ShardKeys, shortId } from "./RedisKeys.ts"
import { entryOf } from "./RedisPortions.ts"
import { fieldsOf, type StoredRow } from "./RedisRow.ts"
import { givenBy, type LoadedLane, type Snapshot } from "./RedisSnapshot.ts"

/** Options of writing lanes. */
export interface CommitOptions {
  readonly keys: ShardKeys
  readonly shards: number
  readonly retentionMillis: number
  /** The time for the scripts in milliseconds; empty: Redis' own clock. */
  readonly time: number | ""
  /** A version that no job has had. */
  readonly nextVersion: () => string
}

/** Changes of a lane, by one step or by several one after another. */
export interface LaneChange {
  readonly loaded: LoadedLane
  readonly snapshot: Snapshot
  /**
   * Idempotency keys of the steps, by the jobs that they are about: kept with them, so that a step can be repeated when
   * its answer was lost.
   */
  readonly calls: ReadonlyMap<string, string>
  readonly quiet: boolean
  /** Fingerprint of the key that this process signs with, where it has to be one of the queue's signers. */
  readonly signer: string | undefined
}

const numberText = (number: number): string => {
  const given = givenBy(number)
  return given === undefined ? String(number) : `@${given}`
}

/** Kind of a lane's first job: a notice, a lifecycle event's review, or what a comment asks for. */
export const workOf = ({ lifecycle, task }: JobRow): string => task === "review" ? (lifecycle ? "l" : "c") : "n"

const isOver = ({ state }: JobRow): boolean => state === "done" || state === "superseded"

/** Numbers the names of keys, as a script counts them. */
export const numbering = (names: Array<string>) => {
  const places = new Map(names.map((name, index) => [name, index + 1]))
  return (name: string): number => {
    const known = places.get(name)
    if (known !== undefined) return known
    const place = names.push(name)
    places.set(name, place)
    return place
  }
}

/**
 * Places where what counts as new would be if it had ended meanwhile: the hashes of each day, the field, and where it was
 * found.
 */
const endedOf = (
  { loaded, snapshot }: LaneChange,
  { keys, retentionMillis }: CommitOptions,
  at: (name: string) => number
) => {
  const changed = snapshot.changed()
  const unknown = [...loaded.jobs].filter(([id, stored]) =>
    stored === undefined && (loaded.remembered || changed.has(id))
  )
  if (unknown.length === 0 && !(loaded.remembered && loaded.events.size > 0)) return []
  const days = daysOf(loaded.now, retentionMillis).map(keys.ended)
  return [
    ...[...loaded.events].map(([event, { endedAt }]) => {
      const digest = eventDigest(loaded.lane, event)
      return [days.map(({ events }) => at(events(digest))), digest, endedAt] as const
    }),
    ...unknown.map(([id]) => [days.map(({ ids }) => at(ids(shortId(id)))), shortId(id), ""] as const)
  ]
}

/** A lane after a change, without the numbers that Redis gives. */
export interface ChangedLane {
  readonly list: ReadonlyArray<string>
  readonly jobs: ReadonlyMap<string, StoredRow>
}

const laneOf = (
  change: LaneChange,
  options: CommitOptions,
  indexOf: (name: string) => number,
  records: Array<Uint8Array>
) => {
  const { calls, loaded, quiet, signer, snapshot } = change
  const { keys, nextVersion, retentionMillis } = options
  const after = new Map<string, StoredRow>()
  const overOf = (row: JobRow, call: string, endedAt: number) => {
    const day = dayOf(endedAt)
    const ended = keys.ended(day)
    const digest = eventDigest(row.lane, row.event)
    return {
      record: records.push(EndedJob.encodeWhole(row, call)) + 2,
      records: indexOf(ended.records),
      ids: indexOf(ended.ids(shortId(row.id))),
      id: shortId(row.id),
      // A later delivery of the event has to be told that this job did what it asks for.
      events: LaneRules.coversEvent(row) ? indexOf(ended.events(digest)) : 0,
      index: indexOf(row.state === "done" ? keys.done : keys.superseded),
      entry: entryOf(row.position, day)
    }
  }
  const jobs = [...snapshot.changed().values()].map((row) => {
    const before = loaded.jobs.get(row.id)
    const call = calls.get(row.id) ?? before?.call ?? ""
    const over = row.endedAt !== null && isOver(row) ? overOf(row, call, row.endedAt) : undefined
    const payload = snapshot.payloadOf(row.id)
    const fields = over === undefined ? fieldsOf(row, payload, call) : new Map<string, string>()
    const version = nextVersion()
    if (row.endedAt === null) after.set(row.id, { row, payload, call, version, fields })
    return {
      key: indexOf(keys.job(row.id)),
      id: row.id,
      event: eventDigest(row.lane, row.event),
      parkedEvent: row.state === "parked" && !LaneRules.isRefused(row)
        ? indexOf(keys.parkedEvent(eventDigest(row.lane, row.event)))
        : 0,
      before: before?.row.state ?? "",
      state: row.state,
      position: numberText(row.position),
      epoch: numberText(row.epoch),
      ended: row.endedAt === null ? "" : String(row.endedAt),
      v: version,
      set: [...fields].filter(([field, value]) => before?.fields.get(field) !== value).flat(),
      del: [...before?.fields.keys() ?? []].filter((field) => !fields.has(field)),
      ...(over === undefined ? {} : { over }),
      expire: row.endedAt === null ? 0 : keptMillis(retentionMillis)
    }
  })
  const order = snapshot.active()
  const [head] = order
  const plan = {
    lane: loaded.lane,
    key: indexOf(keys.queue(loaded.lane)),
    quiet,
    signer,
    // Of a remembered lane this process has the time by its own clock since.
    now: loaded.remembered ? loaded.now : undefined,
    list: loaded.list.join(" "),
    seen: [...loaded.jobs].map(([id, stored]) => [indexOf(keys.job(id)), stored?.version ?? ""]),
    events: [...loaded.events].map(([event, { job }]) => [eventDigest(loaded.lane, event), job]),
    ended: endedOf(change, options, indexOf),
    numbers: snapshot.numbers(),
    jobs,
    order: order.map(({ id }) => id),
    head: head === undefined ? [] : [head.dueAt, numberText(head.position), workOf(head)]
  }
  const changed: ChangedLane = {
    list: plan.order,
    jobs: new Map(order.flatMap(({ id }) => {
      const stored = after.get(id) ?? loaded.jobs.get(id)
      return stored === undefined ? [] : [[id, stored] as const]
    }))
  }
  return { plan, changed }
}

/**
 * Keys and arguments of `commit.lua`, which writes the changes of some lanes of a shard, each if the lane is still as it
 * was loaded.
 */
export const planOf = (changes: ReadonlyArray<LaneChange>, options: CommitOptions) => {
  const { keys, shards, time } = options
  const names = [
    keys.due,
    keys.tick,
    keys.changes,
    keys.waiting,
    keys.running,
    keys.parked,
    keys.events,
    keys.work,
    keys.signers
  ]
  const indexOf = numbering(names)
  const records: Array<Uint8Array> = []
  const lanes = changes.map((change) => laneOf(change, options, indexOf, records))
  const plan = { channel: keys.ready, shard: keys.shard, shards, lanes: lanes.map(({ plan }) => plan) }
  return {
    keys: names,
    args: [time, JSON.stringify(plan), ...records],
    changed: lanes.map(({ changed }) => changed)
  }
}
