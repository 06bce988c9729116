import { assert, it } from "@effect/vitest"
import { PullNumber, PullRequestRef, Sha } from "@nominal-code/domain/event/PullRequest"
import { JobId } from "@nominal-code/domain/job/Job"
import { Marker, renderMarker } from "@nominal-code/domain/review/Marker"
import * as GitHubEmulator from "@nominal-code/testing/GitHubEmulator"
import { Effect, Option, Redacted } from "effect"
import { Forge } from "../src/Forge.ts"
import * as GitHub from "../src/GitHub.ts"
import { comment, draft, fakeGitHub, forgeAt, head, jobId, mentioned, publishing, ref, replying } from "./FakeGitHub.ts"
import { type FakePull, fakePull, self } from "./FakePull.ts"

const job = (digit: string) => JobId.make(digit.repeat(20))
const sha = (digit: string) => Sha.make(digit.repeat(40))

const ownPosts = (pull: FakePull, id = jobId) =>
  Effect.flatMap(
    fakeGitHub(pull.script),
    ({ url }) => Forge.use((forge) => forge.ownPosts(ref, id)).pipe(Effect.provide(forgeAt(url)))
  )

const publish = (pull: FakePull, what: ReturnType<typeof draft>) =>
  Effect.flatMap(fakeGitHub(pull.script), ({ url }) => publishing(what).pipe(Effect.provide(forgeAt(url))))

const written = (id: number, body: string, login = self) => ({
  id,
  body,
  user: { login },
  html_url: `https://github.example/${id}`
})

it.effect("the heads that were reviewed are known, by whichever job, but not from a focused request", () =>
  Effect.gen(function*() {
    const pull = fakePull()
    yield* publish(pull, draft([comment(1)], { jobId: job("1"), headSha: sha("b") }))
    yield* publish(pull, draft([], { jobId: job("2"), headSha: sha("c") }))
    yield* publish(pull, draft([comment(2)], { jobId: job("3"), headSha: sha("d"), scope: "request" }))
    const { review, reviewedHeads } = yield* ownPosts(pull)
    assert.deepStrictEqual(reviewedHeads.map(({ headSha, jobId }) => [headSha, jobId]), [
      [sha("b"), job("1")],
      [sha("c"), job("2")]
    ])
    assert.match(reviewedHeads[0]?.url ?? "", /#pullrequestreview-\d+$/)
    assert.deepStrictEqual(review, Option.none())
    assert.isTrue(Option.isSome((yield* ownPosts(pull, job("3"))).review))
  }))

it.effect("comments that are larger together than 64 MiB are read no further", () =>
  Effect.gen(function*() {
    const author = { login: "eve", __typename: "User" }
    const body = "a".repeat(8 * 1024 * 1024)
    const node = { fullDatabaseId: "1", body, url: "", viewerDidAuthor: false, author, createdAt: "" }
    let pages = 0
    const fake = yield* fakeGitHub(({ path }) => {
      if (path !== "/graphql") return { status: 404 }
      pages += 1
      const pageInfo = { hasNextPage: pages < 20, endCursor: "next" }
      const none = { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } }
      const comments = { nodes: [node], pageInfo }
      const pullRequest = { reviews: none, comments, reviewThreads: none, page: comments }
      return { body: { data: { repository: { pullRequest } } } }
    })
    yield* Effect.flip(Effect.provide(Forge.use((forge) => forge.ownPosts(ref, jobId)), forgeAt(fake.url)))
    assert.strictEqual(pages, 8)
  }))

it.effect("a review of a version without scopes counts as that of its head, and a stranger's copy as none", () =>
  Effect.gen(function*() {
    const pull = fakePull()
    const old = `<!-- nominal-code job=${job("1")} sha=${sha("b")} -->`
    pull.issueComments.push(written(1, `An old review.\n\n${old}`), written(2, old.replaceAll("b", "c"), "eve"))
    assert.deepStrictEqual((yield* ownPosts(pull)).reviewedHeads, [
      { headSha: sha("b"), jobId: job("1"), url: "https://github.example/1" }
    ])
  }))

it.effect("the job's review names the commit that it is about", () =>
  Effect.gen(function*() {
    const pull = fakePull(({ line }) => line === 2)
    yield* publish(pull, draft([comment(1), comment(2)], { headSha: sha("b") }))
    const { review } = yield* ownPosts(pull)
    assert.deepInclude(Option.getOrThrow(review), { headSha: sha("b"), inline: 1, folded: 1, alreadyPosted: true })
  }))

