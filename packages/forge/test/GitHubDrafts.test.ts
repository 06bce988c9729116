import { assert, describe, it } from "@effect/vitest"
import { JobId } from "@nominal-code/domain/job/Job"
import { RunStillWanted } from "@nominal-code/domain/job/RunStillWanted"
import { Marker, renderMarker } from "@nominal-code/domain/review/Marker"
import { Clock, Effect } from "effect"
import {
  type Answer,
  comment,
  draft,
  fakeGitHub,
  forgeAt,
  head,
  instantClock,
  jobId,
  mentioned,
  publishing,
  type RecordedRequest,
  replying
} from "./FakeGitHub.ts"
import { type FakePull, fakePull, self } from "./FakePull.ts"
import { assertAllowed } from "./OpenApi.ts"

const reviews = "POST /repos/acme/shop/pulls/7/reviews"
const isDraft = ({ method, path }: RecordedRequest) => `${method} ${path}` === reviews
const isSubmission = ({ path }: RecordedRequest) => path.endsWith("/events")
const four = draft([comment(1), comment(2), comment(3), comment(4)])

/** Answers of the queue in order; afterwards, the run is not wanted any more. */
const queue = (...answers: ReadonlyArray<boolean>) => {
  let asked = 0
  return { asked: () => asked, ask: Effect.sync(() => answers[asked++] ?? false) }
}
const always = { asked: () => 0, ask: Effect.succeed(true) }

/** Publishes, and tells what came of it, what was asked of GitHub, and how long was waited for what. */
const published = Effect.fnUntraced(
  function*(pull: FakePull, what: ReturnType<typeof draft>, script = pull.script, { ask }: typeof always = always) {
    const fake = yield* fakeGitHub(script)
    const { instant, pauses } = yield* instantClock
    const result = yield* Effect.result(publishing(what)).pipe(
      Effect.provide(forgeAt(fake.url)),
      Effect.provideService(RunStillWanted, ask),
      Effect.provideService(Clock.Clock, instant)
    )
    assertAllowed(fake.requests)
    const failure = result._tag === "Failure" ? String(result.failure) : ""
    return { fake, failure, pauses, posted: result._tag === "Success" ? result.success : undefined }
  }
)

/** Answers the first requests that match with something else; they are not carried out. */
const instead = (pull: FakePull, matches: (request: RecordedRequest) => boolean, ...answers: ReadonlyArray<Answer>) => {
  let next = 0
  return (request: RecordedRequest) => (matches(request) ? answers[next++] : undefined) ?? pull.script(request)
}

const isWrite = ({ method, path }: RecordedRequest) => method !== "GET" && path !== "/graphql"

const pending = (id: number, body: string, comments: FakePull["reviews"][number]["comments"] = []) => ({
  id,
  body,
  user: { login: self },
  html_url: "",
  state: "PENDING" as const,
  comments
})

describe("the queue", () => {
  it.effect("is asked before the draft: a run that is not wanted writes nothing", () =>
    Effect.gen(function*() {
      const pull = fakePull()
      const { failure, fake } = yield* published(pull, four, pull.script, queue())
      assert.include(failure, "RunNotWanted")
      assert.deepStrictEqual(fake.requests.filter(isWrite), [])
    }))

  it.effect("is asked before the submission: the draft of a run that is not wanted any more is discarded", () =>
    Effect.gen(function*() {
      const pull = fakePull()
      const { failure, fake } = yield* published(pull, four, pull.script, queue(true))
      assert.include(failure, "RunNotWanted")
      assert.deepStrictEqual(fake.requests.slice(-2).map(({ method }) => method), ["POST", "DELETE"])
      assert.deepStrictEqual(pull.reviews, [])
    }))

  it.effect("is asked again after a wait, before the same request is made again", () =>
    Effect.gen(function*() {
      const pull = fakePull()
      const limited = { status: 429, headers: { "retry-after": "60" }, body: { message: "slow down" } }
      const asked = queue(true)
      const { failure, fake, pauses } = yield* published(pull, four, instead(pull, isDraft, limited), asked)
      assert.include(failure, "RunNotWanted")
      assert.deepStrictEqual([pauses, fake.calls(reviews), asked.asked()], [[60], 1, 2])
    }))

  it.effect("is asked before a plain comment", () =>
    Effect.gen(function*() {
      const pull = fakePull()
      assert.include((yield* published(pull, draft([]), pull.script, queue())).failure, "RunNotWanted")
      assert.deepStrictEqual(pull.issueComments, [])
    }))

  it.effect("is asked before each draft with which refused places are searched for", () =>
    Effect.gen(function*() {
      const pull = fakePull(({ line }) => line === 2)
      const { failure } = yield* published(pull, four, pull.script, queue(true, true, true))
      assert.include(failure, "RunNotWanted")
      assert.deepStrictEqual([pull.reviews, pull.issueComments], [[], []])
    }))
})

