import { assert, it } from "@effect/vitest"
import { PullNumber, PullRequestRef, RepoName } from "@nominal-code/domain/event/PullRequest"
import { RunStillWanted } from "@nominal-code/domain/job/RunStillWanted"
import { Duration, Effect, Layer, Option, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { Forge, type OwnPosts } from "../src/Forge.ts"
import { ForgeLimits, layerMemory, type SharedLimits, withSharedLimit } from "../src/ForgeLimits.ts"
import * as GitLab from "../src/GitLab.ts"
import { comment, draft, fakeGitHub, forgeAt, jobId, ref } from "./FakeGitHub.ts"

/** Limits that several clients share. */
const shared = Effect.provide(ForgeLimits, layerMemory)

it.effect("of two limits of an account the longer one counts in a process, and each ends by its clock", () =>
  Effect.gen(function*() {
    const limits = yield* shared
    const left = Effect.map(limits.left("github:acme"), Duration.toSeconds)
    assert.strictEqual(yield* left, 0)
    yield* limits.heard("github:acme", Duration.minutes(5))
    yield* limits.heard("github:acme", Duration.seconds(1))
    yield* limits.heard("github", Duration.minutes(10))
    assert.strictEqual(yield* left, 300)
    yield* TestClock.adjust("5 minutes")
    assert.strictEqual(yield* left, 0)
  }))

it.effect("a limit ends in its time where the machine's clock is set back by a day", () =>
  Effect.gen(function*() {
    const limits = yield* shared
    yield* TestClock.adjust("2 days")
    yield* limits.heard("github", Duration.minutes(1))
    yield* TestClock.setTime(Duration.toMillis("1 day"))
    assert.strictEqual(Duration.toSeconds(yield* limits.left("github")), 60)
    yield* TestClock.adjust("1 minute")
    assert.strictEqual(Duration.toSeconds(yield* limits.left("github")), 0)
  }))

it.effect("a limit that ends in less than 50 ms is none: its end would be waited for too short", () =>
  Effect.gen(function*() {
    const sent = (millis: number) => {
      const limits: SharedLimits = { left: () => Effect.succeed(Duration.millis(millis)), heard: () => Effect.void }
      return Effect.isSuccess(withSharedLimit(limits, "github", "GitHub.publish")(Effect.void))
    }
    assert.deepStrictEqual(yield* Effect.forEach([0, 49, 50], sent), [true, true, false])
  }))

it.effect("a limit takes as much CPU time among many accounts as among few", () =>
  Effect.gen(function*() {
    const heard = Effect.fnUntraced(function*(accounts: number) {
      const limits = yield* shared
      for (let index = 0; index < accounts; index++) yield* limits.heard(`github:${index}`, Duration.minutes(10))
    })
    const microsOf = Effect.fnUntraced(function*(accounts: number, times: number) {
      const before = process.threadCpuUsage()
      yield* Effect.replicateEffect(heard(accounts), times, { discard: true })
      const { system, user } = process.threadCpuUsage(before)
      return system + user
    })
    yield* heard(5_000)
    // As many limits either way. Some kernels count this time in steps of 4 ms, or of 10.
    const few = Math.max(yield* microsOf(2_000, 16), 10_000)
    assert.isAtMost((yield* microsOf(32_000, 1)) / few, 4)
  }))

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
  "a limit of %s that one client hears keeps the requests of the others, until it is over",
  ([, ref, forge, limit]) =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub(() => limit)
      const limits = Layer.succeed(ForgeLimits, yield* shared)
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
    const limits = yield* shared
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
