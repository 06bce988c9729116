import { migrate, startCluster } from "@nominal-code/testing/RedisCluster"
import type { RedisServer } from "@nominal-code/testing/RedisServer"
import * as Refusing from "@nominal-code/testing/RefusingServer"
import { Duration, Effect, Exit, Redacted, Schedule, Schema } from "effect"

/** Into how many parts the queue is divided. Each is on one node. */
export const shards = 2

/** The move of a shard's slot from one node to another, by their numbers. */
export interface Move {
  readonly shard: number
  readonly from: number
  readonly to: number
}

const often = Schedule.spaced("50 millis")

/** Pause of a move between its steps, in which the slot is on both nodes. */
const betweenSteps = Duration.millis(5)

const Directory = Schema.Tuple([Schema.Literal("dir"), Schema.String])

/**
 * A Redis Cluster of three masters without replicas, which writes everything to its disks before it answers. While one
 * of them is away, the cluster serves nobody.
 */
export const start = Effect.fn("RedisNodes.start")(function*() {
  const cluster = yield* startCluster([
    "--appendonly",
    "yes",
    "--appendfsync",
    "always",
    "--auto-aof-rewrite-percentage",
    "0"
  ])
  const nodes: ReadonlyArray<RedisServer> = [cluster.first, cluster.second, cluster.third]
  const directories = yield* Effect.forEach(
    nodes,
    ({ command }) =>
      Effect.orDie(Effect.flatMap(command("config", "get", "dir"), Schema.decodeUnknownEffect(Directory))).pipe(
        Effect.map(([, directory]) => directory)
      )
  )
  const moves: Array<Move> = []
  let refused = 0
  let isAway = false

  const whole = Effect.forEach(nodes, ({ command }) => Effect.exit(command("cluster", "info"))).pipe(
    Effect.repeat({
      schedule: often,
      until: (found) => found.every((info) => Exit.isSuccess(info) && String(info.value).includes("cluster_state:ok"))
    })
  )

  /** The node that holds a shard: the others send on whoever asks them. */
  const holderOf = Effect.fnUntraced(function*(shard: number) {
    const answers = yield* Effect.forEach(
      nodes,
      ({ command }) => Effect.exit(command("exists", `{nc:${shard}}:tick`))
    )
    return answers.findIndex(Exit.isSuccess)
  })

  return {
    /** All three, as a server is told of them: any one is a way into the cluster. */
    url: Redacted.make(`redis://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(",")}/0`),
    nodes,
    /** Directories of the nodes' append-only files. */
    directories,
    /** The moves so far, in their order. */
    moves: moves as ReadonlyArray<Move>,
    /** Kills a node without a signal, and starts it again with what is on its disk. Ends when the cluster is whole. */
    restart: Effect.fnUntraced(function*(chance: number, away: Duration.Duration) {
      const node = nodes[Math.floor(chance * nodes.length)] ?? cluster.first
      yield* node.kill
      yield* Effect.sleep(away)
      yield* node.start
      yield* whole
    }),
    /** Takes a node away for some time, in which every connection to it is closed and counted. */
    away: Effect.fnUntraced(function*(chance: number, lasting: Duration.Input) {
      const node = nodes[Math.floor(chance * nodes.length)] ?? cluster.first
      yield* node.kill
      isAway = true
      yield* Refusing.serve(node.port, () => refused += 1).pipe(
        Effect.andThen(Effect.sleep(lasting)),
        Effect.scoped
      )
      yield* node.start
      yield* whole
      isAway = false
    }),
    /** True from the time when a node was taken away until the cluster is whole again. */
    isAway: () => isAway,
    /** Number of connections that were closed while a node was away. */
    refused: () => refused,
    /** Closes every connection of every node, but for those of the cluster itself. */
    cut: Effect.forEach(nodes, ({ command }) =>
      Effect.andThen(
        command("client", "kill", "type", "normal", "skipme", "yes"),
        command("client", "kill", "type", "pubsub")
      ), { discard: true }),
    /** Moves the slot of a shard to the next node, some keys at a time, while it is worked with. */
    move: Effect.fnUntraced(function*(chance: number) {
      const shard = Math.floor(chance * shards)
      const from = yield* holderOf(shard)
      const to = (from + 1) % nodes.length
      const [source, target] = [nodes[from], nodes[to]]
      if (source === undefined || target === undefined) return yield* Effect.die(`nobody holds shard ${shard}`)
      const slot = Number(yield* source.command("cluster", "keyslot", `{nc:${shard}}`))
      yield* migrate(cluster, slot, [source, target], Effect.sleep(betweenSteps))
      moves.push({ shard, from, to })
    })
  }
})

/** A running cluster. */
export type RedisNodes = Effect.Success<ReturnType<typeof start>>
