import type { RepoName } from "@nominal-code/domain/event/PullRequest"
import { Effect, type Redacted } from "effect"
import type { ForgeError } from "../ForgeError.ts"

/** Source of the tokens for calls about a repository or, without one, about the account itself. */
export interface GitHubAuth {
  /** The token of one request. Each request asks again, so that none is kept beyond its end. */
  token(repo: RepoName | undefined): Effect.Effect<Redacted.Redacted, ForgeError>
  /** Name of what GitHub counts the requests about a repository by. */
  account(repo: RepoName | undefined): string
  /** Drops a token that GitHub refused. True if the next request has another one. */
  drop(repo: RepoName | undefined, refused: Redacted.Redacted): Effect.Effect<boolean, ForgeError>
}

/** A token that cannot be replaced here, such as a personal access token. */
export const fixed = (token: GitHubAuth["token"]): GitHubAuth => ({
  token,
  account: () => "github",
  drop: () => Effect.succeed(false)
})

/** Account of an App's installation: each has one owner of repositories. */
export const installationAccount = (repo: RepoName | undefined): string => `github:${repo?.split("/")[0] ?? ""}`
