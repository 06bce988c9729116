import { assert, it } from "@effect/vitest"
import type { AppConfig } from "@nominal-code/config/AppConfig"
import { layerTest } from "@nominal-code/testing/TestConfig"
import { Effect, Option, Redacted } from "effect"
import { isPullRequest, pullRequestNamed } from "../src/review/PullRequestTarget.ts"

type Settings = Partial<AppConfig["Service"]>

const gitlab: Settings["gitlab"] = Option.some({
  token: Redacted.make("glpat-token"),
  webhookSecret: Option.none(),
  signingToken: Option.none(),
  apiBase: "https://gitlab.com"
})
const github: Settings["github"] = Option.some({
  credentials: { _tag: "Token", token: Redacted.make("ghp_token") },
  webhookSecret: Option.none(),
  apiBase: "https://api.github.com",
  cloneBase: "https://github.com"
})
const both = { github, gitlab }
const onlyGitLab = { gitlab, github: Option.none() }
const none = { gitlab: Option.none(), github: Option.none() }

const named = (text: string, settings: Settings = both) =>
  Effect.map(
    Effect.provide(pullRequestNamed(text), layerTest(settings)),
    ({ number, platform, repo }) => `${platform} ${repo} ${number}`
  )

const refusal = (text: string, settings: Settings) =>
  Effect.map(Effect.flip(named(text, settings)), ({ message }) => message)

it.effect.each<readonly [text: string, settings: Settings, found: string]>([
  ["acme/shop#7", both, "github acme/shop 7"],
  ["acme/shop!7", both, "gitlab acme/shop 7"],
  ["acme/team/shop#7", both, "gitlab acme/team/shop 7"],
  ["acme/shop#7", onlyGitLab, "gitlab acme/shop 7"],
  ["https://github.com/acme/shop/pull/7", both, "github acme/shop 7"],
  ["https://github.com/acme/shop/pull/7/files#diff-1", both, "github acme/shop 7"],
  ["https://gitlab.com/acme/team/shop/-/merge_requests/7/diffs", both, "gitlab acme/team/shop 7"]
])("%s is found on the forge that it belongs to", ([text, settings, found]) =>
  Effect.gen(function*() {
    assert.isTrue(isPullRequest(text))
    assert.strictEqual(yield* named(text, settings), found)
  }))

it("branches, ranges and files are no names of pull requests", () => {
  for (const text of ["main..HEAD", "HEAD~1", "feature/x", "src/a.ts", "acme/shop#0", "acme/shop#-1", "shop#7", "#7"]) {
    assert.isFalse(isPullRequest(text), text)
  }
})

it.effect.each(
  [
    ["acme/shop#7", none, /^there is no token for GitHub: set GITHUB_TOKEN /],
    ["acme/shop!7", { github, gitlab: Option.none() }, /^there is no token for GitLab: set GITLAB_TOKEN /],
    [
      "https://gitlab.com/acme/shop/-/merge_requests/7",
      { github, gitlab: Option.none() },
      /^there is no token for GitLab: /
    ],
    [
      "https://github.com/acme/shop",
      none,
      /" is no pull request's page: write https:\/\/github\.com\/owner\/name\/pull\/7 /
    ]
  ] as const
)("%s without a token says which one is needed, or what is meant", ([text, settings, said]) =>
  Effect.gen(function*() {
    assert.match(yield* refusal(text, settings), said)
  }))

it.effect.each(["acme/shop#99999999999999999999", "acme/../shop#7", "-/..#7"])(
  "%s, which no pull request can be called, is refused with the form that is meant",
  (text) =>
    Effect.gen(function*() {
      assert.match(yield* refusal(text, both), /names no pull request: write owner\/name#7 or group\/project!7$/)
    })
)
