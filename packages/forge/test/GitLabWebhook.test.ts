import { assert, describe, it } from "@effect/vitest"
import { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import * as GitLabEmulator from "@nominal-code/testing/GitLabEmulator"
import { Effect, Option, Schema } from "effect"
import * as Webhook from "../src/gitlab/Webhook.ts"
import type { Delivery, WebhookRequest } from "../src/Webhooks.ts"

const request = (body: string | Uint8Array, headers: WebhookRequest["headers"] = {}): WebhookRequest => ({
  headers: { "content-type": "application/json", "idempotency-key": "f5e5f430", ...headers },
  body: typeof body === "string" ? new TextEncoder().encode(body) : body
})

const parseWebhook = (request: WebhookRequest) => Effect.fromResult(Webhook.parseWebhook(request))

const parse = (payload: unknown) => parseWebhook(request(JSON.stringify(payload)))

const sha = "b".repeat(40)
const user = { id: 4, username: "ada" }
const project = { path_with_namespace: "acme/shop/web" }
const attributes = {
  iid: 7,
  title: "A change",
  action: "open",
  draft: false,
  source_branch: "change",
  target_branch: "main",
  last_commit: { id: sha }
}
const merge = (changed: object = {}, payload: object = {}) =>
  parse({
    object_kind: "merge_request",
    user,
    project,
    object_attributes: { ...attributes, ...changed },
    changes: {},
    ...payload
  })

const noteAttributes = {
  id: 900,
  note: "@nominal hi",
  noteable_type: "MergeRequest",
  action: "create",
  system: false,
  discussion_id: "d1",
  position: null
}
const note = (changed: object = {}, payload: object = {}) =>
  parse({
    object_kind: "note",
    event_type: "note",
    user,
    project,
    object_attributes: { ...noteAttributes, ...changed },
    merge_request: attributes,
    ...payload
  })

const encodeEvent = Schema.encodeSync(PullRequestEvent)

const eventOf = ({ event, ignored }: Delivery) => {
  assert.strictEqual(ignored, "")
  return encodeEvent(Option.getOrThrow(event))
}

const ignoredOf = ({ event, ignored }: Delivery): string => {
  assert.isTrue(Option.isNone(event))
  return ignored
}

const ready = { draft: { previous: true, current: false } }

describe("events of a merge request", () => {
  it.effect.each(
    [
      ["pr_opened", { action: "open" }, {}],
      ["pr_reopened", { action: "reopen" }, {}],
      ["pr_push", { action: "update", oldrev: "a".repeat(40) }, {}],
      ["pr_ready_for_review", { action: "update" }, { changes: ready }],
      ["pr_ready_for_review", { action: "update", oldrev: "a".repeat(40) }, { changes: ready }],
      ["pr_ready_for_review", { action: "update" }, { changes: { title: { previous: "Draft: x", current: "x" } } }]
    ] as const
  )("become %s", ([kind, changed, payload]) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(eventOf(yield* merge(changed, payload)), {
        _tag: "Lifecycle",
        kind,
        pullRequest: { platform: "gitlab", repo: "acme/shop/web", number: 7 },
        title: "A change",
        author: "ada",
        authorId: 4,
        headSha: sha,
        headBranch: "change",
        baseBranch: "main"
      })
    }))

  it.effect("a new label and another target branch are reviewed again, each request of its own", () =>
    Effect.gen(function*() {
      const updated = { action: "update", updated_at: "2026-01-01 00:00:00 UTC" }
      const again = "2026-01-01T00:00:00Z"
      const labels = { previous: [{ title: "bug" }], current: [{ title: "bug" }, { title: "nominal:review" }] }
      assert.deepInclude(eventOf(yield* merge(updated, { changes: { labels } })), {
        kind: "pr_labeled",
        labels: ["nominal:review"],
        again
      })
      const target_branch = { previous: "main", current: "next" }
      assert.deepInclude(eventOf(yield* merge(updated, { changes: { target_branch } })), {
        kind: "pr_retargeted",
        again
      })
      const fewer = { previous: [{ title: "bug" }], current: [] }
      assert.include(ignoredOf(yield* merge(updated, { changes: { labels: fewer } })), "no commits")
    }))

  it.effect.each(
    [
      ["a changed label", { action: "update" }, { changes: { labels: { previous: [], current: [] } } }, "no commits"],
      ["a merge", { action: "merge" }, {}, "starts a review"],
      ["an approval", { action: "approved" }, {}, "starts a review"],
      ["no action", { action: undefined }, {}, "starts a review"],
      ["a draft", { draft: true }, {}, "is a draft"],
      ["a draft of an older version", { draft: undefined, work_in_progress: true }, {}, "is a draft"],
      ["a push to a draft", { draft: true, action: "update", oldrev: sha }, {}, "is a draft"],
      [
        "what became a draft",
        { action: "update" },
        { changes: { draft: { previous: false, current: true } } },
        "no commits"
      ]
    ] as const
  )("that tell of %s are ignored", ([, changed, payload, reason]) =>
    Effect.gen(function*() {
      assert.include(ignoredOf(yield* merge(changed, payload)), reason)
    }))

  it.effect("of a deleted account are the ghost's", () =>
    Effect.gen(function*() {
      for (const deleted of [null, undefined, {}, { username: "" }, { username: null }]) {
        assert.strictEqual(eventOf(yield* merge({}, { user: deleted })).author, "ghost")
        assert.strictEqual(eventOf(yield* note({}, { user: deleted })).author, "ghost")
      }
    }))
})

