import { markersIn } from "@nominal-code/domain/review/Marker"
import type { GitHubEmulator } from "@nominal-code/testing/GitHubEmulator"
import type { KubeEmulator } from "@nominal-code/testing/KubeEmulator"
import type { KubePodObject } from "@nominal-code/testing/KubeStore"
import type { ScriptedModel } from "@nominal-code/testing/ScriptedModel"
import { Duration, Effect, Fiber, Schedule, type Scope, Semaphore, Stream } from "effect"
import type { Outage } from "./Observed.ts"
import { type FaultKind, isOutage, killOf, type OutageKind, type Plan, type PlannedFault, type Size } from "./Plan.ts"
import type { RedisNodes } from "./RedisNodes.ts"
import type { Server } from "./Server.ts"

/** Services that can be broken. */
export interface StormServices {
  readonly servers: ReadonlyArray<Server>
  readonly redis: RedisNodes
  readonly kube: KubeEmulator
  readonly forge: GitHubEmulator
  readonly model: ScriptedModel
}

/** Record of the faults. It grows while faults strike. */
export interface FaultRecord {
  readonly outages: Array<Outage>
  /** The Jobs whose nodes were lost. */
  readonly lostJobs: Set<string>
}

/** Leases last thirty seconds. */
const longerThanALease = Duration.seconds(33)

const often = Schedule.spaced("100 millis")

/** Something between two times, as planned. */
const between = ({ length }: PlannedFault, from: Duration.Input, to: Duration.Input) =>
  Duration.millis(Duration.toMillis(from) + length * (Duration.toMillis(to) - Duration.toMillis(from)))

/** Jobs at one time. */
export interface Load {
  readonly waiting: number
  readonly running: number
}

/** State of the work: the part of all deliveries that has ended, and the jobs that have not. */
export interface WorkState {
  readonly progress: () => number
  readonly load: () => Load
}

/** Outage of a service from its beginning to its end, and the number of requests in vain so far. */
interface OutageOfService {
  readonly last: (fault: PlannedFault) => Effect.Effect<unknown>
  readonly requests: () => number
}

/** Outages of all services, each of so many seconds. */
const outagesOf = (
  { forge, kube, model, redis }: StormServices,
  seconds: number
): Record<OutageKind, OutageOfService> => {
  const lasting = Duration.seconds(seconds)
  const during = (begin: () => () => void) =>
    Effect.acquireUseRelease(Effect.sync(begin), () => Effect.sleep(lasting), (end) => Effect.sync(end))
  const ofItself = (begin: () => void) => during(() => (begin(), () => {}))
  let overloaded = false
  model.script(() => overloaded ? { error: { status: 529, message: "Overloaded" } } : undefined)
  const ofForge = () => forge.requests.filter(({ fault }) => fault === "Drop" || fault === "Answer").length
  return {
    forgeAway: { last: () => ofItself(() => forge.faults.away(lasting)), requests: ofForge },
    forgeLimited: { last: () => ofItself(() => forge.faults.usedUp(lasting)), requests: ofForge },
    modelOverloaded: {
      last: () =>
        during(() => {
          overloaded = true
          return () => {
            overloaded = false
          }
        }),
      requests: () => model.turns.filter(({ answer }) => answer.error?.status === 529).length
    },
    clusterFull: {
      last: ({ length }) =>
        during(() => {
          const before = kube.namespaces.get(kube.namespace) ?? {}
          const quota = { name: "storm", ...(length < 0.5 ? { jobs: 0 } : { pods: 0 }) }
          kube.namespaces.set(kube.namespace, { ...before, quota })
          return () => void kube.namespaces.set(kube.namespace, before)
        }),
      requests: () => kube.requests.filter(({ status, verb }) => verb === "create" && status === 403).length
    },
    apiAway: {
      last: (fault) => kube.restart(lasting, between(fault, "3 seconds", "10 seconds")),
      requests: () => kube.requests.filter(({ status }) => status === 0).length
    },
    redisAway: { last: ({ chance }) => redis.away(chance, lasting), requests: redis.refused }
  }
}

