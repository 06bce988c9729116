import type { RepoName } from "@nominal-code/domain/PullRequest"
import { Effect, type Redacted } from "effect"
import type { ForgeError } from "../ForgeError.ts"

/**
 * The token for calls about a repository; without one, for calls about the account itself. It is asked for anew before
 * every request, so a token that expires is never kept here.
 */
export type GitHubAuth = (repo: RepoName | undefined) => Effect.Effect<Redacted.Redacted, ForgeError>

/** A personal access token: the same for everything. */
export const personalToken = (token: Redacted.Redacted): GitHubAuth => () => Effect.succeed(token)
