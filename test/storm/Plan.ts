import { Effect, Random } from "effect"
import { createHash } from "node:crypto"

/*
 * Plan of a storm, made before it begins: the same seed gives the same plan. Faults are bound to
 * progress and not to the clock, so a slow machine meets them at the same points of the work.
 */

/** Size of a storm. */
export interface Size {
  readonly pulls: number
  /** Deliveries of each pull request. */
  readonly events: number
  /** Limit of the deliveries that are on their way, waiting or running at the same time. */
  readonly busy: number
  /** Time that a service stays away, limited or full, in seconds. */
  readonly outage: number
  /** Number of jobs that wait and run when an outage begins, at least. */
  readonly amid: { readonly waiting: number; readonly running: number }
  /** Number of faults of each kind. */
  readonly faults: Readonly<Record<FaultKind, number>>
}

/** Faults, beside the pods that are killed. */
export const faultKinds = [
  /** A server is killed without a signal, and started again after a while. */
  "serverKilled",
  /** A server stands still for longer than its leases last, and goes on as if nothing had happened. */
  "serverFrozen",
  /** A node needs its room: a pod is asked to end, and the cluster starts another one in its place. */
  "podEvicted",
  /** A node of the Redis Cluster is killed without a signal, and started again with what is on its disk. */
  "redisRestarted",
  /** Every connection to Redis is closed. */
  "redisCut",
  /** A slot of the queue moves to another node of Redis, some keys at a time. */
  "redisSlotMoved",
  /** Every watch of the cluster is cut. */
  "watchCut",
  /** And what happened before is forgotten: who watches has to list anew. */
  "watchExpired",
  /** The cluster's API answers that it is too busy, or fails. */
  "apiFailed",
  /** The cluster's API does what it is asked to, and its answer is lost. */
  "apiAnswerLost",
  /** The forge does what it is asked to, and answers that it failed. */
  "forgeAnswerLost",
  /** The forge answers that it is too busy. */
  "forgeBusy",
  /** The forge is away, with its API and its git. */
  "forgeAway",
  /** The forge answers nothing more until its hour is over. */
  "forgeLimited",
  /** The model is overloaded (529). */
  "modelOverloaded",
  /** The cluster takes no more Jobs, or no more pods: a quota is used up. */
  "clusterFull",
  /** The cluster's API server is away, and then restarts. */
  "apiAway",
  /** A node of the Redis Cluster is away, and with it the queue: what answers in its place closes every connection. */
  "redisAway",
  /** The cluster's API server restarts, and at first tells everybody that they may do nothing (403). */
  "apiRestarted",
  /** A node is cut off with its pods: they go on, and nobody hears of them. */
  "nodeLost"
] as const
export type FaultKind = typeof faultKinds[number]

/** The faults that last as long as `Size.outage` says. */
export const outageKinds = [
  "forgeAway",
  "forgeLimited",
  "modelOverloaded",
  "clusterFull",
  "apiAway",
  "redisAway"
] as const
export type OutageKind = typeof outageKinds[number]

/** The storm of every test run. A lost node holds up its pull requests for minutes, so it is left to larger ones. */
export const core: Size = {
  pulls: 6,
  events: 4,
  busy: 16,
  outage: 8,
  amid: { waiting: 2, running: 2 },
  faults: {
    serverKilled: 2,
    serverFrozen: 1,
    podEvicted: 2,
    redisRestarted: 1,
    redisCut: 1,
    redisSlotMoved: 2,
    watchCut: 2,
    watchExpired: 1,
    apiFailed: 2,
    apiAnswerLost: 2,
    forgeAnswerLost: 2,
    forgeBusy: 1,
    forgeAway: 1,
    forgeLimited: 1,
    modelOverloaded: 1,
    clusterFull: 1,
    apiAway: 1,
    redisAway: 1,
    apiRestarted: 1,
    nodeLost: 0
  }
}

/** A larger one: there is one outage of each service, of three minutes, and everything else goes wrong more often. */
export const sizeOf = (pulls: number, events: number): Size => {
  const forty = Math.max(1, pulls / 40)
  const times = (count: number) => Math.round(count * forty)
  return {
    pulls,
    events,
    busy: 60,
    outage: 180,
    amid: { waiting: 20, running: 4 },
    faults: {
      serverKilled: times(3),
      serverFrozen: times(0.5),
      podEvicted: times(3),
      redisRestarted: times(2),
      redisCut: times(3),
      redisSlotMoved: times(3),
      watchCut: times(4),
      watchExpired: times(1),
      apiFailed: times(4),
      apiAnswerLost: times(4),
      forgeAnswerLost: times(3),
      forgeBusy: times(1),
      forgeAway: 1,
      forgeLimited: 1,
      modelOverloaded: 1,
      clusterFull: 1,
      apiAway: 1,
      redisAway: 1,
      apiRestarted: times(1),
      nodeLost: 1
    }
  }
}

