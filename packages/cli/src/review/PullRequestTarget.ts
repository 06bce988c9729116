import { type Platform, PullRequestRef } from "@nominal-code/domain/event/PullRequest"
import { Effect, Option, Runtime, Schema } from "effect"
import { type ForgeAddresses, pullRequestOn } from "../PullRequestPage.ts"

/** No credentials for the forge of the pull request. */
class NoForgeToken extends Schema.TaggedError<NoForgeToken>()("NoForgeToken", { message: Schema.String }) {}

/** A name that no pull request can have. */
class NoPullRequest extends Schema.TaggedError<NoPullRequest>()("NoPullRequest", { message: Schema.String }) {
  override readonly [Runtime.errorExitCode] = 2
}

const decodeRef = Schema.decodeEffect(PullRequestRef)

const short = /^([^\s#!]+\/[^\s#!]+)([#!])([1-9]\d*)$/
const isPage = (text: string): boolean => /^https?:\/\//.test(text)

/** True for a pull request as people write it: `owner/name#7`, `group/project!7` or the URL of its page. */
export const isPullRequest = (text: string): boolean => isPage(text) || short.test(text)

const tokens: Readonly<Record<Platform, string>> = {
  github: "set GITHUB_TOKEN to a token that may read it, and write it for --post: the GitHub CLI has one, " +
    "export GITHUB_TOKEN=\"$(gh auth token)\"",
  gitlab: "set GITLAB_TOKEN to an access token with the scope api, and GITLAB_API_BASE to the address of a GitLab " +
    "other than https://gitlab.com"
}

/** Fails where this process has no credentials for the forge. */
const ensureToken = Effect.fnUntraced(function*({ github, gitlab }: ForgeAddresses, platform: Platform) {
  const has = { github: Option.isSome(github), gitlab: Option.isSome(gitlab) }
  if (!has[platform]) {
    const name = { github: "GitHub", gitlab: "GitLab" }[platform]
    return yield* new NoForgeToken({ message: `there is no token for ${name}: ${tokens[platform]}` })
  }
})

/** Forge of `owner/name#7`: GitHub where it can be, unless only GitLab is configured. */
const platformOf = ({ github, gitlab }: ForgeAddresses, repo: string, sign: string): Platform => {
  const isOnlyGitLab = Option.isNone(github) && Option.isSome(gitlab)
  return sign === "!" || repo.split("/").length > 2 || isOnlyGitLab ? "gitlab" : "github"
}

/** Finds the pull request that the command line names, on the configured forges. */
export const pullRequestNamed = Effect.fn("PullRequestTarget.pullRequestNamed")(
  function*(forges: ForgeAddresses, text: string) {
    const [, name, sign = "", number] = short.exec(text) ?? []
    if (name === undefined) {
      // The two forges write their pages differently, wherever they are.
      const platform = /\/-\/merge_requests\/[1-9]/.test(text)
        ? "gitlab"
        : /\/pull\/[1-9]/.test(text)
        ? "github"
        : undefined
      if (platform === undefined) {
        return yield* new NoPullRequest({
          message: `"${text}" is no pull request's page: write https://github.com/owner/name/pull/7 or ` +
            "https://gitlab.com/group/project/-/merge_requests/7"
        })
      }
      yield* ensureToken(forges, platform)
      return yield* pullRequestOn(forges, text)
    }
    const platform = platformOf(forges, name, sign)
    yield* ensureToken(forges, platform)
    return yield* Effect.mapError(
      decodeRef({ platform, repo: name, number: Number(number) }),
      () => new NoPullRequest({ message: `"${text}" names no pull request: write owner/name#7 or group/project!7` })
    )
  }
)
