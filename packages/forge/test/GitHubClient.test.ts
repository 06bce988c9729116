import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Logger, References } from "effect"
import { TestClock } from "effect/testing"
import { AnswerTooLarge, Exchange } from "../src/Exchange.ts"
import { Forge } from "../src/Forge.ts"
import type { ForgeError } from "../src/ForgeError.ts"
import { graphqlUrl } from "../src/github/Client.ts"
import {
  type Answer,
  type FakeGitHub,
  fakeGitHub,
  forgeAt,
  head,
  instantClock,
  mentioned,
  opened,
  ref,
  replying as replyingTo,
  token
} from "./FakeGitHub.ts"

const path = "/repos/acme/shop/pulls/7"
const pull = {
  title: "A change",
  body: null,
  user: { login: "ada" },
  state: "open",
  draft: false,
  head: { ref: "change", sha: head },
  base: { ref: "main", sha: head }
}

/** Answers in turn, then for ever as the last one. */
const inTurn = (...answers: ReadonlyArray<Answer>) => {
  let next = 0
  return (): Answer => answers[Math.min(next++, answers.length - 1)] ?? {}
}

/** The pull request at an address that answers as told. */
const reading = (fake: FakeGitHub, answer: () => Answer) => {
  fake.script = (request) => request.path === path ? answer() : { body: [] }
  return Forge.use((forge) => forge.pullRequest(ref)).pipe(Effect.provide(forgeAt(fake.url)))
}

/** A POST that is no repetition-safe one: a reply. */
const replying = (fake: FakeGitHub, answer: () => Answer) => {
  fake.script = (request) =>
    request.path === "/graphql"
      ? undefined
      : request.method === "POST"
      ? answer()
      : { body: request.path === "/user" ? { login: "nominal" } : [] }
  return replyingTo(opened, "hi").pipe(Effect.provide(forgeAt(fake.url)))
}

/** Runs with pauses that take no time, and tells how long each was. */
const withoutWaiting = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const { instant, pauses } = yield* instantClock
    const result = yield* Effect.provideService(Effect.result(effect), Clock.Clock, instant)
    return { pauses, result }
  })

const reasonOf = (error: unknown) => (error as ForgeError).reason // the layer's own error is a ForgeError too

describe("answers that are failures", () => {
  it.effect.each(
    [
      [401, { message: "Bad credentials" }, "Unauthorized", "Bad credentials"],
      [403, { message: "Resource not accessible by personal access token" }, "Forbidden", "permission"],
      [404, { message: "Not Found" }, "NotFound", "not visible to the token"],
      [410, { message: "Gone" }, "NotFound", "Gone"],
      [422, { message: "Validation Failed", errors: [{ field: "line" }] }, "Refused", "line"]
    ] as const
  )("%i becomes a typed reason, after one request", ([status, body, reason, text]) =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub()
      const error = yield* Effect.flip(reading(fake, () => ({ status, body })))
      assert.strictEqual(reasonOf(error)._tag, reason)
      assert.match(String(error), /^ForgeError: .* \(GitHub.pullRequest acme\/shop#7\)$/)
      assert.include(String(error), text)
      assert.strictEqual(fake.calls(`GET ${path}`), 1)
    }))

  it.effect.each(
    [
      ["locked", "the conversation is locked", 403, "Unable to create comment because issue is locked."],
      ["archived", "the repository is archived", 403, "Repository was archived so is read-only."],
      [
        "sso",
        "the organization enforces SAML single sign-on: authorise the token",
        403,
        "Resource protected by organization SAML enforcement. You must grant your Personal Access token access to this " +
        "organization."
      ],
      [
        "pending-review",
        "the account has an unsubmitted review",
        422,
        "User can only have one pending review per pull request"
      ]
    ] as const
  )(
    "a refusal says in its own sentence what it is about: %s",
    ([because, sentence, status, message]) =>
      Effect.gen(function*() {
        const fake = yield* fakeGitHub()
        const error = yield* Effect.flip(reading(fake, () => ({ status, body: { message } })))
        assert.deepInclude({ ...reasonOf(error) }, { _tag: "Refused", status, because })
        assert.include(String(error), sentence)
        assert.strictEqual(fake.calls(`GET ${path}`), 1)
      })
  )

  it.effect("a page of HTML from a proxy becomes one line", () =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub()
      const page = {
        status: 400,
        headers: { "content-type": "text/html" },
        body: `<html>\n${"<p>no</p>\n".repeat(99)}`
      }
      const message = String(yield* Effect.flip(reading(fake, () => page)))
      assert.notInclude(message, "\n")
      assert.isBelow(message.length, 500)
    }))

  it.effect("a refused request has the token in its header, and the error does not show it", () =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub()
      const error = yield* Effect.flip(reading(fake, () => ({ status: 401, body: { message: "Bad credentials" } })))
      assert.isTrue(fake.requests.every(({ headers }) => headers.authorization === `Bearer ${token}`))
      assert.notInclude(`${String(error)} ${JSON.stringify(error)}`, token)
    }))
})