/** Effect of every kind of fault. It ends when the fault is over. */
const strike = (
  things: StormServices,
  { amid, outage: seconds }: Size,
  broken: FaultRecord,
  { load, progress }: WorkState
): Record<
  FaultKind,
  (fault: PlannedFault) => Effect.Effect<unknown>
> => {
  const { forge, kube, redis, servers } = things
  const outages = outagesOf(things, seconds)
  const { running, waiting } = amid
  const busy = () => load().waiting >= waiting && load().running >= running
  // When nearly all have ended, too few are left.
  const ready = () => busy() || progress() >= 0.9
  const until = (condition: () => boolean) =>
    Effect.repeat(Effect.sync(condition), { schedule: often, until: (yes) => yes })
  let away = 0
  // The second of a pair begins while the first one lasts, and before the runs that it found have ended. If it had to wait
  // for its turn until the first one was over, it begins at the end.
  const second = ({ delay }: PlannedFault) =>
    until(() => away > 0 || progress() >= 0.9).pipe(
      Effect.andThen(Effect.timeoutOption(until(() => load().running <= running + 1), Duration.seconds(delay)))
    )
  const outage = (kind: OutageKind) =>
    Effect.fnUntraced(function*(fault: PlannedFault) {
      const { last, requests } = outages[kind]
      yield* fault.delay === 0 ? until(ready) : second(fault)
      const [before, held] = [requests(), load()]
      away += 1
      yield* last(fault)
      away -= 1
      broken.outages.push({ kind, seconds, requests: requests() - before, ...held })
    })
  const server = (fault: PlannedFault, use: (server: Server) => Effect.Effect<unknown>) => {
    const one = servers[fault.server]
    return one === undefined ? Effect.void : use(one)
  }
  return {
    serverKilled: (fault) => server(fault, ({ kill }) => kill(between(fault, "0 seconds", "5 seconds"))),
    serverFrozen: (fault) =>
      server(fault, ({ freeze }) => freeze(Duration.sum(longerThanALease, between(fault, "0 seconds", "5 seconds")))),
    podEvicted: (fault) =>
      Effect.suspend(() => {
        const running = [...kube.controller.running.keys()]
        return kube.evict(running[Math.floor(fault.length * running.length)] ?? "")
      }),
    redisRestarted: (fault) => redis.restart(fault.chance, between(fault, "500 millis", "8 seconds")),
    redisCut: () => redis.cut,
    redisSlotMoved: ({ chance }) => redis.move(chance),
    watchCut: () => Effect.sync(() => kube.watches.cut()),
    watchExpired: () =>
      Effect.sync(() => {
        kube.store.compact()
        kube.watches.cut()
      }),
    apiFailed: (fault) =>
      Effect.sync(() => {
        const status = fault.length < 0.5 ? 429 : 500
        const headers = status === 429 ? { "retry-after": "1" } : {}
        kube.faults.next({ path: /\/jobs/, times: 3 }, { _tag: "Answer", status, headers })
      }),
    apiAnswerLost: (fault) =>
      Effect.sync(() => {
        const method = fault.length < 0.7 ? "create" : "delete"
        kube.faults.next({ method, path: /\/jobs/ }, { _tag: "CommitThenDrop" })
      }),
    forgeAnswerLost: (fault) =>
      Effect.sync(() => {
        const lost = fault.length < 0.5
          ? { _tag: "CommitThenDrop" as const }
          : { _tag: "CommitThenAnswer" as const, status: 502 }
        forge.faults.next({ method: "POST", path: /\/pulls\/\d+\/reviews/ }, lost)
      }),
    forgeBusy: () =>
      Effect.sync(() => forge.faults.secondaryRateLimit({ method: "POST", path: /\/pulls\/\d+\/reviews/ }, 1)),
    forgeAway: outage("forgeAway"),
    forgeLimited: outage("forgeLimited"),
    modelOverloaded: outage("modelOverloaded"),
    clusterFull: outage("clusterFull"),
    apiAway: outage("apiAway"),
    redisAway: outage("redisAway"),
    apiRestarted: (fault) =>
      kube.restart(between(fault, "500 millis", "4 seconds"), between(fault, "3 seconds", "10 seconds")),
    nodeLost: () =>
      Effect.map(kube.loseNode, (pods) => {
        for (const { metadata } of pods) broken.lostJobs.add(metadata.labels["job-name"] ?? "")
      })
  }
}

