/** Places of the mirrors. */
import { Effect, Path } from "effect"
import { directories } from "./Cleanup.ts"
import * as Remote from "./Remote.ts"
import type { CheckoutRequest, WorkspaceOptions } from "./Workspace.ts"

/** Directory of a repository's mirror, which need not be there. It is a bare repository of git. */
export const mirrorOf = (options: WorkspaceOptions, { repo, url }: Pick<CheckoutRequest, "repo" | "url">) =>
  Effect.gen(function*() {
    const path = yield* Path.Path
    const { mirrors } = yield* directories(options)
    return path.join(mirrors, Remote.directoryNameOf(repo, URL.parse(url)?.href ?? url))
  })
