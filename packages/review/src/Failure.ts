import type { Platform, PullRequestRef } from "@nominal-code/domain/event/PullRequest"
import { detailOf, Failure, type ModelFailureReason, modelService, ServiceName } from "@nominal-code/domain/job/Failure"
import { JobOutcome } from "@nominal-code/domain/job/Job"
import * as Redaction from "@nominal-code/domain/secret/Redaction"
import type { AgentSettings } from "@nominal-code/domain/settings/ReviewSettings"
import { Forge } from "@nominal-code/forge/Forge"
import type { ForgeError } from "@nominal-code/forge/ForgeError"
import type { WorkspaceError } from "@nominal-code/workspace/Workspace"
import { Duration, Effect, Option } from "effect"
import type { AgentError } from "./ReviewSteps.ts"

const { Failed, Lost, Postponed } = JobOutcome.cases

/** Outcome of a run that lost its lease: it posts nothing. */
export const runNotWanted = Lost.make({
  failure: Failure.cases.Lease.make({ detail: "another process has the job by now, or it was cancelled" })
})

const redact = Redaction.make([])

/** Cleans a failure's detail: no secret, and one line. */
const plain = (failure: Failure): Failure => ({ ...failure, detail: detailOf(redact(failure.detail)) })

/** Outcome of a failed run, which uses an attempt. */
export const failed = (failure: Failure, retryable: boolean): typeof Failed.Type =>
  Failed.make({ failure: plain(failure), retryable })

/** Outcome of a run that waits for a service, for at least as long as the service asked. It uses no attempt. */
export const postponed = (
  failure: Failure,
  service: ServiceName,
  retryAfter: Option.Option<Duration.Duration> = Option.none()
): typeof Postponed.Type =>
  Postponed.make({
    failure: plain(failure),
    service,
    ...Option.match(retryAfter, {
      onNone: () => ({}),
      onSome: (wait) => ({ retryAfterMillis: Math.min(Math.ceil(Duration.toMillis(wait)), Number.MAX_SAFE_INTEGER) })
    })
  })

const forgeReasons = {
  RateLimited: "rate-limited",
  Unauthorized: "unauthorized",
  Forbidden: "forbidden",
  NotFound: "not-found",
  Refused: "refused",
  Unavailable: "unavailable"
} as const

const forgeReason = ({ reason }: ForgeError) =>
  reason._tag === "Refused" && reason.because !== undefined && reason.because !== "pending-review"
    ? reason.because
    : forgeReasons[reason._tag]

/** Service name of a forge. */
export const forgeService = (platform: Platform): ServiceName => ServiceName.make(`forge:${platform}`)

const forgeFailure = (error: ForgeError): Failure =>
  Failure.cases.Forge.make({ reason: forgeReason(error), detail: error.message })

/** Outcome of an error of the forge: only a request that the forge understands and refuses has failed. */
const forgeOutcome = (platform: Platform, error: ForgeError) => {
  const { reason } = error
  const failure = forgeFailure(error)
  return reason._tag === "Refused"
    ? failed(failure, false)
    : postponed(
      failure,
      forgeService(platform),
      reason._tag === "RateLimited" ? Option.some(reason.retryAfter) : Option.none()
    )
}

/**
 * A run that ends with an error of the forge: it waits for a forge that is away or limited, that accepts no credentials of
 * ours, or that refuses them a permission or the repository, which its owner may give back. If only the pull request is
 * not there, the run failed: the pull request is deleted, or the forge does not know yet what its webhook told of.
 */
export const forgeFailed = Effect.fnUntraced(function*({ platform, repo }: PullRequestRef, error: ForgeError) {
  if (error.reason._tag !== "NotFound") return forgeOutcome(platform, error)
  return yield* Effect.match((yield* Forge).checkAccess(repo), {
    onFailure: (access) => forgeOutcome(platform, access),
    onSuccess: () => failed(forgeFailure(error), true)
  })
})

/** The reasons of a model service's failure that say something about the service, and nothing about the job. */
const modelOutages: ReadonlySet<ModelFailureReason> = new Set([
  "rate-limited",
  "overloaded",
  "unavailable",
  "unauthorized",
  "no-credit"
])

/**
 * A run that ends with an error of the model service: it waits for a service that is away, limited or overloaded, that
 * refuses our key, or that our account has no credit left with.
 */
export const modelOutcome = (
  agent: AgentSettings,
  { message, provider, reason, retryable, retryAfter }: Extract<AgentError, { readonly _tag: "LlmError" }>
) => {
  const failure = Failure.cases.Model.make({ reason, detail: `${provider} (${reason}): ${message}` })
  return modelOutages.has(reason)
    ? postponed(failure, modelService(agent.provider), Option.fromUndefinedOr(retryAfter))
    : failed(failure, retryable)
}

