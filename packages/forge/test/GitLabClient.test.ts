import { assert, describe, it } from "@effect/vitest"
import { PullNumber, PullRequestRef, RepoName } from "@nominal-code/domain/event/PullRequest"
import { Clock, Duration, Effect, Redacted } from "effect"
import { AnswerTooLarge, Exchange } from "../src/Exchange.ts"
import { Forge } from "../src/Forge.ts"
import { ForgeError } from "../src/ForgeError.ts"
import * as GitLab from "../src/GitLab.ts"
import { reasonOf } from "../src/gitlab/Failure.ts"
import { type Answer, comment, draft, type FakeGitHub, fakeGitHub, head, instantClock, jobId } from "./FakeGitHub.ts"

const token = "glpat-0123456789abcdef"
const ref = new PullRequestRef({
  platform: "gitlab",
  repo: RepoName.make("acme/backend/shop"),
  number: PullNumber.make(7)
})
const path = "/base/api/v4/projects/acme%2Fbackend%2Fshop/merge_requests/7"

const mergeRequest = {
  title: "A change",
  description: null,
  author: { id: 5, username: "ada" },
  state: "opened",
  source_branch: "change",
  target_branch: "main",
  diff_refs: { base_sha: head, head_sha: head, start_sha: head }
}

/** Answers in turn, then for ever as the last one. */
const inTurn = (...answers: ReadonlyArray<Answer>) => {
  let next = 0
  return (): Answer => answers[Math.min(next++, answers.length - 1)] ?? {}
}

/** Asks a fake GitLab under a base path, with pauses that take no time. */
const asking = Effect.fnUntraced(
  function*<A>(fake: FakeGitHub, ask: (forge: Forge["Service"]) => Effect.Effect<A, unknown>, apiBase = "") {
    const { instant, pauses } = yield* instantClock
    const result = yield* Forge.use(ask).pipe(
      Effect.provide(GitLab.layer({ apiBase: `${fake.url}/base${apiBase}`, token: Redacted.make(token) })),
      Effect.provideService(Clock.Clock, instant),
      Effect.result
    )
    return { pauses, result }
  }
)

/** The merge request at an address that answers as told. */
const reading = (fake: FakeGitHub, answer: () => Answer, apiBase = "") => {
  fake.script = (request) => request.path === path ? answer() : { body: [] }
  return asking(fake, (forge) => forge.pullRequest(ref), apiBase)
}

const failureOf = ({ result }: Effect.Success<ReturnType<typeof asking>>): ForgeError => {
  if (result._tag === "Failure" && result.failure instanceof ForgeError) return result.failure
  throw new Error("the call should have failed")
}

describe("GitLab's answers", () => {
  it.effect.each(
    [
      [401, { message: "401 Unauthorized" }, "Unauthorized", "401 Unauthorized"],
      [401, { error: "invalid_token", error_description: "Token was revoked." }, "Unauthorized", "Token was revoked."],
      [403, { error: "insufficient_scope", error_description: "needs api" }, "Forbidden", "scope api"],
      [404, { message: "404 Project Not Found" }, "NotFound", "not visible to the token"],
      [400, { message: { base: ["is wrong"] } }, "Refused", "{\"base\":[\"is wrong\"]}"],
      [422, { message: "no" }, "Refused", "no"]
    ] as const
  )("%i becomes a typed reason, after one request: %j", ([status, body, reason, text]) =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub()
      const error = failureOf(yield* reading(fake, () => ({ status, body })))
      assert.strictEqual(error.reason._tag, reason)
      assert.include(error.message, text)
      assert.match(error.message, /\(GitLab.pullRequest acme\/backend\/shop!7\)$/)
      assert.strictEqual(fake.requests.filter((request) => request.path === path).length, 1)
      assert.notInclude(`${error.message} ${JSON.stringify(error)}`, token)
    }))

  it.effect("that are larger than what is read are asked for once, and refused", () =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub()
      let asked = 0
      const error = failureOf(
        yield* asking(fake, (forge) => forge.pullRequest(ref)).pipe(
          Effect.provideService(Exchange, () => {
            asked += 1
            return Promise.reject(new AnswerTooLarge("the answer is larger than 32 MiB"))
          })
        )
      )
      assert.strictEqual(error.reason._tag, "Refused")
      assert.match(error.message, /^the answer is larger than 32 MiB \(GitLab\./)
      assert.strictEqual(asked, 1)
    }))

  it.effect("of a limit are waited for as long as GitLab asks", () =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub()
      const now = new Date("2026-01-01T00:00:00Z")
      const { pauses, result } = yield* reading(
        fake,
        inTurn(
          { status: 429, body: "Retry later" },
          { status: 429, headers: { "retry-after": "7" }, body: { message: "Retry later" } },
          {
            status: 429,
            headers: { date: now.toUTCString(), "ratelimit-reset": String(now.getTime() / 1000 + 20) },
            body: "Retry later"
          },
          { body: mergeRequest }
        )
      )
      assert.strictEqual(result._tag, "Success")
      assert.deepStrictEqual(pauses, [60, 7, 21])
    }))

  it.effect("of a limit that lasts too long go up whole", () =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub()
      const hour = { status: 429, headers: { "retry-after": "3600" }, body: "Retry later" }
      const { reason } = failureOf(yield* reading(fake, () => hour))
      assert.isTrue(reason._tag === "RateLimited" && Duration.toHours(reason.retryAfter) === 1)
    }))

  it.effect("that are server errors are asked for again, four times in all", () =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub()
      const page = { status: 502, headers: { "content-type": "text/html" }, body: "<html>\nBad Gateway\n</html>" }
      const error = failureOf(yield* reading(fake, () => page))
      assert.strictEqual(error.reason._tag, "Unavailable")
      assert.notInclude(error.message, "\n")
      assert.strictEqual(fake.requests.filter((request) => request.path === path).length, 4)
      assert.strictEqual((yield* reading(fake, inTurn(page, { body: mergeRequest }))).result._tag, "Success")
    }))

  it("that never come are told of by their cause", () => {
    const thrown = new Error("connect ECONNREFUSED 127.0.0.1:443", { cause: new Error("refused") })
    assert.strictEqual(reasonOf(thrown, 0).message, "no answer: connect ECONNREFUSED 127.0.0.1:443: refused")
    assert.strictEqual(reasonOf("gone", 0).message, "no answer: gone")
  })

  it.effect("that are a page of HTML say so", () =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub()
      const login = { headers: { "content-type": "text/html" }, body: "<html>Sign in</html>" }
      const error = failureOf(yield* reading(fake, () => login))
      assert.include(error.message, "GitLab answered text/html and not JSON: is this its address")
      assert.isTrue(error.retryable)
    }))

  it.effect("that lack what is needed are no pull request", () =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub()
      const error = failureOf(yield* reading(fake, () => ({ body: { title: "A change" } })))
      assert.include(error.message, "not what its API describes")
    }))
})

