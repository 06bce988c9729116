import { Schema } from "effect"

/**
 * A limit of dollars, by what it limits: one agent's task, one review with all its attempts, one pull request; and in
 * one day (UTC) one repository, one author or everything.
 */
export const SpendLimit = Schema.Literals(["task", "review", "pull-request", "repository", "author", "day"])
export type SpendLimit = typeof SpendLimit.Type

const Usd = Schema.optionalKey(Schema.Finite)

/** Limits in US dollars, beside the one of a single review. One that is absent does not hold. */
export const SpendLimits = Schema.Struct({
  /** Of one pull request, in its whole life. */
  pullRequestUsd: Usd,
  /** Of one repository on one day, in UTC. The same for the other two. */
  repositoryUsd: Usd,
  /** Of the account that opened the pull request, or that asked for the review. */
  authorUsd: Usd,
  dayUsd: Usd
})
export type SpendLimits = typeof SpendLimits.Type