describe("notes", () => {
  it.effect("on a merge request say who asks what, and in which discussion", () =>
    Effect.gen(function*() {
      const expected = {
        _tag: "Comment",
        kind: "note",
        pullRequest: { platform: "gitlab", repo: "acme/shop/web", number: 7 },
        title: "A change",
        author: "ada",
        authorId: 4,
        authorIsBot: false,
        commentId: 900,
        threadId: "d1",
        body: "@nominal hi"
      } as const
      assert.deepStrictEqual(eventOf(yield* note()), expected)
      assert.deepStrictEqual(eventOf(yield* note({ action: undefined })), expected)
    }))

  it.effect("on the diff have their line: the old one only where it was deleted", () =>
    Effect.gen(function*() {
      const paths = { old_path: "was.ts", new_path: "is.ts" }
      const placed = Effect.fnUntraced(function*(lines: object) {
        const event = eventOf(yield* note({ position: { ...paths, ...lines } }))
        return event._tag === "Comment" ? [event.filePath, event.side, event.line] : []
      })
      assert.deepStrictEqual(yield* placed({ old_line: null, new_line: 5 }), ["is.ts", "RIGHT", 5])
      assert.deepStrictEqual(yield* placed({ old_line: 3, new_line: null }), ["was.ts", "LEFT", 3])
      assert.deepStrictEqual(yield* placed({ old_line: 3, new_line: 5 }), ["is.ts", "RIGHT", 5])
      assert.deepStrictEqual(yield* placed({}), ["is.ts", undefined, undefined])
      assert.deepStrictEqual(yield* placed({ new_path: "../../x", new_line: 5 }), [undefined, undefined, undefined])
    }))

  it.effect("by an account that GitLab made for a token or a service are a program's", () =>
    Effect.gen(function*() {
      const bots = ["project_7_bot", "project_7_bot_3f2a", "project_7_bot1", "group_7_bot_3f2a", "service_account_3f2a"]
      for (const username of bots) {
        assert.deepInclude(eventOf(yield* merge({}, { user: { username } })), { byBot: true })
        assert.deepInclude(eventOf(yield* note({}, { user: { username } })), { author: username, authorIsBot: true })
      }
      assert.deepInclude(eventOf(yield* note({}, { user: { username: "project_7_bottle" } })), { authorIsBot: false })
    }))

  it.effect.each(
    [
      ["edited", { action: "update" }, {}, "not a new one"],
      ["of GitLab itself", { system: true }, {}, "GitLab itself"],
      ["internal", { internal: true }, {}, "internal"],
      ["confidential", { confidential: true }, {}, "internal"],
      ["of a confidential event", {}, { event_type: "confidential_note" }, "internal"],
      ["on an issue", { noteable_type: "Issue" }, { merge_request: undefined }, "not on a merge request"]
    ] as const
  )("that are %s are ignored", ([, changed, payload, reason]) =>
    Effect.gen(function*() {
      assert.include(ignoredOf(yield* note(changed, payload)), reason)
    }))
})

