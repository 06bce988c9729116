import { assert, describe, it } from "@effect/vitest"
import { ask, scene } from "@nominal-code/testing/GitHubScene"
import { Effect } from "effect"

const reviews = "/repos/acme/shop/pulls/1/reviews"
const comment = { path: "a.txt", line: 10, side: "RIGHT", body: "Why?" }

describe("reviews", () => {
  it.effect("are refused whole when one comment is outside the real diff", () =>
    Effect.gen(function*() {
      const { bot: { token }, emulator, pull } = yield* scene
      const post = (...comments: ReadonlyArray<object>) =>
        Effect.map(
          ask(emulator, "POST", reviews, { token, body: { event: "COMMENT", body: "All", comments } }),
          ({ json, status }) => [status, ...(json.errors ?? [])]
        )
      const at = (place: object) => ({ body: "Why?", path: "a.txt", side: "RIGHT", ...place })
      assert.deepStrictEqual(yield* post(at({ line: 10 }), at({ line: 20 })), [422, "Line could not be resolved"])
      assert.deepStrictEqual(yield* post(at({ line: 10, path: "b.txt" })), [422, "Path could not be resolved"])
      assert.deepStrictEqual(yield* post(at({ line: 20 }), at({ line: 1, path: "b" }), at({ line: 21 })), [
        422,
        "Line could not be resolved, Path could not be resolved, and Line could not be resolved"
      ])
      assert.deepStrictEqual(yield* post(at({ line: 10, start_line: 10 })), [
        422,
        "Pull request review thread start line must precede the end line."
      ])
      assert.deepStrictEqual(yield* post(at({ line: 28, start_line: 10 })), [
        422,
        "Pull request review thread start line must be part of the same hunk as the line."
      ])
      assert.deepStrictEqual(emulator.jobs(pull).size, 0)
      assert.deepStrictEqual(emulator.state.reviews, [])
      // The deleted line 30 is on the left only; its neighbours and the changed line are on both sides.
      assert.deepStrictEqual(yield* post(at({ line: 30, side: "LEFT" }), at({ line: 12, start_line: 9 })), [200])
      assert.deepStrictEqual(emulator.state.reviewComments.map(({ diffHunk }) => diffHunk.split("\n").at(-1)), [
        "-line 30",
        " line 12"
      ])
    }))

  it.effect("stay with their author until they are submitted, one at a time", () =>
    Effect.gen(function*() {
      const { bot: { token }, emulator, pull } = yield* scene
      const mara = emulator.account("mara").token
      const draft = yield* ask(emulator, "POST", reviews, { token, body: { body: "Draft", comments: [comment] } })
      const count = (as: string) => Effect.map(ask(emulator, "GET", reviews, { token: as }), ({ json }) => json.length)
      assert.strictEqual(draft.json.state, "PENDING")
      assert.strictEqual(draft.json.submitted_at, undefined)
      assert.deepStrictEqual([yield* count(token), yield* count(mara)], [1, 0])
      assert.deepStrictEqual((yield* ask(emulator, "GET", "/repos/acme/shop/pulls/1/comments", { token })).json, [])
      assert.strictEqual((yield* ask(emulator, "POST", reviews, { token, body: { body: "Second" } })).status, 422)
      const begun = { event: "COMMENT", body: "All" }
      assert.strictEqual((yield* ask(emulator, "POST", reviews, { token, body: begun })).status, 422)
      const first = yield* emulator.reviewComment(pull, "mara", { path: "a.txt", line: 10, body: "So?" })
      const replies = `/repos/acme/shop/pulls/1/comments/${first.id}/replies`
      const answer = yield* ask(emulator, "POST", replies, { token, body: { body: "So." } })
      assert.deepStrictEqual([answer.status, answer.json.errors?.[0]?.field], [422, "user_id"])
      const submit = `${reviews}/${draft.json.id}/events`
      const submitted = yield* ask(emulator, "POST", submit, { token, body: { event: "COMMENT" } })
      assert.strictEqual(submitted.json.state, "COMMENTED")
      assert.strictEqual(yield* count(mara), 2)
      assert.strictEqual(emulator.state.reviewCommentsOf(pull).length, 2)
      const second = yield* ask(emulator, "POST", reviews, { token, body: {} })
      assert.strictEqual((yield* ask(emulator, "DELETE", `${reviews}/${second.json.id}`, { token })).status, 200)
      assert.strictEqual(yield* count(token), 2)
    }))

  it.effect("answer only the first comment of a thread, and take no more than 65,536 characters", () =>
    Effect.gen(function*() {
      const { bot: { token }, emulator, pull } = yield* scene
      const first = yield* emulator.reviewComment(pull, "mara", { path: "a.txt", line: 10, body: "So?" })
      const reply = yield* emulator.reply(first, "bot", "So.")
      const answer = (id: number, body: string) =>
        Effect.map(
          ask(emulator, "POST", `/repos/acme/shop/pulls/1/comments/${id}/replies`, { token, body: { body } }),
          ({ status }) => status
        )
      assert.deepStrictEqual([yield* answer(first.id, "Yes"), yield* answer(reply.id, "No")], [201, 422])
      assert.deepStrictEqual(
        [yield* answer(first.id, "x".repeat(65_536)), yield* answer(first.id, "x".repeat(65_537))],
        [
          201,
          422
        ]
      )
    }))

  it.effect("show over GraphQL which threads are resolved and outdated, and no field that is not there", () =>
    Effect.gen(function*() {
      const { bot: { token }, emulator, pull } = yield* scene
      const first = yield* emulator.reviewComment(pull, "mara", { path: "a.txt", line: 10, body: "So?" })
      yield* emulator.reviewComment(pull, "nominal[bot]", { path: "dir/new.txt", line: 1, body: "New?" })
      emulator.resolve(first, "mara")
      yield* emulator.push(pull, [{ message: "Again", files: { "dir/new.txt": "uno\ntwo\n" } }])
      const query = (fields: string) =>
        Effect.map(
          ask({ apiBase: `${emulator.origin}/api` }, "POST", "/graphql", {
            token,
            body: {
              query: `query($n: Int!) { repository(owner: "acme", name: "shop") { pullRequest(number: $n) {
                reviewThreads(first: 1) { ${fields} pageInfo { hasNextPage endCursor } } } } }`,
              variables: { n: 1 }
            }
          }),
          ({ json }) => json
        )
      const good = yield* query("nodes { isResolved isOutdated line comments(last: 1) { nodes { author { login } } } }")
      assert.deepStrictEqual(good.data.repository.pullRequest.reviewThreads.nodes, [
        { isResolved: true, isOutdated: false, line: 10, comments: { nodes: [{ author: { login: "mara" } }] } }
      ])
      assert.isTrue(good.data.repository.pullRequest.reviewThreads.pageInfo.hasNextPage)
      assert.deepStrictEqual(emulator.state.reviewComments.map(({ outdated }) => outdated), [false, true])
      const bad = yield* query("nodes { resolved }")
      const message = "Field 'resolved' doesn't exist on type 'PullRequestReviewThread'"
      assert.deepStrictEqual(bad.errors, [{ type: "undefinedField", message }])
      assert.deepStrictEqual(emulator.violations.map(({ errors }) => errors), [[message]])
    }))
})

describe("the graph of a pull request", () => {
  it.effect("has the issues that its description closes, and none that it only names", () =>
    Effect.gen(function*() {
      const { bot: { token }, emulator, pull } = yield* scene
      const { repository } = pull
      pull.body = "Fixes #5, see also #6."
      emulator.state.issues.push(
        { repository, number: 5, title: "Wrong", body: "By one." },
        { repository, number: 6, title: "Another", body: "" }
      )
      const issues = "closingIssuesReferences(first: 5) { nodes { number title body } }"
      const query = `query { repository(owner: "acme", name: "shop") { pullRequest(number: 1) { ${issues} } } }`
      const { json } = yield* ask({ apiBase: `${emulator.origin}/api` }, "POST", "/graphql", { token, body: { query } })
      assert.deepStrictEqual(json.data.repository.pullRequest.closingIssuesReferences.nodes, [
        { number: 5, title: "Wrong", body: "By one." }
      ])
    }))
})