/** Something that happens on a pull request. */
export interface PlannedEvent {
  /** Number of the pull request, from 0. */
  readonly pull: number
  /** The how-manieth event of it, from 0. */
  readonly index: number
  readonly kind: "opened" | "push" | "reopened" | "mention"
  /** The forge delivers it twice. */
  readonly twice: boolean
  /** Another hook of the forge delivers it too, under an id of its own. */
  readonly twin: boolean
  /** It is delivered after the next event of its pull request. */
  readonly late: boolean
}

export interface PlannedFault {
  readonly kind: FaultKind
  /** It happens when this part of all deliveries has ended: 0 to 1. */
  readonly at: number
  /** It begins at most so much later, in seconds: an outage that is the second of a pair, while jobs still run. */
  readonly delay: number
  /** Number of the server. */
  readonly server: number
  /** For how long, from 0 to 1: each kind has its own unit. */
  readonly length: number
  /** Choice among several, from 0 to 1: each kind has its own. */
  readonly chance: number
}

export interface Plan {
  readonly seed: string
  readonly size: Size
  readonly events: ReadonlyArray<PlannedEvent>
  readonly faults: ReadonlyArray<PlannedFault>
}

export const servers = 2

/** So many pods of a hundred are killed. */
const killedPercent = 5

const kindOf = (index: number, chance: number): PlannedEvent["kind"] => {
  if (index === 0) return "opened"
  if (chance < 0.25) return "mention"
  return chance < 0.35 ? "reopened" : "push"
}

/** The events of all pull requests, each one's in their order: so many pull requests are talked about at a time. */
const makeEvents = Effect.fnUntraced(function*({ busy, events, pulls }: Size) {
  const left = Array.from({ length: pulls }, (_, pull) => ({ pull, next: 0 }))
  const made: Array<PlannedEvent> = []
  while (left.length > 0) {
    const at = yield* Random.nextIntBetween(0, Math.min(left.length, Math.max(1, Math.floor(busy / 2))) - 1)
    const one = left[at]
    if (one === undefined) break
    made.push({
      pull: one.pull,
      index: one.next,
      kind: kindOf(one.next, yield* Random.next),
      twice: (yield* Random.next) < 0.2,
      twin: (yield* Random.next) < 0.15,
      late: (yield* Random.next) < 0.15 && one.next < events - 1
    })
    one.next += 1
    if (one.next === events) left.splice(at, 1)
  }
  return made
})

export const isOutage = (kind: FaultKind): kind is OutageKind => outageKinds.some((one) => one === kind)

/**
 * Part of the whole after which a fault of this kind does not happen. What a lost node holds up has time to end, and an
 * outage has jobs to hold up.
 */
const latest = (kind: FaultKind): number => {
  if (kind === "nodeLost") return 0.2
  return isOutage(kind) ? 0.6 : 0.95
}

/** All of a kind, spread over the whole storm. */
const makeFaults = Effect.fnUntraced(function*(kind: FaultKind, count: number) {
  return yield* Effect.forEach(
    Array.from({ length: count }, (_, index) => index),
    Effect.fnUntraced(function*(index) {
      const fault: PlannedFault = {
        kind,
        at: 0.02 + (latest(kind) - 0.02) * (index + (yield* Random.next)) / count,
        delay: 0,
        server: yield* Random.nextIntBetween(0, servers - 1),
        length: yield* Random.next,
        chance: yield* Random.next
      }
      return fault
    }),
    { concurrency: 1 }
  )
})

/** Outages in pairs: of two services, the second goes away when the first one is half-way through, at the latest. */
const paired = Effect.fnUntraced(function*(faults: ReadonlyArray<PlannedFault>, outage: number) {
  const outages = yield* Random.shuffle(faults.filter(({ kind }) => isOutage(kind)))
  const pairs = outages.map((fault, index): PlannedFault => {
    const first = index % 2 === 1 ? outages[index - 1] : undefined
    return first === undefined ? fault : { ...fault, at: first.at, delay: outage / 2 }
  })
  return [...faults.filter(({ kind }) => !isOutage(kind)), ...pairs]
})

/** The plan of a seed. */
export const make = Effect.fn("Plan.make")((seed: string, size: Size) =>
  Effect.gen(function*() {
    const events = yield* makeEvents(size)
    const faults = yield* Effect.forEach(faultKinds, (kind) => makeFaults(kind, size.faults[kind]), { concurrency: 1 })
    const all = yield* paired(faults.flat(), size.outage)
    return { seed, size, events, faults: all.sort((one, other) => one.at - other.at) } satisfies Plan
  }).pipe(Random.withSeed(seed))
)

/** Time of a pod's kill: so many milliseconds after it started, or after it posted something. */
export interface PlannedKill {
  readonly after: "start" | "post"
  readonly millis: number
}

/** Kill of a pod, if any, as a function of the seed and of its Job's name. */
export const killOf = (seed: string, jobName: string): PlannedKill | undefined => {
  const digest = createHash("sha256").update(`${seed}\n${jobName}`).digest()
  if (digest.readUInt32BE(0) % 100 >= killedPercent) return undefined
  const chance = digest.readUInt32BE(4)
  return digest.readUInt8(8) % 2 === 0
    ? { after: "start", millis: chance % 2500 }
    : { after: "post", millis: chance % 20 }
}
