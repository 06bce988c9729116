import type { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { Context, Effect, Option } from "effect"

/** The App installation that the current job's delivery came from. It names no secret and travels with the job. */
export const CurrentInstallation = Context.Reference<Option.Option<number>>("@nominal-code/forge/CurrentInstallation", {
  defaultValue: () => Option.none()
})

/** Calls the forge as the installation that an event came from. */
export const withInstallationOf = ({ installationId }: PullRequestEvent) =>
  Effect.provideService(CurrentInstallation, Option.fromUndefinedOr(installationId))
