import type { ChangedLane } from "./RedisCommit.ts"

/** Lanes as this process has written them last. Whoever uses one has to have Redis check that it is still so. */
export interface RedisLaneCache {
  /** Takes a lane out: while it is being changed, nobody else may build on it. */
  take(lane: string): ChangedLane | undefined
  put(lane: string, changed: ChangedLane): void
}

/** Maximum number of lanes, and of characters of their requests. */
const maxLanes = 2048
const maxLength = 4 * 1024 * 1024

const lengthOf = ({ jobs }: ChangedLane): number => {
  let length = 0
  for (const { payload } of jobs.values()) length += payload.length
  return length
}

export const make = (): RedisLaneCache => {
  const lanes = new Map<string, { readonly changed: ChangedLane; readonly length: number }>()
  let total = 0

  const take = (lane: string): ChangedLane | undefined => {
    const found = lanes.get(lane)
    if (found === undefined) return undefined
    lanes.delete(lane)
    total -= found.length
    return found.changed
  }

  return {
    take,
    put: (lane, changed) => {
      take(lane)
      if (changed.list.length === 0) return
      const length = lengthOf(changed)
      lanes.set(lane, { changed, length })
      total += length
      if (lanes.size <= maxLanes && total <= maxLength) return
      for (const oldest of lanes.keys()) {
        if (lanes.size <= maxLanes && total <= maxLength) break
        take(oldest)
      }
    }
  }
}
