import { afterAll, beforeAll } from "@effect/vitest"
import * as Redis from "@nominal-code/persistence/Redis"
import { Clock, Effect, Exit, Layer, Schedule, Schema, Scope } from "effect"
import { type RedisServer, type RedisServerFailed, replicates, start } from "./RedisServer.ts"

const slots = 16_384
const Text = Schema.decodeUnknownEffect(Schema.String)
const patience = Schedule.spaced("50 millis")

/** Three primaries that share the slots. The first has neither the queue's, so whoever asks it is sent on. */
export interface RedisCluster {
  readonly first: RedisServer
  readonly second: RedisServer
  readonly third: RedisServer
}

const nodesOf = ({ first, second, third }: RedisCluster) => [first, second, third]

const all = <A>(cluster: RedisCluster, effect: (server: RedisServer) => Effect.Effect<A>) =>
  Effect.forEach(nodesOf(cluster), effect, { concurrency: 3 })

/**
 * Waits until a node knows who has each slot. With `cluster-require-full-coverage no`, its state is `ok` before that, and
 * a node that is killed then does not find its way back to those that it had not heard of.
 */
const complete = ({ command }: RedisServer) =>
  Effect.repeat(Effect.map(command("cluster", "info"), String), {
    schedule: patience,
    until: (info) => info.includes("cluster_state:ok") && info.includes(`cluster_slots_ok:${slots}`)
  })

/** A node of no cluster yet. */
const startNode = (args: ReadonlyArray<string> = []) =>
  start({
    aof: false,
    args: ["--cluster-enabled", "yes", "--cluster-node-timeout", "1500", "--repl-diskless-sync-delay", "0", ...args]
  })

/** Makes the node known to the cluster. */
const meet = (node: RedisServer, other: RedisServer) =>
  Effect.asVoid(node.command("cluster", "meet", "127.0.0.1", other.port))

/** Starts a cluster, which ends with the scope. */
export const startCluster = Effect.fnUntraced(function*(
  args: ReadonlyArray<string>
): Effect.fn.Return<RedisCluster, RedisServerFailed, Scope.Scope> {
  const [first, second, third] = yield* Effect.all([startNode(args), startNode(args), startNode(args)], {
    concurrency: 3
  })
  const cluster: RedisCluster = { first, second, third }
  const queueSlot = Number(yield* first.command("cluster", "keyslot", "nc:0"))
  const third3 = Math.ceil(slots / 3)
  const ranges = [0, 1, 2].map((part) => [part * third3, Math.min((part + 1) * third3, slots) - 1] as const)
  const of = Math.floor(queueSlot / third3)
  const [own = [0, 0], ...others] = [...ranges.slice(of), ...ranges.slice(0, of)]
  const owners = [second, third, first]
  for (const [index, range] of [own, ...others].entries()) {
    yield* (owners[index] ?? first).command("cluster", "addslotsrange", ...range)
  }
  yield* meet(first, second)
  yield* meet(first, third)
  yield* all(cluster, complete)
  return cluster
}, Effect.provideService(Clock.Clock, Clock.Clock.defaultValue()))

const idOf = ({ command }: RedisServer) => Effect.orDie(Effect.flatMap(command("cluster", "myid"), Text))

/** Starts a replica of one of the nodes, which is promoted when that node is away; all nodes know it when this ends. */
export const replicaIn = Effect.fnUntraced(function*(cluster: RedisCluster, primary: RedisServer) {
  const replica = yield* startNode(["--cluster-replica-validity-factor", "0"])
  const [id, own] = [yield* idOf(primary), yield* idOf(replica)]
  const knows = ({ command }: RedisServer) =>
    Effect.repeat(Effect.map(command("cluster", "nodes"), String), {
      schedule: patience,
      until: (nodes) => nodes.split("\n").some((node) => node.startsWith(own) && node.includes(`slave ${id}`))
    })
  yield* meet(replica, primary)
  yield* Effect.repeat(Effect.map(replica.command("cluster", "nodes"), String), {
    schedule: patience,
    until: (nodes) => nodes.includes(id)
  })
  yield* replica.command("cluster", "replicate", id)
  yield* replicates(replica)
  // Who votes for it has to have heard of it.
  yield* all(cluster, knows)
  yield* complete(replica)
  return replica
}, Effect.provideService(Clock.Clock, Clock.Clock.defaultValue()))

/** Waits until a node is a primary. */
export const promoted = ({ command }: RedisServer) =>
  Effect.repeat(Effect.map(command("role"), String), {
    schedule: patience,
    until: (role) => role.startsWith("master")
  }).pipe(Effect.asVoid)

/**
 * Moves a slot to another node, some keys at a time and as `redis-cli --cluster reshard` does it. `between` runs after
 * each step, while the slot is on both.
 */
export const migrate = Effect.fnUntraced(function*(
  cluster: RedisCluster,
  slot: number,
  [from, to]: readonly [RedisServer, RedisServer],
  between: Effect.Effect<void> = Effect.void
) {
  const [source, target] = [yield* idOf(from), yield* idOf(to)]
  yield* to.command("cluster", "setslot", slot, "importing", source)
  yield* from.command("cluster", "setslot", slot, "migrating", target)
  let moved = 0
  for (;;) {
    yield* between
    const keys = yield* Effect.orDie(
      Effect.flatMap(
        from.command("cluster", "getkeysinslot", slot, 3),
        Schema.decodeUnknownEffect(Schema.Array(Schema.String))
      )
    )
    if (keys.length === 0) break
    moved += keys.length
    yield* from.command("migrate", "127.0.0.1", to.port, "", 0, 2000, "KEYS", ...keys)
  }
  // The new owner first, as the documentation of CLUSTER SETSLOT asks for.
  for (const node of [to, from, ...nodesOf(cluster)]) yield* node.command("cluster", "setslot", slot, "node", target)
  return moved
})

/** One cluster for all the tests of a file. `args`: of each `redis-server`, beside those that make it a cluster. */
export const sharedCluster = (args: ReadonlyArray<string> = []): Effect.Effect<RedisCluster> => {
  const scope = Scope.makeUnsafe()
  let cluster: RedisCluster | undefined
  beforeAll(() =>
    Effect.runPromise(Effect.map(Scope.provide(startCluster(args), scope), (made) => {
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
  Effect.tap(Redis.Redis, ({ send }) => send("test", Schema.Null, ["get", "{nc:0}nothing"]))
)

/** A client of that cluster by its first node, after all were emptied. */
export const emptiedCluster = (cluster: Effect.Effect<RedisCluster>) =>
  Layer.unwrap(
    Effect.flatMap(cluster, (cluster) =>
      Effect.as(
        all(cluster, ({ command }) => command("flushall")),
        Layer.fresh(warm).pipe(Layer.provide(Layer.fresh(Redis.layer(cluster.first.url))))
      ))
  )
