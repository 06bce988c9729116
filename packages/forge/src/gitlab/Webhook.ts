import type { Side } from "@nominal-code/domain/diff/Patch"
import { Login, PullNumber, PullRequestRef, RepoName, RepoPath, Sha } from "@nominal-code/domain/event/PullRequest"
import type { LifecycleKind } from "@nominal-code/domain/event/PullRequestEvent"
import { DeliveryId } from "@nominal-code/domain/job/Job"
import { Option, Result, Schema } from "effect"
import { createHash } from "node:crypto"
import type { WebhookError } from "../ForgeError.ts"
import { millisOf, nameOfInstant } from "../Inventory.ts"
import { deliveryOf, type EventResult, malformed, type Reader, readersOf, readJson } from "../WebhookPayload.ts"
import type { Delivery, WebhookRequest } from "../Webhooks.ts"
import { ghost } from "./Reads.ts"

const maybe = <S extends Schema.Constraint>(schema: S) => Schema.optional(Schema.NullOr(schema))

/** Account of a payload. It is absent, or has no name, once the account was deleted. */
const Account = maybe(Schema.Struct({ id: maybe(Schema.Int), username: maybe(Schema.String) }))

const source = { user: Account, project: Schema.Struct({ path_with_namespace: RepoName }) }

/** Change of a field: its value before and now. */
const changeOf = <S extends Schema.Constraint>(value: S) =>
  maybe(Schema.Struct({ previous: maybe(value), current: maybe(value) }))

const MergeRequestPayload = Schema.Struct({
  ...source,
  object_attributes: Schema.Struct({
    iid: PullNumber,
    title: maybe(Schema.String),
    action: maybe(Schema.String),
    /** The head before a push. */
    oldrev: maybe(Schema.String),
    draft: maybe(Schema.Boolean),
    /** Older name of `draft`. */
    work_in_progress: maybe(Schema.Boolean),
    source_branch: Schema.String,
    target_branch: Schema.String,
    last_commit: Schema.Struct({ id: Sha }),
    updated_at: maybe(Schema.String)
  }),
  changes: maybe(Schema.Struct({
    draft: changeOf(Schema.Boolean),
    work_in_progress: changeOf(Schema.Boolean),
    title: changeOf(Schema.String),
    target_branch: changeOf(Schema.String),
    labels: changeOf(Schema.Array(Schema.Struct({ title: Schema.String })))
  }))
})
type MergeRequestPayload = typeof MergeRequestPayload.Type

const Position = Schema.Struct({
  old_path: maybe(RepoPath),
  new_path: maybe(RepoPath),
  old_line: maybe(Schema.Int),
  new_line: maybe(Schema.Int)
})

const NotePayload = Schema.Struct({
  ...source,
  event_type: maybe(Schema.String),
  object_attributes: Schema.Struct({
    id: Schema.Int,
    note: Schema.String,
    noteable_type: Schema.String,
    /** Absent before 16.11, where an edited note makes no event. */
    action: maybe(Schema.String),
    system: maybe(Schema.Boolean),
    internal: maybe(Schema.Boolean),
    confidential: maybe(Schema.Boolean),
    discussion_id: maybe(Schema.String),
    position: maybe(Schema.Unknown)
  }),
  merge_request: maybe(Schema.Struct({ iid: PullNumber, title: maybe(Schema.String) }))
})
type NotePayload = typeof NotePayload.Type

const reader = readersOf("GitLab")

const isLogin = Schema.is(Login)

/** Name of an account. */
export const loginOf = (user: typeof Account.Type): Login => isLogin(user?.username) ? user.username : Login.make(ghost)

/** The account's number, which stays when it is renamed. */
const numbered = (user: typeof Account.Type) => user?.id ? { authorId: user.id } : {}

/** True for a username that GitLab makes for the token of a project or a group, or for a service account. */
export const isMadeByGitLab = (username: string): boolean =>
  /^(?:(?:project|group)_\d+_bot|service_account)(?:_|\d|$)/.test(username)

const origin = (
  { project }: Pick<MergeRequestPayload, "project">,
  { iid, title }: { readonly iid: PullNumber; readonly title?: string | null | undefined }
) => ({
  pullRequest: new PullRequestRef({ platform: "gitlab", repo: project.path_with_namespace, number: iid }, {
    disableChecks: true
  }),
  title: title ?? ""
})

const draftTitle = /^\s*(?:\[(?:draft|wip)\]|\(draft\)|(?:draft|wip):)/i

const becameReady = ({ changes }: MergeRequestPayload): boolean => {
  const change = changes?.draft ?? changes?.work_in_progress
  if (change) return change.previous === true && change.current === false
  // Older versions tell of the title only.
  return draftTitle.test(changes?.title?.previous ?? "") && !draftTitle.test(changes?.title?.current ?? "")
}

/** Labels that an update has added. */
const addedLabels = ({ changes }: MergeRequestPayload): ReadonlyArray<string> => {
  const before = new Set((changes?.labels?.previous ?? []).map(({ title }) => title))
  return (changes?.labels?.current ?? []).map(({ title }) => title).filter((title) => !before.has(title))
}

interface Change {
  readonly kind: LifecycleKind
  readonly labels?: ReadonlyArray<string>
  readonly again?: string
}

