import type { GitHubSettings, GitLabSettings } from "@nominal-code/config/AppConfig"
import { type Platform, PullRequestRef } from "@nominal-code/domain/event/PullRequest"
import { hostOf } from "@nominal-code/forge/gitlab/Options"
import { Effect, Option, Schema } from "effect"

/*
 * Pages of pull requests on the forges of this process.
 */

/** A request for a forge or a repository that this process is not configured for. */
class NotServed extends Schema.TaggedError<NotServed>()("NotServed", { message: Schema.String }) {}

const decodeRef = Schema.decodeOption(PullRequestRef)

/** A forge of this process as its pages name it. */
interface Site {
  readonly platform: Platform
  /** Root of its pages: `https://github.com`. */
  readonly root: string
  /** Name of the setting that has the root, and how a page is written. */
  readonly named: string
  readonly shown: string
  readonly path: RegExp
  readonly pageOf: (pull: PullName) => string
}

type PullName = Pick<PullRequestRef, "repo" | "number">

const gitHubSite = (root: string): Site => ({
  platform: "github",
  root,
  named: "the GitHub of GITHUB_API_BASE",
  shown: `${root}/owner/name/pull/7`,
  pageOf: ({ number, repo }) => `${root}/${repo}/pull/${number}`,
  path: /^\/(.+)\/pull\/([1-9]\d*)(?:\/.*)?$/
})

const gitLabSite = (root: string): Site => ({
  platform: "gitlab",
  root,
  named: "the GitLab of GITLAB_API_BASE",
  shown: `${root}/group/project/-/merge_requests/7`,
  pageOf: ({ number, repo }) => `${root}/${repo}/-/merge_requests/${number}`,
  path: /^\/(.+?)\/-\/merge_requests\/([1-9]\d*)(?:\/.*)?$/
})

/** Addresses of the forges that this process is configured for. */
export interface ForgeAddresses {
  readonly github: Option.Option<Pick<GitHubSettings, "cloneBase">>
  readonly gitlab: Option.Option<Pick<GitLabSettings, "apiBase">>
}

const sitesOf = ({ github, gitlab }: ForgeAddresses): ReadonlyArray<Site> => [
  ...Option.toArray(Option.map(github, ({ cloneBase }) => gitHubSite(cloneBase))),
  ...Option.toArray(Option.map(gitlab, (settings) => gitLabSite(hostOf(settings))))
]

/** Page of a pull request; empty on a forge that this process is not configured for. */
export const pagesOn = (forges: ForgeAddresses) => {
  const known = sitesOf(forges)
  return (pull: PullName & Pick<PullRequestRef, "platform">): string =>
    known.find(({ platform }) => platform === pull.platform)?.pageOf(pull) ?? ""
}

/** The path of a page below the root of its forge; none on another forge. */
const below = (url: URL, root: string): Option.Option<string> => {
  const { host, pathname } = new URL(root)
  const prefix = pathname.replace(/\/$/, "")
  return url.host === host && url.pathname.startsWith(`${prefix}/`)
    ? Option.some(url.pathname.slice(prefix.length))
    : Option.none()
}

/** Finds the pull request of a page on a configured forge. `label` stands before the page in messages. */
export const pullRequestOn = Effect.fnUntraced(function*(forges: ForgeAddresses, page: string, label = "") {
  const known = sitesOf(forges)
  const shown = known.map(({ shown }) => shown).join(" or ")
  const refused = (why: string) => new NotServed({ message: `${label}"${page}" ${why}` })
  const url = URL.parse(page)
  if (url === null) return yield* refused(`is no URL: write it as ${shown}`)
  const here = known.flatMap((site) => Option.toArray(Option.map(below(url, site.root), (path) => ({ path, site }))))
  if (here.length === 0) {
    return yield* refused(`is not on ${known.map(({ named, root }) => `${root}, ${named}`).join(", or on ")}`)
  }
  const refs = here.flatMap(({ path, site }) => {
    const [, repo = "", number] = site.path.exec(path) ?? []
    return Option.toArray(decodeRef({ platform: site.platform, repo, number: Number(number) }))
  })
  return yield* Option.match(Option.fromUndefinedOr(refs[0]), {
    onNone: () => refused(`is no pull request's page: write it as ${shown}`),
    onSome: Effect.succeed
  })
})
