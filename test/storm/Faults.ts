import { Duration, Effect, Fiber, Schedule, Semaphore } from "effect"
import type { RedisServer } from "../../packages/persistence/test/RedisServer.ts"
import type { GitHubEmulator } from "../emulators/GitHubEmulator.ts"
import type { KubeEmulator } from "../emulators/KubeEmulator.ts"
import { type FaultKind, killOf, type Plan, type PlannedFault } from "./Plan.ts"
import type { Server } from "./Server.ts"

/** What can be broken. */
export interface Breakable {
  readonly servers: ReadonlyArray<Server>
  readonly redis: RedisServer
  readonly kube: KubeEmulator
  readonly forge: GitHubEmulator
}

/** Leases last thirty seconds. */
const longerThanALease = Duration.seconds(33)

const often = Schedule.spaced("100 millis")

/** Something between two times, as planned. */
const between = ({ length }: PlannedFault, from: Duration.Input, to: Duration.Input) =>
  Duration.millis(Duration.toMillis(from) + length * (Duration.toMillis(to) - Duration.toMillis(from)))

/** What every kind of fault does. It ends when the fault is over. */
const strike = ({ forge, kube, redis, servers }: Breakable): Record<
  FaultKind,
  (fault: PlannedFault) => Effect.Effect<unknown>
> => {
  const server = (fault: PlannedFault, use: (server: Server) => Effect.Effect<unknown>) => {
    const one = servers[fault.server]
    return one === undefined ? Effect.void : use(one)
  }
  return {
    serverKilled: (fault) => server(fault, ({ kill }) => kill(between(fault, "0 seconds", "5 seconds"))),
    serverFrozen: (fault) =>
      server(fault, ({ freeze }) => freeze(Duration.sum(longerThanALease, between(fault, "0 seconds", "5 seconds")))),
    redisRestarted: (fault) =>
      redis.kill.pipe(
        Effect.andThen(Effect.sleep(between(fault, "200 millis", "4 seconds"))),
        Effect.andThen(redis.start)
      ),
    redisCut: () =>
      Effect.andThen(
        redis.command("client", "kill", "type", "normal", "skipme", "yes"),
        redis.command("client", "kill", "type", "pubsub")
      ),
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
      Effect.sync(() => forge.faults.secondaryRateLimit({ method: "POST", path: /\/pulls\/\d+\/reviews/ }, 1))
  }
}

/**
 * Breaks what is planned to be broken, each fault when the work has come so far. Ends when the last one is over; two
 * faults of the same thing wait for each other. `progress` is the part of all deliveries that has ended.
 */
export const run = Effect.fn("Faults.run")(
  function*(plan: Plan, things: Breakable, progress: () => number, struck: (kind: FaultKind) => void) {
    const strikes = strike(things)
    const redis = yield* Semaphore.make(1)
    const fibers: Array<Fiber.Fiber<unknown>> = []
    for (const fault of plan.faults) {
      yield* Effect.repeat(Effect.sync(() => progress() >= fault.at), { schedule: often, until: (yes) => yes })
      const one = Effect.andThen(strikes[fault.kind](fault), Effect.sync(() => struck(fault.kind)))
      // Of Redis there is one, and whoever comes to break it finds it well.
      fibers.push(yield* Effect.forkScoped(fault.kind.startsWith("redis") ? redis.withPermits(1)(one) : one))
    }
    yield* Fiber.joinAll(fibers)
  }
)

/** Kills pods, as planned by their names, while the scope is open. `struck` is told when one was running until then. */
export const killPods = Effect.fn("Faults.killPods")(function*({ seed }: Plan, kube: KubeEmulator, struck: () => void) {
  const scope = yield* Effect.scope
  const services = yield* Effect.context()
  const met = new Set<string>()
  yield* Effect.acquireRelease(
    Effect.sync(() =>
      kube.store.listen(({ object }) => {
        if (object.kind !== "Pod" || object.status.phase !== "Running" || met.has(object.metadata.name)) return
        const { labels, name } = object.metadata
        met.add(name)
        const after = killOf(seed, labels["job-name"] ?? "")
        if (after === undefined) return
        const kill = Effect.gen(function*() {
          yield* Effect.sleep(after)
          if (!kube.controller.running.has(name)) return
          yield* kube.kill(name)
          struck()
        })
        Effect.runForkWith(services)(Effect.forkIn(kill, scope))
      })
    ),
    (stop) => Effect.sync(stop)
  )
})
