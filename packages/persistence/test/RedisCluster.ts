import { afterAll, beforeAll } from "@effect/vitest"
import * as Redis from "@nominal-code/persistence/Redis"
import { Clock, Effect, Exit, Layer, Schedule, Schema, Scope } from "effect"
import { type RedisServer, type RedisServerFailed, start } from "./RedisServer.ts"

const slots = 16_384
const half = slots / 2

/** Two primaries, of which the second has the slot of the queue: whoever asks the first is sent on. */
export interface RedisCluster {
  readonly first: RedisServer
  readonly second: RedisServer
}

const isReady = ({ command }: RedisServer) =>
  Effect.map(command("cluster", "info"), (info) => String(info).includes("cluster_state:ok"))

const both = <A>(cluster: RedisCluster, effect: (server: RedisServer) => Effect.Effect<A>) =>
  Effect.forEach([cluster.first, cluster.second], effect, { concurrency: 2 })

const make = Effect.fnUntraced(function*(
  args: ReadonlyArray<string>
): Effect.fn.Return<RedisCluster, RedisServerFailed, Scope.Scope> {
  const options = { aof: false, args: ["--cluster-enabled", "yes", ...args] }
  const cluster = { first: yield* start(options), second: yield* start(options) }
  const queueSlot = Number(yield* cluster.first.command("cluster", "keyslot", "nc"))
  const lower = Array.from({ length: half }, (_, index) => index)
  const upper = lower.map((slot) => slot + half)
  const [others, queues] = queueSlot < half ? [upper, lower] : [lower, upper]
  yield* cluster.first.command("cluster", "addslots", ...others)
  yield* cluster.second.command("cluster", "addslots", ...queues)
  yield* cluster.first.command("cluster", "meet", "127.0.0.1", cluster.second.port)
  yield* both(
    cluster,
    (server) => Effect.repeat(isReady(server), { schedule: Schedule.spaced("50 millis"), until: (ready) => ready })
  )
  return cluster
}, Effect.provideService(Clock.Clock, Clock.Clock.defaultValue()))

/** One cluster for all the tests of a file. `args`: of each `redis-server`, beside those that make it a cluster. */
export const sharedCluster = (args: ReadonlyArray<string> = []): Effect.Effect<RedisCluster> => {
  const scope = Scope.makeUnsafe()
  let cluster: RedisCluster | undefined
  beforeAll(() =>
    Effect.runPromise(Effect.map(Scope.provide(make(args), scope), (made) => {
      cluster = made
    })), 30_000)
  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))
  return Effect.suspend(() =>
    cluster === undefined ? Effect.die("the cluster has not started") : Effect.succeed(cluster)
  )
}

/** A client that has found its way to the node of the queue: what it says first is put off until it is connected. */
const warm = Layer.effect(
  Redis.Redis,
  Effect.tap(Redis.Redis, ({ send }) => send("test", Schema.Null, ["get", "{nc}:nothing"]))
)

/** A client of that cluster by its first node, after both were emptied. */
export const emptiedCluster = (cluster: Effect.Effect<RedisCluster>) =>
  Layer.unwrap(
    Effect.flatMap(cluster, (cluster) =>
      Effect.as(
        both(cluster, ({ command }) => command("flushall")),
        Layer.fresh(warm).pipe(Layer.provide(Layer.fresh(Redis.layerAt(cluster.first.url))))
      ))
  )
