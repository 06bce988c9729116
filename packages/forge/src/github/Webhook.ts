import { Side } from "@nominal-code/domain/diff/Patch"
import { Association } from "@nominal-code/domain/event/Access"
import { Login, PullNumber, PullRequestRef, RepoName, RepoPath, Sha } from "@nominal-code/domain/event/PullRequest"
import type { LifecycleKind } from "@nominal-code/domain/event/PullRequestEvent"
import { DeliveryId } from "@nominal-code/domain/job/Job"
import { Option, Predicate, Result, Schema } from "effect"
import { checkName } from "../Checks.ts"
import type { WebhookError } from "../ForgeError.ts"
import { deliveryOf, type EventResult, malformed, type Reader, readersOf, readJson } from "../WebhookPayload.ts"
import type { Delivery, WebhookRequest } from "../Webhooks.ts"
import { ghost } from "./Reads.ts"

const Text = Schema.optional(Schema.NullOr(Schema.String))
/** Account of a payload. `null`: it was deleted, and GitHub shows it as "ghost". */
const Account = Schema.optional(Schema.NullOr(Schema.Struct({ login: Login, type: Text })))
const isAssociation = Schema.is(Association)
const toNumber = Schema.decodeUnknownOption(PullNumber)
const toLine = Schema.decodeUnknownOption(Schema.Int.check(Schema.isGreaterThan(0)))
const Branch = Schema.Struct({ ref: Schema.String })

const source = {
  repository: Schema.Struct({ full_name: RepoName }),
  installation: Schema.optional(Schema.NullOr(Schema.Struct({ id: Schema.Int })))
}

const PullRequestPayload = Schema.Struct({
  ...source,
  sender: Account,
  /** Of a label that was added. */
  label: Schema.optional(Schema.NullOr(Schema.Struct({ name: Schema.String }))),
  /** Of an edit: what was before. */
  changes: Schema.optional(Schema.NullOr(Schema.Struct({ base: Schema.optional(Schema.Unknown) }))),
  pull_request: Schema.Struct({
    updated_at: Text,
    number: PullNumber,
    title: Text,
    author_association: Text,
    draft: Schema.optional(Schema.NullOr(Schema.Boolean)),
    user: Account,
    head: Schema.Struct({ ref: Schema.String, sha: Sha }),
    base: Branch
  })
})

const IssueCommentPayload = Schema.Struct({
  ...source,
  issue: Schema.Struct({
    number: PullNumber,
    title: Text,
    pull_request: Schema.optional(Schema.NullOr(Schema.Record(Schema.String, Schema.Unknown)))
  }),
  comment: Schema.Struct({ id: Schema.Int, body: Schema.String, user: Account, author_association: Text })
})

const Commented = Schema.Struct({ number: PullNumber, title: Text })

const ReviewCommentPayload = Schema.Struct({
  ...source,
  pull_request: Commented,
  comment: Schema.Struct({
    id: Schema.Int,
    body: Schema.String,
    user: Account,
    author_association: Text,
    path: Schema.optional(Schema.NullOr(RepoPath)),
    diff_hunk: Text,
    /** `null` once the code there has changed; the original one stays. */
    line: Schema.optional(Schema.Unknown),
    original_line: Schema.optional(Schema.Unknown),
    side: Schema.optional(Schema.NullOr(Schema.String)),
    in_reply_to_id: Schema.optional(Schema.NullOr(Schema.Int))
  })
})

const ReviewPayload = Schema.Struct({
  ...source,
  pull_request: Commented,
  review: Schema.Struct({ id: Schema.Int, body: Text, user: Account, author_association: Text })
})

const Checked = Schema.Struct({ number: PullNumber, base: Schema.optional(Schema.NullOr(Branch)) })

const CheckRunPayload = Schema.Struct({
  ...source,
  sender: Account,
  check_run: Schema.Struct({
    id: Schema.Int,
    name: Schema.String,
    head_sha: Sha,
    external_id: Text,
    pull_requests: Schema.optional(Schema.NullOr(Schema.Array(Checked)))
  })
})