describe("limits", () => {
  it.effect("a review that was submitted too quickly is posted again after a minute, with all comments inline", () =>
    Effect.gen(function*() {
      const pull = fakePull()
      const tooQuickly = {
        status: 422,
        body: {
          message: "Validation Failed",
          errors: [{ resource: "PullRequestReview", code: "custom", message: "was submitted too quickly" }],
          documentation_url: "https://docs.github.com/rest"
        }
      }
      const { fake, pauses, posted } = yield* published(pull, four, instead(pull, isDraft, tooQuickly, tooQuickly))
      assert.deepStrictEqual([posted?.inline, posted?.folded], [4, 0])
      assert.deepStrictEqual([pauses, fake.calls(reviews)], [[60, 60], 3])
      assert.strictEqual(pull.submitted().length, 1)
    }))

  it.effect("a limit of an hour between draft and submission goes up whole, and the next run posts once", () =>
    Effect.gen(function*() {
      const pull = fakePull()
      const hour = { status: 403, headers: { "retry-after": "3600" }, body: { message: "API rate limit exceeded" } }
      const first = yield* published(pull, four, instead(pull, isSubmission, hour))
      assert.include(first.failure, "the forge asks to wait 1h")
      assert.deepStrictEqual(first.pauses, [])
      assert.strictEqual((yield* published(pull, four)).posted?.inline, 4)
      assert.deepStrictEqual([pull.submitted().length, pull.reviews.length], [1, 1])
    }))
})

describe("an unsubmitted review of our account", () => {
  it.effect("that a run of another job left behind is discarded before anything else is posted", () =>
    Effect.gen(function*() {
      const pull = fakePull()
      const other = new Marker({ jobId: JobId.make("f".repeat(20)), headSha: head })
      pull.reviews.push(pending(5, renderMarker(other)))
      const { fake, posted } = yield* published(pull, four)
      assert.strictEqual(posted?.inline, 4)
      assert.deepStrictEqual(
        fake.requests.filter(isWrite).map(({ method }) => method),
        ["DELETE", "POST", "POST"]
      )
    }))

  it.effect("that is empty is discarded: nothing is lost with it", () =>
    Effect.gen(function*() {
      const pull = fakePull()
      pull.reviews.push(pending(5, ""))
      assert.strictEqual((yield* published(pull, four)).posted?.inline, 4)
      assert.strictEqual(pull.reviews.length, 1)
    }))

  it.effect.each(["my notes", ""])(
    "that a person has begun with %j stays, and what was found is told all the same",
    (body) =>
      Effect.gen(function*() {
        const pull = fakePull()
        const own = pending(5, body, [{ path: "src/cart.ts", line: 1, side: "RIGHT", body: "To do." }])
        pull.reviews.push(own)
        const { fake, posted } = yield* published(pull, four)
        assert.deepStrictEqual([posted?.inline, posted?.folded], [0, 4])
        assert.deepStrictEqual(pull.reviews, [own])
        const [text, ...more] = pull.issueComments.map(({ body }) => body)
        assert.deepStrictEqual(more, [])
        assert.match(text ?? "", /^> My account already has an unfinished review on this pull request/)
        for (const line of [1, 2, 3, 4]) assert.include(text, `finding at ${line}`)
        assert.isAtMost(fake.calls(reviews), 2)
      })
  )

  it.effect("that bars the threads of the diff leaves an answer its place below", () =>
    Effect.gen(function*() {
      const pull = fakePull()
      pull.reviews.push(pending(5, "my notes"))
      const fake = yield* fakeGitHub(pull.script)
      const event = mentioned({ kind: "review_comment", threadId: "800" })
      yield* replying(event, "An answer.").pipe(Effect.provide(forgeAt(fake.url)))
      assert.deepStrictEqual(pull.issueComments.map(({ body }) => body.split("\n")[0]), ["An answer."])
      assert.include(pull.issueComments[0]?.body, jobId)
    }))
})

describe("the requests of a review", () => {
  const changes = ({ method, path }: RecordedRequest) => `${method} ${path.replace("/repos/acme/shop/", "")}`

  it.effect("with comments are one look, the draft, its submission, and a look for plain posts of other runs", () =>
    Effect.gen(function*() {
      const { fake } = yield* published(fakePull(), four)
      assert.deepStrictEqual(fake.requests.map(changes), [
        "POST /graphql",
        "POST pulls/7/reviews",
        "POST pulls/7/reviews/1001/events",
        "POST /graphql"
      ])
    }))

  it.effect("without comments are one look, the comment and a look for a second one", () =>
    Effect.gen(function*() {
      const { fake } = yield* published(fakePull(), draft([]))
      assert.deepStrictEqual(fake.requests.map(changes), [
        "POST /graphql",
        "POST issues/7/comments",
        "POST /graphql"
      ])
    }))
})
