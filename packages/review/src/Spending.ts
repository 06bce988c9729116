import * as Affordable from "@nominal-code/agent/Affordable"
import { SpendScope } from "@nominal-code/agent/SpendScope"
import type { Job } from "@nominal-code/domain/job/Job"
import type { SpendLimit } from "@nominal-code/domain/model/SpendLimits"
import type { AgentSettings, ReviewSettings } from "@nominal-code/domain/settings/ReviewSettings"
import { dayOf, nanoOf, Spend, type SpendAccount } from "@nominal-code/persistence/Spend"
import { Clock, Effect } from "effect"

/** Accounts that the calls of a job's review are charged to. */
const accountsOf = ({ event: { author, pullRequest }, id }: Job, { limits = {}, maxCostUsd }: ReviewSettings) => {
  const { platform, repo } = pullRequest
  const account = (kind: SpendLimit, name: string, period: "day" | "life", limit?: number): SpendAccount => ({
    kind,
    name: `${kind}:${name}`,
    period,
    ...(limit === undefined ? {} : { limit: nanoOf(limit) })
  })
  return [
    account("review", id, "life", maxCostUsd),
    account("pull-request", `${platform}:${pullRequest}`, "life", limits.pullRequestUsd),
    account("repository", `${platform}:${repo}`, "day", limits.repositoryUsd),
    account("author", `${platform}:${author.toLowerCase()}`, "day", limits.authorUsd),
    account("day", "all", "day", limits.dayUsd)
  ]
}

const scopeOf = (job: Job, settings: ReviewSettings, ledger: Spend["Service"]): SpendScope => {
  const { author, pullRequest: { platform, repo } } = job.event
  return {
    ledger,
    accounts: accountsOf(job, settings),
    subject: { repository: `${platform}:${repo}`, author: `${platform}:${author.toLowerCase()}` },
    prices: settings.prices
  }
}

/** Limit that leaves nothing for an agent of a job, so that nothing needs to be checked out for it. */
export const limitReached = (job: Job, settings: ReviewSettings, { fallback = [], ...model }: AgentSettings) =>
  Effect.flatMap(Spend, (ledger) => Affordable.limitReached(scopeOf(job, settings, ledger), [model, ...fallback]))

/** Charges the calls of the agents within to the accounts of a job. */
export const charged = (job: Job, settings: ReviewSettings) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Spend, (ledger) => Effect.provideService(effect, SpendScope, scopeOf(job, settings, ledger)))

const perReview: ReadonlySet<SpendLimit> = new Set(["task", "review"])

/** Names of the limits in a sentence. */
const names: Readonly<Record<SpendLimit, string>> = {
  task: "the dollar limit of one review",
  review: "the dollar limit of one review",
  "pull-request": "the dollar limit of this pull request",
  repository: "this repository's dollar limit for one day (UTC)",
  author: "its author's dollar limit for one day (UTC)",
  day: "my dollar limit for one day (UTC)"
}

/** The end of a sentence about a limit: that it is used up. */
export const usedUp = (limit: SpendLimit): string => `${names[limit]} is used up`

/**
 * True if this job tells its pull request that a limit is used up. A person is always told; of pushes only the first
 * one that meets a limit of several reviews, once in the limit's time.
 */
export const announcesLimit = Effect.fnUntraced(function*({ event, id }: Job, limit: SpendLimit) {
  if (event._tag === "Comment" || perReview.has(limit)) return true
  const day = limit === "pull-request" ? "" : `:${dayOf(yield* Clock.currentTimeMillis)}`
  const ledger = yield* Spend
  return yield* ledger.claimNotice(`${limit}:${event.pullRequest.platform}:${event.pullRequest}${day}`, id)
})
