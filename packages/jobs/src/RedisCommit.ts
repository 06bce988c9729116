import * as EndedJob from "./EndedJob.ts"
import type { JobRow } from "./JobTable.ts"
import * as LaneRules from "./LaneRules.ts"
import { dayOf, daysOf, eventDigest, keptMillis, type ShardKeys, shortId } from "./RedisKeys.ts"
import { entryOf } from "./RedisPortions.ts"
import { fieldsOf } from "./RedisRow.ts"
import { givenBy, type LoadedLane, type Snapshot } from "./RedisSnapshot.ts"

/** Options of writing a step. */
export interface Step {
  readonly keys: ShardKeys
  readonly shards: number
  readonly retentionMillis: number
  /** Idempotency key of the step, kept with its job, so that the step can be repeated when its answer was lost. */
  readonly call: string
  readonly about: string | undefined
  /** Lane and event that the step asked for. */
  readonly event: string
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

/** Places where a new job would be if it had ended meanwhile: the hashes of each day, the field, and where it was found. */
const endedOf = (
  loaded: LoadedLane,
  snapshot: Snapshot,
  { event, keys, retentionMillis }: Step,
  at: (name: string) => number
) => {
  const isNew = [...snapshot.changed().keys()].filter((id) => loaded.jobs.get(id) === undefined)
  if (isNew.length === 0) return []
  const days = daysOf(loaded.now, retentionMillis).map(keys.ended)
  const digest = eventDigest(loaded.lane, event)
  return [
    [days.map(({ events }) => at(events(digest))), digest, loaded.eventEnded] as const,
    ...isNew.map((id) => [days.map(({ ids }) => at(ids(shortId(id)))), shortId(id), ""] as const)
  ]
}

/** Keys and arguments of `commit.lua`, which writes a snapshot's changes if the lane is still as it was loaded. */
export const planOf = (loaded: LoadedLane, snapshot: Snapshot, step: Step) => {
  const { keys, retentionMillis } = step
  const names = [
    keys.queue(loaded.lane),
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
    const call = row.id === step.about ? step.call : before?.call ?? ""
    const over = row.endedAt !== null && isOver(row) ? overOf(row, call, row.endedAt) : undefined
    const fields = over === undefined ? fieldsOf(row, snapshot.payloadOf(row.id), call) : new Map<string, string>()
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
      v: String(Number(before?.version ?? "0") + 1),
      set: [...fields].flat(),
      del: [...before?.fields ?? []].filter((field) => !fields.has(field)),
      ...(over === undefined ? {} : { over }),
      expire: row.endedAt === null ? 0 : keptMillis(retentionMillis)
    }
  })
  const order = snapshot.active()
  const [head] = order
  const plan = {
    lane: loaded.lane,
    channel: keys.ready,
    shard: keys.shard,
    shards: step.shards,
    quiet: step.quiet,
    signer: step.signer,
    list: loaded.list.join(" "),
    seen: [...loaded.jobs].map(([id, stored]) => [indexOf(keys.job(id)), stored?.version ?? ""]),
    event: [eventDigest(loaded.lane, step.event), loaded.eventJob],
    ended: endedOf(loaded, snapshot, step, indexOf),
    numbers: snapshot.numbers(),
    jobs,
    order: order.map(({ id }) => id),
    head: head === undefined ? [] : [head.dueAt, numberText(head.position), workOf(head)]
  }
  return { keys: names, args: [loaded.now, JSON.stringify(plan), ...records] }
}
