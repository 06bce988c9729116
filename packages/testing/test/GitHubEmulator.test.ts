import { assert, describe, it } from "@effect/vitest"
import * as GitHubEmulator from "@nominal-code/testing/GitHubEmulator"
import { ask, scene } from "@nominal-code/testing/GitHubScene"
import { now } from "@nominal-code/testing/GitHubState"
import { Effect, Fiber, Stream } from "effect"

const reviews = "/repos/acme/shop/pulls/1/reviews"
const comment = { path: "a.txt", line: 10, side: "RIGHT", body: "Why?" }

describe("the contract", () => {
  it.effect("refuses and records a path, a parameter and a property that GitHub does not have", () =>
    Effect.gen(function*() {
      const { bot: { token }, emulator } = yield* scene
      const answers = [
        yield* ask(emulator, "GET", "/repos/acme/shop/pulls/1/findings", { token }),
        yield* ask(emulator, "GET", "/repos/acme/shop/pulls/1/files?per_page=all", { token }),
        yield* ask(emulator, "POST", reviews, { token, body: { event: "COMMENT", body: "x", finding: 1 } }),
        yield* ask(emulator, "POST", reviews, { token, body: { event: "NOTE", body: "x" } })
      ]
      assert.deepStrictEqual(answers.map(({ status }) => status), [404, 422, 422, 422])
      assert.deepStrictEqual(emulator.violations.map(({ by, errors }) => [by, ...errors]), [
        ["client", "GitHub has no GET /repos/acme/shop/pulls/1/findings"],
        ["client", "query per_page: must be integer"],
        ["client", "must NOT have additional properties (finding)"],
        ["client", "/event must be equal to one of the allowed values"]
      ])
    }))

  it.effect("describes every answer of the emulator's own", () =>
    Effect.gen(function*() {
      const { bot: { token }, emulator, pull } = yield* scene
      const get = (path: string) => ask(emulator, "GET", `/repos/acme/shop${path}`, { token })
      const send = (path: string, body: unknown) => ask(emulator, "POST", `/repos/acme/shop${path}`, { token, body })
      const { json: posted } = yield* send("/pulls/1/reviews", { event: "COMMENT", body: "All", comments: [comment] })
      const inline = yield* emulator.reviewComment(pull, "mara", { path: "a.txt", line: 10, body: "So?" })
      const talk = yield* emulator.comment(pull, "mara", "Hello")
      const statuses = yield* Effect.forEach([
        ask(emulator, "GET", "/user", { token }),
        get(""),
        get("/pulls/1"),
        get("/pulls/1/files"),
        get("/pulls/1/commits"),
        get("/pulls/1/reviews"),
        get(`/pulls/1/reviews/${posted.id}`),
        get(`/pulls/1/reviews/${posted.id}/comments`),
        get("/pulls/1/comments"),
        get(`/pulls/comments/${inline.id}`),
        get("/issues/1/comments"),
        get(`/issues/comments/${talk.id}`),
        send("/pulls/1/comments", { ...comment, commit_id: pull.headSha }),
        send(`/pulls/1/comments/${inline.id}/replies`, { body: "Because." }),
        send("/issues/1/comments", { body: "Fine." }),
        send("/issues/1/reactions", { content: "eyes" }),
        send("/issues/1/reactions", { content: "eyes" }),
        send(`/issues/comments/${talk.id}/reactions`, { content: "eyes" }),
        send(`/pulls/comments/${inline.id}/reactions`, { content: "eyes" }),
        get("/issues/1/reactions")
      ], Effect.map(({ status }) => status))
      assert.deepStrictEqual(emulator.violations, [])
      assert.deepStrictEqual(statuses, [...Array(12).fill(200), 201, 201, 201, 201, 200, 201, 201, 200])
    }))

  it.effect("has addresses of its own for each pull request", () =>
    Effect.gen(function*() {
      const { bot: { token }, emulator, pull: { repository } } = yield* scene
      const commit = { message: "Change", files: { "b.txt": "b\n" } }
      yield* emulator.openPullRequest({ repository, headBranch: "other", commits: [commit] })
      const answers = yield* Effect.forEach(
        [1, 2],
        (number) => ask(emulator, "GET", `/repos/acme/shop/pulls/${number}`, { token })
      )
      assert.deepStrictEqual(
        answers.map(({ json: { html_url: url } }) => url),
        [1, 2].map((number) => `${emulator.origin}/acme/shop/pull/${number}`)
      )
    }))

  it.effect("wants a token and a user agent", () =>
    Effect.gen(function*() {
      const { bot: { token }, emulator } = yield* scene
      assert.strictEqual((yield* ask(emulator, "GET", "/user", {})).status, 401)
      assert.strictEqual((yield* ask(emulator, "GET", "/user", { token: "ghp_other" })).status, 401)
      const self = yield* ask(emulator, "GET", "/user", { token })
      assert.strictEqual(self.json.login, "bot")
    }))
})

describe("faults", () => {
  it.effect("answer, act and answer wrongly, cut the line, and are used up", () =>
    Effect.gen(function*() {
      const { bot: { token }, emulator, pull } = yield* scene
      const say = (body: string) =>
        Effect.map(
          Effect.exit(ask(emulator, "POST", "/repos/acme/shop/issues/1/comments", { token, body: { body } })),
          (exit) => exit._tag === "Success" ? exit.value.status : 0
        )
      const target = { method: "POST", path: /issues/ }
      emulator.faults.secondaryRateLimit(target, 3)
      emulator.faults.next(target, { _tag: "CommitThenAnswer", status: 502 })
      emulator.faults.next(target, { _tag: "Drop" })
      emulator.faults.next(target, { _tag: "CommitThenDrop" })
      const statuses = [yield* say("a"), yield* say("b"), yield* say("c"), yield* say("d"), yield* say("e")]
      assert.deepStrictEqual(statuses, [403, 502, 0, 0, 201])
      assert.deepStrictEqual(emulator.state.issueCommentsOf(pull).map(({ body }) => body), ["b", "d", "e"])
    }))
})