describe("repetition", () => {
  it.effect.each([502, 503, 504])("a GET that is answered %i is repeated", (status) =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub()
      const { result } = yield* withoutWaiting(reading(fake, inTurn({ status }, { status }, { body: pull })))
      assert.strictEqual(result._tag, "Success")
      assert.strictEqual(fake.calls(`GET ${path}`), 3)
    }))

  it.effect("a GET that is cut off, or whose JSON is cut off, is repeated", () =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub()
      const half = { body: JSON.stringify(pull).slice(0, 40) }
      const { result } = yield* withoutWaiting(reading(fake, inTurn({ fault: "drop" }, half, { body: pull })))
      assert.strictEqual(result._tag, "Success")
    }))

  it.effect("it is given up after four attempts, with pauses that grow", () =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub()
      const { pauses, result } = yield* withoutWaiting(reading(fake, () => ({ status: 503 })))
      assert.strictEqual(result._tag === "Failure" && reasonOf(result.failure)._tag, "Unavailable")
      assert.strictEqual(fake.calls(`GET ${path}`), 4)
      assert.strictEqual(pauses.length, 3)
      assert.deepStrictEqual([...pauses].sort((a, b) => a - b), pauses)
    }))

  it.effect("a server that is not there is Unavailable", () =>
    Effect.gen(function*() {
      const read = Forge.use((forge) => forge.pullRequest(ref)).pipe(Effect.provide(forgeAt("http://127.0.0.1:1")))
      const { result } = yield* withoutWaiting(read)
      assert.include(result._tag === "Failure" ? String(result.failure) : "", "no answer")
    }))

  it.effect("an answer that is larger than what is read is asked for once, and refused", () =>
    Effect.gen(function*() {
      let asked = 0
      const read = Forge.use((forge) => forge.pullRequest(ref)).pipe(
        Effect.provide(forgeAt("https://github.example")),
        Effect.provideService(Exchange, () => {
          asked += 1
          return Promise.reject(new AnswerTooLarge("the answer is larger than 32 MiB"))
        })
      )
      const { result } = yield* withoutWaiting(read)
      assert.strictEqual(result._tag === "Failure" && reasonOf(result.failure)._tag, "Refused")
      assert.match(String(result._tag === "Failure" && result.failure), /: the answer is larger than 32 MiB \(GitHub\./)
      assert.strictEqual(asked, 1)
    }))

  it.effect("an answer of another shape is Unavailable and names the place", () =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub()
      const { result } = yield* withoutWaiting(reading(fake, () => ({ body: { ...pull, head: null } })))
      assert.include(result._tag === "Failure" ? String(result.failure) : "", "head")
    }))

  it.effect("a request without an answer is cut after 30 seconds", () =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub(() => ({ fault: "hang" }))
      const event = mentioned({ kind: "issue_comment" })
      const run = Forge.use((forge) => forge.acknowledge(event)).pipe(Effect.provide(forgeAt(fake.url)), Effect.flip)
      const fiber = yield* Effect.forkChild(run)
      for (let attempt = 1; attempt <= 4; attempt++) {
        yield* fake.arrived(attempt)
        yield* TestClock.adjust("30 seconds")
        yield* TestClock.adjust("10 seconds")
      }
      assert.include(String(yield* Fiber.join(fiber)), "no answer within 30 seconds")
    }))
})

