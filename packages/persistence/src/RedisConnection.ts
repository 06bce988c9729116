import { parseRedisUrl, type RedisAddress, type RedisHost, withoutLogin } from "@nominal-code/domain/settings/RedisUrl"
import { Effect, Option, Queue, Redacted, type Scope } from "effect"
import type { Cluster, Redis as Single } from "ioredis"
import { explain, explainStart, isRefusal, ofNode } from "./RedisError.ts"
import { backoff, clusterOptions, hostOptions, sentinelOptions, singleOptions } from "./RedisOptions.ts"
import { ask, check } from "./RedisServerInfo.ts"
import { StoreError } from "./StoreError.ts"

/** Client for commands: one server, or the node of a cluster that holds the key. */
export type Client = Single | Cluster

/** All connections of a process. */
export interface Connections {
  /** The URL without its secrets, for messages. */
  readonly address: string
  readonly commands: Client
  /** Connection for subscriptions. In a cluster it may be to any node, because all of them get all messages. */
  readonly subscriber: Single
}

/** Errors by which Redis refuses the connections of a client, until one succeeds. */
const refusals = new WeakMap<Client, unknown>()

/** Error by which Redis refuses the client's connections now, if it does. */
export const refusalOf = (client: Client): unknown => refusals.get(client)

/** Address of a Redis. */
export interface RedisTarget {
  readonly url: Redacted.Redacted
  readonly sentinelPassword?: Option.Option<Redacted.Redacted>
}

/** Time that a process waits at its start for a Redis that is not reachable yet. */
const startPatience = "15 seconds"

/** Logs a lost and a restored connection, once for each outage. */
const report = Effect.fnUntraced(function*(client: Client, address: string) {
  const events = yield* Queue.unbounded<Option.Option<unknown>>()
  let cause: unknown = undefined
  client.on("error", (error: unknown) => {
    cause = ofNode(error)
  })
  client.on("close", () => Queue.offerUnsafe(events, Option.some(cause)))
  client.on("ready", () => Queue.offerUnsafe(events, Option.none()))
  let away = false
  yield* Queue.take(events).pipe(
    Effect.flatMap((event) => {
      const changed = Option.isSome(event) !== away
      away = Option.isSome(event)
      if (!changed) return Effect.void
      return Option.match(event, {
        onNone: () => Effect.logInfo(`${address}: connected again`),
        onSome: (cause) => Effect.logWarning(explain({ operation: "Redis.connect", address, cause }).message)
      })
    }),
    Effect.forever,
    Effect.forkScoped
  )
})

/** Time after which a process says that it still waits. */
const silence = "1 second"

/** Waits until the client can be used, and says so if that takes a moment; fails at once if it never will be. */
const ready = (client: Client, address: string): Effect.Effect<void, StoreError> => {
  let last: unknown = new StoreError({
    operation: "Redis.connect",
    message: `${address}: no answer; check redis.url (REDIS_URL)`,
    reason: "unavailable"
  })
  const fail = () => Effect.fail(explainStart({ operation: "Redis.connect", address, cause: last }, startPatience))
  const tell = Effect.suspend(() =>
    Effect.logWarning(
      `${
        explain({ operation: "Redis.connect", address, cause: last }).message
      }; waiting ${startPatience} for it at most`
    )
  ).pipe(Effect.delay(silence))
  const connected = Effect.callback<void, StoreError>((resume) => {
    const onReady = () => resume(Effect.void)
    const onError = (error: unknown) => {
      last = ofNode(error)
      if (isRefusal(last)) resume(fail())
    }
    client.on("ready", onReady).on("error", onError)
    // It goes on trying by itself, and says why through the event.
    client.connect().catch(() => {})
    return Effect.sync(() => client.off("ready", onReady).off("error", onError))
  })
  return Effect.andThen(Effect.forkScoped(tell), connected).pipe(
    Effect.timeoutOrElse({ duration: startPatience, orElse: fail }),
    Effect.scoped
  )
}

/** Connects, and stays connected until the scope closes. */
const keep = Effect.fnUntraced(function*<C extends Client>(open: () => C, address: string) {
  const client = yield* Effect.acquireRelease(Effect.sync(open), (client) => Effect.sync(() => client.disconnect()))
  // Without a listener an error would be printed by the driver.
  client.on("error", (error: unknown) => {
    const cause = ofNode(error)
    if (isRefusal(cause)) refusals.set(client, cause)
  })
  client.on("ready", () => refusals.delete(client))
  yield* ready(client, address)
  yield* report(client, address)
  return client
})

