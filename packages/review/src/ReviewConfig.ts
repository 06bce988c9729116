import type { ReviewSettings } from "@nominal-code/domain/settings/ReviewSettings"
import { Context, Layer } from "effect"

/**
 * The configuration that a review may read. It is not the whole configuration, so that the compiler keeps a review from
 * deciding by a setting that stays with the server: a pod has only what travels with its job.
 */
export class ReviewConfig extends Context.Service<ReviewConfig, {
  /** Settings that decide what a review says. It travels with the job. */
  readonly settings: ReviewSettings
  /** Origins of the settings that are set, by their YAML paths, in words for people. Absent: not known. */
  readonly origins?: Readonly<Record<string, string>>
}>()("@nominal-code/review/ReviewConfig") {}

/** The configuration of a process that reviews. */
export const layer = (options: ReviewConfig["Service"]): Layer.Layer<ReviewConfig> =>
  Layer.succeed(ReviewConfig, options)
