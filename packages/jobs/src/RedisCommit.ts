import * as EndedJob from "./EndedJob.ts"
import type { JobRow } from "./JobTable.ts"
import * as LaneRules from "./LaneRules.ts"
import { dayOf, daysOf, type EndedKeys, eventDigest, keptMillis, type ShardKeys, shortId } from "./RedisKeys.ts"
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
  /** A version that no job and no lane has had. */
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

/** A lane after a change, without the numbers that Redis gives. */
export interface ChangedLane {
  readonly version: string
  readonly list: ReadonlyArray<string>
  readonly jobs: ReadonlyMap<string, StoredRow>
}

const numberText = (number: number): string => {
  const given = givenBy(number)
  return given === undefined ? String(number) : `@${given}`
}

/** Kind of a lane's first job: a notice, a lifecycle event's review, or what a comment asks for. */
const workOf = ({ lifecycle, task }: JobRow): string => task === "review" ? (lifecycle ? "l" : "c") : "n"

const isOver = ({ state }: JobRow): boolean => state === "done" || state === "superseded"

/** The names of a script's keys, and the places at which the script finds them. */
const makeNames = ({ keys, retentionMillis }: CommitOptions, now: number) => {
  const days = daysOf(now, retentionMillis).map(keys.ended)
  const names = [
    keys.due,
    keys.tick,
    keys.changes,
    keys.waiting,
    keys.running,
    keys.parked,
    keys.events,
    keys.work,
    keys.signers,
    ...days.map(({ records }) => records)
  ]
  const places = new Map(names.map((name, index) => [name, index + 1]))
  /** Place of a key, which is added if it is not there. */
  const at = (name: string): number => {
    const known = places.get(name)
    if (known !== undefined) return known
    const place = names.push(name)
    places.set(name, place)
    return place
  }
  /** Place of the first of the keys that are one on each day. */
  const onDays = (nameOf: (day: EndedKeys) => string): number => {
    const [today, ...others] = days
    if (today === undefined) return 0
    const first = `${nameOf(today)} …`
    const known = places.get(first)
    if (known !== undefined) return known
    const place = names.push(nameOf(today))
    for (const day of others) names.push(nameOf(day))
    places.set(first, place)
    return place
  }
  const index = { done: at(keys.done), superseded: at(keys.superseded) }
  return { names, at, onDays, days: days.length, index }
}
type Names = ReturnType<typeof makeNames>

/** Places where what counts as new would be if it had ended meanwhile: the hashes of the days, the field, and where it was found. */
const endedOf = ({ loaded, snapshot }: LaneChange, { onDays }: Names) => {
  const { events, jobs, lane, remembered } = loaded
  const changed = snapshot.changed()
  const found: Array<readonly [number, string, string]> = []
  for (const [id, stored] of jobs) {
    if (stored !== undefined || !(remembered || changed.has(id))) continue
    const short = shortId(id)
    found.push([onDays(({ ids }) => ids(short)), short, ""])
  }
  if (found.length === 0 && !remembered) return found
  for (const [event, { endedAt }] of events) {
    const digest = eventDigest(lane, event)
    found.push([onDays(({ events }) => events(digest)), digest, endedAt])
  }
  return found
}

/** The place of an ended job's record, and of all by which it is found. */
const overOf = (
  row: JobRow,
  { call, digest, endedAt }: { readonly call: string; readonly digest: string; readonly endedAt: number },
  { keys }: CommitOptions,
  { at, index }: Names,
  records: Array<Uint8Array>
) => {
  const day = dayOf(endedAt)
  const ended = keys.ended(day)
  const id = shortId(row.id)
  return {
    record: records.push(EndedJob.encodeWhole(row, call)) + 2,
    records: at(ended.records),
    ids: at(ended.ids(id)),
    id,
    // A later delivery of the event has to be told that this job did what it asks for.
    events: LaneRules.coversEvent(row) ? at(ended.events(digest)) : 0,
    index: row.state === "done" ? index.done : index.superseded,
    entry: entryOf(row.position, day)
  }
}

const noFields: ReadonlyMap<string, string> = new Map()

/** Fields that are set and removed to make a hash of another. */
const differenceOf = (before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>) => {
  const set: Array<string> = []
  const del: Array<string> = []
  for (const [field, value] of after) if (before.get(field) !== value) set.push(field, value)
  for (const field of before.keys()) if (!after.has(field)) del.push(field)
  return { set, del }
}

