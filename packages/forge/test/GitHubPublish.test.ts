import { assert, describe, it } from "@effect/vitest"
import { Marker, markersIn, renderMarker } from "@nominal-code/domain/review/Marker"
import { Clock, Effect, Option, Struct } from "effect"
import { Forge } from "../src/Forge.ts"
import {
  type Answer,
  comment,
  draft,
  type FakeGitHub,
  fakeGitHub,
  forgeAt,
  head,
  instantClock,
  jobId,
  mentioned,
  publishing as publishingTo,
  type RecordedRequest,
  ref,
  replying
} from "./FakeGitHub.ts"
import { type FakePull, fakePull, self } from "./FakePull.ts"
import { assertAllowed } from "./OpenApi.ts"

const post = "POST /repos/acme/shop/pulls/7/reviews"

const publishing = (fake: FakeGitHub, what: ReturnType<typeof draft>) =>
  Effect.gen(function*() {
    const { instant } = yield* instantClock
    const publish = publishingTo(what).pipe(Effect.provide(forgeAt(fake.url)))
    return yield* Effect.provideService(publish, Clock.Clock, instant)
  })

const lines = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => comment(from + index))

/** The rules of a pull request; every request is checked against GitHub's description. */
const withPull = <A, E, R>(
  pull: FakePull,
  test: (fake: FakeGitHub) => Effect.Effect<A, E, R>,
  script: FakeGitHub["script"] = pull.script
) =>
  Effect.gen(function*() {
    const fake = yield* fakeGitHub(script)
    const result = yield* test(fake)
    assertAllowed(fake.requests)
    assert.isFalse(pull.reviews.some(({ state, user }) => state === "PENDING" && user.login === self))
    return result
  })

describe("a review that GitHub takes", () => {
  it.effect("is a draft that is submitted, pinned to the reviewed commit, with its comments in their places", () => {
    const pull = fakePull()
    return withPull(pull, (fake) =>
      Effect.gen(function*() {
        const posted = yield* publishing(
          fake,
          draft([comment(5), comment(9, { startLine: 7 }), comment(3, { side: "LEFT" })])
        )
        assert.deepStrictEqual([posted.inline, posted.folded, posted.alreadyPosted], [3, 0, false])
        assert.match(posted.url ?? "", /^https:\/\/github.example/)
        assert.strictEqual(fake.calls(post), 1)
        const [made, submitted] = fake.requests.slice(-3).map(({ body }) => body)
        assert.deepInclude(made, { commit_id: head })
        assert.notProperty(made, "event")
        assert.deepStrictEqual(submitted, { event: "COMMENT" })
        const [review] = pull.submitted()
        assert.deepStrictEqual(
          review?.comments.map((placed) => Struct.omit(placed, ["body"])),
          [
            { path: "src/cart.ts", line: 5, side: "RIGHT" },
            { path: "src/cart.ts", line: 9, side: "RIGHT", start_line: 7, start_side: "RIGHT" },
            { path: "src/cart.ts", line: 3, side: "LEFT" }
          ]
        )
      }))
  })

  it.effect("carries a marker in its text and in its comment", () => {
    const pull = fakePull()
    return withPull(pull, (fake) =>
      Effect.gen(function*() {
        const one = comment(5, { suggestion: "a" })
        yield* publishing(fake, draft([one]))
        const [review] = pull.submitted()
        assert.deepStrictEqual(markersIn(review?.body ?? ""), [new Marker({ jobId, headSha: head })])
        assert.strictEqual(
          review?.comments[0]?.body,
          `finding at 5\n\n\`\`\`suggestion\na\n\`\`\`\n\n${
            renderMarker(new Marker({ jobId, headSha: head, fingerprint: one.fingerprint }))
          }`
        )
      }))
  })

  it.effect("without comments is a plain comment, once", () => {
    const pull = fakePull()
    return withPull(pull, (fake) =>
      Effect.gen(function*() {
        const posted = yield* publishing(fake, draft([]))
        assert.deepStrictEqual([posted.inline, posted.alreadyPosted], [0, false])
        assert.isTrue((yield* publishing(fake, draft([]))).alreadyPosted)
        assert.strictEqual(pull.issueComments.length, 1)
        assert.strictEqual(fake.calls(post), 0)
      }))
  })

  it.effect("without comments answers in the thread that asked", () => {
    const pull = fakePull()
    return withPull(pull, (fake) =>
      Effect.gen(function*() {
        const event = mentioned({ kind: "review_comment", threadId: "800" })
        yield* publishing(fake, draft([], { event }))
        assert.isTrue((yield* publishing(fake, draft([], { event }))).alreadyPosted)
        assert.deepStrictEqual(pull.reviewComments.map(({ inReplyTo }) => inReplyTo), [800])
      }))
  })
})

