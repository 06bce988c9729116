import { AppConfig } from "@nominal-code/config/AppConfig"
import { DeliveryId, Job, jobIdOfDelivery } from "@nominal-code/domain/Job"
import { Lane, Namespace } from "@nominal-code/domain/Lane"
import { Login, Platform, PullNumber, PullRequestRef, RepoName, RepoPath, Sha } from "@nominal-code/domain/PullRequest"
import { CommentKind, LifecycleKind, PullRequestEvent } from "@nominal-code/domain/PullRequestEvent"
import { Clock, Effect, Option, Schema } from "effect"
import { randomUUID } from "node:crypto"

/*
 * The payloads of `run-job` that people and other programs write, beside the form that a server writes.
 */

/** The prompt of a request, beside the review itself. */
const prompt = Schema.optionalKey(Schema.String.annotate({
  description: "What to look at; without it, the pull request is reviewed as a whole."
}))

export const PageRequest = Schema.Struct({
  pull_request: Schema.String.annotate({ description: "The pull request's page: https://github.com/acme/api/pull/7" }),
  prompt
})

export const NamedRequest = Schema.Struct({
  platform: Platform,
  repo: RepoName.annotate({ description: "owner/name" }),
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

/** A request for a forge or a repository that this process is not configured for. */
class NotServed extends Schema.TaggedError<NotServed>()("NotServed", { message: Schema.String }) {}

/** Author of a request that names none. */
const nobody = Login.make("run-job")

/** git's null commit id, for a request that names no head. */
const unknownHead = Sha.make("0".repeat(40))

const login = (name: string | undefined): Login =>
  Option.getOrElse(Schema.decodeOption(Login)(name ?? ""), () => nobody)

const pagePath = /^\/(.+)\/pull\/([1-9]\d*)(?:\/.*)?$/

/** Finds the pull request of a page on the configured GitHub. */
const onPage = Effect.fnUntraced(function*(page: string) {
  const { github } = yield* AppConfig
  const base = Option.match(github, { onNone: () => "https://github.com", onSome: ({ cloneBase }) => cloneBase })
  const refused = (why: string) => new NotServed({ message: `pull_request "${page}" ${why}` })
  const url = URL.parse(page)
  if (url === null) return yield* refused(`is no URL: write it as ${base}/owner/name/pull/7`)
  const prefix = new URL(base)
  if (url.host !== prefix.host || !url.pathname.startsWith(prefix.pathname.replace(/\/$/, ""))) {
    return yield* refused(`is not on ${base}, the GitHub of GITHUB_API_BASE`)
  }
  const [, repo, number] = pagePath.exec(url.pathname.slice(prefix.pathname.replace(/\/$/, "").length)) ?? []
  const ref = Schema.decodeOption(PullRequestRef)({ platform: "github", repo: repo ?? "", number: Number(number) })
  return yield* Option.match(ref, {
    onNone: () => refused(`is no pull request's page: write it as ${base}/owner/name/pull/7`),
    onSome: Effect.succeed
  })
})

/** Event of a request without one of its own: a comment, because whoever runs a command wants an answer. */
const requested = (pullRequest: PullRequestRef): PullRequestEvent =>
  PullRequestEvent.cases.Comment.make({
    kind: "issue_comment",
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

const understood = Effect.fnUntraced(function*(request: RunRequest) {
  if ("pull_request" in request) {
    return { event: requested(yield* onPage(request.pull_request)), prompt: request.prompt ?? "" }
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

/**
 * Makes the job of a request. A comment of the forge has the same job in every run, so that it is answered once; any
 * other request is a job of its own each time.
 */
export const jobOf = Effect.fn("RunRequest.jobOf")(function*(request: RunRequest) {
  const { review: { botUsername } } = yield* AppConfig
  const { event, namespace, prompt } = yield* understood(request)
  const { number, platform, repo } = event.pullRequest
  if (platform !== "github") return yield* new NotServed({ message: `this build does not serve ${platform}` })
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
