import { assert, describe, it } from "@effect/vitest"
import { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { Effect, Option, Schema } from "effect"
import { readFileSync } from "node:fs"
import * as Webhook from "../src/github/Webhook.ts"
import type { Delivery, WebhookRequest } from "../src/Webhooks.ts"
import { pull, sha, source, user } from "./GitHubPayload.ts"

const Examples = Schema.Array(Schema.Struct({
  name: Schema.String,
  examples: Schema.Array(Schema.Record(Schema.String, Schema.Unknown))
}))

const examplesOf = (edition: string) =>
  Schema.decodeUnknownSync(Examples)(JSON.parse(readFileSync(
    new URL(`../../../node_modules/@octokit/webhooks-examples/${edition}/index.json`, import.meta.url),
    "utf8"
  ))).flatMap(({ examples, name }) => examples.map((payload) => ({ event: name, payload })))

const examples = [...examplesOf("api.github.com"), ...examplesOf("ghes-35")]
const ourEvents = ["pull_request", "pull_request_review", "pull_request_review_comment", "issue_comment"]
const ourExamples = examples.filter(({ event }) => ourEvents.includes(event))

const request = (
  event: string,
  body: string | Uint8Array,
  headers: WebhookRequest["headers"] = {}
): WebhookRequest => ({
  headers: {
    "content-type": "application/json",
    "x-github-event": event,
    "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
    ...headers
  },
  body: typeof body === "string" ? new TextEncoder().encode(body) : body
})

const parseWebhook = (request: WebhookRequest) => Effect.fromResult(Webhook.parseWebhook(request))

const parse = (event: string, payload: unknown) => parseWebhook(request(event, JSON.stringify(payload)))

const comment = { id: 900, body: "@nominal hi", user }
const issue = { number: 7, title: "A change", pull_request: { url: "u" } }

const lifecycle = (action: string, fields: object = {}) =>
  parse("pull_request", { ...source, action, pull_request: { ...pull, ...fields } })

const encodeEvent = Schema.encodeSync(PullRequestEvent)

const eventOf = ({ event, ignored }: Delivery) => {
  assert.strictEqual(ignored, "")
  return encodeEvent(Option.getOrThrow(event))
}

const ignoredOf = ({ event, ignored }: Delivery): string => {
  assert.isTrue(Option.isNone(event))
  assert.notStrictEqual(ignored, "")
  return ignored
}

describe("events that are ours", () => {
  it.effect.each(
    [
      ["opened", "pr_opened"],
      ["synchronize", "pr_push"],
      ["reopened", "pr_reopened"],
      ["ready_for_review", "pr_ready_for_review"]
    ] as const
  )("pull_request %s becomes %s", ([action, kind]) =>
    Effect.gen(function*() {
      const event = eventOf(yield* lifecycle(action))
      assert.deepStrictEqual(event, {
        _tag: "Lifecycle",
        kind,
        pullRequest: { platform: "github", repo: "acme/shop", number: 7 },
        title: "A change",
        author: "ada",
        headSha: sha,
        headBranch: "change",
        baseBranch: "main",
        installationId: 77
      })
    }))

  it.effect("a comment on a pull request names the comment and who wrote it", () =>
    Effect.gen(function*() {
      const event = eventOf(yield* parse("issue_comment", { ...source, action: "created", issue, comment }))
      assert.deepInclude(event, {
        _tag: "Comment",
        kind: "issue_comment",
        commentId: 900,
        body: "@nominal hi",
        author: "ada",
        authorIsBot: false
      })
    }))

  it.effect("they say what GitHub tells of the author's relation to the repository, and of a program that caused them", () =>
    Effect.gen(function*() {
      const written = { ...comment, author_association: "MEMBER" }
      const events = [
        yield* lifecycle("opened", { author_association: "FIRST_TIME_CONTRIBUTOR" }),
        yield* parse("issue_comment", { ...source, action: "created", issue, comment: written }),
        yield* parse("pull_request_review_comment", {
          ...source,
          action: "created",
          pull_request: pull,
          comment: written
        }),
        yield* parse("pull_request_review", { ...source, action: "submitted", pull_request: pull, review: written })
      ].map(eventOf)
      assert.deepStrictEqual(events.map(({ association }) => association), [
        "FIRST_TIME_CONTRIBUTOR",
        "MEMBER",
        "MEMBER",
        "MEMBER"
      ])
      assert.notProperty(eventOf(yield* lifecycle("opened", { author_association: "FRIEND" })), "association")
      const byBot = {
        ...source,
        action: "synchronize",
        pull_request: pull,
        sender: { login: "renovate[bot]", type: "Bot" }
      }
      assert.deepInclude(eventOf(yield* parse("pull_request", byBot)), { byBot: true })
      assert.notProperty(eventOf(yield* parse("pull_request", { ...byBot, sender: user })), "byBot")
      const rerun = {
        ...source,
        action: "rerequested",
        check_suite: { id: 1, head_sha: pull.head.sha, pull_requests: [{ number: 7 }] }
      }
      assert.deepInclude(eventOf(yield* parse("check_suite", { ...rerun, sender: byBot.sender })), { byBot: true })
      assert.notProperty(eventOf(yield* parse("check_suite", { ...rerun, sender: user })), "byBot")
    }))

  it.effect("a comment by a program says so", () =>
    Effect.gen(function*() {
      const bot = { ...comment, user: { login: "renovate[bot]", type: "Bot" } }
      const event = eventOf(yield* parse("issue_comment", { ...source, action: "created", issue, comment: bot }))
      assert.deepInclude(event, { author: "renovate[bot]", authorIsBot: true })
    }))

  it.effect("a comment on the diff carries its file and hunk, and a reply the thread's first comment", () =>
    Effect.gen(function*() {
      const onDiff = { ...comment, path: "src/a.ts", diff_hunk: "@@ -1 +1 @@", in_reply_to_id: 800 }
      const payload = { ...source, action: "created", pull_request: pull }
      const reply = eventOf(yield* parse("pull_request_review_comment", { ...payload, comment: onDiff }))
      assert.deepInclude(reply, {
        kind: "review_comment",
        filePath: "src/a.ts",
        diffHunk: "@@ -1 +1 @@",
        threadId: "800"
      })
      const first = eventOf(
        yield* parse("pull_request_review_comment", { ...payload, comment: { ...onDiff, in_reply_to_id: null } })
      )
      assert.notProperty(first, "threadId")
    }))

  it.effect("a review with a text is a comment, and the review is its id", () =>
    Effect.gen(function*() {
      const review = { id: 5, body: "@nominal why?", user }
      const event = eventOf(
        yield* parse("pull_request_review", { ...source, action: "submitted", pull_request: pull, review })
      )
      assert.deepInclude(event, { kind: "review", commentId: 5, body: "@nominal why?" })
    }))

  it.effect("a mention on a draft is heard", () =>
    Effect.gen(function*() {
      const payload = { ...source, action: "created", pull_request: { ...pull, draft: true }, comment }
      assert.strictEqual(eventOf(yield* parse("pull_request_review_comment", payload)).kind, "review_comment")
    }))

  it.effect("a delivery without an installation, or with none, has no installation id", () =>
    Effect.gen(function*() {
      for (const installation of [null, undefined]) {
        const payload = { ...source, installation, action: "opened", pull_request: pull }
        assert.notProperty(eventOf(yield* parse("pull_request", payload)), "installationId")
      }
    }))
})

describe("deliveries that are none of our business", () => {
  it.effect("a draft is left alone until it is ready", () =>
    Effect.gen(function*() {
      for (const action of ["opened", "synchronize", "reopened"]) {
        assert.include(ignoredOf(yield* lifecycle(action, { draft: true })), "draft")
      }
    }))

  it.effect.each([
    ["ping", { zen: "Keep it logically awesome.", hook_id: 1 }],
    ["push", { ref: "refs/heads/main" }],
    ["pull_request", { ...source, action: "closed", pull_request: pull }],
    ["issue_comment", { ...source, action: "edited", issue, comment }],
    ["issue_comment", { ...source, action: "created", issue: { ...issue, pull_request: undefined }, comment }],
    ["pull_request_review", {
      ...source,
      action: "submitted",
      pull_request: pull,
      review: { id: 5, body: null, user }
    }],
    ["pull_request_review", {
      ...source,
      action: "submitted",
      pull_request: pull,
      review: { id: 5, body: " \n", user }
    }],
    ["__proto__", {}],
    ["constructor", { action: "name" }]
  ])("%s: ignored with a reason", ([event, payload]) => Effect.map(parse(String(event), payload), ignoredOf))

  it.effect.each([[[]], [null], [1], ["text"], [true], [{}], [{ action: "opened" }], [{ action: 1 }]])(
    "a JSON body of the wrong shape is ignored: %j",
    ([payload]) => Effect.map(parse("pull_request", payload), ignoredOf)
  )

  it.effect("nulls where GitHub promises values are ignored, and the reason names the place", () =>
    Effect.gen(function*() {
      const bodyless = { ...source, action: "created", issue, comment: { ...comment, body: null } }
      assert.include(ignoredOf(yield* parse("issue_comment", bodyless)), "comment.body")
    }))

  it.effect("a deleted account is ghost, whoever it was", () =>
    Effect.gen(function*() {
      const { user: _, ...unnamed } = comment
      for (const written of [{ ...comment, user: null }, unnamed]) {
        const { sender: __, ...payload } = { ...source, action: "created", issue, comment: written, sender: null }
        const event = Option.getOrThrow((yield* parse("issue_comment", payload)).event)
        assert.strictEqual(String(event.author), "ghost")
      }
      for (const action of ["opened", "synchronize", "reopened", "ready_for_review"]) {
        const payload = { ...source, action, pull_request: { ...pull, user: null } }
        assert.strictEqual(String(Option.getOrThrow((yield* parse("pull_request", payload)).event).author), "ghost")
      }
      const review = { id: 9, body: "text", user: null }
      const reviewed = yield* parse("pull_request_review", {
        ...source,
        action: "submitted",
        pull_request: pull,
        review
      })
      assert.strictEqual(String(Option.getOrThrow(reviewed.event).author), "ghost")
    }))

  it.effect("a comment on the diff has its line and its side, or the line where it was", () =>
    Effect.gen(function*() {
      const placed = Effect.fnUntraced(function*(place: object) {
        const onDiff = { ...comment, path: "src/a.ts", ...place }
        const payload = { ...source, action: "created", pull_request: pull, comment: onDiff }
        return Option.getOrThrow((yield* parse("pull_request_review_comment", payload)).event)
      })
      assert.deepInclude(yield* placed({ line: 7, original_line: 5, side: "LEFT" }), { line: 7, side: "LEFT" })
      assert.deepInclude(yield* placed({ line: null, original_line: 5, side: "RIGHT" }), { line: 5, side: "RIGHT" })
      const nowhere = yield* placed({ line: 0, original_line: "x", side: "MIDDLE" })
      assert.isFalse("line" in nowhere || "side" in nowhere)
    }))

  it.effect("a repository name that would leave its directory is no name", () =>
    Effect.gen(function*() {
      for (const full_name of ["../../etc/x", "acme/..", "a", "a/b\n", ""]) {
        const payload = { action: "opened", pull_request: pull, repository: { full_name } }
        assert.include(ignoredOf(yield* parse("pull_request", payload)), "repository.full_name")
      }
    }))

  it.effect("two hundred thousand arrays within arrays are survived", () => {
    const deep = `{"action":"opened","pull_request":${"[".repeat(200_000)}${"]".repeat(200_000)}}`
    return Effect.map(parseWebhook(request("pull_request", deep)), ignoredOf)
  })
})

describe("requests that GitHub would not send", () => {
  const refused = (given: WebhookRequest) =>
    Effect.map(Effect.flip(parseWebhook(given)), (error) => {
      assert.strictEqual(error.reason, "malformed")
      assert.notInclude(error.message, "\n")
      return error.message
    })

  it.effect("a form is refused with what to change on the hook", () =>
    Effect.gen(function*() {
      const message = yield* refused(
        request("ping", "payload=%7B%7D", { "content-type": "application/x-www-form-urlencoded" })
      )
      assert.include(message, "set the hook's content type to application/json")
    }))

  it.effect("a body that is not JSON, cut off, empty or not UTF-8 is refused", () =>
    Effect.gen(function*() {
      for (const body of ["", "hello", `{"action":"ope`, Uint8Array.from([0x22, 0xff, 0x22])]) {
        assert.include(yield* refused(request("pull_request", body)), "not JSON in UTF-8")
      }
    }))

  it.effect("a request without its delivery id or its event is refused", () =>
    Effect.gen(function*() {
      for (const id of [undefined, "", "x".repeat(201)]) {
        assert.include(yield* refused(request("ping", "{}", { "x-github-delivery": id })), "X-GitHub-Delivery")
      }
      assert.include(yield* refused(request("ping", "{}", { "x-github-event": undefined })), "X-GitHub-Event")
    }))

  it.effect("the content type may carry a charset", () =>
    Effect.map(
      parseWebhook(request("ping", "{}", { "content-type": "Application/JSON; charset=utf-8" })),
      ignoredOf
    ))
})

/** A generator of numbers below 1 that is the same on every run. */
const seeded = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
}

