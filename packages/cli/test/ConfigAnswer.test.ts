import { assert, it } from "@effect/vitest"
import { everySetting } from "@nominal-code/config/Settings"
import { PullRequest, PullRequestRef } from "@nominal-code/domain/event/PullRequest"
import { Forge } from "@nominal-code/forge/Forge"
import { configAnswer } from "@nominal-code/review/commands/ConfigAnswer"
import * as ReviewConfig from "@nominal-code/review/ReviewConfig"
import { reviewSettings } from "@nominal-code/testing/TestConfig"
import { Effect, Layer, Schema } from "effect"

const ref = Schema.decodeSync(PullRequestRef)({ platform: "github", repo: "acme/shop", number: 7 })
const sha = "a".repeat(40)
const pullRequest = Schema.decodeSync(PullRequest)({
  ref: { platform: "github", repo: "acme/shop", number: 7 },
  title: "",
  description: "",
  author: "alice",
  state: "open",
  draft: false,
  headSha: sha,
  headBranch: "cart",
  baseSha: sha,
  baseBranch: "main"
})

it.effect("each setting that `config` shows is one of the server's, whose origin is known", () =>
  Effect.gen(function*() {
    const text = yield* configAnswer(ref, "active")
    const fromDefault = text.split("\n").filter((row) => row.endsWith("| the default |")).map((row) =>
      row.split(" | ")[0]
    )
    assert.deepStrictEqual(fromDefault, ["| reviews"])
  }).pipe(Effect.provide([
    Layer.mock(Forge, {
      platform: "github",
      pullRequest: () => Effect.succeed(pullRequest),
      file: () => Effect.succeedNone,
      headRef: () => ""
    }),
    ReviewConfig.layer({
      settings: { ...reviewSettings, triggers: ["pr_opened"] },
      origins: Object.fromEntries(everySetting.flatMap(({ yaml: [path] }) => path === undefined ? [] : [[path, "set"]]))
    })
  ])))