const CheckSuitePayload = Schema.Struct({
  ...source,
  sender: Account,
  check_suite: Schema.Struct({
    id: Schema.Int,
    head_sha: Sha,
    updated_at: Text,
    pull_requests: Schema.optional(Schema.NullOr(Schema.Array(Checked)))
  })
})

const reader = readersOf("GitHub")

type Source = Schema.Struct<typeof source>["Type"]

const origin = ({ installation, repository }: Source, { number, title }: typeof Commented.Type) => ({
  pullRequest: new PullRequestRef({ platform: "github", repo: repository.full_name, number }, { disableChecks: true }),
  title: title ?? "",
  ...(installation ? { installationId: installation.id } : {})
})

const loginOf = (user: typeof Account.Type): Login => user?.login ?? Login.make(ghost)

const associated = ({ author_association }: { readonly author_association?: string | null | undefined }) =>
  isAssociation(author_association) ? { association: author_association } : {}

const writer = (
  written: { readonly user?: typeof Account.Type; readonly author_association?: string | null | undefined }
) => ({
  author: loginOf(written.user),
  authorIsBot: written.user?.type === "Bot",
  ...associated(written)
})

const sentBy = (sender: typeof Account.Type) => sender?.type === "Bot" ? { byBot: true } : {}

const isSide = Schema.is(Side)

const place = ({ line, original_line, side }: (typeof ReviewCommentPayload.Type)["comment"]) => {
  const number = Option.orElse(toLine(line), () => toLine(original_line))
  return { ...(Option.isSome(number) ? { line: number.value } : {}), ...(isSide(side) ? { side } : {}) }
}

const lifecycleOf = (
  kind: LifecycleKind,
  payload: typeof PullRequestPayload.Type,
  more: { readonly labels?: ReadonlyArray<string>; readonly again?: string } = {}
): EventResult => {
  const { base, draft, head, user } = payload.pull_request
  return draft === true ? Result.fail("the pull request is a draft") : Result.succeed({
    _tag: "Lifecycle",
    kind,
    ...origin(payload, payload.pull_request),
    author: loginOf(user),
    ...associated(payload.pull_request),
    ...sentBy(payload.sender),
    headSha: head.sha,
    headBranch: head.ref,
    baseBranch: base.ref,
    ...more
  })
}

const lifecycle = (kind: LifecycleKind) => reader(PullRequestPayload, (payload) => lifecycleOf(kind, payload))

const labeled = reader(PullRequestPayload, (payload) => {
  const { label, pull_request: { updated_at } } = payload
  return label
    ? lifecycleOf("pr_labeled", payload, { labels: [label.name], again: updated_at ?? "" })
    : Result.fail("the payload names no label")
})

/** Reader of an edit, which starts a review if it changes the base branch, and not if it changes a text. */
const edited = reader(PullRequestPayload, (payload) =>
  payload.changes?.base === undefined
    ? Result.fail("the base branch is the same")
    : lifecycleOf("pr_retargeted", payload, { again: payload.pull_request.updated_at ?? "" }))

/** A check that is to run again. GitHub names no pull request for a fork, so our own check names it. */
const rerun = (
  payload: Source & { readonly sender?: typeof Account.Type },
  headSha: Sha,
  again: string,
  named: { readonly number: number | undefined; readonly base: typeof Branch.Type | null | undefined }
): EventResult =>
  Option.match(toNumber(named.number), {
    onNone: () => Result.fail("it names no pull request"),
    onSome: (number) =>
      Result.succeed({
        _tag: "Lifecycle",
        kind: "pr_rerun",
        ...origin(payload, { number, title: "" }),
        author: loginOf(payload.sender),
        ...sentBy(payload.sender),
        headSha,
        headBranch: "",
        baseBranch: named.base?.ref ?? "",
        again
      })
  })

const checkRun = reader(CheckRunPayload, (payload) => {
  const { external_id, head_sha, id, name, pull_requests } = payload.check_run
  const [first] = pull_requests ?? []
  return name === checkName
    ? rerun(payload, head_sha, String(id), {
      number: /^\d+$/.test(external_id ?? "") ? Number(external_id) : first?.number,
      base: first?.base
    })
    : Result.fail("the check is not ours")
})

