import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Predicate } from "effect"
import { Forge } from "../src/Forge.ts"
import {
  type Answer,
  type FakeGitHub,
  fakeGitHub,
  forgeAt,
  instantClock,
  type Recorded,
  ref,
  type Script
} from "./FakeGitHub.ts"
import { assertAllowed } from "./OpenApi.ts"

const comment = (body: string, minute: number, fields: object = {}) => ({
  body,
  createdAt: `2026-01-01T00:${String(minute).padStart(2, "0")}:00Z`,
  author: { login: "ada", __typename: "User" },
  ...fields
})

const connection = (nodes: ReadonlyArray<unknown>, endCursor: string | null = null) => ({
  pageInfo: { hasNextPage: endCursor !== null, endCursor },
  nodes
})

const thread = (comments: unknown, fields: object = {}) => ({
  id: "T1",
  isResolved: false,
  path: "src/a.ts",
  line: 3,
  comments,
  ...fields
})

const threads = (value: unknown): Answer => ({
  body: { data: { repository: { pullRequest: { reviewThreads: value } } } }
})

const variable = ({ body }: Recorded, name: string): unknown =>
  Predicate.hasProperty(body, "variables") && Predicate.hasProperty(body.variables, name)
    ? body.variables[name]
    : undefined

const onDiff = (request: Recorded): Answer => {
  if (variable(request, "id") === "T1") {
    return { body: { data: { node: { comments: connection([comment("thread, page 2", 4)]) } } } }
  }
  return variable(request, "after") === null
    ? threads(connection([thread(connection([comment("thread, page 1", 1)], "c1"))], "t1"))
    : threads(connection([thread(
      connection([
        comment("resolved", 3, { author: { login: "renovate", __typename: "Bot" } }),
        comment("a draft of ours", 9, { state: "PENDING" }),
        comment("orphan", 6, { author: null })
      ]),
      { id: "T2", isResolved: true, line: null }
    )]))
}

const rest = (body: string, minute: number, fields: object = {}) => ({
  id: minute,
  body,
  user: { login: "eve" },
  created_at: `2026-01-01T00:${String(minute).padStart(2, "0")}:00Z`,
  ...fields
})

const answers: Script = (request) => {
  switch (request.path) {
    case "/graphql":
      return onDiff(request)
    case "/repos/acme/shop/issues/7/comments":
      return { body: [rest("below", 2), rest("", 2)] }
    case "/repos/acme/shop/pulls/7/reviews":
      return {
        body: [
          rest("a review", 5, { created_at: undefined, submitted_at: "2026-01-01T00:05:00Z", state: "COMMENTED" }),
          rest("", 7, { state: "APPROVED" }),
          rest("a draft", 8, { created_at: undefined, state: "PENDING" })
        ]
      }
  }
}

const discussions = (fake: FakeGitHub) =>
  Forge.use((forge) => forge.discussions(ref)).pipe(Effect.provide(forgeAt(fake.url)))

describe("discussions", () => {
  it.effect("are all pages of all kinds of comments, oldest first, with their state", () =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub(answers)
      const found = yield* discussions(fake)
      assert.deepStrictEqual(
        found.map(({ author, body, line, path, resolved }) => [body, author, path, line, resolved]),
        [
          ["thread, page 1", "ada", "src/a.ts", 3, false],
          ["below", "eve", undefined, undefined, false],
          ["resolved", "renovate[bot]", "src/a.ts", undefined, true],
          ["thread, page 2", "ada", "src/a.ts", 3, false],
          ["a review", "eve", undefined, undefined, false],
          ["orphan", "ghost", "src/a.ts", undefined, true]
        ]
      )
      assertAllowed(fake.requests)
    }))

  it.effect("the query goes to the pull request by variables, never by text", () =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub(answers)
      yield* discussions(fake)
      const query = fake.requests.find(({ path }) => path === "/graphql")
      assert.isDefined(query)
      if (query === undefined) return
      assert.deepStrictEqual(["owner", "name", "number"].map((name) => variable(query, name)), ["acme", "shop", 7])
      assert.notInclude(JSON.stringify(Predicate.hasProperty(query.body, "query") && query.body.query), "acme")
    }))

  it.effect.each(["/repos/acme/shop/issues/7/comments", "/repos/acme/shop/pulls/7/reviews"])(
    "fail when %s fails: a part is never taken for the whole",
    (failing) =>
      Effect.gen(function*() {
        const fake = yield* fakeGitHub((request) =>
          request.path === failing ? { status: 404, body: { message: "Not Found" } } : answers(request)
        )
        assert.include(String(yield* Effect.flip(discussions(fake))), "GitHub.discussions acme/shop#7 failed")
      })
  )

  const refusing = (error: object, headers = {}) =>
    fakeGitHub((request) => {
      if (request.path === "/graphql") {
        return { headers, body: { data: null, errors: [{ message: "a message\nof two lines", ...error }] } }
      }
      return request.path === "/repos/acme/shop/pulls/7/comments"
        ? {
          body: [
            rest("on the diff", 1, { path: "src/a.ts", line: 3 }),
            rest("out of date", 4, { path: "/a", line: null })
          ]
        }
        : answers(request)
    })

  const failing = (fake: FakeGitHub) =>
    Effect.gen(function*() {
      const { instant, pauses } = yield* instantClock
      const error = yield* Effect.provideService(Effect.flip(discussions(fake)), Clock.Clock, instant)
      return { error: String(error), pauses }
    })

  it.effect.each([
    { type: "NOT_FOUND" },
    { type: "FORBIDDEN", extensions: { saml_failure: true } },
    { type: "INSUFFICIENT_SCOPES" },
    { extensions: { code: "undefinedField" } }
  ])("come over REST, all of them open, where GraphQL answers %o for good", (error) =>
    Effect.gen(function*() {
      const fake = yield* refusing(error)
      assert.deepStrictEqual(
        (yield* discussions(fake)).map(({ body, line, path, resolved }) => [body, path, line, resolved]),
        [
          ["on the diff", "src/a.ts", 3, false],
          ["below", undefined, undefined, false],
          ["out of date", undefined, undefined, false],
          ["a review", undefined, undefined, false]
        ]
      )
      assert.strictEqual(fake.calls("POST /graphql"), 1)
    }))

  it.effect("wait when GraphQL is away for a moment, and fail when it stays away", () =>
    Effect.gen(function*() {
      const { error, pauses } = yield* failing(yield* refusing({}))
      assert.include(error, "(Unavailable)")
      assert.notInclude(error, "\n")
      assert.strictEqual(pauses.length, 3)
    }))

  it.effect.each(["RATE_LIMITED", "RATE_LIMIT"])(
    "wait for GraphQL's %s until its reset, for hours if need be",
    (type) =>
      Effect.gen(function*() {
        const headers = {
          "x-ratelimit-remaining": "17",
          "x-ratelimit-reset": String(Date.UTC(2031, 0, 1, 0, 40) / 1_000),
          date: new Date(Date.UTC(2031, 0, 1)).toUTCString()
        }
        const { error, pauses } = yield* failing(yield* refusing({ type }, headers))
        assert.include(error, "(RateLimited): the forge asks to wait 40m 1s")
        assert.deepStrictEqual(pauses, [])
      })
  )
})
