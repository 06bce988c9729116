import { assert, it } from "@effect/vitest"
import type { GitHubSettings, GitLabSettings } from "@nominal-code/config/AppConfig"
import { Effect, Option, Redacted } from "effect"
import { type ForgeAddresses, pullRequestOn } from "../src/PullRequestPage.ts"

const token = Redacted.make("a-token")

const github = (cloneBase = "https://github.com"): GitHubSettings => ({
  credentials: { _tag: "Token", token },
  webhookSecret: Option.none(),
  apiBase: "https://api.github.com",
  cloneBase
})

const gitlab = (apiBase = "https://gitlab.com"): GitLabSettings => ({
  token,
  webhookSecret: Option.none(),
  signingToken: Option.none(),
  apiBase
})

const both = { github: Option.some(github()), gitlab: Option.some(gitlab()) }

/** The pull request of a page, as `platform owner/name number`; of a page that is refused, why. */
const found = (page: string, given: Partial<ForgeAddresses> = both) =>
  pullRequestOn({ github: Option.none(), gitlab: Option.none(), ...given }, page, "--pull ").pipe(
    Effect.match({
      onFailure: ({ message }) => message,
      onSuccess: ({ number, platform, repo }) => `${platform} ${repo} ${number}`
    })
  )

it.effect.each<readonly [page: string, expected: string]>([
  ["https://github.com/acme/api/pull/7", "github acme/api 7"],
  ["https://github.com/acme/api/pull/7/files", "github acme/api 7"],
  ["https://github.com/acme/api/pull/7#discussion_r1", "github acme/api 7"],
  ["https://gitlab.com/group/sub/project/-/merge_requests/12", "gitlab group/sub/project 12"],
  ["https://gitlab.com/group/project/-/merge_requests/12/diffs?tab=x", "gitlab group/project 12"]
])("%s is a page of a pull request", ([page, expected]) =>
  Effect.gen(function*() {
    assert.strictEqual(yield* found(page), expected)
  }))

it.effect("pages are below the root of one's own server, wherever that is", () =>
  Effect.gen(function*() {
    const own = {
      github: Option.some(github("https://ghe.example")),
      gitlab: Option.some(gitlab("https://dev.example/gitlab"))
    }
    assert.strictEqual(yield* found("https://ghe.example/acme/api/pull/7", own), "github acme/api 7")
    assert.strictEqual(yield* found("https://dev.example/gitlab/a/b/-/merge_requests/3", own), "gitlab a/b 3")
    assert.match(yield* found("https://dev.example/gitlabs/a/b/-/merge_requests/3", own), /is not on https:\/\/ghe/)
  }))

const shown = "https://github.com/owner/name/pull/7 or https://gitlab.com/group/project/-/merge_requests/7"

it.effect.each<readonly [page: string, expected: string]>([
  ["acme/api#7", `--pull "acme/api#7" is no URL: write it as ${shown}`],
  ["https://github.com/acme/api/issues/7", `is no pull request's page: write it as ${shown}`],
  ["https://github.com/acme/api/pull/0", `is no pull request's page: write it as ${shown}`],
  ["https://github.com/acme/api/pull/007", `is no pull request's page: write it as ${shown}`],
  ["https://github.com/pull/7", `is no pull request's page: write it as ${shown}`],
  [
    "https://bitbucket.org/acme/api/pull/7",
    "is not on https://github.com, the GitHub of GITHUB_API_BASE, or on https://gitlab.com, the GitLab of GITLAB_API_BASE"
  ],
  ["https://github.com.evil.example/acme/api/pull/7", "is not on https://github.com"]
])("%s is refused, and the message says how it is written", ([page, expected]) =>
  Effect.gen(function*() {
    assert.include(yield* found(page), expected)
  }))

it.effect("only the forges of this process are named", () =>
  Effect.gen(function*() {
    const message = yield* found("https://gitlab.com/a/b/-/merge_requests/1", { github: Option.some(github()) })
    assert.include(message, "is not on https://github.com, the GitHub of GITHUB_API_BASE")
    assert.notInclude(message, "GITLAB_API_BASE")
  }))
