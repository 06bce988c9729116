import type { PullRequestRef } from "@nominal-code/domain/event/PullRequest"
import { Effect, Schema, Stream } from "effect"
import type { ForgeError } from "../ForgeError.ts"
import { type FoundChange, millisOf } from "../Inventory.ts"
import type { GitLabClient } from "./Client.ts"
import { isMadeByGitLab, loginOf } from "./Webhook.ts"

const User = Schema.NullOr(Schema.Struct({ id: Schema.Int, username: Schema.String }))
const LabelEvent = Schema.Struct({
  user: User,
  created_at: Schema.String,
  action: Schema.String,
  /** `null` once the label was deleted. */
  label: Schema.NullOr(Schema.Struct({ name: Schema.String }))
})
const StateEvent = Schema.Struct({ user: User, created_at: Schema.String, state: Schema.String })
const Note = Schema.Struct({ author: User, created_at: Schema.String, system: Schema.Boolean, body: Schema.String })

/** System notes of the changes that have no list of events. Source: `SystemNotes::MergeRequestsService`. */
const notes: ReadonlyArray<readonly [RegExp, FoundChange["kind"]]> = [
  [/^marked this merge request as \*\*ready\*\*/, "pr_ready_for_review"],
  [/^(?:changed target branch|deleted the .* branch\. This merge request now targets)/, "pr_retargeted"]
]

/** Number of the latest notes that are looked through: one page. */
const latestNotes = 100

const by = (user: typeof User.Type): FoundChange["by"] => {
  const login = loginOf(user)
  return { login, isBot: isMadeByGitLab(login), ...(user === null ? {} : { id: user.id }) }
}

/** Reads the changes of a merge request, for three requests, or two where it has no labels. */
export const changesOf = Effect.fnUntraced(function*(
  client: GitLabClient,
  ref: PullRequestRef,
  labels: ReadonlyArray<string>
): Effect.fn.Return<ReadonlyArray<FoundChange>, ForgeError> {
  const operation = `GitLab.changes ${ref.repo}!${ref.number}`
  const path = `projects/${encodeURIComponent(ref.repo)}/merge_requests/${ref.number}`
  const all = <S extends Schema.ConstraintDecoder<unknown>>(list: string, answer: S, order = {}) =>
    client.pages({
      operation,
      answer,
      ask: (gitlab, { page, perPage }) =>
        gitlab.MergeRequests.requester.get(`${path}/${list}`, { searchParams: { ...order, page, per_page: perPage } })
          .then(({ body }) => body)
    })
  const labeled = labels.length === 0 ? [] : yield* Stream.runCollect(all("resource_label_events", LabelEvent))
  const states = yield* Stream.runCollect(all("resource_state_events", StateEvent))
  const said = yield* all("notes", Note, { order_by: "created_at", sort: "desc" }).pipe(
    Stream.take(latestNotes),
    Stream.runCollect
  )
  return [
    ...labeled.flatMap(({ action, created_at, label, user }): ReadonlyArray<FoundChange> =>
      action !== "add" || label === null
        ? []
        : [{ kind: "pr_labeled", at: millisOf(created_at), by: by(user), label: label.name }]
    ),
    ...states.flatMap(({ created_at, state, user }): ReadonlyArray<FoundChange> =>
      state === "reopened" ? [{ kind: "pr_reopened", at: millisOf(created_at), by: by(user) }] : []
    ),
    ...said.filter(({ system }) => system).flatMap(({ author, body, created_at }): ReadonlyArray<FoundChange> => {
      const kind = notes.find(([pattern]) => pattern.test(body))?.[1]
      return kind === undefined ? [] : [{ kind, at: millisOf(created_at), by: by(author) }]
    })
  ]
})
