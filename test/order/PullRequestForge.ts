import { NodeServices } from "@effect/platform-node"
import type { AgentResult } from "@nominal-code/agent/AgentRunner"
import { AgentRunner } from "@nominal-code/agent/AgentRunner"
import { ChangedFile } from "@nominal-code/domain/diff/Patch"
import { PullRequest, type PullRequestRef, RepoPath, type Sha } from "@nominal-code/domain/event/PullRequest"
import { Usage, UsageSummary } from "@nominal-code/domain/model/Usage"
import { PostedReview, type ReviewDraft } from "@nominal-code/domain/review/Review"
import type { ReviewSettings } from "@nominal-code/domain/settings/ReviewSettings"
import { Forge, type OwnPosts, type ReviewedHead } from "@nominal-code/forge/Forge"
import { ConversationStore } from "@nominal-code/persistence/ConversationStore"
import * as SpendMemory from "@nominal-code/persistence/SpendMemory"
import type { ReviewAnswer } from "@nominal-code/review/answer/ReviewOutput"
import { noGuidelines } from "@nominal-code/review/context/Guidelines"
import { noRules } from "@nominal-code/review/context/Rules"
import { noVerification } from "@nominal-code/review/judgement/Verify"
import * as ReviewConfig from "@nominal-code/review/ReviewConfig"
import { ReviewSteps } from "@nominal-code/review/ReviewSteps"
import { shaOf } from "@nominal-code/testing/Jobs"
import { testConfig } from "@nominal-code/testing/TestConfig"
import * as Syntax from "@nominal-code/workspace/syntax/Syntax"
import { Workspace } from "@nominal-code/workspace/Workspace"
import { Clock, Context, Effect, Layer, Option, Redacted } from "effect"
import { shownAt, type Story } from "./Stories.ts"

const settings: ReviewSettings = { ...testConfig().review, botUsername: "nominal" }

const file = new ChangedFile({ path: RepoPath.make("src/cart.ts"), status: "modified", patch: "@@ -1 +1 @@\n-a\n+b" })

const usage = new UsageSummary({
  provider: "anthropic",
  model: "claude",
  usage: new Usage({ input: 10, output: 5, cacheRead: 0, cacheWrite: 0 }),
  calls: 1
})

const result: AgentResult<ReviewAnswer> = {
  answer: Option.some({ summary: "Fine.", findings: [], unplaced: [], unreadable: 0 }),
  text: "",
  conversation: { messages: [] },
  turns: 1,
  usage,
  stopped: "submitted"
}

/** The services that are the same for every pull request. No test of orders asks a model, git or a disk. */
export const shared = Layer.mergeAll(
  Layer.mock(Workspace, {
    checkout: ({ baseSha, headSha }) =>
      Effect.succeed({
        headSha,
        mergeBase: baseSha,
        tools: [],
        syntax: Syntax.none,
        changedFiles: Effect.succeed([file]),
        since: () => Effect.succeedNone,
        commits: Effect.succeed([]),
        baseFile: () => Effect.succeedNone,
        baseFiles: () => Effect.succeed([]),
        paths: () => Effect.succeed([]),
        words: () => Effect.succeed([]),
        lines: () => Effect.succeedNone
      })
  }),
  Layer.mock(AgentRunner, {}),
  Layer.mock(ConversationStore, { save: () => Effect.void }),
  SpendMemory.layer,
  ReviewConfig.layer({ settings }),
  NodeServices.layer
)

const unused = () => Effect.die("no review of this suite needs it")

/**
 * A forge with one pull request. It may show what it showed at the delivery before, until somebody sleeps or another one
 * comes. Its reviews are all that is posted, and what is wrong about them.
 */
export const make = (story: Story, ref: PullRequestRef) => {
  const reviews: Array<ReviewedHead> = []
  const wrong: Array<string> = []
  let happened = 0
  let visible = 0

  const isReviewed = (commit: Sha): boolean => reviews.some(({ headSha }) => headSha === commit)
  const head = (): Sha => shownAt(story, happened).head

  const catchUp = Effect.sync(() => {
    visible = happened
  })

  const post = ({ headSha, jobId }: ReviewDraft): void => {
    if (isReviewed(headSha)) wrong.push(`${headSha} is reviewed twice`)
    if (headSha !== head() && isReviewed(head())) wrong.push(`${headSha} is reviewed after the head ${head()} was`)
    reviews.push({ headSha, jobId })
  }

  const pullRequest = (): PullRequest => {
    const { head: headSha, state } = shownAt(story, visible)
    return new PullRequest({
      ref,
      title: "Add retries",
      description: "",
      author: "ada",
      state: state === "closed" ? "closed" : "open",
      draft: state === "draft",
      headSha,
      headBranch: "retries",
      baseSha: shaOf("base"),
      baseBranch: "main"
    })
  }

  const posts = (): OwnPosts => ({
    review: Option.none(),
    answer: Option.none(),
    reviewedHeads: Array.from(reviews),
    summary: Option.none(),
    mode: "active"
  })

  const forge = Forge.of({
    platform: ref.platform,
    look: () => Effect.sync(() => ({ pullRequest: pullRequest(), discussions: [], posts: posts() })),
    pullRequest: () => Effect.sync(pullRequest),
    ownPosts: () => Effect.sync(posts),
    publish: (draft) =>
      Effect.sync(() => {
        post(draft)
        return new PostedReview({ headSha: draft.headSha, inline: 0, folded: 0, alreadyPosted: false })
      }),
    cloneSource: () =>
      Effect.succeed({ url: "https://github.com/acme/api.git", username: "x", password: Redacted.make("token") }),
    file: () => Effect.succeedNone,
    relation: () => Effect.succeed({ _tag: "Associated" }),
    headRef: ({ number }) => `refs/pull/${number}/head`,
    check: () => Effect.void,
    acknowledge: unused,
    changedFiles: unused,
    reply: unused,
    resolveThread: unused,
    settle: unused,
    linkedIssues: () => Effect.succeed([]),
    failedChecks: () => Effect.succeed([]),
    checkAccess: unused
  })

  return {
    forge,
    reviews,
    wrong,
    head,
    isReviewed,
    catchUp,
    /** Everything up to this event has happened; the forge shows it at once, or later. */
    reach: (event: number, late: boolean) => {
      visible = late ? happened : Math.max(happened, event)
      happened = Math.max(happened, event)
    }
  }
}

/** The services of one run: the forge, steps that wait before they answer, and a clock whose sleeps take no time. */
export const contextOf = (
  { catchUp, forge }: ReturnType<typeof make>,
  clock: Clock.Clock,
  answering: Effect.Effect<void>
) =>
  Context.make(Forge, forge).pipe(
    Context.add(ReviewSteps, {
      gather: ({ discussions, pullRequest }, checkout) =>
        Effect.succeed({
          pullRequest,
          checkout,
          discussions,
          files: [file],
          ignored: 0,
          commits: [],
          guidelines: noGuidelines,
          rules: noRules
        }),
      plan: () => Effect.succeed({ files: [] }),
      evidence: () => Effect.succeed([]),
      ask: () => Effect.as(answering, { result }),
      recover: ({ answer }) => Effect.succeed({ answer, usage }),
      check: (findings) => Effect.succeed({ findings, unproven: 0, merged: 0 }),
      place: () => Effect.succeed({ inline: [], folded: [], repeated: [] }),
      verify: () => Effect.succeed(noVerification),
      select: (posted) => Effect.succeed({ posted, cut: [] })
    }),
    Context.add(Clock.Clock, { ...clock, sleep: () => catchUp })
  )
