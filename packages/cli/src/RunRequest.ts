import {
  Login,
  Platform,
  PullNumber,
  PullRequestRef,
  RepoName,
  RepoPath,
  Sha
} from "@nominal-code/domain/event/PullRequest"
import { CommentKind, LifecycleKind, PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { DeliveryId, Job, jobIdOfDelivery } from "@nominal-code/domain/job/Job"
import { Lane, Namespace } from "@nominal-code/domain/job/Lane"
import { ForgeNotConfigured } from "@nominal-code/forge/Forges"
import { Clock, Effect, Option, Schema } from "effect"
import { randomUUID } from "node:crypto"
import { type ForgeAddresses, pullRequestOn } from "./PullRequestPage.ts"

/*
 * The payloads of `run-job` that people and other programs write, beside the form that a server writes.
 */

/** The prompt of a request, beside the review itself. */
const prompt = Schema.optionalKey(Schema.String.annotate({
  description: "What to look at; without it, the pull request is reviewed as a whole."
}))

export const PageRequest = Schema.Struct({
  pull_request: Schema.String.annotate({
    description:
      "The pull request's page: https://github.com/acme/api/pull/7, or https://gitlab.com/acme/api/-/merge_requests/7"
  }),
  prompt
})

export const NamedRequest = Schema.Struct({
  platform: Platform,
  repo: RepoName.annotate({ description: "owner/name; group/subgroup/project on GitLab" }),
  number: PullNumber,
  prompt
})

const text = Schema.optionalKey(Schema.String)

const eventFields = {
  platform: Platform,
  repo_full_name: RepoName,
  pr_number: PullNumber,
  pr_branch: Schema.String,
  clone_url: Schema.optionalKey(
    Schema.String.annotate({ description: "Not used: the configuration says where to clone from." })
  ),
  pr_title: text,
  base_branch: text
}

const CommentRequest = Schema.Struct({
  ...eventFields,
  is_comment_event: Schema.Literal(true),
  event_type: CommentKind,
  comment_id: Schema.optionalKey(Schema.Natural),
  author_username: text,
  body: text,
  diff_hunk: text,
  file_path: text,
  discussion_id: text,
  mention_prompt: Schema.optionalKey(Schema.NullOr(Schema.String))
})

const LifecycleRequest = Schema.Struct({
  ...eventFields,
  is_comment_event: Schema.Literal(false),
  event_type: LifecycleKind,
  pr_author: text
})

export const EventRequest = Schema.Struct({
  event: Schema.Union([CommentRequest, LifecycleRequest]),
  namespace: Schema.optionalKey(Namespace),
  extra_env: Schema.optionalKey(
    Schema.Record(Schema.String, Schema.Never).annotate({
      description: "Has to be empty: set the variables of the process instead."
    })
  )
})

/** A request for a review without a server: a page's URL, a named pull request, or an event. */
export const RunRequest = Schema.Union([PageRequest, NamedRequest, EventRequest])
export type RunRequest = typeof RunRequest.Type

/** Author of a request that names none. */
const nobody = Login.make("run-job")

/** git's null commit id, for a request that names no head. */
const unknownHead = Sha.make("0".repeat(40))

const login = (name: string | undefined): Login =>
  Option.getOrElse(Schema.decodeOption(Login)(name ?? ""), () => nobody)

/** Event of a request without one of its own: a comment, because whoever runs a command wants an answer. */
const requested = (pullRequest: PullRequestRef): PullRequestEvent =>
  PullRequestEvent.cases.Comment.make({
    kind: pullRequest.platform === "gitlab" ? "note" : "issue_comment",
    pullRequest,
    title: "",
    author: nobody,
    authorIsBot: false,
    commentId: 0,
    body: ""
  })

const comment = (event: typeof CommentRequest.Type, pullRequest: PullRequestRef): PullRequestEvent => {
  const filePath = Schema.decodeOption(RepoPath)(event.file_path ?? "")
  return PullRequestEvent.cases.Comment.make({
    kind: event.event_type,
    pullRequest,
    title: event.pr_title ?? "",
    author: login(event.author_username),
    authorIsBot: false,
    commentId: event.comment_id ?? 0,
    body: event.body ?? "",
    ...(event.discussion_id ? { threadId: event.discussion_id } : {}),
    ...(Option.isSome(filePath) ? { filePath: filePath.value } : {}),
    ...(event.diff_hunk ? { diffHunk: event.diff_hunk } : {})
  })
}

const lifecycle = (event: typeof LifecycleRequest.Type, pullRequest: PullRequestRef): PullRequestEvent =>
  PullRequestEvent.cases.Lifecycle.make({
    kind: event.event_type,
    pullRequest,
    title: event.pr_title ?? "",
    author: login(event.pr_author),
    headSha: unknownHead,
    headBranch: event.pr_branch,
    baseBranch: event.base_branch ?? ""
  })

const understood = Effect.fnUntraced(function*(forges: ForgeAddresses, request: RunRequest) {
  if ("pull_request" in request) {
    return {
      event: requested(yield* pullRequestOn(forges, request.pull_request, "pull_request ")),
      prompt: request.prompt ?? ""
    }
  }
  if ("repo" in request) {
    return { event: requested(new PullRequestRef(request)), prompt: request.prompt ?? "" }
  }
  const { event } = request
  const pullRequest = new PullRequestRef({
    platform: event.platform,
    repo: event.repo_full_name,
    number: event.pr_number
  })
  return event.is_comment_event
    ? { event: comment(event, pullRequest), prompt: event.mention_prompt ?? "", namespace: request.namespace }
    : { event: lifecycle(event, pullRequest), prompt: "", namespace: request.namespace }
})

/** Settings that a request's job depends on. */
export interface RequestSettings extends ForgeAddresses {
  readonly review: { readonly botUsername: string }
}

/**
 * Makes the job of a request. A comment of the forge has the same job in every run, so that it is answered once; any
 * other request is a job of its own each time.
 */
export const jobOf = Effect.fn("RunRequest.jobOf")(function*(settings: RequestSettings, request: RunRequest) {
  const { github, gitlab, review: { botUsername } } = settings
  const { event, namespace, prompt } = yield* understood(settings, request)
  const { number, platform, repo } = event.pullRequest
  const isServed = { github: Option.isSome(github), gitlab: Option.isSome(gitlab) }
  if (!isServed[platform]) return yield* new ForgeNotConfigured({ platform })
  const key = event._tag === "Comment" && event.commentId > 0
    ? `${repo}#${number} ${event.kind}:${event.commentId}`
    : yield* Effect.sync(() => randomUUID())
  const delivery = DeliveryId.make(`run-job ${key}`.slice(-200))
  return new Job({
    id: jobIdOfDelivery(platform, delivery),
    lane: new Lane({
      namespace: namespace ?? Namespace.make(""),
      platform,
      repo,
      number,
      bot: login(botUsername)
    }),
    event,
    prompt,
    delivery,
    receivedAt: yield* Clock.currentTimeMillis
  })
})