/** A run that waits for the store of the costs: no call is made that is not in it. */
export const storeOutcome = ({ message, reason }: Extract<AgentError, { readonly _tag: "StoreError" }>) => {
  const failure = Failure.cases.Store.make({ reason: reason === "full" ? "full" : "unavailable", detail: message })
  return postponed(failure, ServiceName.make("store"))
}

/** Refusals by git that say nothing of their reason: the forge's API tells it. */
const ambiguous: ReadonlySet<WorkspaceError["reason"]> = new Set(["auth", "forbidden"])

/** True if the forge's API has to be asked why git was refused. */
export const isAmbiguous = ({ reason }: WorkspaceError): boolean => ambiguous.has(reason)

/**
 * A run that ends without a checkout: it waits for a forge that does not answer git, or refuses git what its API allows,
 * and for space on the disk. A commit that the forge named and git does not have yet is worth another attempt.
 */
export const checkoutOutcome = (platform: Platform, error: WorkspaceError) => {
  const { message, reason, retryable } = error
  if (reason === "disk-full") {
    return postponed(Failure.cases.Store.make({ reason: "full", detail: message }), ServiceName.make("disk"))
  }
  return reason === "unreachable" || isAmbiguous(error)
    ? postponed(Failure.cases.Checkout.make({ reason: "unavailable", detail: message }), forgeService(platform))
    : failed(Failure.cases.Checkout.make({ reason: "failed", detail: message }), retryable || reason === "missing")
}

/** Text about a failure for the pull request: the end of a sentence, in our words only. */
export const explain: (failure: Failure) => string = Failure.match({
  Forge: ({ reason }) =>
    ({
      "rate-limited": "the forge asked me to wait for longer than I may",
      unavailable: "the forge could not be reached for too long",
      unauthorized: "the forge did not accept this installation's credentials for too long",
      forbidden: "the forge does not let my account do what the review needs",
      "not-found": "my account cannot see something that the review needs",
      refused: "the forge refused to take the review",
      locked: "the conversation of this pull request is locked",
      archived: "the repository is archived",
      sso: "my token is not authorised for the single sign-on of this organization"
    })[reason],
  Model: ({ reason }) =>
    ({
      "rate-limited": "the language model asked me to wait for longer than I may",
      overloaded: "the language model was overloaded for too long",
      unavailable: "the language model could not be reached for too long",
      timeout: "the language model did not answer in time",
      unauthorized: "the language model did not accept this installation's key for too long",
      "no-credit": "this installation's account with the language model had no credit left for too long",
      "no-model": "the language model service does not have this installation's model",
      "context-too-long": "the change is too large for the language model",
      "invalid-request": "the language model does not accept this installation's request",
      "malformed-response": "the language model gave an answer that cannot be read",
      refused: "the language model declined to review this change",
      "budget-exceeded": "the review's budget was used up before it was done",
      "no-review": "the language model gave an answer that is no review"
    })[reason],
  Checkout: ({ reason }) =>
    ({
      unavailable: "the repository could not be fetched for too long",
      failed: "the commit could not be checked out"
    })[reason],
  Store: ({ reason }) =>
    ({
      unavailable: "my own store could not be reached for too long",
      full: "my own store was full for too long"
    })[reason],
  Cluster: ({ reason }) =>
    ({
      unavailable: "the cluster that runs reviews could not be reached for too long",
      forbidden: "the cluster does not allow this installation to start reviews",
      refused: "the cluster did not accept the review's Job",
      full: "the cluster had no room for the review for too long",
      "pods-refused": "the cluster did not accept the review's pod",
      image: "the review's container image could not be started",
      "not-started": "the review's pod was not started in time"
    })[reason],
  Pod: ({ reason }) =>
    ({
      "out-of-memory": "the review needed more memory than it may use",
      evicted: "the cluster stopped the review again and again before it was done",
      killed: "the review's process was killed again and again before it was done",
      deleted: "the review's Job was deleted again and again before it was done",
      stopped: "the review's process was stopped again and again before it was done",
      "node-lost": "the machines that ran the review were lost before it was done",
      "no-result": "the review's process ended without a result"
    })[reason],
  Deadline: () => "the review took longer than it may",
  Lease: () => "another process took the review over and did not finish it",
  Unsigned: () => "no server of this installation has asked for it",
  Installation: () => "this installation is not complete",
  Crash: () => "the review's process crashed again and again",
  Bug: () => "something unexpected went wrong in my own process"
})
