import type { RepoName } from "@nominal-code/domain/PullRequest"
import { Effect, type Redacted } from "effect"
import type { ForgeError } from "../ForgeError.ts"

/**
 * Source of the token for calls about a repository or, without one, about the account itself. Each request asks again,
 * so no expired token is kept here.
 */
export type GitHubAuth = (repo: RepoName | undefined) => Effect.Effect<Redacted.Redacted, ForgeError>

/** A personal access token: the same for everything. */
export const personalToken = (token: Redacted.Redacted): GitHubAuth => () => Effect.succeed(token)
