import type { RedisAddress, RedisHost } from "@nominal-code/domain/settings/RedisUrl"
import { Option, Redacted } from "effect"
import { isIP } from "node:net"

/** Time limit of a command. Ours take well under a millisecond. */
const answerMillis = 4_000
const connectMillis = 5_000

/** Backoff of reconnections, exponential with jitter, so that the processes do not reconnect all at once. */
export const backoff = (attempt: number): number => Math.min(50 * 2 ** (attempt - 1), 2_000) * (0.5 + Math.random() / 2)

/** Options of every connection. */
const connectionDefaults = {
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

const login = ({ password, username }: RedisAddress) => ({
  ...(username === "" ? {} : { username }),
  ...(password === "" ? {} : { password })
})

/** A host as a connection's options. By its name, a server that holds several certificates knows which one is meant. */
export const hostOptions = ({ tls }: RedisAddress, { host, port }: RedisHost) => ({
  host,
  port,
  ...(tls ? { tls: isIP(host) === 0 ? { servername: host } : {} } : {})
})

/** One connection. `retryStrategy` is called before each further attempt to connect. */
export const singleOptions = (address: RedisAddress, retryStrategy: (attempt: number) => number) => ({
  ...connectionDefaults,
  ...login(address),
  ...hostOptions(address, address.hosts[0]),
  db: address.database,
  lazyConnect: true,
  enableOfflineQueue: false,
  retryStrategy
})

/** One connection to the primary that the sentinels name, asked before each attempt. */
export const sentinelOptions = (
  address: RedisAddress,
  group: string,
  password: Option.Option<Redacted.Redacted>
) => ({
  ...connectionDefaults,
  ...login(address),
  db: address.database,
  lazyConnect: true,
  enableOfflineQueue: false,
  retryStrategy: backoff,
  sentinels: address.hosts.map(({ host, port }) => ({ host, port })),
  name: group,
  role: "master" as const,
  ...(Option.isSome(password) ? { sentinelPassword: Redacted.value(password.value) } : {}),
  sentinelRetryStrategy: backoff,
  sentinelCommandTimeout: answerMillis,
  ...(address.tls ? { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true } : {})
})

/**
 * Rest before a command is tried once more, while its node is away or its slot moves. Each try connects to the node again,
 * so this bounds the connections: two and a half a second for a process, however many commands wait.
 */
const retryMillis = 400
const mostTries = 5

/** The connections to a cluster. */
export const clusterOptions = (address: RedisAddress) => ({
  lazyConnect: true,
  enableOfflineQueue: false,
  clusterRetryStrategy: backoff,
  maxRedirections: mostTries,
  retryDelayOnFailover: retryMillis,
  retryDelayOnClusterDown: retryMillis,
  retryDelayOnTryAgain: retryMillis,
  slotsRefreshTimeout: answerMillis,
  // Nodes come and go without anybody asking for what they hold.
  slotsRefreshInterval: 30_000,
  // Names stay names: the certificates of a cluster are made out to them.
  dnsLookup: (name: string, found: (error: null, address: string) => void) => found(null, name),
  redisOptions: { ...connectionDefaults, ...login(address), ...(address.tls ? { tls: {} } : {}) }
})