it.effect("the job's answer is known by its URL", () =>
  Effect.gen(function*() {
    const pull = fakePull()
    pull.reviewComments.push(written(8, `Not yet.\n\n${renderMarker(new Marker({ jobId }))}`))
    assert.deepStrictEqual((yield* ownPosts(pull)).answer, Option.some("https://github.example/8"))
  }))

it.effect("of two comments that say the same the first stays, whoever looks", () =>
  Effect.gen(function*() {
    for (const marker of [new Marker({ jobId, headSha: head }), new Marker({ jobId })]) {
      const pull = fakePull()
      pull.issueComments.push(written(9, renderMarker(marker)), written(4, renderMarker(marker)))
      yield* ownPosts(pull)
      assert.deepStrictEqual(pull.issueComments.map(({ id }) => id), [4])
    }
  }))

it.effect("an answer does not stay beside the job's review", () =>
  Effect.gen(function*() {
    const pull = fakePull()
    const review = renderMarker(new Marker({ jobId, headSha: head }))
    pull.issueComments.push(written(4, review), written(5, renderMarker(new Marker({ jobId }))))
    yield* ownPosts(pull)
    assert.deepStrictEqual(pull.issueComments.map(({ id }) => id), [4])
  }))

it.effect("a comment of a run that died is removed by the next look of another job, where its review is there", () =>
  Effect.gen(function*() {
    const pull = fakePull()
    yield* publish(pull, draft([comment(1)], { jobId: job("1") }))
    const late = renderMarker(new Marker({ jobId: job("1"), headSha: head }))
    const quoting = `It says ${late}.\n\n${renderMarker(new Marker({ jobId: job("2"), headSha: head }))}`
    pull.issueComments.push(written(4_000, `Late.\n\n${late}`), written(4_001, quoting))
    yield* ownPosts(pull)
    assert.deepStrictEqual(pull.issueComments.map(({ id }) => id), [4_001])
    assert.strictEqual(pull.submitted().length, 1)
  }))

it.effect("an answer is not posted where the job's review is, and taken back where that came in between", () =>
  Effect.gen(function*() {
    const pull = fakePull()
    const event = mentioned({ kind: "issue_comment" })
    const known = yield* ownPosts(pull)
    yield* publish(pull, draft([comment(1)]))
    const fake = yield* fakeGitHub(pull.script)
    const late = yield* Forge.use((forge) => forge.reply(event, jobId, "No review was done.", known)).pipe(
      Effect.provide(forgeAt(fake.url))
    )
    assert.deepInclude(Option.getOrThrow(late), { headSha: head, inline: 1 })
    assert.strictEqual(fake.calls("POST /repos/acme/shop/issues/7/comments"), 1)
    assert.deepStrictEqual(pull.issueComments, [])
    const again = yield* replying(event, "No review was done.").pipe(Effect.provide(forgeAt(fake.url)))
    assert.isTrue(Option.isSome(again))
    assert.strictEqual(fake.calls("POST /repos/acme/shop/issues/7/comments"), 1)
  }))

it.live("the token of a workflow, which may not ask who it is, finds its own posts without GraphQL's answer, too", () =>
  Effect.gen(function*() {
    const github = yield* GitHubEmulator.make()
    const repository = yield* github.addRepository("acme/shop", [{ message: "one", files: { "a.ts": "1\n" } }])
    const pull = yield* github.openPullRequest({ repository, commits: [{ message: "two", files: { "a.ts": "2\n" } }] })
    const account = github.account("github-actions[bot]", "Bot")
    const installation = github.apps.install(github.apps.register(1, "github-actions", account), 1, ["acme/shop"])
    const { token } = github.apps.mint(installation, new Set(["acme/shop"]))
    yield* github.comment(pull, account.login, `Not yet.\n\n${renderMarker(new Marker({ jobId }))}`)
    github.faults.next({ path: /graphql$/ }, { _tag: "Answer", status: 403, message: "Resource not accessible" })
    const first = new PullRequestRef({ ...ref, number: PullNumber.make(pull.number) })
    const { answer } = yield* Forge.use((forge) => forge.ownPosts(first, jobId)).pipe(
      Effect.provide(
        GitHub.layer({
          apiBase: github.apiBase,
          cloneBase: github.origin,
          credentials: { _tag: "Token", token: Redacted.make(token) }
        })
      )
    )
    assert.isTrue(Option.isSome(answer))
  }).pipe(Effect.scoped))
