import type { PullRequestRef } from "@nominal-code/domain/event/PullRequest"
import { Config, Effect, Option, Schema } from "effect"

/** A run of a pipeline: the pull request that it is for, and where its repository is checked out. */
export interface CiRun {
  readonly pullRequest: PullRequestRef
  /** Directory that holds `.git`. */
  readonly directory: string
  /** True for a pull request from another repository, whose pipelines get no secrets and may write nothing. */
  readonly isFork: boolean
}

/** A pipeline without what a review needs. The process ends with 1. */
export class NotInCi extends Schema.TaggedError<NotInCi>()("NotInCi", { message: Schema.String }) {}

/** A pipeline that has nothing of its own to review. The process ends with 0. */
export class NothingInCi extends Schema.TaggedError<NothingInCi>()("NothingInCi", { message: Schema.String }) {}

/** A variable that the CI system sets. */
export const variable = (name: string, why: string) =>
  Effect.mapError(Config.NonEmptyString(name), () => new NotInCi({ message: `${name} is not set: ${why}` }))

/** A variable that may be missing or empty. */
export const maybe = (name: string) =>
  Effect.map(
    Effect.orElseSucceed(Effect.option(Config.NonEmptyString(name)), () => Option.none<string>()),
    Option.filter((value) => value !== "")
  )