describe("rate limits", () => {
  const limited = (status: number, headers: Record<string, string>, message = "limit"): Answer => ({
    status,
    headers,
    body: { message }
  })

  it.effect("retry-after is waited for exactly, for 429 and for 403", () =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub()
      const answers = [limited(429, { "retry-after": "7" }), limited(403, { "retry-after": "11" }), { body: pull }]
      const { pauses, result } = yield* withoutWaiting(reading(fake, inTurn(...answers)))
      assert.strictEqual(result._tag, "Success")
      assert.deepStrictEqual(pauses, [7, 11])
    }))

  it.effect("a used-up quota is waited for until its reset, by the server's clock", () =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub()
      const headers = {
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": String(Date.UTC(2031, 0, 1, 0, 0, 42) / 1_000),
        date: new Date(Date.UTC(2031, 0, 1)).toUTCString()
      }
      const { pauses } = yield* withoutWaiting(reading(fake, inTurn(limited(403, headers), { body: pull })))
      assert.deepStrictEqual(pauses, [43])
    }))

  it.effect("a secondary limit that names no time is given a minute", () =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub()
      const answer = limited(403, {}, "You have exceeded a secondary rate limit. Please wait a few minutes.")
      const { pauses } = yield* withoutWaiting(reading(fake, inTurn(answer, { body: pull })))
      assert.deepStrictEqual(pauses, [60])
    }))

  it.effect("a secondary limit that lasts is waited for longer each time, and then by the queue", () =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub()
      const answer = limited(403, {}, "You have exceeded a secondary rate limit. Please wait a few minutes.")
      const { pauses, result } = yield* withoutWaiting(reading(fake, () => answer))
      assert.deepStrictEqual(pauses, [60, 60, 120])
      assert.include(result._tag === "Failure" ? String(result.failure) : "", "the forge asks to wait 4m")
    }))

  it.effect.each(
    [
      [422, {
        message: "Validation Failed",
        errors: [{ resource: "PullRequestReview", code: "abuse", field: "base" }]
      }],
      [422, {
        message: "Validation Failed",
        errors: [{ resource: "PullRequestReview", code: "custom", message: "was submitted too quickly" }]
      }],
      [422, { message: "Validation failed, or the endpoint has been spammed." }],
      [403, { message: "Content was submitted too quickly" }],
      [403, { message: "You have triggered an abuse detection mechanism" }]
    ] as const
  )("a %i that is a limit is given a minute: %j", ([status, body]) =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub()
      const { pauses, result } = yield* withoutWaiting(reading(fake, inTurn({ status, body }, { body: pull })))
      assert.strictEqual(result._tag, "Success")
      assert.deepStrictEqual(pauses, [60])
    }))

  it.effect("a quota that is used up for the hour fails at once, with the time of its reset", () =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub()
      const headers = {
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": String(Date.UTC(2031, 0, 1, 2) / 1_000),
        date: new Date(Date.UTC(2031, 0, 1)).toUTCString()
      }
      const { pauses, result } = yield* withoutWaiting(reading(fake, () => limited(403, headers)))
      assert.deepStrictEqual(pauses, [])
      assert.include(result._tag === "Failure" ? String(result.failure) : "", "the forge asks to wait 2h 1s")
      assert.strictEqual(fake.calls(`GET ${path}`), 1)
    }))

  it.effect("a POST waits as well: a limited request was not carried out", () =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub()
      const { pauses, result } = yield* withoutWaiting(
        replying(fake, inTurn(limited(429, { "retry-after": "0" }), { status: 201, body: { id: 1 } }))
      )
      assert.strictEqual(result._tag, "Success")
      assert.deepStrictEqual(pauses, [0])
      assert.strictEqual(fake.calls("POST /repos/acme/shop/issues/7/comments"), 2)
    }))

  it.effect("a wait that is too long for a running job fails at once and says how long", () =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub()
      const { pauses, result } = yield* withoutWaiting(reading(fake, () => limited(429, { "retry-after": "3600" })))
      assert.deepStrictEqual(pauses, [])
      assert.strictEqual(fake.calls(`GET ${path}`), 1)
      const failure = result._tag === "Failure" ? result.failure : undefined
      assert.strictEqual(reasonOf(failure)._tag, "RateLimited")
      assert.include(String(failure), "the forge asks to wait 1h")
    }))

  it.effect("a storm of limits ends", () =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub()
      const { pauses } = yield* withoutWaiting(reading(fake, () => limited(429, { "retry-after": "1" })))
      assert.deepStrictEqual(pauses, [1, 1, 1, 1, 1])
    }))
})

