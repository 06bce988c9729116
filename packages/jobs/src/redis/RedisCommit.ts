import { coversEvent, isRefused } from "../lane/Dedup.ts"
import * as EndedJob from "../table/EndedJob.ts"
import type { JobRow } from "../table/JobTable.ts"
import { KeyNames, type KeyNamesOptions } from "./RedisKeyNames.ts"
import { bucketOf, dayOf, daysOf, eventDigest, keptMillis, shortId } from "./RedisKeys.ts"
import { entryOf } from "./RedisPortions.ts"
import { type FieldChanges, fieldChanges, type StoredRow } from "./RedisRow.ts"
import { givenBy, type LoadedLane, type Snapshot } from "./RedisSnapshot.ts"

/** Options of writing lanes. */
export interface CommitOptions extends KeyNamesOptions {
  readonly shards: number
  /** The time for the scripts in milliseconds; empty: Redis' own clock. */
  readonly time: number | ""
  /** Time in milliseconds in which every server looks at the lanes: a lease that lasts as long is announced to nobody. */
  readonly sweepMillis: number
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

/** A lane as this process has written it. */
export interface ChangedLane {
  readonly version: string
  readonly list: ReadonlyArray<string>
  readonly jobs: ReadonlyMap<string, StoredRow>
}

/** A lane after a change, without the numbers that Redis gives. */
export interface PlannedLane {
  readonly version: string
  readonly list: ReadonlyArray<string>
  /** The jobs of the list. */
  readonly jobs: ReadonlyArray<StoredRow>
}

const numberText = (number: number): string => {
  const given = givenBy(number)
  return given === undefined ? String(number) : `@${given}`
}

/** Kind of a lane's first job: a notice, a lifecycle event's review, or what a comment asks for. */
const workOf = ({ lifecycle, task }: JobRow): string => task === "review" ? (lifecycle ? "l" : "c") : "n"

const isActive = ({ state }: JobRow): boolean => state === "waiting" || state === "running"

const isOver = ({ state }: JobRow): boolean => state === "done" || state === "superseded"

/** Events of a lane that were asked for, with the digest of each. */
type EventDigests = ReadonlyArray<readonly [event: string, digest: string, job: string, endedAt: string]>

/** Places where what counts as new would be if it had ended meanwhile: the hashes of the days, the field, and where it was found. */
const endedOf = ({ loaded, snapshot }: LaneChange, events: EventDigests, names: KeyNames) => {
  const { jobs, remembered } = loaded
  const changed = snapshot.changed()
  const found: Array<number | string> = []
  for (const [id, stored] of jobs) {
    if (stored !== undefined || !(remembered || changed.has(id))) continue
    const short = shortId(id)
    found.push(names.onDays(`id ${bucketOf(short)}`, ({ ids }) => ids(short)), short, "")
  }
  if (found.length === 0 && !remembered) return found
  for (const [, digest, , endedAt] of events) {
    found.push(names.onDays(`event ${bucketOf(digest)}`, ({ events }) => events(digest)), digest, endedAt)
  }
  return found
}

/** The place of an ended job's record, and of all by which it is found. */
const overOf = (
  row: JobRow,
  { call, digest, endedAt }: { readonly call: string; readonly digest: string; readonly endedAt: number },
  { keys }: CommitOptions,
  { blobs, names }: Pick<PlanTexts, "blobs" | "names">
) => {
  const day = dayOf(endedAt)
  const ended = keys.ended(day)
  const id = shortId(row.id)
  return [
    blobs.push(EndedJob.encodeWhole(row, call)),
    names.at(ended.records),
    names.at(ended.ids(id)),
    id,
    // A later delivery of the event has to be told that this job did what it asks for.
    coversEvent(row) ? names.at(ended.events(digest)) : 0,
    row.state === "done" ? names.done : names.superseded,
    entryOf(row.position, day)
  ]
}

/** Companion of the plan: the names of the keys, and texts that are too long for it. */
interface PlanTexts {
  readonly names: KeyNames
  readonly blobs: Array<string | Uint8Array>
  readonly events: EventDigests
}

/** The digest of a job's event. Redis keeps it with a job that gets a place or ends, and has no use for it otherwise. */
const digestOf = ({ endedAt, event, lane, position }: JobRow, events: EventDigests): string => {
  if (endedAt === null && givenBy(position) === undefined) return ""
  for (const [known, digest] of events) if (known === event) return digest
  return eventDigest(lane, event)
}

const jobOf = (row: JobRow, { calls, loaded, snapshot }: LaneChange, options: CommitOptions, written: PlanTexts) => {
  const { keys, nextVersion, retentionMillis } = options
  const { blobs, events, names } = written
  const before = loaded.jobs.get(row.id)
  const call = calls.get(row.id) ?? before?.call ?? ""
  const digest = digestOf(row, events)
  const { endedAt } = row
  const over = endedAt !== null && isOver(row) ? overOf(row, { call, digest, endedAt }, options, written) : 0
  const payload = snapshot.payload(row.id)
  const { del, set } = over === 0 ? fieldChanges(before, row, call) : nothing
  const isNewPayload = over === 0 && payload !== (before?.payload ?? "")
  const version = nextVersion()
  const stored: StoredRow | undefined = endedAt === null ? { row, payload, call, version } : undefined
  const plan = [
    names.at(keys.job(row.id)),
    row.id,
    digest,
    // What Redis may not have in its lists is written into them anew.
    before === undefined || loaded.version === "" && isActive(before.row) ? "" : before.row.state,
    row.state,
    numberText(row.position),
    numberText(row.epoch),
    version,
    listed(set),
    isNewPayload ? blobs.push(payload) : 0,
    listed(del),
    endedAt === null ? "" : String(endedAt),
    endedAt === null ? 0 : keptMillis(retentionMillis),
    row.state === "parked" && !isRefused(row) ? names.at(keys.parkedEvent(digest)) : 0,
    over
  ]
  return { plan, stored }
}

/** A list of a plan. Redis reads a number in less time than an empty list. */
const listed = <A>(list: ReadonlyArray<A>): ReadonlyArray<A> | 0 => list.length === 0 ? 0 : list

const nothing: FieldChanges = { set: [], del: [] }

/** Changes that make a lane's list of another: 1 if it is written anew, else what leaves it, and what is added. */
const listEdits = (before: ReadonlyArray<string>, after: ReadonlyArray<string>) => {
  if (before.length === 0) return [0, 0, listed(after)]
  const stays = new Set(after)
  const kept = before.filter((id) => stays.has(id))
  if (after.length === 0 || !kept.every((id, index) => after[index] === id)) return [1, 0, listed(after)]
  if (kept.length === before.length && after.length === kept.length) return 0
  return [0, listed(before.filter((id) => !stays.has(id))), listed(after.slice(kept.length))]
}

const isSameHead = (row: JobRow, before: JobRow | undefined): boolean =>
  before !== undefined && row.dueAt === before.dueAt && row.position === before.position &&
  workOf(row) === workOf(before)

/** True if a version of a lane has the number of its last change. An older server has written its kind alone. */
const hasVersionNumber = (version: string): boolean => version.length !== 1

const laneOf = (change: LaneChange, options: CommitOptions, { blobs, names }: Pick<PlanTexts, "blobs" | "names">) => {
  const { loaded, quiet, signer, snapshot } = change
  const { keys, nextVersion, sweepMillis } = options
  const events: Array<EventDigests[number]> = []
  for (const [event, { endedAt, job }] of loaded.events) {
    events.push([event, eventDigest(loaded.lane, event), job, endedAt])
  }
  const written = { names, blobs, events }
  const after: Array<StoredRow> = []
  const jobs: Array<unknown> = []
  for (const row of snapshot.changed().values()) {
    const { plan, stored } = jobOf(row, change, options, written)
    jobs.push(plan)
    if (stored !== undefined) after.push(stored)
  }
  const rows = snapshot.active(loaded.lane)
  const ids = rows.map(({ id }): string => id)
  // A job that cannot be read stays in its lane, and the lane among those that are due: another program may read it.
  const unread = loaded.list.filter((id) => loaded.unreadable.some((job) => job.id === id))
  const order = [...unread, ...ids]
  const [head] = rows
  const work = head === undefined ? unread.length === 0 ? "" : "c" : workOf(head)
  const version = work === "" ? "" : work + nextVersion()
  const headBefore = loaded.version === "" ? undefined : loaded.jobs.get(loaded.list[0] ?? "")?.row
  const isOurVersion = hasVersionNumber(loaded.version)
  const seen: Array<number | string> = []
  for (const [id, stored] of loaded.jobs) {
    if (!isOurVersion || !loaded.list.includes(id)) seen.push(names.at(keys.job(id)), stored?.version ?? "")
  }
  const plan = [
    loaded.lane,
    names.at(keys.queue(loaded.lane)),
    loaded.version,
    version,
    // Of a remembered lane this process has the time by its own clock since.
    loaded.remembered ? loaded.now : 0,
    signer === undefined ? 0 : 1,
    isOurVersion ? 0 : loaded.list.join(" "),
    listed(seen),
    listed(events.flatMap(([, digest, job]) => [digest, job])),
    listed(endedOf(change, events, names)),
    snapshot.numbers(),
    jobs,
    listEdits(loaded.list, order),
    head === undefined
      ? work === "" ? 0 : [loaded.now, "0", work]
      : isSameHead(head, headBefore)
      ? 0
      : [head.dueAt, numberText(head.position), work],
    quiet || head?.state === "running" && head.dueAt - loaded.now >= sweepMillis ? 1 : 0
  ]
  const stay: Array<StoredRow> = []
  for (const id of order) {
    const stored = after.find(({ row }) => row.id === id) ?? loaded.jobs.get(id)
    if (stored !== undefined) stay.push(stored)
  }
  const changed: PlannedLane = { version, list: order, jobs: stay }
  return { plan, changed }
}

/**
 * Keys and arguments of `commit.lua`, which writes the changes of some lanes of a shard, each if the lane is still as it
 * was loaded. The plan is made of lists in place of objects, which take Redis twice as long to read.
 */
export const planOf = (changes: ReadonlyArray<LaneChange>, options: CommitOptions) => {
  const { keys, shards, time } = options
  const names = new KeyNames(options, Math.max(...changes.map(({ loaded }) => loaded.now)))
  const blobs: Array<string | Uint8Array> = []
  const signer = changes.find(({ signer }) => signer !== undefined)?.signer ?? ""
  const lanes = changes.map((change) => laneOf(change, options, { names, blobs }))
  const plan = [
    keys.ready,
    keys.shard,
    shards,
    signer,
    names.days,
    names.searched,
    lanes.map(({ plan }) => plan)
  ]
  return {
    keys: names.names,
    args: [time, JSON.stringify(plan), ...blobs],
    days: daysOf(Math.max(...changes.map(({ loaded }) => loaded.now)), options.retentionMillis),
    changed: lanes.map(({ changed }) => changed)
  }
}
