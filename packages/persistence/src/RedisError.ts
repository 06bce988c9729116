import { Predicate, Schema } from "effect"
import { StoreError } from "./StoreError.ts"

const Reply = Schema.Struct({ name: Schema.Literal("ReplyError"), message: Schema.String })
const isReply = Schema.is(Reply)

/** Transient errors of Redis, by the first word of its answer. */
const transient = new Map([
  ["READONLY", "it is a replica; a failover is under way, or redis.url (REDIS_URL) names the wrong host"],
  ["UNBLOCKED", "it became a replica meanwhile; a failover is under way"],
  ["LOADING", "it is reading its data from the disk"],
  ["MASTERDOWN", "its primary is away"],
  ["CLUSTERDOWN", "its cluster is not complete"],
  ["TRYAGAIN", "its cluster is moving data"],
  ["BUSY", "it is busy with a script"],
  ["NOREPLICAS", "too few replicas are there"],
  ["MISCONF", "it cannot write to its disk: free some space"],
  ["OOM", "its memory is full: raise maxmemory"]
])

const denied = "check the user name and the password in redis.url (REDIS_URL)"
const refused = new Map([
  ["WRONGPASS", denied],
  ["NOAUTH", "it needs a password: put it into redis.url (REDIS_URL) as redis://:password@host"],
  ["NOPERM", "its user may not do this: see docs/operate.md for what it has to be allowed"]
])

/** Name of an error that Redis answers: its first word. For `WAIT`, which a replica refuses, there is none of its own. */
const replyCode = (message: string): string =>
  message.startsWith("ERR WAIT cannot be used with replica") ? "READONLY" : message.split(" ", 1)[0] ?? ""

const codeOf = (cause: unknown): string =>
  cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : ""

/** Reason why no node of a cluster could be asked, in place of the driver's error that none could. */
export const ofNode = (error: unknown): unknown =>
  Predicate.hasProperty(error, "lastNodeError") && error.lastNodeError instanceof Error ? error.lastNodeError : error

/** True for an untrusted certificate, and for a server that does not speak TLS. */
const isTls = (cause: unknown): boolean => /CERT|TLS|SSL/.test(codeOf(cause))

/** True if no later attempt with the same URL can succeed. */
export const isRefusal = (cause: unknown): boolean => {
  return isReply(cause) && refused.has(replyCode(cause.message)) || isTls(cause)
}

interface Failure {
  readonly operation: string
  readonly address: string
  readonly cause: unknown
}

/** Error of a process that found no Redis in the time that it has at its start. */
export const explainStart = (failure: Failure, waited: string): StoreError => {
  const error = explain(failure)
  if (failure.cause instanceof StoreError || isReply(failure.cause) || !error.retryable) return error
  const message = `${failure.address}: ${connectionTrouble(failure.cause)} for ${waited}; check redis.url (REDIS_URL)`
  return new StoreError({ operation: failure.operation, message, reason: "unavailable" })
}

/**
 * Reason of a failed connection in a few words. A code is shorter than its message, and does not repeat the address.
 */
const connectionTrouble = (cause: unknown): string => {
  if (!(cause instanceof Error)) return "the connection was lost"
  return cause.message === "Command timed out" ? "no answer in time" : codeOf(cause) || "the connection was lost"
}

const authorityAdvice =
  "no TLS that can be trusted: name the file of its authority in NODE_EXTRA_CA_CERTS, or use redis://"

/** Error of a command while Redis refuses every new connection, as it does when its password was changed. */
export const explainRefusal = (error: StoreError, { address, operation }: Failure, refusal: unknown): StoreError =>
  error.reason === "unavailable"
    ? new StoreError({
      operation,
      message: explain({ address, operation, cause: refusal }).message,
      reason: "unavailable"
    })
    : error

/**
 * Error of a failed command: one line with the operation, the address and the remedy. It never shows the command, which
 * may hold secrets.
 */
export const explain = ({ address, cause, operation }: Failure): StoreError => {
  if (cause instanceof StoreError) return cause
  if (!isReply(cause)) {
    const tls = isTls(cause)
    const advice = tls ? authorityAdvice : "it will be tried again"
    return new StoreError({
      operation,
      message: `${address}: ${connectionTrouble(cause)}; ${advice}`,
      reason: tls ? "failed" : "unavailable"
    })
  }
  const code = replyCode(cause.message)
  const reason = transient.has(code) ? "unavailable" : "failed"
  const advice = transient.get(code) ?? refused.get(code)
  return new StoreError({
    operation,
    message: `${address}: ${advice === undefined ? cause.message.split("\n", 1)[0] : `${code}, ${advice}`}`,
    reason: code === "OOM" ? "full" : reason
  })
}