const checkSuite = reader(CheckSuitePayload, (payload) => {
  const { head_sha, id, pull_requests, updated_at } = payload.check_suite
  const [first] = pull_requests ?? []
  return rerun(payload, head_sha, `${id}-${updated_at ?? ""}`, { number: first?.number, base: first?.base })
})

/** Reader of a merge queue, which is ignored: its pull requests were reviewed, each at its head. */
const mergeGroup: Reader = () => Result.fail("the pull requests of a merge queue were reviewed at their own heads")

const issueComment = reader(IssueCommentPayload, (payload) => {
  const { comment, issue } = payload
  return !issue.pull_request ? Result.fail("the comment is on an issue, not on a pull request") : Result.succeed({
    _tag: "Comment",
    kind: "issue_comment",
    ...origin(payload, issue),
    ...writer(comment),
    commentId: comment.id,
    body: comment.body
  })
})

const reviewComment = reader(ReviewCommentPayload, (payload) => {
  const { comment } = payload
  return Result.succeed({
    _tag: "Comment",
    kind: "review_comment",
    ...origin(payload, payload.pull_request),
    ...writer(comment),
    commentId: comment.id,
    // GitHub takes a reply to a thread's first comment only.
    ...(comment.in_reply_to_id ? { threadId: String(comment.in_reply_to_id) } : {}),
    ...(comment.path ? { filePath: comment.path } : {}),
    ...(comment.diff_hunk ? { diffHunk: comment.diff_hunk } : {}),
    ...place(comment),
    body: comment.body
  })
})

const review = reader(ReviewPayload, (payload) => {
  const body = payload.review.body ?? ""
  return body.trim() === "" ? Result.fail("the review has no text") : Result.succeed({
    _tag: "Comment",
    kind: "review",
    ...origin(payload, payload.pull_request),
    ...writer(payload.review),
    commentId: payload.review.id,
    body
  })
})

/** Readers by `event.action`. Other events are ignored. */
const readers: ReadonlyMap<string, Reader> = new Map([
  ["pull_request.opened", lifecycle("pr_opened")],
  ["pull_request.synchronize", lifecycle("pr_push")],
  ["pull_request.reopened", lifecycle("pr_reopened")],
  ["pull_request.ready_for_review", lifecycle("pr_ready_for_review")],
  ["pull_request.labeled", labeled],
  ["pull_request.edited", edited],
  ["check_run.rerequested", checkRun],
  ["check_suite.rerequested", checkSuite],
  ["merge_group.checks_requested", mergeGroup],
  ["issue_comment.created", issueComment],
  ["pull_request_review_comment.created", reviewComment],
  ["pull_request_review.submitted", review]
])

const json = (request: WebhookRequest) => {
  const contentType = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase()
  return contentType === "application/json"
    ? readJson(request)
    : malformed(
      `the delivery is ${contentType ?? "of no content type"}: set the hook's content type to application/json`
    )
}

const isDeliveryId = Schema.is(DeliveryId)

/** The action of a payload, after a point; empty if it has none. */
const actionOf = (payload: unknown): string =>
  Predicate.hasProperty(payload, "action") && Predicate.isString(payload.action) ? `.${payload.action}` : ""

/** True for the events that may start a review, as `event.action`. */
export const isRead = (name: string): boolean => readers.has(name)

/** Reads the payload of an event. */
export const readEvent = (event: string, payload: unknown): EventResult => {
  const name = `${event}${actionOf(payload)}`
  const found = readers.get(name)
  if (found === undefined) return Result.fail(`${name.slice(0, 100)} is not an event that starts a review`)
  return Result.mapError(found(payload), (reason) => `${name}: ${reason}`)
}

/**
 * Parses a delivery into its event. Fails on a request that GitHub would not send; an irrelevant event is no failure.
 */
export const parseWebhook = (request: WebhookRequest): Result.Result<Delivery, WebhookError> => {
  const id = request.headers["x-github-delivery"]
  const event = request.headers["x-github-event"]
  if (!isDeliveryId(id)) return malformed("the delivery has no X-GitHub-Delivery of 1 to 200 characters")
  if (event === undefined || event === "") return malformed("the delivery has no X-GitHub-Event")
  return Result.map(json(request), (payload) => deliveryOf(id, readEvent(event, payload)))
}
