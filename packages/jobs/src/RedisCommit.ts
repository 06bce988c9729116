import type { JobRow } from "./JobTable.ts"
import * as LaneRules from "./LaneRules.ts"
import type { ShardKeys } from "./RedisKeys.ts"
import { fieldsOf } from "./RedisRow.ts"
import { givenBy, type LoadedLane, type Snapshot } from "./RedisSnapshot.ts"

const dayMillis = 86_400_000

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
}

const numberText = (number: number): string => {
  const given = givenBy(number)
  return given === undefined ? String(number) : `@${given}`
}

const workOf = ({ lifecycle, task }: JobRow): string => task === "review" ? (lifecycle ? "l" : "c") : "n"

/** True if the job has to be found by later deliveries of its event. */
const keepsEvent = (row: JobRow): boolean =>
  row.endedAt === null || row.state === "parked" || LaneRules.coversEvent(row)

/** Keys and argument of `commit.lua`, which writes a snapshot's changes if the lane is still as it was loaded. */
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
    keys.log,
    keys.work
  ]
  const indexOf = (name: string): number => {
    const at = names.indexOf(name)
    return at === -1 ? names.push(name) : at + 1
  }
  const jobs = [...snapshot.changed().values()].map((row) => {
    const before = loaded.jobs.get(row.id)
    const call = row.id === step.about ? step.call : before?.call ?? ""
    const fields = fieldsOf(row, snapshot.payloadOf(row.id), call)
    return {
      key: indexOf(keys.job(row.id)),
      id: row.id,
      before: before?.row.state ?? "",
      state: row.state,
      position: numberText(row.position),
      epoch: numberText(row.epoch),
      ended: row.endedAt === null ? "" : String(row.endedAt),
      v: String(Number(before?.version ?? "0") + 1),
      set: [...fields].flat(),
      del: [...before?.fields ?? []].filter((field) => !fields.has(field)),
      over: row.state === "done" || row.state === "superseded",
      expire: row.endedAt === null ? 0 : retentionMillis + dayMillis
    }
  })
  const events = [...snapshot.changed().values()].flatMap((row) => {
    const before = loaded.jobs.get(row.id)
    const isNew = givenBy(row.position) !== undefined
    const ends = row.endedAt !== null && before?.row.endedAt === null
    if (!isNew && !ends) return []
    const ttl = keepsEvent(row) ? retentionMillis + dayMillis : 0
    return [[indexOf(keys.event(row.lane, row.event)), row.id, isNew ? "new" : "ended", ttl] as const]
  })
  const order = snapshot.active()
  const [head] = order
  const plan = {
    lane: loaded.lane,
    channel: keys.ready,
    shard: keys.shard,
    shards: step.shards,
    quiet: step.quiet,
    list: loaded.list.join(" "),
    seen: [...loaded.jobs].map(([id, stored]) => [indexOf(keys.job(id)), stored?.version ?? ""]),
    event: [indexOf(keys.event(loaded.lane, step.event)), loaded.eventJob],
    numbers: snapshot.numbers(),
    jobs,
    events,
    order: order.map(({ id }) => id),
    head: head === undefined ? [] : [head.dueAt, numberText(head.position), workOf(head)]
  }
  return { keys: names, json: JSON.stringify(plan) }
}