describe("a review that is there already", () => {
  it.effect("is not posted again, and says what it holds", () => {
    const pull = fakePull(({ line }) => line === 2)
    return withPull(pull, (fake) =>
      Effect.gen(function*() {
        const first = yield* publishing(fake, draft(lines(1, 3)))
        const second = yield* publishing(fake, draft(lines(1, 3)))
        assert.deepStrictEqual({ ...second }, { ...first, alreadyPosted: true })
        assert.deepStrictEqual([second.inline, second.folded], [2, 1])
        assert.strictEqual(pull.submitted().length, 1)
      }))
  })

  it.effect("is found by its job, and only by its job", () => {
    const pull = fakePull()
    return withPull(pull, (fake) =>
      Effect.gen(function*() {
        const posted = (id: typeof jobId) =>
          Forge.use((forge) => forge.ownPosts(ref, id)).pipe(
            Effect.map(({ review }) => review),
            Effect.provide(forgeAt(fake.url))
          )
        assert.isTrue(Option.isNone(yield* posted(jobId)))
        yield* publishing(fake, draft([comment(1)]))
        assert.isTrue(Option.isSome(yield* posted(jobId)))
        assert.isTrue(Option.isNone(yield* posted(jobId.replace("0", "f") as typeof jobId))) // still 20 hex digits
      }))
  })

  it.effect("a marker in somebody else's text counts for nothing", () => {
    const pull = fakePull()
    const copied = {
      id: 1,
      body: renderMarker(new Marker({ jobId, headSha: head })),
      user: { login: "eve" },
      html_url: ""
    }
    pull.issueComments.push(copied)
    pull.reviews.push({ ...copied, state: "COMMENTED", comments: [] })
    return withPull(pull, (fake) =>
      Effect.gen(function*() {
        assert.isFalse((yield* publishing(fake, draft([comment(1)]))).alreadyPosted)
      }))
  })

  it.effect("is found behind the marker of another job that its text holds", () => {
    const pull = fakePull()
    const other = renderMarker(new Marker({ jobId: jobId.replace("0", "f") as typeof jobId, headSha: head })) // 20 hex digits
    return withPull(pull, (fake) =>
      Effect.gen(function*() {
        const what = draft([comment(1)], { summary: `Look: ${other}` })
        yield* publishing(fake, what)
        assert.isTrue((yield* publishing(fake, what)).alreadyPosted)
      }))
  })

  it.effect("a plain answer of the same job is no review", () => {
    const pull = fakePull()
    return withPull(pull, (fake) =>
      Effect.gen(function*() {
        yield* replying(mentioned({ kind: "issue_comment" }), "Not yet.").pipe(Effect.provide(forgeAt(fake.url)))
        assert.isFalse((yield* publishing(fake, draft([comment(1)]))).alreadyPosted)
      }))
  })
})

