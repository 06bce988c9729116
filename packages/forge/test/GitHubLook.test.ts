import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Predicate } from "effect"
import { checkName } from "../src/Checks.ts"
import { Forge } from "../src/Forge.ts"
import {
  type Answer,
  type FakeGitHub,
  fakeGitHub,
  forgeAt,
  instantClock,
  jobId,
  type RecordedRequest,
  ref,
  type Script
} from "./FakeGitHub.ts"
import { assertAllowed } from "./OpenApi.ts"

const time = (minute: number) => `2026-01-01T00:${String(minute).padStart(2, "0")}:00Z`

const comment = (body: string, minute: number, fields: object = {}) => ({
  fullDatabaseId: String(4_000_000_000 + minute),
  body,
  url: `https://github.example/${minute}`,
  viewerDidAuthor: false,
  state: "SUBMITTED",
  diffHunk: "@@ -1 +1 @@\n+x",
  createdAt: time(minute),
  author: { login: "ada", __typename: "User" },
  ...fields
})

const review = (body: string, minute: number, state = "COMMENTED") =>
  comment(body, minute, { state, submittedAt: state === "PENDING" ? null : time(minute) })

const connection = (nodes: ReadonlyArray<unknown>, endCursor: string | null = null) => ({
  pageInfo: { hasNextPage: endCursor !== null, endCursor },
  nodes
})

const thread = (comments: unknown, fields: object = {}) => ({
  id: "T1",
  isResolved: false,
  path: "src/a.ts",
  line: 3,
  originalLine: 2,
  comments,
  ...fields
})

const pull = {
  title: "A change",
  body: "Why.",
  state: "MERGED",
  isDraft: false,
  labels: { nodes: [{ name: "bug" }] },
  headRefOid: "a".repeat(40),
  headRefName: "change",
  baseRefOid: "b".repeat(40),
  baseRefName: "main",
  baseRef: { target: { oid: "c".repeat(40) } },
  author: { login: "renovate", __typename: "Bot" }
}

const ofPull = (pullRequest: unknown): Answer => ({ body: { data: { repository: { pullRequest } } } })

const variable = ({ body }: RecordedRequest, name: string): unknown =>
  Predicate.hasProperty(body, "variables") && Predicate.hasProperty(body.variables, name)
    ? body.variables[name]
    : undefined

/** The second pages, by the cursors that lead to them. */
const secondPages: Readonly<Record<string, unknown>> = {
  r1: connection([review("second review", 11), review("", 12, "APPROVED")]),
  c1: connection([comment("below, page 2", 2)]),
  t1: connection([thread(
    connection([
      comment("resolved", 3, { author: { login: "renovate", __typename: "Bot" } }),
      comment("a draft of ours", 9, { state: "PENDING" }),
      comment("orphan", 6, { author: null })
    ]),
    { id: "T2", isResolved: true, line: null }
  )])
}

const graphql = (request: RecordedRequest): Answer => {
  if (variable(request, "id") === "T1") {
    return { body: { data: { node: { page: connection([comment("thread, page 2", 4)]) } } } }
  }
  const after = variable(request, "after")
  return typeof after === "string" ? ofPull({ page: secondPages[after] }) : ofPull({
    ...pull,
    reviews: connection([review("a review", 5), review("a draft", 8, "PENDING")], "r1"),
    comments: connection([comment("below", 1), comment(" ", 1)], "c1"),
    reviewThreads: connection([thread(connection([comment("thread, page 1", 0)], "h1"))], "t1")
  })
}

const rest = (body: string, minute: number, fields: object = {}) => ({
  id: minute,
  body,
  user: { login: "eve" },
  created_at: time(minute),
  ...fields
})

const answers: Script = (request) => {
  switch (request.path) {
    case "/graphql":
      return graphql(request)
    case "/user":
      return { body: { login: "nominal-bot" } }
    case "/repos/acme/shop/pulls/7":
      return {
        body: {
          title: "A change",
          body: null,
          user: { login: "ada" },
          state: "open",
          head: { ref: "change", sha: "a".repeat(40) },
          base: { ref: "main", sha: "b".repeat(40) }
        }
      }
    case "/repos/acme/shop/issues/7/comments":
      return { body: [rest("below", 2), rest("", 2)] }
    case "/repos/acme/shop/pulls/7/comments":
      return {
        body: [
          rest("on the diff", 1, { path: "src/a.ts", line: 3 }),
          rest("out of date", 4, { path: "/a", line: null })
        ]
      }
    case "/repos/acme/shop/pulls/7/reviews":
      return {
        body: [
          rest("a review", 5, { created_at: undefined, submitted_at: time(5), state: "COMMENTED" }),
          rest("", 7, { state: "APPROVED" }),
          rest("a draft", 8, { created_at: undefined, state: "PENDING" })
        ]
      }
  }
}