describe("an outage", () => {
  it.effect("cuts every connection while it lasts, and lets nothing happen", () =>
    Effect.gen(function*() {
      const { bot: { token }, emulator } = yield* scene
      const user = Effect.map(Effect.exit(ask(emulator, "GET", "/user", { token })), ({ _tag }) => _tag)
      emulator.faults.away("1 hour")
      assert.deepStrictEqual([yield* user, yield* user], ["Failure", "Failure"])
      emulator.faults.away("0 seconds")
      assert.strictEqual(yield* user, "Success")
    }))

  it.effect("of the quota answers every request with the time of its reset", () =>
    Effect.gen(function*() {
      const { bot: { token }, emulator } = yield* scene
      emulator.faults.usedUp("1 hour", "2 hours")
      const { headers, json, status } = yield* ask(emulator, "GET", "/user", { token })
      assert.deepStrictEqual([status, headers.get("x-ratelimit-remaining")], [403, "0"])
      assert.match(json.message, /API rate limit exceeded/)
      const reset = Number(headers.get("x-ratelimit-reset")) * 1_000 - now()
      assert.isTrue(reset > 3_600_000 && reset <= 7_201_000, String(reset))
      emulator.faults.clear()
      assert.strictEqual((yield* ask(emulator, "GET", "/user", { token })).status, 200)
    }))

  it.effect("of posts is answered 422, with a code or with a sentence", () =>
    Effect.gen(function*() {
      const { bot: { token }, emulator } = yield* scene
      const target = { method: "POST", path: /reviews$/ }
      emulator.faults.submittedTooQuickly(target)
      emulator.faults.submittedTooQuickly(target, "custom")
      const post = ask(emulator, "POST", reviews, { token, body: { body: "Draft" } })
      const answers = [yield* post, yield* post, yield* post].map(({ json, status }) => [status, json.errors?.[0]])
      assert.deepStrictEqual(answers, [
        [422, { resource: "PullRequestReview", code: "abuse", field: "base" }],
        [422, { resource: "PullRequestReview", code: "custom", message: "was submitted too quickly" }],
        [200, undefined]
      ])
    }))
})

it.effect("a request stands still before it takes effect, or before its answer, until it is released", () =>
  Effect.gen(function*() {
    const { bot: { token }, emulator, pull } = yield* scene
    const comments = () => emulator.state.issueCommentsOf(pull).length
    for (const when of ["before", "after"] as const) {
      const { reached, release } = emulator.pauses.next({ when, operation: "issues/create-comment" })
      const seen = comments()
      const said = yield* Effect.forkChild(
        ask(emulator, "POST", "/repos/acme/shop/issues/1/comments", { token, body: { body: "Hello" } })
      )
      yield* reached
      assert.strictEqual(comments() - seen, when === "before" ? 0 : 1)
      assert.isUndefined(said.pollUnsafe())
      yield* release
      assert.strictEqual((yield* Fiber.join(said)).status, 201)
      assert.strictEqual(comments() - seen, 1)
    }
  }))

it.effect("the journal tells of every request as it is answered", () =>
  Effect.gen(function*() {
    const { bot: { token }, emulator } = yield* scene
    const heard = yield* emulator.journal.pipe(Stream.take(2), Stream.runCollect, Effect.forkChild)
    yield* Effect.yieldNow
    yield* ask(emulator, "GET", "/user", { token })
    yield* ask(emulator, "GET", "/repos/acme/shop/pulls/1", { token })
    const records = yield* Fiber.join(heard)
    assert.deepStrictEqual(records.map(({ login, operation, status }) => `${login} ${operation} ${status}`), [
      "bot users/get-authenticated 200",
      "bot pulls/get 200"
    ])
  }))

it.effect("an installation's token opens what it was minted for: its repository, with the permissions that were asked for", () =>
  Effect.gen(function*() {
    const emulator = yield* GitHubEmulator.make()
    yield* emulator.addRepository("acme/shop", [{ message: "Begin", files: { "a.ts": "1\n" } }])
    yield* emulator.addRepository("acme/other", [{ message: "Begin", files: { "a.ts": "1\n" } }])
    const { apps } = emulator
    const installation = apps.install(apps.register(1, "nominal", emulator.account("nominal[bot]")), 1, [
      "acme/shop",
      "acme/other"
    ])
    const status = (token: string, path: string, method = "GET") =>
      Effect.promise(() =>
        fetch(`${emulator.apiBase}/repos/${path}`, {
          method,
          headers: { authorization: `Bearer ${token}`, "user-agent": "test" },
          ...(method === "GET" ? {} : { body: JSON.stringify({ name: "x", head_sha: "0".repeat(40) }) })
        }).then((response) => response.status)
      )
    const { token: reader } = apps.mint(installation, new Set(["acme/shop"]), { pull_requests: "read" })
    const { token: whole } = apps.mint(installation, new Set(["acme/shop"]))
    assert.deepStrictEqual(
      yield* Effect.forEach([reader, whole], (token) =>
        Effect.all([
          status(token, "acme/shop/pulls"),
          status(token, "acme/shop/commits"),
          status(token, "acme/shop/check-runs", "POST"),
          status(token, "acme/other/pulls")
        ])),
      [[200, 403, 403, 403], [200, 200, 201, 403]]
    )
  }))
