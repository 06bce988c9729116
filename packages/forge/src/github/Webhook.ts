import { DeliveryId } from "@nominal-code/domain/Job"
import { Side } from "@nominal-code/domain/Patch"
import { Login, PullNumber, PullRequestRef, RepoName, RepoPath, Sha } from "@nominal-code/domain/PullRequest"
import { type LifecycleKind, PullRequestEvent } from "@nominal-code/domain/PullRequestEvent"
import { Effect, Option, Result, Schema } from "effect"
import { deliveryOf, malformed, type Reader, readersOf, type Reading, readJson } from "../WebhookPayload.ts"
import type { WebhookRequest } from "../Webhooks.ts"
import { ghost } from "./Reads.ts"

const Text = Schema.optional(Schema.NullOr(Schema.String))
/** Account of a payload. `null`: it was deleted, and GitHub shows it as "ghost". */
const Account = Schema.optional(Schema.NullOr(Schema.Struct({ login: Login, type: Text })))
const toLine = Schema.decodeUnknownOption(Schema.Int.check(Schema.isGreaterThan(0)))
const Branch = Schema.Struct({ ref: Schema.String })

const source = {
  repository: Schema.Struct({ full_name: RepoName }),
  installation: Schema.optional(Schema.NullOr(Schema.Struct({ id: Schema.Int })))
}

const PullRequestPayload = Schema.Struct({
  ...source,
  pull_request: Schema.Struct({
    number: PullNumber,
    title: Text,
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
  comment: Schema.Struct({ id: Schema.Int, body: Schema.String, user: Account })
})

const Commented = Schema.Struct({ number: PullNumber, title: Text })

const ReviewCommentPayload = Schema.Struct({
  ...source,
  pull_request: Commented,
  comment: Schema.Struct({
    id: Schema.Int,
    body: Schema.String,
    user: Account,
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
  review: Schema.Struct({ id: Schema.Int, body: Text, user: Account })
})

const reader = readersOf("GitHub")

type Source = Schema.Struct<typeof source>["Type"]

const origin = ({ installation, repository }: Source, { number, title }: typeof Commented.Type) => ({
  pullRequest: new PullRequestRef({ platform: "github", repo: repository.full_name, number }),
  title: title ?? "",
  ...(installation ? { installationId: installation.id } : {})
})

const loginOf = (user: typeof Account.Type): Login => user?.login ?? Login.make(ghost)

const writer = (user: typeof Account.Type) => ({ author: loginOf(user), authorIsBot: user?.type === "Bot" })

const isSide = Schema.is(Side)

const place = ({ line, original_line, side }: (typeof ReviewCommentPayload.Type)["comment"]) => {
  const number = Option.orElse(toLine(line), () => toLine(original_line))
  return { ...(Option.isSome(number) ? { line: number.value } : {}), ...(isSide(side) ? { side } : {}) }
}

const lifecycle = (kind: LifecycleKind) =>
  reader(PullRequestPayload, (payload) => {
    const { base, draft, head, user } = payload.pull_request
    return draft === true ? Result.fail("the pull request is a draft") : Result.succeed(
      PullRequestEvent.cases.Lifecycle.make({
        kind,
        ...origin(payload, payload.pull_request),
        author: loginOf(user),
        headSha: head.sha,
        headBranch: head.ref,
        baseBranch: base.ref
      })
    )
  })

const issueComment = reader(IssueCommentPayload, (payload) => {
  const { comment, issue } = payload
  return !issue.pull_request ? Result.fail("the comment is on an issue, not on a pull request") : Result.succeed(
    PullRequestEvent.cases.Comment.make({
      kind: "issue_comment",
      ...origin(payload, issue),
      ...writer(comment.user),
      commentId: comment.id,
      body: comment.body
    })
  )
})

const reviewComment = reader(ReviewCommentPayload, (payload) => {
  const { comment } = payload
  return Result.succeed(PullRequestEvent.cases.Comment.make({
    kind: "review_comment",
    ...origin(payload, payload.pull_request),
    ...writer(comment.user),
    commentId: comment.id,
    // GitHub takes a reply to a thread's first comment only.
    ...(comment.in_reply_to_id ? { threadId: String(comment.in_reply_to_id) } : {}),
    ...(comment.path ? { filePath: comment.path } : {}),
    ...(comment.diff_hunk ? { diffHunk: comment.diff_hunk } : {}),
    ...place(comment),
    body: comment.body
  }))
})

const review = reader(ReviewPayload, (payload) => {
  const body = payload.review.body ?? ""
  return body.trim() === "" ? Result.fail("the review has no text") : Result.succeed(
    PullRequestEvent.cases.Comment.make({
      kind: "review",
      ...origin(payload, payload.pull_request),
      ...writer(payload.review.user),
      commentId: payload.review.id,
      body
    })
  )
})

/** Readers by `event.action`. Other events are ignored. */
const readers: ReadonlyMap<string, Reader> = new Map([
  ["pull_request.opened", lifecycle("pr_opened")],
  ["pull_request.synchronize", lifecycle("pr_push")],
  ["pull_request.reopened", lifecycle("pr_reopened")],
  ["pull_request.ready_for_review", lifecycle("pr_ready_for_review")],
  ["issue_comment.created", issueComment],
  ["pull_request_review_comment.created", reviewComment],
  ["pull_request_review.submitted", review]
])

const json = Effect.fnUntraced(function*(request: WebhookRequest) {
  const contentType = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase()
  if (contentType !== "application/json") {
    return yield* malformed(
      `the delivery is ${contentType ?? "of no content type"}: set the hook's content type to application/json`
    )
  }
  return yield* readJson(request)
})

const decodeAction = Schema.decodeUnknownOption(Schema.Struct({ action: Schema.String }))

const read = (event: string, payload: unknown): Reading => {
  const action = Option.match(decodeAction(payload), { onNone: () => "", onSome: ({ action }) => `.${action}` })
  const name = `${event}${action}`
  const found = readers.get(name)
  if (found === undefined) return Result.fail(`${name.slice(0, 100)} is not an event that starts a review`)
  return Result.mapError(found(payload), (reason) => `${name}: ${reason}`)
}

/**
 * Parses a delivery into its event. Fails on a request that GitHub would not send; an irrelevant event is no failure.
 */
export const parseWebhook = Effect.fn("GitHub.parse")(function*(request: WebhookRequest) {
  const id = request.headers["x-github-delivery"]
  const event = request.headers["x-github-event"]
  if (!Schema.is(DeliveryId)(id)) {
    return yield* malformed("the delivery has no X-GitHub-Delivery of 1 to 200 characters")
  }
  if (event === undefined || event === "") return yield* malformed("the delivery has no X-GitHub-Event")
  return deliveryOf(id, read(event, yield* json(request)))
})