/** Change that an event tells of. GitLab has one action for whatever changes in a merge request that is open. */
const changeIn = (payload: MergeRequestPayload): Result.Result<Change, string> => {
  const { action, oldrev, updated_at } = payload.object_attributes
  if (action === "open") return Result.succeed({ kind: "pr_opened" })
  if (action === "reopen") return Result.succeed({ kind: "pr_reopened" })
  if (action !== "update") return Result.fail("it is not an event that starts a review")
  if (becameReady(payload)) return Result.succeed({ kind: "pr_ready_for_review" })
  if (oldrev) return Result.succeed({ kind: "pr_push" })
  // Older versions write `2026-01-01 00:00:00 UTC`.
  const at = millisOf((updated_at ?? "").replace(" UTC", "Z").replace(" ", "T"))
  const again = at === 0 ? "" : nameOfInstant(at)
  const labels = addedLabels(payload)
  if (labels.length > 0) return Result.succeed({ kind: "pr_labeled", labels, again })
  return payload.changes?.target_branch?.current
    ? Result.succeed({ kind: "pr_retargeted", again })
    : Result.fail("the update brings no commits")
}

const mergeRequest = reader(
  MergeRequestPayload,
  (payload) =>
    Result.flatMap(changeIn(payload), (change): EventResult => {
      const { draft, last_commit, source_branch, target_branch, work_in_progress } = payload.object_attributes
      return draft ?? work_in_progress ? Result.fail("the merge request is a draft") : Result.succeed({
        _tag: "Lifecycle",
        ...change,
        ...origin(payload, payload.object_attributes),
        // GitLab names who did it, and of the author the number only.
        author: loginOf(payload.user),
        ...numbered(payload.user),
        ...(isMadeByGitLab(loginOf(payload.user)) ? { byBot: true } : {}),
        headSha: last_commit.id,
        headBranch: source_branch,
        baseBranch: target_branch
      })
    })
)

const decodePosition = Schema.decodeUnknownOption(Position)

const side = (of: Side, path: RepoPath | null | undefined, line: number | null | undefined) => ({
  ...(path ? { filePath: path } : {}),
  ...(line && line > 0 ? { side: of, line } : {})
})

/** Place of a note on the diff. An unchanged line has both numbers, and counts in the new file. */
export const place = (position: unknown) =>
  Option.match(decodePosition(position), {
    onNone: () => ({}),
    onSome: ({ new_line, new_path, old_line, old_path }) =>
      old_line && !new_line ? side("LEFT", old_path, old_line) : side("RIGHT", new_path, new_line)
  })

/** Reason to ignore a note. */
const noteRefusal = ({ event_type, object_attributes }: NotePayload): string | undefined => {
  const { action, confidential, internal, noteable_type, system } = object_attributes
  if (noteable_type !== "MergeRequest") return "the comment is not on a merge request"
  if (system === true) return "GitLab itself wrote the note"
  // What is answered to it would be as public as the merge request.
  if (internal === true || confidential === true || event_type === "confidential_note") return "the note is internal"
  if (action && action !== "create") return "the note is not a new one"
  return undefined
}

const note = reader(NotePayload, (payload) => {
  const refusal = noteRefusal(payload)
  if (refusal !== undefined) return Result.fail(refusal)
  if (!payload.merge_request) return Result.fail("the payload names no merge request")
  const { discussion_id, id, note: body, position } = payload.object_attributes
  const author = loginOf(payload.user)
  return Result.succeed({
    _tag: "Comment",
    kind: "note",
    ...origin(payload, payload.merge_request),
    author,
    authorIsBot: isMadeByGitLab(author),
    ...numbered(payload.user),
    commentId: id,
    ...(discussion_id ? { threadId: discussion_id } : {}),
    ...place(position),
    body
  })
})

/** Readers by `object_kind`. Other events are ignored. */
const readers: ReadonlyMap<string, Reader> = new Map([["merge_request", mergeRequest], ["note", note]])

const Kind = Schema.Struct({
  object_kind: Schema.String,
  object_attributes: Schema.optional(Schema.Struct({ action: Schema.optional(Schema.Unknown) }))
})
const decodeKind = Schema.decodeUnknownOption(Kind)

const read = (payload: unknown): EventResult =>
  Option.match(decodeKind(payload), {
    onNone: () => Result.fail("the payload is no event of GitLab"),
    onSome: ({ object_attributes, object_kind }) => {
      const action = object_attributes?.action
      const name = `${object_kind}${typeof action === "string" ? `.${action}` : ""}`.slice(0, 100)
      const found = readers.get(object_kind)
      if (found === undefined) return Result.fail(`${name} is not an event that starts a review`)
      return Result.mapError(found(payload), (reason) => `${name}: ${reason}`)
    }
  })

const isDeliveryId = Schema.is(DeliveryId)

/**
 * Id of a delivery, the same when GitLab sends it again. Older versions have none: they name the event, with a
 * name that events which follow from it share, so the body tells those apart.
 */
const idOf = ({ body, headers }: WebhookRequest): string | undefined => {
  const id = headers["webhook-id"] ?? headers["idempotency-key"]
  const event = headers["x-gitlab-event-uuid"]
  if (id !== undefined || event === undefined || event === "") return id
  return `${event} ${createHash("sha256").update(body).digest("hex").slice(0, 32)}`
}

/**
 * Parses a delivery into its event. Fails on a request that GitLab would not send; an irrelevant event is no failure,
 * because GitLab disables hooks that are answered with one.
 */
export const parseWebhook = (request: WebhookRequest): Result.Result<Delivery, WebhookError> => {
  const id = idOf(request)
  return isDeliveryId(id)
    ? Result.map(readJson(request), (payload) => deliveryOf(id, read(payload)))
    : malformed("the delivery has no webhook-id, Idempotency-Key or X-Gitlab-Event-UUID of 1 to 200 characters")
}