/** Services, each of which is broken by one fault at a time. */
const brokenBy = (kind: FaultKind): "redis" | "api" | undefined => {
  if (kind.startsWith("redis")) return "redis"
  return kind === "apiRestarted" || kind === "apiAway" ? "api" : undefined
}

/** Number of services that are away at the same time, at most. */
const awayAtOnce = 2

/**
 * Breaks what is planned to be broken, each fault when the work has come so far. Ends when the last one is over; two
 * faults of the same thing wait for each other.
 */
export const run = Effect.fn("Faults.run")(
  function*(
    plan: Plan,
    things: StormServices,
    broken: FaultRecord,
    now: WorkState,
    struck: (kind: FaultKind) => void
  ) {
    const strikes = strike(things, plan.size, broken, now)
    const alone = { redis: yield* Semaphore.make(1), api: yield* Semaphore.make(1) }
    const away = yield* Semaphore.make(awayAtOnce)
    const turn = (kind: FaultKind) => (fault: Effect.Effect<unknown>) => {
      const service = brokenBy(kind)
      const one = service === undefined ? fault : alone[service].withPermits(1)(fault)
      return isOutage(kind) ? away.withPermits(1)(one) : one
    }
    const fibers: Array<Fiber.Fiber<unknown>> = []
    for (const fault of plan.faults) {
      yield* Effect.repeat(Effect.sync(() => now.progress() >= fault.at), { schedule: often, until: (yes) => yes })
      const one = Effect.andThen(strikes[fault.kind](fault), Effect.sync(() => struck(fault.kind)))
      // Of Redis there is one cluster, and it is well when it is broken again.
      fibers.push(yield* Effect.forkScoped(turn(fault.kind)(one)))
    }
    yield* Fiber.joinAll(fibers)
  }
)

const isPost = /^(?:pulls\/submit-review|pulls\/create-review|pulls\/create-reply|issues\/create-comment)/

/** The jobs that post something, when the forge has it. */
const posting = ({ journal }: GitHubEmulator) =>
  journal.pipe(
    Stream.filter(({ operation, status }) => isPost.test(operation) && status !== 0 && status < 300),
    Stream.flatMap(({ body }) => Stream.fromIterable(markersIn(JSON.stringify(body)).slice(0, 1))),
    Stream.map(({ jobId }) => String(jobId))
  )

/** Kills pods, as planned by their names, while the scope is open. `struck` is told of each that was still running. */
export const killPods = Effect.fn("Faults.killPods")(
  function*({ seed }: Plan, { forge, kube }: Pick<StormServices, "forge" | "kube">, struck: () => void) {
    const run = Effect.runForkWith(yield* Effect.context<Scope.Scope>())
    const met = new Set<string>()
    /** The pods that are killed when their job posts something. */
    const after = new Map<string, { readonly pod: string; readonly millis: number }>()

    const kill = Effect.fnUntraced(function*(pod: string, millis: number) {
      yield* Effect.sleep(millis)
      if (!kube.controller.running.has(pod)) return
      yield* kube.kill(pod)
      struck()
    })
    const meet = ({ metadata: { labels, name } }: KubePodObject) => {
      const planned = killOf(seed, labels["job-name"] ?? "")
      if (planned === undefined || met.has(name)) return
      met.add(name)
      if (planned.after === "start") run(Effect.forkScoped(kill(name, planned.millis)))
      else after.set(labels["nominal-code/job-id"] ?? "", { pod: name, millis: planned.millis })
    }

    yield* Effect.acquireRelease(
      Effect.sync(() =>
        kube.store.listen(({ object }) => {
          if (object.kind === "Pod" && object.status.phase === "Running") meet(object)
        })
      ),
      (stop) => Effect.sync(stop)
    )
    yield* posting(forge).pipe(
      Stream.runForEach((job) => {
        const planned = after.get(job)
        return planned === undefined ? Effect.void : kill(planned.pod, planned.millis)
      }),
      Effect.forkScoped
    )
  }
)
