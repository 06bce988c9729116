import { Schema } from "effect"
import { oneLine } from "../text/OneLine.ts"

/**
 * Reason why a call of a model service brought no usable answer. `unauthorized`: it does not accept the key.
 * `no-credit`: the key's account has no credit or quota left. `no-model`: it has no such model. `refused`: it declined the request, and will again.
 */
export const ModelFailureReason = Schema.Literals([
  "rate-limited",
  "overloaded",
  "unavailable",
  "timeout",
  "unauthorized",
  "no-credit",
  "no-model",
  "context-too-long",
  "invalid-request",
  "malformed-response",
  "refused",
  "budget-exceeded"
])
export type ModelFailureReason = typeof ModelFailureReason.Type

/** One line for operators. It may quote a server, so it never goes to a pull request. */
const detail = Schema.String

/**
 * The failure of a run: its stage, which is the tag, and its reason. What a pull request is told is a function of stage and
 * reason alone.
 */
export const Failure = Schema.TaggedUnion({
  /**
   * The forge could not be read, or the review could not be posted. `unauthorized`: it does not accept the credentials.
   * `forbidden`: they lack a permission. `locked`: the pull request's conversation.
   * `archived`: the repository. `sso`: the token is not authorised for the organization's single sign-on.
   */
  Forge: {
    reason: Schema.Literals([
      "rate-limited",
      "unavailable",
      "unauthorized",
      "forbidden",
      "not-found",
      "refused",
      "locked",
      "archived",
      "sso"
    ]),
    detail
  },
  /** `no-review`: the model answered, and the answer holds no review. */
  Model: { reason: Schema.Literals([...ModelFailureReason.literals, "no-review"]), detail },
  /** git could not fetch or check out the commit. */
  Checkout: { reason: Schema.Literals(["unavailable", "failed"]), detail },
  /** The queue's or the conversations' store. */
  Store: { reason: Schema.Literals(["unavailable", "full"]), detail },
  /**
   * The cluster did not take the Job, or did not start its pod. `full`: it has no room now. `refused`: it takes no such
   * Job. `image`: the container's cannot be had.
   */
  Cluster: {
    reason: Schema.Literals(["unavailable", "forbidden", "refused", "full", "pods-refused", "image", "not-started"]),
    detail
  },
  /**
   * The pod of the Job ended without a result. `killed`: by a signal that the cluster did not send. `evicted`: the cluster
   * ended it. `stopped`: it was asked to end.
   */
  Pod: {
    reason: Schema.Literals(["out-of-memory", "evicted", "killed", "deleted", "stopped", "node-lost", "no-result"]),
    detail
  },
  /** The run took longer than `jobs.deadline_seconds`, or its Job than `kubernetes.active_deadline_seconds`. */
  Deadline: { detail },
  /** Another run holds the lease. */
  Lease: { detail },
  /** No server of this installation has signed the job. It is not run, and nobody is told. */
  Unsigned: { detail },
  /** A file of this program is missing or unreadable. */
  Installation: { detail },
  /** The process that ran the job died again and again while it ran nothing else. */
  Crash: { detail },
  /** A defect of this program. */
  Bug: { detail }
})
export type Failure = typeof Failure.Type

const longest = 600

/** Puts a detail into one line of at most 600 characters. */
export const detailOf = (text: string): string => oneLine(text, longest)

/** A failure as operators read it in logs and in `jobs list`: `model: anthropic (overloaded): …`. */
export const failureText = (failure: Failure): string => `${failure._tag.toLowerCase()}: ${failure.detail}`

/** Reason why a service does not serve, as operators read it after its name: `forge:github (credentials refused)`. */
export const OutageReason = Schema.Literals([
  "away",
  "limited",
  "overloaded",
  "full",
  "credentials refused",
  "access refused",
  "no credit",
  "refuses",
  "image"
])
export type OutageReason = typeof OutageReason.Type

const outageReasons: ReadonlyMap<string, OutageReason> = new Map([
  ["rate-limited", "limited"],
  ["overloaded", "overloaded"],
  ["full", "full"],
  ["unauthorized", "credentials refused"],
  ["forbidden", "access refused"],
  ["not-found", "access refused"],
  ["no-credit", "no credit"],
  ["refused", "refuses"],
  ["pods-refused", "refuses"],
  ["image", "image"]
])

/** Reason why a service does not serve, from a failure. */
export const outageReasonOf = (failure: Failure): OutageReason =>
  ("reason" in failure ? outageReasons.get(failure.reason) : undefined) ?? "away"

/**
 * True if a forge refuses good credentials what one job needs, a permission or the sight of its repository. The forge
 * serves other jobs.
 */
export const isAccessRefused = (failure: Failure): boolean =>
  failure._tag === "Forge" && (failure.reason === "forbidden" || failure.reason === "not-found")

const crashes: ReadonlySet<string> = new Set(["out-of-memory", "killed", "no-result"])

/**
 * True if the pod of a run died by itself: out of memory, by a signal, or without a result. What its cluster ends says
 * nothing about the job.
 */
export const isCrash = (failure: Failure): boolean => failure._tag === "Pod" && crashes.has(failure.reason)

/**
 * A service that jobs wait for while it is away, limited or full: `forge:github`, `model:anthropic`, `cluster`, `store`,
 * and `disk`, the one that holds the process's mirrors.
 */
export const ServiceName = Schema.String.check(
  Schema.isPattern(/^(?:forge:[a-z0-9.-]+|model:[a-z0-9.-]+|cluster|store|disk)$/)
).pipe(Schema.brand("ServiceName"))
export type ServiceName = typeof ServiceName.Type

/** Service name of a model provider. */
export const modelService = (provider: string): ServiceName => ServiceName.make(`model:${provider}`)
