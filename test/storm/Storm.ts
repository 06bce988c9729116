import { allShards } from "@nominal-code/jobs/redis/RedisKeys"
import * as RedisRecords from "@nominal-code/jobs/redis/RedisRecords"
import { Clock, Console, Duration, Effect, Option, Schedule } from "effect"
import * as Deliveries from "./Deliveries.ts"
import * as Faults from "./Faults.ts"
import { breaches, judge, type Verdict } from "./Invariants.ts"
import * as Logs from "./Logs.ts"
import { observe } from "./Observation.ts"
import type { Observations, Outage } from "./Observed.ts"
import { perMinute } from "./Outages.ts"
import * as Plan from "./Plan.ts"
import { shards } from "./RedisNodes.ts"
import * as World from "./World.ts"

/** Figures of a storm. */
export interface Figures {
  readonly seed: string
  readonly size: Plan.Size
  readonly seconds: number
  /** Number of times that the forge sent something, and of accepted deliveries. */
  readonly sent: number
  readonly accepted: number
  /** Deliveries of the same events under another id. */
  readonly twins: number
  readonly reviewed: number
  readonly superseded: number
  readonly skipped: number
  /** Reviews that were on the pull request already when they were to be posted. */
  readonly found: number
  readonly pods: number
  readonly starts: number
  /** Number of these that ended because Redis was away. */
  readonly vainStarts: number
  readonly faults: Readonly<Record<Plan.FaultKind | "podKilled", number>>
  /** Maximum number of requests to a service in a minute of its outage. */
  readonly asked: Readonly<Record<Plan.OutageKind, number>>
  /** Fewest jobs that waited and ran when an outage began. */
  readonly amid: Faults.Load
}

/** A storm that is over. */
export interface StormResult {
  readonly figures: Figures
  readonly verdict: Verdict
  /** True if all jobs and all faults had ended in time. */
  readonly inTime: boolean
  /** Directory of the logs, if something is wrong. */
  readonly logs: string | undefined
}

/** Counter of the faults. */
const makeTally = () => {
  const counts = new Map<string, number>()
  const count = (kind: Plan.FaultKind | "podKilled") => void counts.set(kind, (counts.get(kind) ?? 0) + 1)
  const get = (kind: Plan.FaultKind | "podKilled") => counts.get(kind) ?? 0
  const all = (): Figures["faults"] => ({
    podKilled: get("podKilled"),
    serverKilled: get("serverKilled"),
    serverFrozen: get("serverFrozen"),
    podEvicted: get("podEvicted"),
    redisRestarted: get("redisRestarted"),
    redisCut: get("redisCut"),
    redisSlotMoved: get("redisSlotMoved"),
    watchCut: get("watchCut"),
    watchExpired: get("watchExpired"),
    apiFailed: get("apiFailed"),
    apiAnswerLost: get("apiAnswerLost"),
    forgeAnswerLost: get("forgeAnswerLost"),
    forgeBusy: get("forgeBusy"),
    forgeAway: get("forgeAway"),
    forgeLimited: get("forgeLimited"),
    modelOverloaded: get("modelOverloaded"),
    clusterFull: get("clusterFull"),
    apiAway: get("apiAway"),
    redisAway: get("redisAway"),
    apiRestarted: get("apiRestarted"),
    nodeLost: get("nodeLost")
  })
  return { count, all }
}

const often = Schedule.spaced("250 millis")

/** Tells how far it has come. */
const progressEvery = Duration.seconds(15)

const outcomes = ({ records }: Observations, tag: string): number =>
  records.filter(({ outcome }) => Option.exists(outcome, ({ _tag }) => _tag === tag)).length

const states = ({ records }: Observations, state: string): number =>
  records.filter((record) => record.state === state).length

const askedIn = (outages: ReadonlyArray<Outage>): Figures["asked"] => {
  const most = (kind: Plan.OutageKind) =>
    Math.max(0, ...outages.filter((one) => one.kind === kind).map((one) => Math.round(perMinute(one))))
  return {
    forgeAway: most("forgeAway"),
    forgeLimited: most("forgeLimited"),
    modelOverloaded: most("modelOverloaded"),
    clusterFull: most("clusterFull"),
    apiAway: most("apiAway"),
    redisAway: most("redisAway")
  }
}