it.effect("a deprecated call is told at debug level, and nothing is written past the logger", () =>
  Effect.gen(function*() {
    const told: Array<string> = []
    const logger = Logger.make(({ message }) => {
      told.push(String(message))
    })
    const fake = yield* fakeGitHub()
    yield* reading(fake, () => ({ body: pull, headers: { deprecation: "true", sunset: "tomorrow" } })).pipe(
      Effect.provide(Logger.layer([logger])),
      Effect.provideService(References.MinimumLogLevel, "Debug")
    )
    assert.isTrue(told.some((line) => line.includes("pulls/{pull_number} deprecated, until tomorrow")), told.join())
  }))

describe("redirects", () => {
  it.effect("are followed on the same host, with the token", () =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub()
      fake.script = ({ path: asked }) =>
        asked === path
          ? { status: 301, headers: { location: "/repositories/1/pulls/7" } }
          : { body: asked === "/repositories/1/pulls/7" ? pull : [] }
      const found = yield* Forge.use((forge) => forge.pullRequest(ref)).pipe(Effect.provide(forgeAt(fake.url)))
      assert.strictEqual(found.headSha, head)
      assert.strictEqual(fake.requests.at(-1)?.headers.authorization, `Bearer ${token}`)
    }))

  it.effect("to another host are refused, and nothing is sent there", () =>
    Effect.gen(function*() {
      const elsewhere = yield* fakeGitHub(() => ({ body: pull }))
      const fake = yield* fakeGitHub()
      const location = `${elsewhere.url}${path}`
      const error = yield* Effect.flip(reading(fake, () => ({ status: 302, headers: { location } })))
      assert.strictEqual(reasonOf(error)._tag, "Refused")
      assert.include(String(error), "the token must not go")
      assert.deepStrictEqual(elsewhere.requests, [])
    }))

  it.effect("in a circle end", () =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub()
      const error = yield* Effect.flip(reading(fake, () => ({ status: 307, headers: { location: path } })))
      assert.strictEqual(reasonOf(error)._tag, "Refused")
      assert.strictEqual(fake.calls(`GET ${path}`), 4)
    }))

  it.effect("of a POST keep its method and body", () =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub()
      const answers = inTurn({ status: 307, headers: { location: "/moved" } }, { status: 201, body: { id: 1 } })
      yield* replying(fake, answers)
      const [first, second] = fake.requests.filter(({ method, path }) => method === "POST" && path !== "/graphql")
      assert.deepStrictEqual([second?.path, second?.body], ["/moved", first?.body])
    }))
})

it("the GraphQL endpoint follows from the REST root", () => {
  assert.deepStrictEqual(
    ["https://api.github.com", "https://ghe.example/api/v3", "http://127.0.0.1:1"].map(graphqlUrl),
    ["https://api.github.com/graphql", "https://ghe.example/api/graphql", "http://127.0.0.1:1/graphql"]
  )
})