const jobsOf = (change: LaneChange, options: CommitOptions, names: Names, records: Array<Uint8Array>) => {
  const { calls, loaded, snapshot } = change
  const { keys, nextVersion, retentionMillis } = options
  const after = new Map<string, StoredRow>()
  const jobs = [...snapshot.changed().values()].map((row) => {
    const before = loaded.jobs.get(row.id)
    const call = calls.get(row.id) ?? before?.call ?? ""
    const digest = eventDigest(row.lane, row.event)
    const { endedAt } = row
    const over = endedAt !== null && isOver(row)
      ? overOf(row, { call, digest, endedAt }, options, names, records)
      : undefined
    const payload = snapshot.payloadOf(row.id)
    const fields = over === undefined ? fieldsOf(row, payload, call) : noFields
    const version = nextVersion()
    if (endedAt === null) after.set(row.id, { row, payload, call, version, fields })
    return {
      key: names.at(keys.job(row.id)),
      id: row.id,
      event: digest,
      parkedEvent: row.state === "parked" && !LaneRules.isRefused(row) ? names.at(keys.parkedEvent(digest)) : 0,
      before: before?.row.state ?? "",
      state: row.state,
      position: numberText(row.position),
      epoch: numberText(row.epoch),
      ended: endedAt === null ? "" : String(endedAt),
      v: version,
      ...differenceOf(before?.fields ?? noFields, fields),
      over,
      expire: endedAt === null ? 0 : keptMillis(retentionMillis)
    }
  })
  return { jobs, after }
}

/** Changes that make a lane's list of another: `order` if it is written anew, else what leaves it and what is added. */
const listEdits = (before: ReadonlyArray<string>, after: ReadonlyArray<string>) => {
  const stays = new Set(after)
  const kept = before.filter((id) => stays.has(id))
  if (!kept.every((id, index) => after[index] === id)) return { order: true, left: [], added: after }
  return {
    left: kept.length === before.length ? [] : before.filter((id) => !stays.has(id)),
    added: after.slice(kept.length)
  }
}

const headText = (row: JobRow | undefined): string =>
  row === undefined ? "" : `${row.dueAt} ${row.position} ${workOf(row)}`

/** A version of a lane as its last change has written it. One that is a kind alone is of an older server, and tells nothing. */
const tells = (version: string): boolean => version.length !== 1

const laneOf = (change: LaneChange, options: CommitOptions, names: Names, records: Array<Uint8Array>) => {
  const { loaded, quiet, signer, snapshot } = change
  const { keys, nextVersion } = options
  const { jobs, after } = jobsOf(change, options, names, records)
  const rows = snapshot.active()
  const order = rows.map(({ id }) => id)
  const [head] = rows
  const version = head === undefined ? "" : workOf(head) + nextVersion()
  const headBefore = loaded.jobs.get(loaded.list[0] ?? "")?.row
  const trusts = tells(loaded.version)
  const seen: Array<readonly [number, string]> = []
  for (const [id, stored] of loaded.jobs) {
    if (!trusts || !loaded.list.includes(id)) seen.push([names.at(keys.job(id)), stored?.version ?? ""])
  }
  const plan = {
    lane: loaded.lane,
    key: names.at(keys.queue(loaded.lane)),
    quiet,
    signer,
    // Of a remembered lane this process has the time by its own clock since.
    now: loaded.remembered ? loaded.now : undefined,
    version: loaded.version,
    after: version,
    list: trusts ? undefined : loaded.list.join(" "),
    seen,
    events: [...loaded.events].map(([event, { job }]) => [eventDigest(loaded.lane, event), job]),
    ended: endedOf(change, names),
    numbers: snapshot.numbers(),
    jobs,
    ...listEdits(loaded.list, order),
    head: head === undefined || headText(head) === headText(headBefore)
      ? []
      : [head.dueAt, numberText(head.position), workOf(head)]
  }
  const stay = new Map<string, StoredRow>()
  for (const id of order) {
    const stored = after.get(id) ?? loaded.jobs.get(id)
    if (stored !== undefined) stay.set(id, stored)
  }
  const changed: ChangedLane = { version, list: order, jobs: stay }
  return { plan, changed }
}

/**
 * Keys and arguments of `commit.lua`, which writes the changes of some lanes of a shard, each if the lane is still as it
 * was loaded.
 */
export const planOf = (changes: ReadonlyArray<LaneChange>, options: CommitOptions) => {
  const { keys, shards, time } = options
  const names = makeNames(options, Math.max(...changes.map(({ loaded }) => loaded.now)))
  const records: Array<Uint8Array> = []
  const lanes = changes.map((change) => laneOf(change, options, names, records))
  const plan = {
    channel: keys.ready,
    shard: keys.shard,
    shards,
    days: names.days,
    lanes: lanes.map(({ plan }) => plan)
  }
  return {
    keys: names.names,
    args: [time, JSON.stringify(plan), ...records],
    changed: lanes.map(({ changed }) => changed)
  }
}