describe("places that GitHub refuses", () => {
  it.effect("one bad comment of 50 moves to the summary, and the others stay inline", () => {
    const pull = fakePull(({ line }) => line === 17)
    return withPull(pull, (fake) =>
      Effect.gen(function*() {
        const posted = yield* publishing(fake, draft(lines(1, 50)))
        assert.deepStrictEqual([posted.inline, posted.folded], [49, 1])
        const [review, ...more] = pull.submitted()
        assert.deepStrictEqual(more, [])
        assert.strictEqual(review?.comments.length, 49)
        assert.include(review?.body, "- **`src/cart.ts:17`** — finding at 17")
        assert.isAtMost(fake.calls(post), 15)
      }))
  })

  it.effect("every finding is there, inline or folded, wherever the bad ones stand", () =>
    Effect.gen(function*() {
      for (const bad of [[1], [8], [1, 8], [3, 4], [2, 4, 6, 8], [1, 2, 3, 4, 5, 6, 7]]) {
        const pull = fakePull(({ line }) => bad.includes(line))
        const posted = yield* withPull(pull, (fake) => publishing(fake, draft(lines(1, 8))))
        assert.deepStrictEqual([posted.inline, posted.folded], [8 - bad.length, bad.length])
        const [review] = pull.submitted()
        assert.deepStrictEqual(bad.filter((line) => !review?.body.includes(`finding at ${line}`)), [])
      }
    }))

  it.effect("when all are bad, all are in one plain comment, after a bounded search", () => {
    const pull = fakePull(() => true)
    return withPull(pull, (fake) =>
      Effect.gen(function*() {
        const posted = yield* publishing(fake, draft(lines(1, 50)))
        assert.deepStrictEqual([posted.inline, posted.folded], [0, 50])
        assert.deepStrictEqual(pull.submitted(), [])
        assert.strictEqual(pull.issueComments.length, 1)
        for (let line = 1; line <= 50; line++) assert.include(pull.issueComments[0]?.body, `finding at ${line}`)
        assert.isAtMost(fake.calls(post), 42)
        assert.deepInclude(yield* publishing(fake, draft(lines(1, 50))), { alreadyPosted: true, folded: 50 })
      }))
  })

  it.effect("when the commit itself is refused, one plain comment holds everything, after two attempts", () => {
    const pull = fakePull()
    const refuse = (request: RecordedRequest): Answer | undefined =>
      `${request.method} ${request.path}` === post
        ? {
          status: 422,
          body: { message: "Unprocessable Entity", errors: ["commit_id is not part of the pull request"] }
        }
        : pull.script(request)
    return withPull(pull, (fake) =>
      Effect.gen(function*() {
        const posted = yield* publishing(fake, draft(lines(1, 3)))
        assert.deepStrictEqual([posted.inline, posted.folded, fake.calls(post)], [0, 3, 2])
        assert.strictEqual(pull.issueComments.length, 1)
      }), refuse)
  })

  it.effect("an account owner's own draft is left alone, and the review lands as a plain comment", () =>
    Effect.gen(function*() {
      const pull = fakePull()
      const own = {
        id: 5,
        body: "my notes",
        user: { login: self },
        html_url: "",
        state: "PENDING" as const,
        comments: []
      }
      pull.reviews.push(own)
      const fake = yield* fakeGitHub(pull.script)
      assert.strictEqual((yield* publishing(fake, draft(lines(1, 3)))).folded, 3)
      assert.deepStrictEqual(pull.reviews, [own])
      assert.strictEqual(pull.issueComments.length, 1)
    }))
})

