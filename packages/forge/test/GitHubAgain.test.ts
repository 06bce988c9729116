import { assert, describe, it } from "@effect/vitest"
import { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { Effect, Option, Schema } from "effect"
import { parseWebhook } from "../src/github/Webhook.ts"
import type { Delivery } from "../src/Webhooks.ts"
import { pull, sha, source } from "./GitHubPayload.ts"

const parse = (event: string, payload: unknown) =>
  Effect.fromResult(parseWebhook({
    headers: { "content-type": "application/json", "x-github-event": event, "x-github-delivery": "d-1" },
    body: new TextEncoder().encode(JSON.stringify(payload))
  }))

const encodeEvent = Schema.encodeSync(PullRequestEvent)
const eventOf = ({ event }: Delivery) => encodeEvent(Option.getOrThrow(event))
const ignoredOf = ({ event, ignored }: Delivery): string => {
  assert.isTrue(Option.isNone(event))
  return ignored
}

describe("what asks GitHub for a review again", () => {
  it.effect("a label and another base are reviewed again, each request of its own", () =>
    Effect.gen(function*() {
      const at = { updated_at: "2026-01-01T00:00:00Z" }
      const send = (action: string, more: object) =>
        parse("pull_request", { ...source, action, pull_request: { ...pull, ...at }, ...more })
      assert.deepInclude(eventOf(yield* send("labeled", { label: { name: "nominal:review" } })), {
        kind: "pr_labeled",
        labels: ["nominal:review"],
        again: at.updated_at,
        headSha: sha
      })
      const changes = { base: { ref: { from: "old" }, sha: { from: sha } } }
      assert.deepInclude(eventOf(yield* send("edited", { changes })), {
        kind: "pr_retargeted",
        again: at.updated_at,
        baseBranch: "main"
      })
      const title = { changes: { title: { from: "old" } } }
      assert.include(ignoredOf(yield* send("edited", title)), "the base branch is the same")
    }))

  const checkRun = {
    id: 4,
    name: "Nominal Code",
    head_sha: sha,
    external_id: "7",
    pull_requests: []
  }
  const sender = { login: "mara", type: "User" }
  const rerun = (fields: object) =>
    parse("check_run", { ...source, sender, action: "rerequested", check_run: { ...checkRun, ...fields } })

  it.effect("our check that is to run again is a review of its commit, also in a fork", () =>
    Effect.gen(function*() {
      const expected = {
        kind: "pr_rerun",
        pullRequest: { platform: "github", repo: "acme/shop", number: 7 },
        author: "mara",
        headSha: sha,
        again: "4",
        installationId: 77
      } as const
      assert.deepInclude(eventOf(yield* rerun({})), expected)
      const listed = { external_id: "", pull_requests: [{ number: 7, base: { ref: "main" } }] }
      assert.deepInclude(eventOf(yield* rerun(listed)), { ...expected, baseBranch: "main" })
      assert.include(ignoredOf(yield* rerun({ name: "lint" })), "the check is not ours")
      assert.include(ignoredOf(yield* rerun({ external_id: "" })), "names no pull request")
      const suite = { id: 9, head_sha: sha, updated_at: "2026", pull_requests: [{ number: 7 }] }
      const again = yield* parse("check_suite", { ...source, sender, action: "rerequested", check_suite: suite })
      assert.deepInclude(eventOf(again), { ...expected, again: "9-2026" })
    }))

  it.effect("a merge queue is ignored, with its reason", () =>
    Effect.gen(function*() {
      const queued = yield* parse("merge_group", { ...source, action: "checks_requested", merge_group: {} })
      assert.include(ignoredOf(queued), "reviewed at their own heads")
    }))
})
