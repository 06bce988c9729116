import { type Lane, laneKey } from "@nominal-code/domain/job/Lane"
import { Effect, Latch } from "effect"
import type { ReadyLane } from "../JobQueue.ts"

/**
 * Scheduler of the ready lanes: round-robin by repository. Within a repository, lanes with a notice or a comment come
 * first. A lane has one turn at a time; if it becomes ready during its turn, it gets another one afterwards.
 */
export interface LaneSchedule {
  /** Adds ready lanes, all of them before one is chosen. */
  add(...lanes: ReadonlyArray<ReadyLane>): void
  /** The lane whose turn it is, at work until `done`. It waits while no ready lane is admitted. */
  readonly next: Effect.Effect<ReadyLane>
  done(lane: Lane): void
  /** Checks again the lanes that were not admitted. */
  recheck(): void
  /**
   * Isolates a lane that is at work: no other lane gets a turn until it is done. False if others are at work: then the
   * lane has to end its turn, and gets another one as soon as nothing else is at work.
   */
  isolate(ready: ReadyLane): boolean
  /** True if another lane could have a turn, or a lane is isolated or waits for it: a turn that goes on would delay it. */
  othersWait(): boolean
}

/** The ready lanes of one repository. */
interface Repository {
  readonly asked: Map<string, ReadyLane>
  readonly pushed: Map<string, ReadyLane>
}

const repositoryOf = ({ namespace, platform, repo }: Lane): string => `${namespace}:${platform}:${repo}`

/** Number of repositories whose last turn is remembered. */
const remembered = 10_000

type LaneFilter = (ready: ReadyLane) => boolean

const firstOf = (lanes: Map<string, ReadyLane>, admits: LaneFilter): ReadyLane | undefined => {
  for (const ready of lanes.values()) if (admits(ready)) return ready
  return undefined
}

/** Makes a scheduler. `admits` says if a lane may have a turn now; it is called at any time. */
export const make = (admits: LaneFilter): LaneSchedule => {
  const repositories = new Map<string, Repository>()
  /** The number of the last turn that a repository had, ready or not; the longest ago first. */
  const served = new Map<string, number>()
  let turns = 0
  /** Lanes at work, each with its entry if it became ready again meanwhile. */
  const atWork = new Map<string, ReadyLane | undefined>()
  const isolated = new Map<string, ReadyLane>()
  let alone: string | undefined
  const changed = Latch.makeUnsafe()

  const put = (ready: ReadyLane): void => {
    const { lane, work } = ready
    const key = laneKey(lane)
    if (atWork.has(key)) {
      atWork.set(key, ready)
      return
    }
    const name = repositoryOf(lane)
    const repository = repositories.get(name) ?? { asked: new Map(), pushed: new Map() }
    repositories.set(name, repository)
    const [to, from] = work === "lifecycle"
      ? [repository.pushed, repository.asked]
      : [repository.asked, repository.pushed]
    from.delete(key)
    to.set(key, ready)
  }

  const add = (...lanes: ReadonlyArray<ReadyLane>): void => {
    lanes.forEach(put)
    changed.openUnsafe()
  }

  /** Takes the lane out, and puts its repository behind the others. */
  const serve = (lane: Lane): void => {
    const name = repositoryOf(lane)
    served.delete(name)
    served.set(name, ++turns)
    for (const oldest of served.keys()) {
      if (served.size <= remembered) break
      served.delete(oldest)
    }
    const repository = repositories.get(name)
    if (repository === undefined) return
    repository.asked.delete(laneKey(lane))
    repository.pushed.delete(laneKey(lane))
    if (repository.asked.size + repository.pushed.size === 0) repositories.delete(name)
  }

  const ofRepositories = (): ReadyLane | undefined => {
    let found: ReadyLane | undefined
    let earliest = Infinity
    for (const [name, { asked, pushed }] of repositories) {
      const last = served.get(name) ?? 0
      if (last >= earliest) continue
      const ready = firstOf(asked, admits) ?? firstOf(pushed, admits)
      if (ready === undefined) continue
      found = ready
      earliest = last
    }
    return found
  }

  const choose = (): ReadyLane | undefined => {
    if (alone !== undefined) return undefined
    const next = firstOf(isolated, admits)
    if (next === undefined) return ofRepositories()
    return atWork.size === 0 ? next : undefined
  }

  const next: Effect.Effect<ReadyLane> = Effect.suspend(() => {
    const ready = choose()
    if (ready === undefined) {
      changed.closeUnsafe()
      return Effect.andThen(changed.await, next)
    }
    const key = laneKey(ready.lane)
    if (isolated.delete(key)) alone = key
    serve(ready.lane)
    atWork.set(key, undefined)
    return Effect.succeed(ready)
  })

  return {
    add,
    next,
    done: (lane) => {
      const key = laneKey(lane)
      const again = atWork.get(key)
      atWork.delete(key)
      if (alone === key) alone = undefined
      if (again !== undefined) add(again)
      changed.openUnsafe()
    },
    recheck: () => {
      changed.openUnsafe()
    },
    isolate: (ready) => {
      const key = laneKey(ready.lane)
      if (atWork.size === 1) alone = key
      if (alone === key) return true
      isolated.set(key, ready)
      return false
    },
    othersWait: () => alone !== undefined || isolated.size > 0 || ofRepositories() !== undefined
  }
}