const look = (fake: FakeGitHub) => Forge.use((forge) => forge.look(ref, jobId)).pipe(Effect.provide(forgeAt(fake.url)))

describe("a look at a pull request", () => {
  it.effect("is the pull request with all pages of all kinds of comments, oldest first, with their state", () =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub(answers)
      const { discussions, pullRequest } = yield* look(fake)
      assert.deepStrictEqual(JSON.parse(JSON.stringify(pullRequest)), {
        ref: { platform: "github", repo: "acme/shop", number: 7 },
        title: "A change",
        description: "Why.",
        author: "renovate[bot]",
        state: "merged",
        draft: false,
        labels: ["bug"],
        headSha: "a".repeat(40),
        headBranch: "change",
        baseSha: "b".repeat(40),
        baseBranch: "main",
        baseTip: "c".repeat(40)
      })
      assert.deepStrictEqual(
        discussions.map(({ author, body, line, path, resolved }) => [body, author, path, line, resolved]),
        [
          ["thread, page 1", "ada", "src/a.ts", 3, false],
          ["below", "ada", undefined, undefined, false],
          ["below, page 2", "ada", undefined, undefined, false],
          ["resolved", "renovate[bot]", "src/a.ts", undefined, true],
          ["thread, page 2", "ada", "src/a.ts", 3, false],
          ["a review", "ada", undefined, undefined, false],
          ["orphan", "ghost", "src/a.ts", undefined, true],
          ["second review", "ada", undefined, undefined, false]
        ]
      )
      assert.deepStrictEqual(
        [discussions[0]?.originalLine, discussions[0]?.diffHunk],
        [2, "@@ -1 +1 @@\n+x"]
      )
      assert.strictEqual(fake.requests.length, fake.calls("POST /graphql"))
      assertAllowed(fake.requests)
    }))

  it.effect("asks for the pull request by variables, never by text", () =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub(answers)
      yield* look(fake)
      const [query] = fake.requests
      assert.isDefined(query)
      if (query === undefined) return
      assert.deepStrictEqual(["owner", "name", "number"].map((name) => variable(query, name)), ["acme", "shop", 7])
      assert.notInclude(JSON.stringify(Predicate.hasProperty(query.body, "query") && query.body.query), "acme")
    }))

  const refusing = (error: object, headers = {}, others: Script = answers) =>
    fakeGitHub((request) =>
      request.path === "/graphql"
        ? { headers, body: { data: null, errors: [{ message: "a message\nof two lines", ...error }] } }
        : others(request)
    )

  const failing = (fake: FakeGitHub) =>
    Effect.gen(function*() {
      const { instant, pauses } = yield* instantClock
      const error = yield* Effect.provideService(Effect.flip(look(fake)), Clock.Clock, instant)
      return { error: String(error), pauses }
    })

  it.effect.each(["c1", "r1", "t1"])(
    "fails when the page after %s fails: a part is never the whole",
    (cursor) =>
      Effect.gen(function*() {
        const fake = yield* fakeGitHub((request) =>
          variable(request, "after") === cursor ? { status: 401, body: { message: "Gone" } } : answers(request)
        )
        assert.include(String(yield* Effect.flip(look(fake))), "(GitHub.look acme/shop#7)")
      })
  )

  it.effect.each([
    { type: "NOT_FOUND" },
    { type: "FORBIDDEN", extensions: { saml_failure: true } },
    { type: "INSUFFICIENT_SCOPES" },
    { extensions: { code: "undefinedField" } }
  ])("comes over REST, all threads open, where GraphQL answers %o for good", (error) =>
    Effect.gen(function*() {
      const fake = yield* refusing(error)
      const { discussions, pullRequest } = yield* look(fake)
      assert.deepStrictEqual([pullRequest.title, pullRequest.state], ["A change", "open"])
      assert.deepStrictEqual(
        discussions.map(({ body, line, path, resolved }) => [body, path, line, resolved]),
        [
          ["on the diff", "src/a.ts", 3, false],
          ["below", undefined, undefined, false],
          ["out of date", undefined, undefined, false],
          ["a review", undefined, undefined, false]
        ]
      )
      // Once with the fields of the background, and where these may be what is refused, once without.
      assert.isAtMost(fake.calls("POST /graphql"), 2)
      assertAllowed(fake.requests)
    }))

  it.effect.each(["issues/7/comments", "pulls/7/reviews", "pulls/7/comments", "pulls/7"])(
    "over REST fails when %s fails: a part is never the whole",
    (failing) =>
      Effect.gen(function*() {
        const fake = yield* refusing({ type: "FORBIDDEN" }, {}, (request) =>
          request.path === `/repos/acme/shop/${failing}`
            ? { status: 404, body: { message: "Not Found" } }
            : answers(request))
        assert.match(String(yield* Effect.flip(look(fake))), /not visible to the token: Not Found .*acme\/shop#7\)$/)
      })
  )

  it.effect("asks nothing else with a token that GraphQL does not accept", () =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub(() => ({ status: 401, body: { message: "Bad credentials" } }))
      assert.include((yield* failing(fake)).error, "GitHub does not accept the token: Bad credentials (GitHub.look ")
      assert.strictEqual(fake.requests.length, 1)
    }))

  it.effect("waits when GraphQL is away for a moment, and fails when it stays away", () =>
    Effect.gen(function*() {
      const { error, pauses } = yield* failing(yield* refusing({}))
      assert.include(error, "a message of two lines (GitHub.look acme/shop#7)")
      assert.notInclude(error, "\n")
      assert.strictEqual(pauses.length, 3)
    }))

  it.effect.each(["RATE_LIMITED", "RATE_LIMIT"])(
    "waits for GraphQL's %s until its reset, for hours if need be",
    (type) =>
      Effect.gen(function*() {
        const headers = {
          "x-ratelimit-remaining": "17",
          "x-ratelimit-reset": String(Date.UTC(2031, 0, 1, 0, 40) / 1_000),
          date: new Date(Date.UTC(2031, 0, 1)).toUTCString()
        }
        const { error, pauses } = yield* failing(yield* refusing({ type }, headers))
        assert.include(error, "the forge asks to wait 40m 1s (")
        assert.deepStrictEqual(pauses, [])
      })
  )
})

