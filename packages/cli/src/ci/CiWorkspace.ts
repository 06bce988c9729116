import { Workspace } from "@nominal-code/workspace/Workspace"
import { Context, Effect, Layer } from "effect"
import * as Configured from "../Configured.ts"

/**
 * Checkouts of the repository as the pipeline has it. What a shallow clone lacks, or a newer push has brought, is fetched
 * from the forge.
 */
export const layer = (directory: string) =>
  Layer.effect(
    Workspace,
    Effect.gen(function*() {
      const local = Context.get(yield* Layer.build(Configured.localWorkspace(directory)), Workspace)
      const fetched = Context.get(yield* Layer.build(Configured.workspace), Workspace)
      return Workspace.of({
        checkout: (request) =>
          Effect.catchTag(local.checkout(request), "WorkspaceError", ({ message }) =>
            Effect.andThen(
              Effect.logWarning(`The pipeline's checkout cannot be used (${message}), so the commits are fetched`),
              fetched.checkout(request)
            ))
      })
    })
  )