const oddities = [null, [], {}, "", 0, -1, 1.5, 1e300, true, "ä\u0000", { login: null }, [null], "../../x"]

/** Every path in a payload, to depth 4. */
const pathsOf = (value: unknown, depth = 4): ReadonlyArray<ReadonlyArray<string>> =>
  depth === 0 || typeof value !== "object" || value === null
    ? []
    : Object.entries(value).flatMap(([key, item]) => [[key], ...pathsOf(item, depth - 1).map((rest) => [key, ...rest])])

const replaced = (value: unknown, [key, ...rest]: ReadonlyArray<string>, by: unknown): unknown =>
  key === undefined
    ? by
    : { ...Object(value), [key]: replaced(Object(value)[key], rest, by) }

describe("whatever GitHub has ever sent", () => {
  it.effect("every published example is an event or is ignored with a reason", () =>
    Effect.gen(function*() {
      assert.isAtLeast(examples.length, 432)
      const deliveries = yield* Effect.forEach(examples, ({ event, payload }) => parse(event, payload), {
        concurrency: 1
      })
      const kinds = new Set(deliveries.flatMap(({ event }) => Option.toArray(Option.map(event, ({ kind }) => kind))))
      assert.deepStrictEqual([...kinds].sort(), [
        "pr_labeled",
        "pr_opened",
        "pr_push",
        "pr_ready_for_review",
        "pr_reopened",
        "pr_rerun",
        "review_comment"
      ])
      for (const { event, ignored } of deliveries) assert.strictEqual(Option.isNone(event), ignored !== "")
    }))

  it.effect("thousands of damaged payloads are each an event or are ignored, and none crashes", () =>
    Effect.gen(function*() {
      const random = seeded(7)
      const pick = <A>(items: ReadonlyArray<A>): A | undefined => items[Math.floor(random() * items.length)]
      const damaged = ourExamples.flatMap(({ event, payload }) => {
        const paths = pathsOf(payload)
        return Array.from({ length: 50 }, () => ({
          event,
          payload: replaced(payload, pick(paths) ?? [], pick(oddities))
        }))
      })
      assert.isAtLeast(damaged.length, 3_000)
      const deliveries = yield* Effect.forEach(damaged, ({ event, payload }) => parse(event, payload), {
        concurrency: 1
      })
      for (const { event, ignored } of deliveries) assert.strictEqual(Option.isNone(event), ignored !== "")
    }))

  it.effect("no field that we read crashes the parser by being null or of a wrong type", () =>
    Effect.gen(function*() {
      const payloads: ReadonlyArray<readonly [string, object]> = [
        ["pull_request", { ...source, action: "opened", pull_request: pull }],
        ["issue_comment", { ...source, action: "created", issue, comment }],
        ["pull_request_review_comment", { ...source, action: "created", pull_request: pull, comment }],
        ["pull_request_review", {
          ...source,
          action: "submitted",
          pull_request: pull,
          review: { id: 5, body: "x", user }
        }]
      ]
      for (const [event, payload] of payloads) {
        for (const path of pathsOf(payload)) {
          for (const oddity of oddities) yield* parse(event, replaced(payload, path, oddity))
        }
      }
    }))
})

it.effect("a pull request whose fork was deleted is an event like any other", () =>
  Effect.gen(function*() {
    const opened = eventOf(yield* lifecycle("opened", { head: { ...pull.head, repo: null, user: null, label: null } }))
    assert.deepStrictEqual(opened, eventOf(yield* lifecycle("opened")))
  }))