describe("the background of a pull request", () => {
  const withBackground = (request: RecordedRequest): Answer =>
    typeof variable(request, "after") === "string" || variable(request, "id") !== undefined
      ? graphql(request)
      : ofPull({
        ...pull,
        closingIssuesReferences: {
          nodes: [
            { number: 5, title: "Secret", body: "Do not tell.", repository: { nameWithOwner: "acme/secret" } },
            { number: 12, title: "Totals are wrong", body: "By a cent.", repository: { nameWithOwner: "Acme/shop" } },
            null
          ]
        },
        commits: {
          nodes: [{
            commit: {
              checkSuites: {
                nodes: [
                  {
                    checkRuns: { nodes: [{ name: "test", conclusion: "FAILURE" }, { name: "lint", conclusion: null }] }
                  },
                  {
                    checkRuns: {
                      nodes: [{ name: checkName, conclusion: "FAILURE" }, { name: "test", conclusion: "FAILURE" }]
                    }
                  },
                  { checkRuns: null }
                ]
              }
            }
          }]
        },
        reviews: connection([]),
        comments: connection([]),
        reviewThreads: connection([])
      })

  it.effect("is read with it: the issues of its repository that it closes, and the failed checks of its head but our own", () =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub((request) =>
        request.path === "/graphql" ? withBackground(request) : answers(request)
      )
      const { background } = yield* look(fake)
      assert.deepStrictEqual(background, {
        issues: [{ number: 12, title: "Totals are wrong", body: "By a cent." }],
        failedChecks: ["test"]
      })
      assert.strictEqual(fake.calls("POST /graphql"), 1)
    }))

  it.effect("is left out where the token may not read it, and asked for once only", () =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub((request) => {
        if (request.path !== "/graphql") return answers(request)
        const isRefused = JSON.stringify(request.body).includes("closingIssuesReferences")
        const errors = [{ type: "FORBIDDEN", message: "Resource not accessible by integration" }]
        return isRefused ? { body: { data: null, errors } } : graphql(request)
      })
      yield* Effect.gen(function*() {
        const forge = yield* Forge
        const first = yield* forge.look(ref, jobId)
        assert.isUndefined(first.background)
        assert.strictEqual(first.pullRequest.title, "A change")
        const before = fake.requests.length
        yield* forge.look(ref, jobId)
        const asked = fake.requests.slice(before).filter(({ body }) =>
          JSON.stringify(body ?? "").includes("closingIssues")
        )
        assert.deepStrictEqual(asked, [])
      }).pipe(Effect.provide(forgeAt(fake.url)))
    }))
})
