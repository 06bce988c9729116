import type { AgentRunner } from "@nominal-code/agent/AgentRunner"
import type { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { fileTrouble } from "@nominal-code/domain/file/FileTrouble"
import { Failure } from "@nominal-code/domain/job/Failure"
import type { JobOutcome } from "@nominal-code/domain/job/Job"
import type { RunNotWanted } from "@nominal-code/domain/job/RunStillWanted"
import type { AgentSettings, ReviewSettings } from "@nominal-code/domain/settings/ReviewSettings"
import { Forge, type PullRequestView } from "@nominal-code/forge/Forge"
import type { ForgeError } from "@nominal-code/forge/ForgeError"
import { withInstallationOf } from "@nominal-code/forge/Installation"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { WorkspaceError } from "@nominal-code/workspace/Workspace"
import { Effect, type PlatformError, Schema } from "effect"
import {
  checkoutOutcome,
  failed,
  forgeFailed,
  isAmbiguous,
  modelOutcome,
  runNotWanted,
  storeOutcome
} from "./Failure.ts"
import { ReviewConfig } from "./ReviewConfig.ts"

const isWorkspaceError = Schema.is(WorkspaceError)

type AgentError = Effect.Error<ReturnType<AgentRunner["Service"]["run"]>>
type RunError = RunNotWanted | WorkspaceError | StoreError | AgentError | PlatformError.PlatformError | ForgeError

/**
 * Runs what an event asks for as the installation that the event came from, and turns whatever goes wrong into an
 * outcome, in one line. `agentOf` tells which agent does it.
 */
export const toOutcome = (
  event: PullRequestEvent,
  agentOf: (settings: ReviewSettings) => AgentSettings = ({ reviewer }) => reviewer
) =>
<A extends JobOutcome, R>(run: Effect.Effect<A, RunError, R>) =>
  run.pipe(
    Effect.catchTags({
      RunNotWanted: () => Effect.succeed(runNotWanted),
      WorkspaceError: (error) => Effect.map(Forge, ({ platform }) => checkoutOutcome(platform, error)),
      StoreError: (error) => Effect.succeed(storeOutcome(error)),
      LlmError: (error) => Effect.map(ReviewConfig, (config) => modelOutcome(agentOf(config.settings), error)),
      PlatformError: (error) => {
        const detail = `a bundled prompt could not be read: ${fileTrouble(error)}`
        return Effect.succeed(failed(Failure.cases.Installation.make({ detail }), false))
      }
    }),
    Effect.catchTag("ForgeError", (error) => forgeFailed(event.pullRequest, error)),
    withInstallationOf(event)
  )

/**
 * Works on the head of a view. A force-push may take it away before it is checked out: then the head is read once more.
 * If git is refused access, the same is asked of the forge's API, whose error is the outcome.
 */
export const onHead = <A, E, R>(view: PullRequestView, work: (view: PullRequestView) => Effect.Effect<A, E, R>) => {
  const { ref } = view.pullRequest
  return work(view).pipe(
    Effect.catchIf(
      (error) => isWorkspaceError(error) && error.reason === "missing",
      () =>
        Forge.use((forge) => forge.pullRequest(ref)).pipe(
          Effect.flatMap((pullRequest) => work({ ...view, pullRequest }))
        )
    ),
    Effect.tapError((error) =>
      isWorkspaceError(error) && isAmbiguous(error)
        ? Forge.use((forge) => forge.checkAccess(ref.repo))
        : Effect.void
    )
  )
}
