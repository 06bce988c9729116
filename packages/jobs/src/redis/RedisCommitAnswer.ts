import { Exit, Schema } from "effect"
import type { JobRow } from "../table/JobTable.ts"
import { type AppliedLane, type OptimisticWrite, unmade, type WriteOutcome } from "./RedisApply.ts"
import type { PlannedLane } from "./RedisCommit.ts"
import type { RedisLaneCache } from "./RedisLaneCache.ts"
import type { StoredRow } from "./RedisRow.ts"
import { givenBy } from "./RedisSnapshot.ts"

/** Answer of `commit.lua`. */
interface CommitAnswer {
  readonly now: number
  /** A digit for each day: 1 if something that is kept has ended on it, else 0. */
  readonly days: string
  /** The result for each lane: 1 and the numbers that it was given, or why it was not changed. */
  readonly lanes: ReadonlyArray<ReadonlyArray<number>>
}

const answered = /^\d+ [01]*(?:\n[\d -]*)*$/

export const CommitAnswer = Schema.String.check(Schema.isPattern(answered))

/** Reads the answer of `commit.lua`. */
export const committedOf = (answer: string): CommitAnswer => {
  const [head = "", ...lines] = answer.split("\n")
  const [now, days = ""] = head.split(" ")
  return { now: Number(now), days, lanes: lines.map((line) => line === "" ? [] : line.split(" ").map(Number)) }
}

/** Lane of which no change is planned. */
export const unplanned: PlannedLane = { version: "", list: [], jobs: [] }

const real = (row: JobRow, numbers: ReadonlyArray<number>): JobRow => {
  const position = givenBy(row.position)
  const epoch = givenBy(row.epoch)
  return position === undefined && epoch === undefined ? row : {
    ...row,
    position: position === undefined ? row.position : numbers[position] ?? row.position,
    epoch: epoch === undefined ? row.epoch : numbers[epoch] ?? row.epoch
  }
}

/** Outcomes of the tries on a lane that Redis was asked to write. */
export const outcomesOf = (
  { change: { loaded, snapshot }, tries }: AppliedLane,
  { changed, numbers }: { readonly changed: PlannedLane; readonly numbers: ReadonlyArray<number> },
  cache: RedisLaneCache
): ReadonlyArray<readonly [OptimisticWrite, WriteOutcome]> => {
  const [done] = numbers
  if (done !== 1) {
    return tries.map((one) => [
      one,
      Exit.succeed(unmade(done === -1 ? "failed" : done === 0 && one.trusted ? "untrusted" : "overtaken"))
    ])
  }
  const jobs = new Map<string, StoredRow>()
  for (const stored of changed.jobs) {
    const row = real(stored.row, numbers)
    jobs.set(row.id, row === stored.row ? stored : { ...stored, row })
  }
  // What is remembered of a lane has all of its jobs.
  if (loaded.unreadable.length === 0) {
    cache.put(loaded.lane, { version: changed.version, list: changed.list, jobs })
  }
  const row = (id: string) => {
    const known = jobs.get(id)?.row
    if (known !== undefined) return known
    const found = snapshot.changed().get(id) ?? loaded.jobs.get(id)?.row
    return found === undefined ? undefined : real(found, numbers)
  }
  const made: WriteOutcome = Exit.succeed({ _tag: "made", now: loaded.now, row })
  return tries.map((one) => [one, made])
}
