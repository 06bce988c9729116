import type { GitError } from "./Git.ts"
import type { GitFailure } from "./GitFailure.ts"
import { FETCH_TIMEOUT_SECONDS } from "./Mirror.ts"
import type { Remote } from "./Remote.ts"
import { WorkspaceError } from "./Workspace.ts"

/** Error of a server that did not send the repository: names the server, and what to check. */
export const explain = (remote: Remote, error: GitError): WorkspaceError => {
  const { host, repo } = remote
  const detail = error.message.replace(/\.$/, "")
  const messages: Partial<Record<GitFailure, string>> = {
    auth:
      `${host} refused the credentials for ${repo}: check that the forge's token (GITHUB_TOKEN on GitHub) is valid, ` +
      `not expired, and may read the repository's contents.`,
    forbidden:
      `${host} refused ${repo} (403): either the forge's token may not read the repository's contents, or too ` +
      `much was asked of the forge.`,
    "not-found":
      `${host} has no repository ${repo} that the forge's token may read: check the token's repository access.`,
    redirected: `${host} redirects ${repo} elsewhere, and redirects are not followed with credentials: was it renamed?`,
    unreachable: `${host} could not be reached to fetch ${repo} (${detail}): check the network or the proxy.`,
    "disk-full": `The disk of workspace.base_dir is full: could not fetch ${repo}.`,
    timeout: `Fetching ${repo} from ${host} took longer than ${FETCH_TIMEOUT_SECONDS} s.`,
    "too-large": `${repo} is too large: ${detail}.`
  }
  return new WorkspaceError({
    message: messages[error.reason] ?? `Could not fetch ${repo} from ${host}: ${detail}.`,
    reason: error.reason
  })
}