/** Sends all deliveries, and waits until their jobs and all faults have ended. */
const drive = Effect.fnUntraced(function*(plan: Plan.Plan, world: World.World, patience: Duration.Input) {
  const { forge, kube, servers, store, webhookSecret } = world
  const deliveries = yield* Deliveries.make({
    plan,
    emulator: forge,
    secret: webhookSecret,
    webhooks: servers.map(({ url }) => `${url}/webhooks/github`)
  })
  const tally = makeTally()
  // The servers may not have divided the queue yet.
  const { depth } = yield* RedisRecords.make(store, allShards(shards))
  const broken: Faults.FaultRecord = { outages: [], lostJobs: new Set() }
  let load: Faults.Load = { waiting: 0, running: 0 }
  let busy = 0
  const ended = () => deliveries.accepted.filter(({ twinOf }) => twinOf === undefined).length - busy
  yield* Faults.killPods(plan, world, () => tally.count("podKilled"))
  const look = Effect.gen(function*() {
    const found = yield* Effect.option(depth)
    if (Option.isSome(found)) {
      load = { waiting: found.value.waiting, running: found.value.running }
      busy = load.waiting + load.running
    }
    // While Redis is away nothing ends, but the forge goes on.
    yield* deliveries.topUp(Option.isSome(found) ? busy : Math.floor(busy / 2))
    return Option.isSome(found) && deliveries.unheard() === 0 && busy === 0 && kube.controller.running.size === 0
  })
  const tell = Effect.suspend(() =>
    Console.error(
      `${ended()} of ${plan.events.length} ended, ${busy} wait or run, ${kube.controller.starts.length} pods so far`
    )
  ).pipe(Effect.repeat(Schedule.spaced(progressEvery)))
  yield* Effect.forkScoped(Effect.delay(tell, progressEvery))
  const faults = Faults.run(
    plan,
    world,
    broken,
    { progress: () => ended() / plan.events.length, load: () => load },
    tally.count
  )
  const calm = Effect.repeat(look, { schedule: often, until: (over) => over })
  const over = yield* Effect.all([faults, calm], { concurrency: 2, discard: true }).pipe(
    Effect.andThen(calm),
    Effect.timeoutOption(patience)
  )
  return { deliveries, faults: tally.all(), inTime: Option.isSome(over), ...broken }
})

/** A whole storm: everything is started, broken as planned, and looked at when it is over. */
export const run = Effect.fn("Storm.run")(function*(seed: string, size: Plan.Size, patience: Duration.Input) {
  const plan = yield* Plan.make(seed, size)
  const world = yield* World.make()
  const logs = yield* Logs.ofPods(world.kube)
  const startedAt = yield* Clock.currentTimeMillis
  const { faults, inTime, ...seen } = yield* drive(plan, world, patience)
  const { deliveries, outages } = seen
  const endedAt = yield* Clock.currentTimeMillis
  const observed = yield* observe({ ...world, ...seen })
  const verdict = judge(observed)
  const wrong = breaches(verdict)
  const figures: Figures = {
    seed,
    size,
    seconds: Math.round((endedAt - startedAt) / 1000),
    sent: deliveries.sent(),
    accepted: deliveries.accepted.filter(({ twinOf }) => twinOf === undefined).length,
    twins: deliveries.accepted.filter(({ twinOf }) => twinOf !== undefined).length,
    reviewed: outcomes(observed, "Reviewed"),
    superseded: states(observed, "superseded"),
    skipped: outcomes(observed, "Skipped"),
    found: observed.records.filter(({ outcome }) =>
      Option.exists(outcome, (one) =>
        one._tag === "Reviewed" && one.alreadyPosted)
    ).length,
    pods: observed.pods.length,
    starts: world.servers.reduce((sum, { starts }) => sum + starts(), 0),
    vainStarts: world.servers.reduce((sum, { vainStarts }) => sum + vainStarts(), 0),
    faults,
    asked: askedIn(outages),
    amid: {
      waiting: Math.min(...outages.map(({ waiting }) => waiting)),
      running: Math.min(...outages.map(({ running }) => running))
    }
  }
  const kept = wrong.length === 0 ? undefined : yield* Logs.keep(world, logs, observed, wrong)
  return { figures, verdict, inTime, logs: kept } satisfies StormResult
}, Effect.scoped)