describe("GitLab's address", () => {
  it.effect.each(["", "/", "/api/v4", "/api/v4/"])("may end with %j", (end) =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub()
      assert.strictEqual((yield* reading(fake, () => ({ body: mergeRequest }), end)).result._tag, "Success")
      const { result } = yield* asking(fake, (forge) => forge.cloneSource(ref.repo), end)
      assert.isTrue(
        result._tag === "Success" && result.success.url === `${fake.url}/base/acme/backend/shop.git` &&
          result.success.username === "oauth2" && Redacted.value(result.success.password) === token
      )
      assert.isTrue(fake.requests.every(({ headers }) => headers["private-token"] === token))
    }))

  it.effect("may move on the same host, and the token never goes to another one", () =>
    Effect.gen(function*() {
      const [fake, other] = [yield* fakeGitHub(), yield* fakeGitHub(() => ({ body: mergeRequest }))]
      const to = (location: string) => ({ status: 301, headers: { location }, body: "" })
      fake.script = ({ path: asked }) =>
        asked === path ? to("/moved") : { body: asked === "/moved" ? mergeRequest : [] }
      assert.strictEqual((yield* asking(fake, (forge) => forge.pullRequest(ref))).result._tag, "Success")
      const error = failureOf(yield* reading(fake, () => to(`${other.url}${path}`)))
      assert.strictEqual(error.reason._tag, "Refused")
      assert.include(error.message, "where the token must not go")
      assert.deepStrictEqual(other.requests, [])
    }))
})

describe("GitLab's version", () => {
  const diff = { base_commit_sha: "b".repeat(40), start_commit_sha: "b".repeat(40), head_commit_sha: head }
  const answers: Readonly<Record<string, unknown>> = {
    user: { username: "nominal-bot" },
    versions: [{ id: 1, ...diff }],
    "1": { diffs: [] },
    draft_notes: [],
    discussions: []
  }

  /** A review on a GitLab of this version, which has none of these calls of draft notes yet. */
  const publishingOn = (version: string, ...lacking: ReadonlyArray<string>) =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub(({ method, path }) => {
        const name = path.split("/").at(-1) ?? ""
        if (name === "version") return { body: { version } }
        return name in answers && !(name === "draft_notes" && lacking.includes(method))
          ? { body: answers[name] }
          : undefined
      })
      return failureOf(
        yield* asking(fake, (forge) =>
          Effect.flatMap(forge.ownPosts(ref, jobId), (known) =>
            forge.publish(draft([comment(1)], { pullRequest: ref }), known)))
      )
    })

  it.effect.each(["14.10.5", "13.12.0-ee"])(
    "%s is refused in one line",
    (version) =>
      Effect.gen(function*() {
        const error = yield* publishingOn(version, "GET", "POST")
        assert.include(error.message, `GitLab ${version} is too old: update it to 15.0 or newer`)
        assert.isFalse(error.retryable)
      })
  )

  it.effect.each(["15.11.0", "16.0.0-pre", "18.6.0-ee"])(
    "%s is new enough: what is not there is another thing",
    (version) =>
      Effect.gen(function*() {
        assert.strictEqual((yield* publishingOn(version, "GET")).reason._tag, "NotFound")
      })
  )
})
