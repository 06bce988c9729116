import { assert, expect, it } from "@effect/vitest"
import { LifecycleKind, type PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { Forge } from "@nominal-code/forge/Forge"
import * as GitHub from "@nominal-code/forge/GitHub"
import * as GitLab from "@nominal-code/forge/GitLab"
import type { ForgeWebhooks } from "@nominal-code/forge/Webhooks"
import { Effect, Layer, Option } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { fileURLToPath } from "node:url"
import { type Example, gitHubEvents, gitLabEvents } from "./PublishedPayloads.ts"
import { deliver, server } from "./ServerFixture.ts"

/*
 * docs/events.md: the events that the forges publish, and what each becomes. The test writes the page when it is run
 * with `-u`, and fails where the page says something else.
 */

const page = fileURLToPath(new URL("../../../docs/events.md", import.meta.url))

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
