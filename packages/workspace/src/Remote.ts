import type { RepoName } from "@nominal-code/domain/event/PullRequest"
import { Effect, Redacted } from "effect"
import { createHash } from "node:crypto"
import { type CheckoutRequest, WorkspaceError } from "./Workspace.ts"

/** A checked repository on a server: its URL has no credentials and an allowed transport. */
export interface Remote {
  readonly url: string
  readonly host: string
  readonly protocol: "https" | "http"
  readonly repo: RepoName
  /** `Authorization: Basic …`, or none for a repository that everyone may read. */
  readonly authorization: Redacted.Redacted | undefined
  /** Secrets, in each form in which they are sent. */
  readonly secrets: ReadonlyArray<string>
  /** A directory name for the mirror: distinct for every server and repository, also where case does not count. */
  readonly directoryName: string
}

/** Directory name of a repository's mirror; `href` is its URL as `URL` writes it. */
export const directoryNameOf = (repo: RepoName, href: string): string => {
  const slug = repo.toLowerCase().replace(/[^a-z0-9-]+/g, "-").slice(-60)
  const digest = createHash("sha256").update(`${href}\n${repo}`).digest("hex").slice(0, 20)
  return `${slug}-${digest}.git`
}

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

const refused = (message: string) => Effect.fail(new WorkspaceError({ message, reason: "refused" }))

/** True for a reference name by git's rules, without abbreviations. */
const isRefName = (name: string): boolean =>
  /^refs\/[^\0- \x7f~^:?*[\\]+$/.test(name) && !/\.\.|@\{|\/\/|\/$|\.$|(?:^|\/)\.|\.lock(?:\/|$)/.test(name)

/** Checks a request's repository: https, or plain http to this machine. */
export const fromRequest = Effect.fnUntraced(function*(request: CheckoutRequest) {
  const url = URL.parse(request.url)
  if (url === null) return yield* refused(`The clone URL of ${request.repo} is not a URL.`)
  if (url.username !== "" || url.password !== "") {
    return yield* refused(`The clone URL of ${request.repo} holds credentials; they belong beside it, not in it.`)
  }
  const protocol = url.protocol.slice(0, -1)
  if (protocol !== "https" && !(protocol === "http" && loopback.test(url.hostname))) {
    return yield* refused(
      `${request.repo} cannot be cloned from ${url.protocol}//${url.host}: only https is accepted, and http on loopback.`
    )
  }
  if (url.search !== "" || url.hash !== "") {
    return yield* refused(`The clone URL of ${request.repo} has a query or a fragment.`)
  }
  for (const ref of [request.headRef, `refs/heads/${request.baseBranch}`]) {
    if (!isRefName(ref)) return yield* refused(`${JSON.stringify(ref)} is not the name of a git reference.`)
  }
  const password = Redacted.value(request.password)
  const basic = Buffer.from(`${request.username}:${password}`, "utf8").toString("base64")
  const remote: Remote = {
    url: url.href,
    host: url.host,
    protocol,
    repo: request.repo,
    authorization: password === "" ? undefined : Redacted.make(`Authorization: Basic ${basic}`),
    secrets: password === "" ? [] : [password, basic],
    directoryName: directoryNameOf(request.repo, url.href)
  }
  return remote
})
