import type { Array } from "effect"
import type { AppliedLane, OptimisticWrite } from "./RedisApply.ts"

/*
 * Tries of a moment, in the portions in which they are made.
 */

/**
 * Maximum number of lanes in one script, and of characters of their requests. While it runs, Redis does nothing else; and
 * while Redis works on one, this process makes the next.
 */
const together = 25
const togetherLength = 1024 * 1024

/** The first tries that may be made together: each is about jobs and an event of its own. */
export const independent = (tries: ReadonlyArray<OptimisticWrite>): ReadonlyArray<OptimisticWrite> => {
  const [first, ...others] = tries
  if (first === undefined || first.ids.length === 0 || others.length === 0) return tries.slice(0, 1)
  const found = [first]
  const seen = new Set([...first.ids, first.event])
  for (const one of others) {
    const own = [...one.ids, ...(one.event === undefined ? [] : [one.event])]
    if (one.ids.length === 0 || own.some((name) => seen.has(name))) break
    own.forEach((name) => seen.add(name))
    found.push(one)
  }
  return found
}

const lengthOf = ({ change: { snapshot } }: AppliedLane): number => {
  let length = 0
  for (const id of snapshot.changed().keys()) length += snapshot.payload(id).length
  return length
}

/** Splits lanes into those that one script writes. */
export const batchesOf = (
  lanes: ReadonlyArray<AppliedLane>
): ReadonlyArray<Array.NonEmptyReadonlyArray<AppliedLane>> => {
  const batches: Array<Array.NonEmptyArray<AppliedLane>> = []
  let length = 0
  for (const lane of lanes) {
    const own = lengthOf(lane)
    const last = batches.at(-1)
    length += own
    if (last !== undefined && last.length < together && length <= togetherLength) {
      last.push(lane)
    } else {
      batches.push([lane])
      length = own
    }
  }
  return batches
}
