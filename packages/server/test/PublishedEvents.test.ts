import { assert, expect, it } from "@effect/vitest"
import { LifecycleKind, type PullRequestEvent } from "@nominal-code/domain/PullRequestEvent"
import { checkName } from "@nominal-code/forge/Checks"
import { Forge } from "@nominal-code/forge/Forge"
import * as GitHub from "@nominal-code/forge/GitHub"
import * as GitLab from "@nominal-code/forge/GitLab"
import type { ForgeWebhooks } from "@nominal-code/forge/Webhooks"
import { Effect, Layer, Option, Schema } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"
import { comment, deliver, pullRequest, server } from "./ServerFixture.ts"

/*
 * docs/events.md: the events that the forges publish, and what each becomes. The test writes the page when it is run
 * with `-u`, and fails where the page says something else.
 */

const page = fileURLToPath(new URL("../../../docs/events.md", import.meta.url))

interface Example {
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

const gitHubEvents = [...gitHubExamples, ...gitHubExtras]

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
const gitLabEvents: ReadonlyArray<Example> = [
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

const triggers = LifecycleKind.literals.filter((kind) => kind !== "pr_rerun")

const becomes = (event: PullRequestEvent): string => {
  if (event._tag === "Comment") return "an answer, if it mentions the bot, by one of `access.allowed_users`"
  if (event.kind === "pr_rerun") return "a review of the commit, also where it has one"
  const trigger = `a review, if \`reviewer.triggers\` has \`${event.kind}\``
  return event.kind === "pr_labeled" ? `${trigger} and the label is \`reviewer.review_label\`` : trigger
}

/** The end of the reason of events that nobody reviews. */
const general = "is not an event that starts a review"

const read = ({ parse }: ForgeWebhooks, { event, payload }: Example) =>
  Effect.map(
    Effect.fromResult(parse({
      headers: {
        "content-type": "application/json",
        "x-github-event": event,
        "x-github-delivery": "d",
        "webhook-id": "d"
      },
      body: new TextEncoder().encode(JSON.stringify(payload))
    })),
    (delivery) =>
      Option.match(delivery.event, {
        onSome: becomes,
        onNone: () => delivery.ignored.endsWith(general) ? "" : `nothing: ${delivery.ignored.replace(/^[\w.]+: /, "")}`
      })
  )

/** A table of what becomes of events, and the names of those that start nothing. */
const table = Effect.fnUntraced(function*(webhooks: ForgeWebhooks, examples: ReadonlyArray<Example>) {
  const rows = new Map<string, Set<string>>()
  for (const example of examples) {
    const result = yield* read(webhooks, example)
    rows.set(example.name, (rows.get(example.name) ?? new Set()).add(result))
  }
  const telling = [...rows].filter(([, results]) => [...results].some((result) => result !== ""))
  const silent = [...rows.keys()].filter((name) => !telling.some(([other]) => other === name))
  return [
    "| event | becomes |",
    "|---|---|",
    ...telling.map(([name, results]) => `| \`${name}\` | ${[...results].filter(Boolean).join("; or ")} |`),
    "",
    `Nothing comes of these: ${silent.map((name) => `\`${name}\``).join(", ")}.`
  ].join("\n")
})

const gitHubHook = GitHub.webhooks({ secret: Option.none(), allowUnsigned: true })
const gitLabHook = GitLab.webhooks({ secret: Option.none(), signingToken: Option.none(), allowUnsigned: true })

it.effect("docs/events.md is what becomes of the events that the forges publish", () =>
  Effect.gen(function*() {
    const text = [
      "# What deliveries become",
      "",
      "Every event that a forge may send, and what becomes of it. All of them are answered with success, so that no forge " +
      "disables the webhook; the answer says what became of the delivery. [Answers to deliveries](operate.md#answers-to-deliveries) " +
      "lists the statuses. Which events to choose for the webhook: [GitHub](review-a-repository.md), " +
      "[as a GitHub App](github-app.md), [GitLab](gitlab.md).",
      "",
      "A review also needs an allowed repository and a title that passes; a draft gets none. The head of the pull request " +
      "is reviewed as it is when the review begins, and once; a label, another base branch and *Re-run* ask for it again.",
      "",
      "## GitHub",
      "",
      yield* table(gitHubHook, gitHubEvents),
      "",
      "## GitLab",
      "",
      yield* table(gitLabHook, gitLabEvents),
      "",
      "This page is written by a test from the examples that GitHub publishes (`@octokit/webhooks-examples`) and the events " +
      "that GitLab documents: `vitest run packages/server/test/PublishedEvents.test.ts -u`.",
      "",
      "Next: [what a review looks at](what-is-reviewed.md), or [tell it on a pull request what to do](commands.md).",
      ""
    ].join("\n")
    yield* Effect.promise(() => expect(text).toMatchFileSnapshot(page))
    assert.deepStrictEqual(triggers.filter((kind) => !text.includes(`\`${kind}\``)), [])
  }))

const gitLab = {
  forge: Layer.mock(Forge, {
    platform: "gitlab",
    headRef: () => "",
    acknowledge: () => Effect.void,
    check: () => Effect.void
  }),
  webhooks: gitLabHook
}

it.effect("each of them is answered with success over HTTP", () =>
  Effect.gen(function*() {
    const statuses = new Map<number, number>()
    const count = (status: number) => statuses.set(status, (statuses.get(status) ?? 0) + 1)
    for (const [at, { event, payload }] of gitHubEvents.entries()) {
      count((yield* deliver(payload, { event, id: `github-${at}` })).status)
    }
    for (const [at, { event, payload }] of gitLabEvents.entries()) {
      const response = yield* HttpClient.execute(
        HttpClientRequest.post("/webhooks/gitlab", {
          headers: { "x-gitlab-event": event, "webhook-id": `gitlab-${at}` }
        }).pipe(HttpClientRequest.bodyText(JSON.stringify(payload), "application/json"))
      )
      count(response.status)
    }
    assert.deepStrictEqual([...statuses.keys()].filter((status) => status !== 200 && status !== 202), [])
    assert.strictEqual(
      [...statuses.values()].reduce((sum, one) => sum + one, 0),
      gitHubEvents.length + gitLabEvents.length
    )
  }).pipe(Effect.provide(server({ other: gitLab }))))
