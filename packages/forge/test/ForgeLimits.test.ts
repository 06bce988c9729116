import { assert, it } from "@effect/vitest"
import { PullNumber, PullRequestRef, RepoName } from "@nominal-code/domain/event/PullRequest"
import { RunStillWanted } from "@nominal-code/domain/job/RunStillWanted"
import { Clock, Duration, Effect, Layer, Option, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { Forge, type OwnPosts } from "../src/Forge.ts"
import { ForgeLimits, type SharedLimits } from "../src/ForgeLimits.ts"
import * as GitLab from "../src/GitLab.ts"
import { comment, draft, fakeGitHub, forgeAt, jobId, ref } from "./FakeGitHub.ts"

/** Limits that two processes share, by the test's clock. */
const shared = (): SharedLimits => {
  const until = new Map<string, number>()
  return {
    left: (account) =>
      Effect.map(Clock.currentTimeMillis, (now) => Duration.millis(Math.max(0, (until.get(account) ?? 0) - now))),
    heard: (account, lasts) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        until.set(account, Math.max(until.get(account) ?? 0, now + Duration.toMillis(lasts)))
      })
  }
}

const gitLabRef = new PullRequestRef({
  platform: "gitlab",
  repo: RepoName.make("acme/shop"),
  number: PullNumber.make(7)
})
const tooMuch = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."

it.effect.each(
  [
    ["GitHub", ref, (url: string) => forgeAt(url), {
      status: 403,
      headers: { "retry-after": "600" },
      body: { message: tooMuch }
    }],
    [
      "GitLab",
      gitLabRef,
      (url: string) => GitLab.layer({ apiBase: url, token: Redacted.make("glpat-0123456789") }),
      { status: 429, headers: { "retry-after": "600" }, body: "Retry later" }
    ]
  ] as const
)(
  "a limit of %s that one process hears keeps the requests of the others, until it is over",
  ([, ref, forge, limit]) =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub(() => limit)
      const limits = Layer.succeed(ForgeLimits, shared())
      const asking = () =>
        Forge.use((forge) => forge.changedFiles(ref)).pipe(
          Effect.flip,
          Effect.provide(Layer.fresh(forge(fake.url).pipe(Layer.provide(limits))))
        )
      const [first, second] = [yield* asking(), yield* asking()]
      for (const error of [first, second]) {
        assert.isTrue("reason" in error && error.reason._tag === "RateLimited")
      }
      assert.lengthOf(fake.requests, 1)
      yield* TestClock.adjust("10 minutes")
      yield* asking()
      assert.lengthOf(fake.requests, 2)
    }).pipe(Effect.scoped)
)

it.effect("a review that meets another process' limit folds no comment into its summary: it fails, to be posted later", () =>
  Effect.gen(function*() {
    const fake = yield* fakeGitHub(({ path }) => {
      if (path === "/graphql") return { body: { errors: [{ type: "FORBIDDEN", message: "Resource not accessible" }] } }
      return { body: path === "/user" ? { login: "nominal" } : [] }
    })
    const limits = shared()
    const posting = Effect.gen(function*() {
      const forge = yield* Forge
      const known = yield* forge.ownPosts(ref, jobId)
      yield* limits.heard("github", Duration.minutes(10))
      const before = fake.requests.length
      const error = yield* Effect.flip(forge.publish(draft([comment(1)]), known))
      return { asked: fake.requests.length - before, error }
    })
    const { asked, error } = yield* posting.pipe(
      Effect.provide(forgeAt(fake.url).pipe(Layer.provide(Layer.succeed(ForgeLimits, limits))))
    )
    assert.isTrue("reason" in error && typeof error.reason === "object" && error.reason._tag === "RateLimited")
    assert.strictEqual(asked, 0)
  }).pipe(Effect.scoped))

const nothingKnown: OwnPosts = {
  review: Option.none(),
  answer: Option.none(),
  reviewedHeads: [],
  summary: Option.none(),
  mode: "active"
}

it.effect.each(
  [
    ["GitHub", (url: string) => forgeAt(url), Forge.use((forge) => forge.publish(draft([]), nothingKnown))],
    [
      "GitLab",
      (url: string) => GitLab.layer({ apiBase: url, token: Redacted.make("glpat-0123456789") }),
      Forge.use((forge) => forge.resolveThread({ pullRequest: gitLabRef, threadId: "31" }))
    ]
  ] as const
)("a run that loses its lease while a limit of %s is read posts nothing", ([, forge, write]) =>
  Effect.gen(function*() {
    const fake = yield* fakeGitHub(() => ({ status: 201, body: {} }))
    let wanted = true
    const limits: SharedLimits = {
      left: () =>
        Effect.sync(() => {
          wanted = false
          return Duration.zero
        }),
      heard: () => Effect.void
    }
    const error = yield* Effect.flip(write).pipe(
      Effect.provideService(RunStillWanted, Effect.sync(() => wanted)),
      Effect.provide(forge(fake.url).pipe(Layer.provide(Layer.succeed(ForgeLimits, limits))))
    )
    assert.strictEqual(error._tag, "RunNotWanted")
    assert.deepStrictEqual(fake.requests, [])
  }).pipe(Effect.scoped))
