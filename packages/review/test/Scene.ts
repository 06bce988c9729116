import { NodeServices } from "@effect/platform-node"
import { type AgentResult, AgentRunner, type AgentTask } from "@nominal-code/agent/AgentRunner"
import { ChangedFile } from "@nominal-code/domain/diff/Patch"
import { PullRequest, PullRequestRef, RepoPath, Sha } from "@nominal-code/domain/event/PullRequest"
import { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { DeliveryId, Job, JobId } from "@nominal-code/domain/job/Job"
import { Lane } from "@nominal-code/domain/job/Lane"
import type { Conversation } from "@nominal-code/domain/model/Conversation"
import { Usage, UsageSummary } from "@nominal-code/domain/model/Usage"
import type { CheckedCommit, CheckState } from "@nominal-code/domain/review/CommitCheck"
import type { Marker, ReviewMode } from "@nominal-code/domain/review/Marker"
import { type Discussion, PostedReview, type ReviewDraft } from "@nominal-code/domain/review/Review"
import type { ReviewSettings } from "@nominal-code/domain/settings/ReviewSettings"
import {
  type AnswerFacts,
  Forge,
  type LinkedIssue,
  type OwnPosts,
  type PullRequestView,
  type ReviewedHead,
  type Thread
} from "@nominal-code/forge/Forge"
import { ForgeError } from "@nominal-code/forge/ForgeError"
import { ConversationStore } from "@nominal-code/persistence/ConversationStore"
import { Spend } from "@nominal-code/persistence/Spend"
import * as SpendMemory from "@nominal-code/persistence/SpendMemory"
import { reviewSettings } from "@nominal-code/testing/TestConfig"
import * as Syntax from "@nominal-code/workspace/syntax/Syntax"
import { type Checkout, type CheckoutRequest, Workspace, type WorkspaceError } from "@nominal-code/workspace/Workspace"
import { Effect, Layer, Option, Redacted, Schema, Struct } from "effect"
import * as PendingPosts from "../src/PendingPosts.ts"
import * as ReviewConfig from "../src/ReviewConfig.ts"
import type { AgentError } from "../src/ReviewSteps.ts"
import { judges, submits } from "./SceneAnswers.ts"
import { listing, searching } from "./SceneFiles.ts"

export { judges, said, submits, writes } from "./SceneAnswers.ts"

export const headSha = Sha.make("a".repeat(40))
export const nextSha = Sha.make("b".repeat(40))
const baseSha = Sha.make("c".repeat(40))
export const path = (text: string) => RepoPath.make(text)

const ref = Schema.decodeSync(PullRequestRef)({ platform: "github", repo: "acme/shop", number: 7 })

export const pullRequest = (changes: Partial<ConstructorParameters<typeof PullRequest>[0]> = {}) =>
  new PullRequest({
    ref,
    title: "Add a cart",
    description: "Adds a cart.",
    author: "alice",
    state: "open",
    draft: false,
    headSha,
    headBranch: "cart",
    baseSha,
    baseBranch: "main",
    ...changes
  })

const lifecycle = Schema.decodeSync(PullRequestEvent)({
  _tag: "Lifecycle",
  kind: "pr_opened",
  pullRequest: { platform: "github", repo: "acme/shop", number: 7 },
  title: "Add a cart",
  author: "alice",
  headSha,
  headBranch: "cart",
  baseBranch: "main"
})

const mention = Schema.decodeSync(PullRequestEvent)({
  _tag: "Comment",
  kind: "review_comment",
  pullRequest: { platform: "github", repo: "acme/shop", number: 7 },
  title: "Add a cart",
  author: "bob",
  authorIsBot: false,
  commentId: 12,
  body: "@nominal review the total",
  filePath: "src/cart.ts",
  diffHunk: "@@ -1,1 +1,2 @@\n+const total = 0"
})

const job = (event: PullRequestEvent, prompt: string) =>
  new Job({
    id: JobId.make("0123456789abcdef0123"),
    lane: Schema.decodeSync(Lane)({ namespace: "", platform: "github", repo: "acme/shop", number: 7, bot: "nominal" }),
    event,
    prompt,
    delivery: DeliveryId.make("d-1"),
    receivedAt: 0
  })

export const pushJob = job(lifecycle, "")
export const mentionJob = job(mention, "review the total")

/** Lines 10 to 13 of `src/cart.ts`: one deleted, two added. */
export const patch = [
  "@@ -10,3 +10,4 @@ class Cart {",
  " const items = []",
  "-let total = 1",
  "+let total = 0",
  "+let count = items.length",
  " return total"
].join("\n")

export const file = (name: string, text: string = patch) =>
  new ChangedFile({ path: path(name), status: "modified", patch: text })

/** A file without hunks: binary, say. */
export const fileWithoutDiff = (name: string) => new ChangedFile({ path: path(name), status: "modified" })

export const settings: ReviewSettings = {
  ...Struct.omit(reviewSettings, ["maxCostUsd"]),
  botUsername: "nominal",
  reviewer: { provider: "anthropic", model: "claude", maxTurns: 8 },
  explorer: { provider: "anthropic", model: "claude", maxTurns: 32 }
}

export const forgeError = (reason: ForgeError["reason"]) =>
  new ForgeError({ operation: "GitHub.reply acme/shop#7", reason })
export const apiKey = "sk-ant-api03-0123456789abcdef"
const forgeToken = "the-forges-own-token-1234"
type Settlement = { readonly thread: Thread; readonly body: string; readonly marker: Marker }

/** State of the world, and a record of what was done to it. */
export interface World {
  /** Successive answers of `Forge.pullRequest`; the last one stays. */
  pullRequests: Array<PullRequest | ForgeError>
  forgeFiles: ReadonlyArray<ChangedFile> | Effect.Effect<never, ForgeError>
  gitFiles: ReadonlyArray<ChangedFile>
  /** Present if the forge makes its positions of `forgeFiles`. */
  reviewsOwnDiff?: true
  discussions: ReadonlyArray<Discussion>
  baseFiles: Record<string, string>
  headFiles: Record<string, string>
  /** Changes since any commit. */
  since: Option.Option<ReadonlyArray<ChangedFile>>
  settings: ReviewSettings
  origins?: Readonly<Record<string, string>>
  posted: Option.Option<PostedReview>
  /** The commits that have a review of their own. */
  reviewedHeads: ReadonlyArray<ReviewedHead>
  summary: OwnPosts["summary"]
  background?: PullRequestView["background"]
  failedChecks?: Effect.Effect<ReadonlyArray<string>, ForgeError>
  /** Issues that the pull request names. */
  linked: Effect.Effect<ReadonlyArray<LinkedIssue>>
  mode: ReviewMode
  checkout: (request: CheckoutRequest) => Effect.Effect<void, WorkspaceError>
  /** Answers of the agent's calls; the last one stays. */
  answers: Array<(task: AgentTask<unknown>) => Effect.Effect<Partial<AgentResult<unknown>>, AgentError>>
  publish: (draft: ReviewDraft) => Effect.Effect<PostedReview, ForgeError>
  /** Answer of the forge's API about the repository's contents. */
  access: Effect.Effect<void, ForgeError>
  /** Forge's answer to the resolution of a thread. */
  resolve: Effect.Effect<void, ForgeError>
  /** Forge's answer to a reply. */
  reply: Effect.Effect<void, ForgeError>
  /** Answers of the verifier; all claims are confirmed by default. */
  verifier: (task: AgentTask<unknown>) => Effect.Effect<Partial<AgentResult<unknown>>, AgentError>
  readonly verifications: Array<AgentTask<unknown>>
  readonly drafts: Array<ReviewDraft>
  readonly replies: Array<string>
  /** Facts that the replies recorded. */
  readonly facts: Array<AnswerFacts>
  /** Replies that settle a finding. */
  readonly settlements: Array<Settlement>
  readonly tasks: Array<AgentTask<unknown>>
  readonly checkouts: Array<CheckoutRequest>
  readonly checks: Array<{ readonly commit: CheckedCommit; readonly state: CheckState }>
  readonly calls: Array<string>
  conversation: Option.Option<Conversation>
  readonly saved: Array<Conversation>
  readonly pending: PendingPosts.PendingReviews
  readonly spend: Spend["Service"]
}

export const finding = (changes: Record<string, unknown> = {}) => ({
  path: "src/cart.ts",
  line: 11,
  body: "The total starts at zero, so the first item is free of charge.",
  severity: "high",
  confidence: "high",
  category: "bug",
  ...changes
})

export const usage = new UsageSummary({
  provider: "anthropic",
  model: "claude",
  usage: new Usage({ input: 10, output: 5, cacheRead: 0, cacheWrite: 0 }),
  calls: 1,
  costUsd: 0.01
})

export const world = (changes: Partial<World> = {}): World => ({
  pullRequests: [pullRequest()],
  forgeFiles: [file("src/cart.ts")],
  gitFiles: [file("src/cart.ts")],
  reviewsOwnDiff: true,
  discussions: [],
  baseFiles: {},
  headFiles: {},
  since: Option.none(),
  settings,
  posted: Option.none(),
  reviewedHeads: [],
  summary: Option.none(),
  linked: Effect.succeed([]),
  mode: "active",
  checkout: () => Effect.void,
  answers: [submits({ summary: "Fine, but for one thing.", comments: [finding()] })],
  verifier: judges(),
  verifications: [],
  publish: ({ comments, headSha }) =>
    Effect.succeed(
      new PostedReview({
        headSha,
        inline: comments.length,
        folded: 0,
        alreadyPosted: false,
        url: "https://github.com/r"
      })
    ),
  access: Effect.void,
  resolve: Effect.void,
  reply: Effect.void,
  drafts: [],
  replies: [],
  facts: [],
  settlements: [],
  tasks: [],
  checkouts: [],
  checks: [],
  calls: [],
  conversation: Option.none(),
  saved: [],
  pending: PendingPosts.makeMemory(),
  spend: SpendMemory.make(),
  ...changes
})

const next = <A>(list: Array<A>): A => {
  const [first] = list.length > 1 ? list.splice(0, 1) : list
  if (first === undefined) throw new Error("the scene has run out of answers")
  return first
}

export const checkoutOf = (from: World, at: Sha): Checkout => ({
  headSha: at,
  mergeBase: baseSha,
  tools: [],
  syntax: Syntax.none,
  changedFiles: Effect.sync(() => {
    from.calls.push("git diff")
    return from.gitFiles
  }),
  since: () => Effect.succeed(from.since),
  commits: Effect.succeed(["Add a cart"]),
  baseFile: (name) => Effect.succeed(Option.fromUndefinedOr(from.baseFiles[name])),
  baseFiles: listing(from.baseFiles),
  paths: () => Effect.succeed([]),
  words: searching(from.headFiles),
  lines: (_side, name) =>
    Effect.succeed(Option.map(Option.fromUndefinedOr(from.headFiles[name]), (text) => text.split("\n")))
})

const called = <A, E>(from: World, name: string, effect: Effect.Effect<A, E>) =>
  Effect.suspend(() => {
    from.calls.push(name)
    return effect
  })

const pullRequestNow = (from: World) =>
  Effect.suspend(() => {
    const answer = next(from.pullRequests)
    return answer instanceof PullRequest ? Effect.succeed(answer) : Effect.fail(answer)
  })

const postsOf = ({ mode, posted, reviewedHeads, summary }: World): OwnPosts => ({
  review: posted,
  answer: Option.none(),
  reviewedHeads,
  summary,
  mode
})

/** The pull request as a run sees it at its begin. */
export const viewOf = (from: World): PullRequestView => ({
  pullRequest: pullRequest(),
  discussions: from.discussions,
  posts: postsOf(from)
})

const forge = (from: World) =>
  Layer.mock(Forge, {
    platform: "github",
    look: () =>
      called(
        from,
        "look",
        Effect.map(pullRequestNow(from), (pullRequest) => ({
          pullRequest,
          discussions: from.discussions,
          posts: postsOf(from),
          ...(from.background === undefined ? {} : { background: from.background })
        }))
      ),
    ownPosts: () => Effect.sync(() => postsOf(from)),
    file: (_repo, _branch, path) => Effect.succeed(Option.fromUndefinedOr(from.baseFiles[path])),
    pullRequest: () => called(from, "pull request", pullRequestNow(from)),
    ...(from.reviewsOwnDiff === undefined ? {} : { reviewsOwnDiff: from.reviewsOwnDiff }),
    changedFiles: () =>
      called(
        from,
        "files",
        Effect.suspend(() => Effect.isEffect(from.forgeFiles) ? from.forgeFiles : Effect.succeed(from.forgeFiles))
      ),
    publish: (draft) =>
      Effect.suspend(() => {
        from.drafts.push(draft)
        return from.publish(draft)
      }),
    reply: (_event, _job, body, _known, facts) =>
      Effect.andThen(
        from.reply,
        Effect.sync(() => {
          from.replies.push(body)
          if (facts !== undefined) from.facts.push(facts)
          return Option.none()
        })
      ),
    linkedIssues: (_pullRequest, known) =>
      Effect.map(from.linked, (linked) => linked.filter((one) => !known.includes(one))),
    failedChecks: () => from.failedChecks ?? Effect.succeed([]),
    settle: (thread, body, marker) => Effect.sync(() => from.settlements.push({ thread, body, marker }) > 0),
    resolveThread: () => called(from, "resolve", from.resolve),
    check: (commit, state) =>
      Effect.sync(() => {
        from.checks.push({ commit, state })
      }),
    cloneSource: () =>
      Effect.succeed({ url: "https://github.com/acme/shop.git", username: "x", password: Redacted.make(forgeToken) }),
    checkAccess: () => called(from, "access", from.access),
    headRef: ({ number }) => `refs/pull/${number}/head`
  })

const workspace = (from: World) =>
  Layer.mock(Workspace, {
    checkout: (request) =>
      Effect.suspend(() => {
        from.checkouts.push(request)
        return Effect.as(from.checkout(request), checkoutOf(from, request.headSha))
      })
  })

const agent = (from: World) => {
  const run = (task: AgentTask<unknown>) =>
    Effect.suspend(() => {
      const isVerifier = task.submission.toolName === "submit_verdicts"
      const tasks = isVerifier ? from.verifications : from.tasks
      tasks.push(task)
      return Effect.map((isVerifier ? from.verifier : next(from.answers))(task), (result): AgentResult<unknown> => ({
        answer: Option.none(),
        text: "",
        conversation: { messages: [] },
        turns: 1,
        usage,
        stopped: "submitted",
        ...result
      }))
    })
  // The answer is of the type that the task's own submission decodes to, which no type of a scene can know.
  return Layer.succeed(AgentRunner, AgentRunner.of({ run: run as AgentRunner["Service"]["run"] }))
}

const conversations = (from: World) =>
  Layer.mock(ConversationStore, {
    load: () => Effect.sync(() => from.conversation),
    save: (_lane, conversation) =>
      Effect.sync(() => {
        from.saved.push(conversation)
        from.conversation = Option.some(conversation)
      })
  })

/** Everything that a review asks for, out of one world. */
export const layer = (from: World) =>
  Layer.mergeAll(
    forge(from),
    workspace(from),
    agent(from),
    ReviewConfig.layer(from),
    conversations(from),
    Layer.succeed(PendingPosts.PendingPosts, from.pending),
    Layer.succeed(Spend, from.spend),
    NodeServices.layer
  )
