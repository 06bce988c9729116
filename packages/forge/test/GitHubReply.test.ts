import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Forge } from "../src/Forge.ts"
import {
  type FakeGitHub,
  fakeGitHub,
  forgeAt,
  jobId,
  mentioned,
  opened,
  ref,
  replying as replyingTo
} from "./FakeGitHub.ts"
import { fakePull } from "./FakePull.ts"
import { assertAllowed } from "./OpenApi.ts"

const replying = (fake: FakeGitHub, event: Parameters<Forge["Service"]["reply"]>[0], body = "An answer.") =>
  replyingTo(event, body).pipe(Effect.provide(forgeAt(fake.url)))

const acknowledging = (fake: FakeGitHub, event: Parameters<Forge["Service"]["acknowledge"]>[0]) =>
  Forge.use((forge) => forge.acknowledge(event)).pipe(Effect.provide(forgeAt(fake.url)))

describe("reply", () => {
  it.effect("goes below the pull request, with a hidden marker", () =>
    Effect.gen(function*() {
      const pull = fakePull()
      const fake = yield* fakeGitHub(pull.script)
      yield* replying(fake, opened)
      assert.deepStrictEqual(
        pull.issueComments.map(({ body }) => body),
        [`An answer.\n\n<!-- nominal-code job=${jobId} -->`]
      )
      assertAllowed(fake.requests)
    }))

  it.effect("to a reply in a thread of the diff names the thread's first comment", () =>
    Effect.gen(function*() {
      const pull = fakePull()
      const fake = yield* fakeGitHub(pull.script)
      yield* replying(fake, mentioned({ kind: "review_comment", threadId: "800" }))
      assert.deepStrictEqual(pull.reviewComments.map(({ inReplyTo }) => inReplyTo), [800])
      assertAllowed(fake.requests)
    }))

  it.effect("to the first comment of a thread names that comment", () =>
    Effect.gen(function*() {
      const pull = fakePull()
      const fake = yield* fakeGitHub(pull.script)
      yield* replying(fake, mentioned({ kind: "review_comment" }))
      assert.deepStrictEqual(pull.reviewComments.map(({ inReplyTo }) => inReplyTo), [900])
    }))

  it.effect("to a comment that is gone by now goes below the pull request", () =>
    Effect.gen(function*() {
      const pull = fakePull()
      const fake = yield* fakeGitHub((request) => request.path.endsWith("/replies") ? undefined : pull.script(request))
      yield* replying(fake, mentioned({ kind: "review_comment", threadId: "800" }))
      assert.strictEqual(pull.issueComments.length, 1)
    }))

  it.effect("is posted once for each job, however often it is asked for", () =>
    Effect.gen(function*() {
      for (const event of [opened, mentioned({ kind: "review_comment" }), mentioned({ kind: "review" })]) {
        const pull = fakePull()
        const fake = yield* fakeGitHub(pull.script)
        yield* replying(fake, event)
        yield* replying(fake, event, "Another answer.")
        assert.strictEqual(pull.issueComments.length + pull.reviewComments.length, 1)
      }
    }))

  it.effect("that fails is a failure", () =>
    Effect.gen(function*() {
      const pull = fakePull()
      const fake = yield* fakeGitHub((request) =>
        request.method === "POST" ? { status: 403, body: { message: "Issue is locked" } } : pull.script(request)
      )
      assert.include(String(yield* Effect.flip(replying(fake, opened))), "Issue is locked")
    }))

  it.effect("longer than GitHub takes is cut to fit, and keeps its marker", () =>
    Effect.gen(function*() {
      const pull = fakePull()
      const fake = yield* fakeGitHub(pull.script)
      yield* replying(fake, opened, "A line of text.\n".repeat(5_000))
      const body = pull.issueComments[0]?.body ?? ""
      assert.isAtMost(body.length, 65_000)
      assert.isTrue(body.endsWith(`<!-- nominal-code job=${jobId} -->`))
      assert.include(body, "does not fit into one comment")
    }))
})

describe("acknowledge", () => {
  it.effect.each(
    [
      ["issue_comment", "issues/comments/900"],
      ["review_comment", "pulls/comments/900"],
      ["review", "issues/7"]
    ] as const
  )("a %s gets its eyes on %s", ([kind, target]) =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub(() => ({ status: 201, body: { id: 1, content: "eyes" } }))
      yield* acknowledging(fake, mentioned({ kind }))
      assert.deepStrictEqual(
        fake.requests.map(({ body, method, path }) => [method, path, body]),
        [["POST", `/repos/acme/shop/${target}/reactions`, { content: "eyes" }]]
      )
      assertAllowed(fake.requests)
    }))

  it.effect("a lifecycle event gets its eyes on the pull request", () =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub(() => ({ status: 200, body: { id: 1, content: "eyes" } }))
      yield* acknowledging(fake, opened)
      assert.strictEqual(fake.calls(`POST /repos/${ref.repo}/issues/7/reactions`), 1)
    }))
})