describe("deliveries", () => {
  const idOf = (headers: WebhookRequest["headers"], body = "{}") =>
    Effect.map(parseWebhook(request(body, { "idempotency-key": undefined, ...headers })), ({ id }) => id)

  it.effect("have the id that stays when GitLab sends them again", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* idOf({ "webhook-id": "a", "idempotency-key": "b", "x-gitlab-event-uuid": "c" }), "a")
      assert.strictEqual(yield* idOf({ "idempotency-key": "b", "x-gitlab-event-uuid": "c" }), "b")
      const older = { "x-gitlab-event-uuid": "13792a34-cac6-4fda-95a8-c58e00a3954e" }
      assert.strictEqual(yield* idOf(older), yield* idOf(older))
      assert.notStrictEqual(yield* idOf(older), yield* idOf(older, "[]"))
    }))

  it.effect("without an id or without JSON are refused", () =>
    Effect.gen(function*() {
      for (const id of [undefined, "", "x".repeat(201)]) {
        const error = yield* Effect.flip(parseWebhook(request("{}", { "idempotency-key": id })))
        assert.include(error.message, "Idempotency-Key")
      }
      for (const body of ["", "hello", Uint8Array.from([0x22, 0xff, 0x22])]) {
        assert.include((yield* Effect.flip(parseWebhook(request(body)))).message, "not JSON in UTF-8")
      }
    }))

  it.effect("of any other shape are ignored with the place where they differ", () =>
    Effect.gen(function*() {
      for (const payload of [null, [], "x", {}, { object_kind: "push" }, { object_kind: 7 }]) {
        assert.notStrictEqual(ignoredOf(yield* parse(payload)), "")
      }
      for (const path of ["../../etc/x", "acme", "a/b\n", ""]) {
        assert.include(ignoredOf(yield* merge({}, { project: { path_with_namespace: path } })), "path_with_namespace")
      }
      assert.include(ignoredOf(yield* merge({ last_commit: { id: "main" } })), "object_attributes.last_commit.id")
    }))

  it.effect("with one field of the request or note null or of a wrong type are an event or are ignored, and none crashes", () =>
    Effect.gen(function*() {
      const oddities = [null, [], {}, "", 0, -1, 1.5, 1e300, true, "ä\u0000", [null], "../../x"]
      for (const oddity of oddities) {
        const each: ReadonlyArray<Delivery> = [
          ...(yield* Effect.forEach(Object.keys(attributes), (name) => merge({ [name]: oddity }), { concurrency: 1 })),
          ...(yield* Effect.forEach(Object.keys(noteAttributes), (name) => note({ [name]: oddity }), {
            concurrency: 1
          })),
          yield* merge({}, { changes: oddity }),
          yield* merge({ action: "update" }, { changes: { draft: oddity, title: oddity } }),
          yield* note({}, { merge_request: oddity })
        ]
        for (const { event, ignored } of each) assert.strictEqual(Option.isNone(event), ignored !== "")
      }
    }))
})

it.live("what the emulated GitLab delivers of a fork is an event of the project in its subgroups", () =>
  Effect.gen(function*() {
    const gitlab = yield* GitLabEmulator.make()
    const shop = yield* gitlab.addProject("acme/shop/web", [{ message: "Open", files: { "a.ts": "1\n" } }])
    const asked = yield* gitlab.openRequest({
      project: shop,
      fork: "mallory",
      author: "mallory",
      commits: [{ message: "Change", files: { "a.ts": "2\n" } }]
    })
    const head = asked.versions.at(-1)?.head ?? ""
    const opened = yield* parse(gitlab.payload({ event: "merge_request", action: "open", request: asked }))
    assert.deepInclude(eventOf(opened), { kind: "pr_opened", headSha: head, author: "mallory" })
    const oldrev = yield* gitlab.push(asked, [{ message: "More", files: { "a.ts": "3\n" } }])
    const pushed = yield* parse(gitlab.payload({ event: "merge_request", action: "update", request: asked, oldrev }))
    assert.deepInclude(eventOf(pushed), {
      kind: "pr_push",
      headSha: asked.versions.at(-1)?.head ?? "",
      pullRequest: { platform: "gitlab", repo: "acme/shop/web", number: asked.iid }
    })
  }).pipe(Effect.scoped))

it.effect("a merge request whose fork was deleted is an event like any other", () =>
  Effect.gen(function*() {
    const deleted = { source: null, source_project_id: null }
    assert.deepStrictEqual(eventOf(yield* merge(deleted)), eventOf(yield* merge({})))
  }))
