import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Exit } from "effect"
import type { JobRow, JobTable } from "../table/JobTable.ts"
import type { ChangedLane, LaneChange } from "./RedisCommit.ts"
import type { ShardKeys } from "./RedisKeys.ts"
import type { StoredRow } from "./RedisRow.ts"
import { givenBy, type LoadedLane, make as snapshotOf, type Snapshot } from "./RedisSnapshot.ts"

/*
 * Steps on a lane of Redis, up to the change that is to be written: plain functions, which decide by the rules that hold
 * for every store.
 */

/** Optimistic write: one try of a step on a lane, which holds only if the lane is as it was assumed to be. */
export interface OptimisticWrite {
  readonly operation: string
  readonly keys: ShardKeys
  readonly lane: string
  readonly ids: ReadonlyArray<string>
  readonly event: string | undefined
  readonly intake: boolean
  readonly quiet: boolean
  readonly trusted: boolean
  /** Idempotency key of the step, the same for each of its tries. */
  readonly call: string
  /** Job that an earlier try may have written, although its answer was lost. */
  readonly sent: string | undefined
  /** True if the lane is read in any case. */
  readonly reads: boolean
  /** Makes the change, and returns the jobs that it is about. */
  readonly apply: (table: JobTable, now: number) => ReadonlyArray<string>
}

/**
 * Result of a try. `overtaken`: the lane is another than it was assumed to be. `later`: another step on the lane comes
 * first. `failed`: one of those that shared the script has failed.
 */
export interface WriteResult {
  readonly _tag: "made" | "overtaken" | "later" | "failed" | "untrusted"
  readonly now: number
  readonly row: (id: string) => JobRow | undefined
}

export type WriteOutcome = Exit.Exit<WriteResult, StoreError>

/** Takes the outcome of an optimistic write. */
export type OutcomeHandler = (one: OptimisticWrite, outcome: WriteOutcome) => void

/** Tries on one lane that were applied to it, and wait to be written. */
export interface AppliedLane {
  readonly change: LaneChange
  readonly tries: ReadonlyArray<OptimisticWrite>
}

export const unmade = (_tag: Exclude<WriteResult["_tag"], "made">): WriteResult => ({
  _tag,
  now: 0,
  row: () => undefined
})

/** A lane in which nothing waits or runs. */
export const emptyLane: ChangedLane = { version: "", list: [], jobs: new Map() }

/** True if a job has ended that has no place yet: its record would have none. */
const endsUnplaced = (snapshot: Snapshot): boolean => {
  for (const { endedAt, position } of snapshot.changed().values()) {
    if (endedAt !== null && givenBy(position) !== undefined) return true
  }
  return false
}

/** The ids and events that tries ask for, beside those of the lane. */
export const askedOf = (tries: ReadonlyArray<OptimisticWrite>) => ({
  ids: tries.flatMap(({ ids, sent }) => sent === undefined ? ids : [...ids, sent]),
  events: tries.flatMap(({ event }) => event === undefined ? [] : [event])
})

/** The lane as it is known here. What that does not name is assumed to be unknown; the script checks it. */
export const assumedLane = (
  { jobs, list, version }: ChangedLane,
  lane: string,
  tries: ReadonlyArray<OptimisticWrite>,
  times: Pick<LoadedLane, "now" | "forgottenBefore">
): LoadedLane => {
  const { events, ids } = askedOf(tries)
  const all = new Map<string, StoredRow | undefined>(jobs)
  for (const id of ids) if (!all.has(id)) all.set(id, undefined)
  const jobOf = (event: string): string => {
    let last: JobRow | undefined
    for (const { row } of jobs.values()) {
      if (row.event === event && row.position > (last?.position ?? 0)) last = row
    }
    return last?.id ?? ""
  }
  return {
    ...times,
    lane,
    version,
    list,
    events: new Map(events.map((event) => [event, { job: jobOf(event), endedAt: "", ended: "" }])),
    jobs: all,
    unreadable: [],
    remembered: true
  }
}

/**
 * Applies tries to a lane, one after another. Those that change nothing, or that were written before, are answered at
 * once; the others are the result, but for those that have to wait.
 */
export const applyTries = (
  loaded: LoadedLane,
  tries: ReadonlyArray<OptimisticWrite>,
  signer: string,
  answer: OutcomeHandler
): AppliedLane | undefined => {
  const snapshot = snapshotOf(loaded)
  const { now } = loaded
  const calls = new Map<string, string>()
  const applied: Array<OptimisticWrite> = []
  // A lane without its version was written by half, before Redis failed: it is in none of the lists of lanes and jobs.
  const halves = loaded.version === "" ? snapshot.active(loaded.lane) : []
  for (const row of halves) snapshot.update(row)
  for (const [at, one] of tries.entries()) {
    const wasMade = one.sent !== undefined && loaded.jobs.get(one.sent)?.call === one.call
    if (wasMade && halves.length > 0) {
      applied.push(one)
      continue
    }
    if (wasMade) {
      // Another process may have one of its jobs by now.
      const row = (id: string) => {
        const found = loaded.jobs.get(id)
        return found?.call === one.call ? found.row : undefined
      }
      answer(one, Exit.succeed({ _tag: "made", now, row }))
      continue
    }
    for (const id of one.apply(snapshot, now)) calls.set(id, one.call)
    if (applied.length > 0 && endsUnplaced(snapshot)) {
      // It has to wait until Redis has given those before it their numbers.
      return applyTries(loaded, tries.slice(0, at), signer, answer)
    }
    applied.push(one)
  }
  if (snapshot.changed().size > 0) {
    const quiet = applied.every((one) => one.quiet)
    const trusted = applied.some((one) => one.trusted)
    return { change: { loaded, snapshot, calls, quiet, signer: trusted ? signer : undefined }, tries: applied }
  }
  // What is only assumed answers nothing.
  const result: WriteResult = loaded.remembered
    ? unmade("overtaken")
    : { _tag: "made", now, row: (id) => loaded.jobs.get(id)?.row }
  for (const one of applied) answer(one, Exit.succeed(result))
  return undefined
}
