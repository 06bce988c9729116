/**
 * Reviews the difference between two commits for a forge of your own, which here prints where GitHub would post:
 *
 *     node docs/examples/own-forge.ts <repository> <base> <head>
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Console, Effect, Layer, Option, Redacted } from "effect"
import { execFileSync } from "node:child_process"
import {
  ApiAgent,
  AppConfigLayer,
  Configured,
  ConversationStoreMemory,
  Forge,
  jobOfHead,
  NotReviewed,
  type OwnPosts,
  parseGitDiff,
  PostedReview,
  PullNumber,
  PullRequest,
  PullRequestRef,
  RepoName,
  review,
  type ReviewDraft,
  Sha,
  SpendMemory
} from "nominal-code"

const [repository = ".", base = "HEAD~1", head = "HEAD"] = process.argv.slice(2)
const git = (...args: ReadonlyArray<string>) => execFileSync("git", ["-C", repository, ...args], { encoding: "utf8" })

const pullRequest = new PullRequest({
  ref: new PullRequestRef({
    platform: "github",
    repo: RepoName.make("local/repository"),
    number: PullNumber.make(1)
  }),
  title: git("log", "-1", "--format=%s", head).trim(),
  description: "",
  author: git("log", "-1", "--format=%an", head).trim(),
  state: "open",
  draft: false,
  headSha: Sha.make(git("rev-parse", head).trim()),
  headBranch: head,
  baseSha: Sha.make(git("rev-parse", base).trim()),
  baseBranch: "main"
})

const nothingPosted: OwnPosts = {
  review: Option.none(),
  answer: Option.none(),
  reviewedHeads: [],
  summary: Option.none(),
  mode: "active"
}

const printed = ({ comments, summary }: ReviewDraft) =>
  [
    summary,
    ...comments.map(({ finding: { body, line, path, suggestion } }) =>
      [`${path}:${line}`, body, ...(suggestion === undefined ? [] : [`suggestion: ${suggestion}`])].join("\n")
    )
  ].join("\n\n")

const TerminalForge = Layer.succeed(
  Forge,
  Forge.of({
    platform: "github",
    acknowledge: () => Effect.void,
    pullRequest: () => Effect.succeed(pullRequest),
    changedFiles: () => Effect.sync(() => parseGitDiff(git("diff", "--no-color", "-M", `${base}...${head}`))),
    look: () => Effect.succeed({ pullRequest, discussions: [], posts: nothingPosted }),
    ownPosts: () => Effect.succeed(nothingPosted),
    publish: (draft) => {
      const { comments: { length: inline }, headSha } = draft
      return Effect.as(
        Console.log(printed(draft)),
        new PostedReview({ headSha, inline, folded: 0, alreadyPosted: false })
      )
    },
    reply: (_event, _jobId, body) => Effect.as(Console.log(body), Option.none()),
    linkedIssues: () => Effect.succeed([]),
    failedChecks: () => Effect.succeed([]),
    resolveThread: () => Effect.void,
    settle: () => Effect.succeed(false),
    check: () => Effect.void,
    cloneSource: () => Effect.succeed({ url: "", username: "", password: Redacted.make("") }),
    checkAccess: () => Effect.void,
    file: () => Effect.succeedNone,
    relation: () => Effect.succeed({ _tag: "Associated" }),
    headRef: () => "refs/heads/main"
  })
)

const Pipeline = Layer.mergeAll(
  TerminalForge,
  Configured.localWorkspace(repository),
  ApiAgent.layer.pipe(Layer.provide(Configured.models)),
  ConversationStoreMemory.layer({ ttl: "1 day" }),
  SpendMemory.layer
).pipe(
  Layer.provideMerge(Configured.reviewConfig()),
  Layer.provideMerge(AppConfigLayer.layer("review")),
  Layer.provideMerge(NodeServices.layer)
)

const program = Effect.gen(function*() {
  const outcome = yield* review(jobOfHead(pullRequest))
  if (outcome._tag === "Skipped") {
    return yield* new NotReviewed({ reason: "nothing-to-review", message: outcome.detail })
  }
  if ("failure" in outcome) return yield* NotReviewed.failed(outcome.failure)
})

NodeRuntime.runMain(Effect.provide(program, Pipeline))