const same = (one: RedisHost, other: RedisHost) => one.host === other.host && one.port === other.port

/** One connection to any of the hosts: each attempt goes to the next of them. */
const toAnyOf = (Redis: typeof Single, address: RedisAddress, hosts: () => ReadonlyArray<RedisHost>): Single => {
  let turn = 0
  const client: Single = new Redis(singleOptions(address, (attempt) => {
    const all = hosts()
    const next = all[++turn % all.length]
    if (next !== undefined) Object.assign(client.options, hostOptions(address, next))
    return backoff(attempt)
  }))
  return client
}

/**
 * Handles the failure of the `ASKING` that the driver sends before a command whose slot moves to this node. The driver does
 * not look at its answer, and a rejected promise that nobody handles ends the process. The command itself fails, too.
 */
const handleAsking = (node: Single) => {
  const asking = node.asking.bind(node)
  node.asking = () => {
    const asked = asking()
    asked.catch(() => {})
    return asked
  }
}

/** The cluster that a node belongs to. Every node that was ever heard of is a way back into it. */
const clusterOf = Effect.fnUntraced(function*(
  make: (known: Array<RedisHost>) => Cluster,
  known: Array<RedisHost>,
  subscriber: Single,
  address: string
): Effect.fn.Return<Cluster, StoreError, Scope.Scope> {
  const hostOf = ({ options: { host = "", port = 6379 } }: Single): RedisHost => ({ host, port })
  const commands = yield* keep(() => {
    const cluster = make(known)
    cluster.on("+node", (node: Single) => {
      handleAsking(node)
      const host = hostOf(node)
      if (!known.some((one) => same(one, host))) known.push(host)
    })
    // A node that left the cluster may go on answering, but is told nothing any more.
    cluster.on("refresh", () => {
      const stays = cluster.nodes().some((node) => same(hostOf(node), hostOf(subscriber)))
      if (!stays && subscriber.status === "ready") subscriber.disconnect(true)
    })
    return cluster
  }, address)
  yield* Effect.forEach(
    commands.nodes("master"),
    (node) => Effect.flatMap(ask(node), (info) => check({ ...info, aof_enabled: "1" }, address)),
    { concurrency: 8, discard: true }
  )
  return commands
})

/** Fails if the server does not have the URL's database: the driver would go on with the first one. */
const selected = (client: Single, { database }: RedisAddress, address: string) =>
  database === 0 ? Effect.void : Effect.tryPromise({
    try: () => client.select(database),
    catch: (cause) => explain({ operation: "Redis.connect", address, cause })
  })

const several = "its URL names several hosts, but it is no cluster: name one, or its sentinels as redis+sentinel://"

/** Opens the connections to a Redis, or to the cluster that it belongs to. They come back by themselves. */
export const connect = Effect.fnUntraced(function*({ sentinelPassword = Option.none(), url }: RedisTarget) {
  const text = Redacted.value(url)
  const address = withoutLogin(text)
  const fail = (message: string) =>
    new StoreError({ operation: "Redis.connect", message: `${address}: ${message}`, reason: "failed" })
  const parsed = yield* Effect.mapError(
    Effect.fromOption(parseRedisUrl(text)),
    () => fail("this is no Redis URL; check redis.url (REDIS_URL)")
  )
  // Loaded here, so that a process without Redis does not load it.
  const { Cluster, Redis } = yield* Effect.promise(() => import("ioredis"))

  if (Option.isSome(parsed.group)) {
    const options = sentinelOptions(parsed, parsed.group.value, sentinelPassword)
    const single = keep(() => new Redis(options), address)
    const commands = yield* single
    yield* check(yield* ask(commands), address)
    yield* selected(commands, parsed, address)
    return { address, commands, subscriber: yield* single } satisfies Connections
  }

  const known: Array<RedisHost> = [...parsed.hosts]
  const single = keep(() => toAnyOf(Redis, parsed, () => known), address)
  const first = yield* single
  const info = yield* ask(first)
  yield* check(info, address)
  if (info.cluster_enabled === "1") {
    const make = (nodes: Array<RedisHost>) => new Cluster(nodes, clusterOptions(parsed))
    return { address, commands: yield* clusterOf(make, known, first, address), subscriber: first } satisfies Connections
  }
  if (known.length > 1) return yield* fail(several)
  yield* selected(first, parsed, address)
  return { address, commands: first, subscriber: yield* single } satisfies Connections
})