describe("answers that are lost", () => {
  /** Carries out what is asked and then answers 502, for the first requests that match. */
  const losing = (pull: FakePull, matches: (request: RecordedRequest) => boolean, times = 1) => {
    let left = times
    return (request: RecordedRequest): Answer | undefined => {
      const answer = pull.script(request)
      return matches(request) && left-- > 0 ? { status: 502, body: "<html>Bad Gateway</html>" } : answer
    }
  }
  const isPost = ({ method, path }: RecordedRequest) => `${method} ${path}` === post

  it.effect("a review that was posted and answered 502 is there once", () => {
    const pull = fakePull()
    return withPull(pull, (fake) =>
      Effect.gen(function*() {
        const posted = yield* publishing(fake, draft(lines(1, 3)))
        assert.deepStrictEqual([posted.inline, posted.alreadyPosted], [3, false])
        assert.strictEqual(pull.submitted().length, 1)
      }), losing(pull, isPost))
  })

  it.effect("a review that was not posted and answered 502 is posted on the next attempt", () => {
    const pull = fakePull()
    let failures = 2
    const script = (request: RecordedRequest) =>
      isPost(request) && failures-- > 0 ? { status: 503 } : pull.script(request)
    return withPull(pull, (fake) =>
      Effect.gen(function*() {
        assert.strictEqual((yield* publishing(fake, draft(lines(1, 3)))).inline, 3)
        assert.strictEqual(pull.submitted().length, 1)
      }), script)
  })

  it.effect("a connection that is cut after the post leaves one review", () => {
    const pull = fakePull()
    let cut = false
    const script = (request: RecordedRequest): Answer | undefined => {
      const answer = pull.script(request)
      if (!isPost(request) || cut) return answer
      cut = true
      return { fault: "drop" }
    }
    return withPull(pull, (fake) =>
      Effect.gen(function*() {
        yield* publishing(fake, draft(lines(1, 3)))
        assert.strictEqual(pull.submitted().length, 1)
      }), script)
  })

  it.effect("a search for bad comments survives lost answers, and leaves no draft behind", () => {
    const pull = fakePull(({ line }) => line === 3)
    const isWrite = ({ method }: RecordedRequest) => method !== "GET"
    let count = 0
    return withPull(pull, (fake) =>
      Effect.gen(function*() {
        const posted = yield* publishing(fake, draft(lines(1, 8)))
        assert.deepStrictEqual([posted.inline, posted.folded], [7, 1])
        assert.strictEqual(pull.submitted().length, 1)
      }), losing(pull, (request) => isWrite(request) && count++ % 2 === 1, 4))
  })

  it.effect("a plain comment that was posted and answered 502 is there once", () => {
    const pull = fakePull()
    return withPull(pull, (fake) =>
      Effect.gen(function*() {
        yield* publishing(fake, draft([]))
        assert.strictEqual(pull.issueComments.length, 1)
      }), losing(pull, ({ method }) => method === "POST"))
  })

  it.effect("a draft that a crash left behind is thrown away", () => {
    const pull = fakePull()
    pull.reviews.push({
      id: 5,
      body: renderMarker(new Marker({ jobId, headSha: head })),
      user: { login: self },
      html_url: "",
      state: "PENDING",
      comments: []
    })
    return withPull(pull, (fake) =>
      Effect.gen(function*() {
        assert.strictEqual((yield* publishing(fake, draft(lines(1, 3)))).inline, 3)
        assert.strictEqual(pull.submitted().length, 1)
      }))
  })

  it.effect("when GitHub stays away the failure is one, and nothing is half-posted", () =>
    Effect.gen(function*() {
      const pull = fakePull()
      const fake = yield* fakeGitHub((request) => isPost(request) ? { status: 502 } : pull.script(request))
      const error = yield* Effect.flip(publishing(fake, draft(lines(1, 3))))
      assert.include(String(error), "(GitHub.publish acme/shop#7)")
      assert.deepStrictEqual([pull.reviews, pull.issueComments], [[], []])
    }))
})

/** A pull request on a GitHub that refuses GraphQL. */
const overRest = (pull: FakePull): FakePull => ({
  ...pull,
  script: (request) => request.path === "/graphql" ? undefined : pull.script(request)
})

describe("a review in a crowd", () => {
  it.effect("is found on the second page of comments, where there is no GraphQL", () => {
    const pull = overRest(fakePull())
    const chatter = Array.from({ length: 100 }, (_, id) => ({ id, body: "hm", user: { login: "eve" }, html_url: "" }))
    pull.issueComments.push(...chatter)
    return withPull(pull, (fake) =>
      Effect.gen(function*() {
        yield* publishing(fake, draft([]))
        assert.isTrue((yield* publishing(fake, draft([]))).alreadyPosted)
        assert.strictEqual(pull.issueComments.length, 101)
      }))
  })

  it.effect("asks who we are once, where there is no GraphQL", () => {
    const pull = overRest(fakePull())
    return withPull(pull, (fake) =>
      Effect.gen(function*() {
        yield* Effect.gen(function*() {
          const forge = yield* Forge
          yield* forge.publish(draft([comment(1)]), yield* forge.ownPosts(ref, jobId))
          yield* forge.ownPosts(ref, jobId)
        }).pipe(Effect.provide(forgeAt(fake.url)))
        assert.strictEqual(fake.calls("GET /user"), 1)
      }))
  })
})
