import { assert, describe, it } from "@effect/vitest"
import { Option, Result } from "effect"
import { readEvent } from "../src/github/Webhook.ts"
import { parseWebhook } from "../src/gitlab/Webhook.ts"

const sha = "1".repeat(40)
const person = { login: "mara", type: "User" }

const pull = (fields: object, top: object = {}) => ({
  action: "synchronize",
  repository: { full_name: "acme/shop" },
  sender: person,
  ...top,
  pull_request: {
    number: 7,
    title: "Add refunds",
    user: person,
    head: { ref: "feature", sha },
    base: { ref: "main" },
    ...fields
  }
})

const asked = { id: 5, body: "@bot why?", user: null }
const comment = (event: object) => ({ action: "created", repository: { full_name: "acme/shop" }, ...event })

describe("a delivery of GitHub", () => {
  it.each<readonly [what: string, event: string, payload: object, author: string]>([
    ["whose author's account is deleted", "pull_request", pull({ user: null }), "ghost"],
    ["that names no author", "pull_request", pull({ user: undefined }), "ghost"],
    ["whose sender's account is deleted", "pull_request", pull({}, { sender: null }), "mara"],
    ["that names no sender", "pull_request", pull({}, { sender: undefined }), "mara"],
    [
      "whose fork is deleted with its account",
      "pull_request",
      pull({ head: { ref: "feature", sha, repo: null, user: null, label: null } }),
      "mara"
    ],
    [
      "about a comment of a deleted account",
      "issue_comment",
      comment({ issue: { number: 7, title: "Add refunds", user: null, pull_request: {} }, comment: asked }),
      "ghost"
    ],
    [
      "about a whole file, by a deleted account",
      "pull_request_review_comment",
      comment({ pull_request: { number: 7 }, comment: { ...asked, path: "a.ts", line: null, original_line: null } }),
      "ghost"
    ],
    [
      "about a review of a deleted account",
      "pull_request_review",
      comment({ action: "submitted", pull_request: { number: 7 }, review: asked }),
      "ghost"
    ]
  ])("%s is an event like any other", (_, event, payload, author) => {
    assert.strictEqual(Result.getOrThrow(readEvent(event, payload)).author, author)
  })
})

describe("a delivery of GitLab", () => {
  const project = { path_with_namespace: "acme/shop" }
  const user = { id: 4, username: "mara" }
  const request = (top: object, fields: object = {}) => ({
    object_kind: "merge_request",
    project,
    ...top,
    object_attributes: {
      iid: 7,
      title: "Add refunds",
      action: "open",
      source_branch: "feature",
      target_branch: "main",
      last_commit: { id: sha },
      ...fields
    }
  })
  const note = (top: object, fields: object = {}) => ({
    object_kind: "note",
    project,
    merge_request: { iid: 7, title: "Add refunds" },
    ...top,
    object_attributes: { id: 9, note: "@bot why?", noteable_type: "MergeRequest", action: "create", ...fields }
  })
  const position = { base_sha: sha, old_path: "a.ts", new_path: "a.ts", old_line: null, new_line: 4, line_range: null }

  it.each<readonly [what: string, payload: object, author: string]>([
    ["whose user is deleted", request({ user: null }), "ghost"],
    ["that names no user", request({}), "ghost"],
    ["whose fork is deleted", request({ user }, { source: null, author_id: null }), "mara"],
    ["about a note of a deleted user", note({ user: null }), "ghost"],
    [
      "about a note on an outdated position",
      note({ user }, { position, original_position: null, change_position: {} }),
      "mara"
    ]
  ])("%s is an event like any other", (_, payload, author) => {
    const body = new TextEncoder().encode(JSON.stringify(payload))
    const { event } = Result.getOrThrow(parseWebhook({ headers: { "webhook-id": "1" }, body }))
    assert.strictEqual(Option.getOrThrow(event).author, author)
  })
})
