import { checkName } from "@nominal-code/forge/Checks"
import { Schema } from "effect"
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { comment, pullRequest } from "./ServerFixture.ts"

/** An event that a forge publishes, with its payload. */
export interface Example {
  /** `pull_request.opened` */
  readonly name: string
  readonly event: string
  readonly payload: Readonly<Record<string, unknown>>
}

const Examples = Schema.Array(Schema.Struct({
  name: Schema.String,
  examples: Schema.Array(Schema.Record(Schema.String, Schema.Unknown))
}))

const nameOf = (event: string, action: unknown) => typeof action === "string" ? `${event}.${action}` : event

const gitHubExamples = ["api.github.com", "ghes-35"].flatMap((edition): ReadonlyArray<Example> => {
  const file = createRequire(import.meta.url).resolve(`@octokit/webhooks-examples/${edition}/index.json`)
  return Schema.decodeUnknownSync(Examples)(JSON.parse(readFileSync(file, "utf8"))).flatMap(({ examples, name }) =>
    examples.map((payload) => ({ name: nameOf(name, payload["action"]), event: name, payload }))
  )
})

/** Events that have no example. */
const gitHubExtras: ReadonlyArray<Example> = [
  {
    name: "issue_comment.created, on a pull request",
    event: "issue_comment",
    payload: comment("Nice.", "ada")
  },
  {
    name: "check_run.rerequested, of our check",
    event: "check_run",
    payload: {
      action: "rerequested",
      check_run: { id: 1, name: checkName, head_sha: "1".repeat(40), external_id: "7", pull_requests: [] },
      repository: { full_name: "acme/shop" },
      sender: { login: "ada", type: "User" }
    }
  },
  {
    name: "pull_request.edited, another base branch",
    event: "pull_request",
    payload: { ...pullRequest(), action: "edited", changes: { base: { ref: { from: "old" }, sha: { from: "2" } } } }
  },
  {
    name: "pull_request.edited, a title or a description",
    event: "pull_request",
    payload: { ...pullRequest(), action: "edited", changes: { title: { from: "old" } } }
  },
  { name: "pull_request of a draft", event: "pull_request", payload: pullRequest({ draft: true }) }
]

/** The events of GitHub: its published examples, and those that have none. */
export const gitHubEvents = [...gitHubExamples, ...gitHubExtras]

const project = { id: 1, path_with_namespace: "acme/shop" }
const user = { username: "ada" }
const sha = "1".repeat(40)
const request = {
  iid: 7,
  title: "Add refunds",
  source_branch: "refunds",
  target_branch: "main",
  draft: false,
  last_commit: { id: sha },
  updated_at: "2026-01-01 00:00:00 UTC"
}

const merge = (name: string, attributes: object, changes: object = {}): Example => ({
  name,
  event: "Merge Request Hook",
  payload: { object_kind: "merge_request", user, project, object_attributes: { ...request, ...attributes }, changes }
})

const note = (name: string, attributes: object): Example => ({
  name,
  event: "Note Hook",
  payload: {
    object_kind: "note",
    user,
    project,
    object_attributes: { id: 3, note: "Nice.", noteable_type: "MergeRequest", action: "create", ...attributes },
    merge_request: request
  }
})

/** The kinds of GitLab's events, in the order of its documentation ("Webhook events"). */
export const gitLabEvents: ReadonlyArray<Example> = [
  merge("merge_request.open", { action: "open" }),
  merge("merge_request.reopen", { action: "reopen" }),
  merge("merge_request.update, with commits", { action: "update", oldrev: "2".repeat(40) }),
  merge("merge_request.update, draft marked as ready", { action: "update" }, {
    draft: { previous: true, current: false }
  }),
  merge("merge_request.update, a label added", { action: "update" }, {
    labels: { previous: [], current: [{ title: "bug" }] }
  }),
  merge("merge_request.update, another target branch", { action: "update" }, {
    target_branch: { previous: "old", current: "main" }
  }),
  merge("merge_request.update, anything else", { action: "update" }, { title: { previous: "a", current: "b" } }),
  merge("merge_request of a draft", { action: "open", draft: true }),
  ...["approved", "unapproved", "approval", "unapproval", "close", "merge"].map((action) =>
    merge(`merge_request.${action}`, { action })
  ),
  note("note.create on a merge request", {}),
  note("note.update on a merge request", { action: "update" }),
  note("note on a commit, an issue or a snippet", { noteable_type: "Issue" }),
  note("note that is internal", { internal: true }),
  note("note that GitLab itself wrote", { system: true }),
  ...[
    "push",
    "tag_push",
    "issue",
    "work_item",
    "wiki_page",
    "pipeline",
    "build",
    "deployment",
    "feature_flag",
    "release",
    "milestone",
    "emoji",
    "access_token",
    "vulnerability"
  ].map((kind) => ({ name: kind, event: "System Hook", payload: { object_kind: kind, project, user } })),
  ...["user_add_to_group", "subgroup_create", "project_create"].map((name) => ({
    name,
    event: "Member Hook",
    payload: { event_name: name }
  }))
]
