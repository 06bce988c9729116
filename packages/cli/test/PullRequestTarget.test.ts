import { assert, it } from "@effect/vitest"
import { Effect, Option, Runtime } from "effect"
import type { ForgeAddresses } from "../src/PullRequestPage.ts"
import { isPullRequest, pullRequestNamed } from "../src/review/PullRequestTarget.ts"

const gitlab = Option.some({ apiBase: "https://gitlab.com" })
const github = Option.some({ cloneBase: "https://github.com" })
const both = { github, gitlab }
const onlyGitLab = { gitlab, github: Option.none() }
const none = { gitlab: Option.none(), github: Option.none() }

const named = (text: string, settings: ForgeAddresses = both) =>
  Effect.map(
    pullRequestNamed(settings, text),
    ({ number, platform, repo }) => `${platform} ${repo} ${number}`
  )

const refusal = (text: string, settings: ForgeAddresses) =>
  Effect.map(Effect.flip(named(text, settings)), ({ message }) => message)

it.effect.each(["https://github.com/acme/shop/pull/", "https://github.com/acme/shop/pull/0", "acme/../shop#7"])(
  "%s, which is no pull request, is wrong usage",
  (text) =>
    Effect.gen(function*() {
      assert.strictEqual(Runtime.getErrorExitCode(yield* Effect.flip(named(text))), 2)
    })
)

it.effect.each<readonly [text: string, settings: ForgeAddresses, found: string]>([
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
