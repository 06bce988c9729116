import { Effect, Option, Queue, Redacted, Schema } from "effect"
import type { Cluster, Redis as Single } from "ioredis"
import { isIP } from "node:net"
import { addressOf, explain, isRefusal } from "./RedisError.ts"
import { StoreError } from "./StoreError.ts"

/** What takes commands: one server, or whichever node of a cluster holds the key. */
export type Client = Single | Cluster

/** The connections of a process. There are no others, whatever it does. */
export interface Connections {
  /** The URL without what is secret in it, for messages. */
  readonly address: string
  readonly commands: Client
  /** Only listens. In a cluster any node will do: each is told what the others are told. */
  readonly subscriber: Single
}

/** A command that takes longer than this has failed. Every one of ours takes well under a millisecond. */
const answerMillis = 4_000
const connectMillis = 5_000
/** How long a process waits at its start for a Redis that is not there yet. */
const startPatience = "15 seconds"

const backoff = (attempt: number): number => Math.min(50 * 2 ** (attempt - 1), 2_000)

/** Without the brackets of an IPv6 address. */
const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, "")

/** How every connection behaves. */
const manners = {
  connectionName: "nominal-code",
  // The older of the two: proxies and every Redis from 6 on speak it, and its answers have one form.
  protocol: 2 as const,
  disableClientInfo: true,
  connectTimeout: connectMillis,
  commandTimeout: answerMillis,
  // A peer that vanished without a word, as a machine that lost its power does, is noticed by its silence.
  socketTimeout: answerMillis,
  // What cannot be sent now fails now, and so does what was on its way: whoever asked decides about another attempt.
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  autoResubscribe: false,
  // After a failover the name leads to the new primary, but an open connection does not.
  reconnectOnError: (error: Error) => error.message.startsWith("READONLY")
}

const singleOptions = (url: URL) => ({
  ...manners,
  lazyConnect: true,
  enableOfflineQueue: false,
  retryStrategy: backoff,
  // By its name, a server that holds several certificates knows which one is meant.
  ...(url.protocol === "rediss:" ? { tls: isIP(hostOf(url)) === 0 ? { servername: hostOf(url) } : {} } : {})
})

const clusterOptions = ({ password, protocol, username }: URL) => ({
  lazyConnect: true,
  enableOfflineQueue: false,
  clusterRetryStrategy: backoff,
  slotsRefreshTimeout: answerMillis,
  // Names stay names: the certificates of a cluster are made out to them.
  dnsLookup: (name: string, found: (error: null, address: string) => void) => found(null, name),
  redisOptions: {
    ...manners,
    ...(username === "" ? {} : { username: decodeURIComponent(username) }),
    ...(password === "" ? {} : { password: decodeURIComponent(password) }),
    ...(protocol === "rediss:" ? { tls: {} } : {})
  }
})

/** Logs when the connection is lost and when it is back, once for each outage. */
const report = Effect.fnUntraced(function*(client: Client, address: string) {
  const events = yield* Queue.unbounded<Option.Option<unknown>>()
  let cause: unknown = undefined
  client.on("error", (error: unknown) => {
    cause = error
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

/** Waits until the client can be used; fails at once if it never will be. */
const ready = (client: Client, address: string): Effect.Effect<void, StoreError> => {
  let last: unknown = new StoreError({
    operation: "Redis.connect",
    message: `${address}: no answer; check redis.url (REDIS_URL)`,
    retryable: true
  })
  const fail = () => Effect.fail(explain({ operation: "Redis.connect", address, cause: last }))
  return Effect.callback<void, StoreError>((resume) => {
    const onReady = () => resume(Effect.void)
    const onError = (error: unknown) => {
      last = error
      if (isRefusal(error)) resume(fail())
    }
    client.on("ready", onReady).on("error", onError)
    // It goes on trying by itself, and says why through the event.
    client.connect().catch(() => {})
    return Effect.sync(() => client.off("ready", onReady).off("error", onError))
  }).pipe(Effect.timeoutOrElse({ duration: startPatience, orElse: fail }))
}

/** Connects, and stays connected until the scope closes. */
const keep = Effect.fnUntraced(function*<C extends Client>(open: () => C, address: string) {
  const client = yield* Effect.acquireRelease(Effect.sync(open), (client) => Effect.sync(() => client.disconnect()))
  // Without a listener an error would be printed by the driver.
  client.on("error", () => {})
  yield* ready(client, address)
  yield* report(client, address)
  return client
})

const Info = Schema.Struct({
  redis_version: Schema.optionalKey(Schema.String),
  cluster_enabled: Schema.optionalKey(Schema.String),
  aof_enabled: Schema.optionalKey(Schema.String),
  maxmemory_policy: Schema.optionalKey(Schema.String)
})
type Info = typeof Info.Type

const infoOf = (text: string): Info =>
  Schema.decodeUnknownSync(Info)(Object.fromEntries(
    text.split("\r\n").map((line) => line.split(":", 2)).filter(([, value]) => value !== undefined)
  ))

/** What this Redis says about itself; nothing where its user may not ask. */
const ask = (client: Single) =>
  Effect.tryPromise(() => client.info()).pipe(
    Effect.map(infoOf),
    Effect.orElseSucceed((): Info => ({}))
  )

/** Says loudly what would lose accepted jobs. */
const check = Effect.fnUntraced(function*({ aof_enabled, maxmemory_policy, redis_version }: Info, address: string) {
  if (redis_version !== undefined && Number.parseInt(redis_version, 10) < 6) {
    return yield* new StoreError({
      operation: "Redis.connect",
      message: `${address}: Redis ${redis_version} is too old, 6 is the oldest that will do`,
      retryable: false
    })
  }
  if (aof_enabled === "0") {
    yield* Effect.logWarning(
      `${address} does not write what it is told to its disk (AOF is off): if it restarts, accepted jobs are LOST. ` +
        "Set appendonly yes"
    )
  }
  if (maxmemory_policy?.startsWith("allkeys-")) {
    yield* Effect.logWarning(
      `${address} throws keys away when its memory is full (maxmemory-policy ${maxmemory_policy}): accepted jobs can ` +
        "be LOST. Set maxmemory-policy noeviction"
    )
  }
})

/** Opens the connections to a Redis, or to the cluster that it belongs to. They come back by themselves. */
export const connect = Effect.fnUntraced(function*(secret: Redacted.Redacted) {
  const text = Redacted.value(secret)
  const url = new URL(text)
  const address = addressOf(text)
  // Loaded here, so that a process without Redis does not load it.
  const { Cluster, Redis } = yield* Effect.promise(() => import("ioredis"))
  const single = keep(() => new Redis(text, singleOptions(url)), address)
  const first = yield* single
  const info = yield* ask(first)
  yield* check(info, address)
  if (info.cluster_enabled !== "1") return { address, commands: first, subscriber: yield* single } satisfies Connections
  const start = { host: hostOf(url), port: Number(url.port || 6379) }
  const commands = yield* keep(() => new Cluster([start], clusterOptions(url)), address)
  return { address, commands, subscriber: first } satisfies Connections
})
