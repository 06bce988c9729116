/**
 * Reviews the difference between two commits of a repository on this disk, and prints the findings:
 *
 *     node docs/examples/local-diff.ts <repository> <base> <head>
 *
 * The forge is our own: it shows the commits as a pull request, and prints where GitHub would post. Everything else is
 * the product's. The model and its key come from the usual settings, for example `ANTHROPIC_API_KEY`.
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Data, Effect, Layer, Option, Redacted } from "effect"
import { execFileSync } from "node:child_process"
import {
  Anthropic,
  ApiAgent,
  AppConfigLayer,
  ConversationStoreMemory,
  Forge,
  Job,
  Lane,
  LocalWorkspace,
  parseGitDiff,
  PullRequest,
  PullRequestEvent,
  Review,
  review,
  ReviewConfig
} from "nominal-code"

const [repository = ".", base = "HEAD~1", head = "HEAD"] = process.argv.slice(2)
const git = (...args: ReadonlyArray<string>) => execFileSync("git", ["-C", repository, ...args], { encoding: "utf8" })

const ref = new PullRequest.PullRequestRef({
  platform: "github",
  repo: PullRequest.RepoName.make("local/repository"),
  number: PullRequest.PullNumber.make(1)
})

const pullRequest = new PullRequest.PullRequest({
  ref,
  title: git("log", "-1", "--format=%s", head).trim(),
  description: "",
  author: git("log", "-1", "--format=%an", head).trim(),
  state: "open",
  draft: false,
  headSha: PullRequest.Sha.make(git("rev-parse", head).trim()),
  headBranch: head,
  baseSha: PullRequest.Sha.make(git("rev-parse", base).trim()),
  baseBranch: "main",
  commits: git("log", "--reverse", "--format=%s", `${base}..${head}`).trim().split("\n")
})

const printed = ({ comments, summary }: Review.ReviewDraft) =>
  [
    summary,
    ...comments.map(({ finding: { body, line, path, suggestion } }) =>
      [`${path}:${line}`, body, ...(suggestion === undefined ? [] : [`suggestion: ${suggestion}`])].join("\n")
    )
  ].join("\n\n")

/** A forge that reads from git, and posts to the terminal. */
const TerminalForge = Layer.succeed(
  Forge,
  Forge.of({
    platform: "github",
    verify: () => Effect.void,
    parse: () => Effect.succeed({ id: "local", event: Option.none(), ignored: "there are no webhooks here" }),
    acknowledge: () => Effect.void,
    pullRequest: () => Effect.succeed(pullRequest),
    changedFiles: () => Effect.sync(() => parseGitDiff(git("diff", "--no-color", "-M", `${base}...${head}`))),
    discussions: () => Effect.succeed([]),
    ownPosts: () => Effect.succeed({ review: Option.none(), answer: Option.none(), reviewedHeads: [] }),
    publish: (draft) =>
      Effect.as(
        Console.log(printed(draft)),
        new Review.PostedReview({
          headSha: draft.headSha,
          inline: draft.comments.length,
          folded: 0,
          alreadyPosted: false
        })
      ),
    reply: (_event, _jobId, body) => Effect.as(Console.log(body), Option.none()),
    cloneSource: () => Effect.succeed({ url: "", username: "", password: Redacted.make("") }),
    headRef: () => "refs/heads/main"
  })
)

const delivery = Job.DeliveryId.make(pullRequest.headSha)
const job = new Job.Job({
  id: Job.jobIdOfDelivery("github", delivery),
  lane: new Lane.Lane({ namespace: Lane.Namespace.make(""), ...ref, bot: PullRequest.Login.make("local") }),
  event: PullRequestEvent.PullRequestEvent.cases.Lifecycle.make({
    kind: "pr_opened",
    pullRequest: ref,
    title: pullRequest.title,
    author: PullRequest.Login.make("local"),
    headSha: pullRequest.headSha,
    headBranch: pullRequest.headBranch,
    baseBranch: pullRequest.baseBranch
  }),
  prompt: "",
  delivery,
  receivedAt: 0
})

const Pipeline = Layer.mergeAll(
  TerminalForge,
  LocalWorkspace.layer(repository),
  ApiAgent.layer.pipe(Layer.provide(Anthropic.layer)),
  ConversationStoreMemory.layer
).pipe(
  Layer.provideMerge(ReviewConfig.layer()),
  Layer.provideMerge(AppConfigLayer.layer("review")),
  Layer.provideMerge(NodeServices.layer)
)

class NotReviewed extends Data.TaggedError("NotReviewed")<{ readonly message: string }> {}

const program = review(job).pipe(
  Effect.flatMap((outcome) =>
    outcome._tag === "Reviewed"
      ? Effect.void
      : Effect.fail(
        new NotReviewed({ message: outcome._tag === "Skipped" ? outcome.detail : outcome.failure.detail })
      )
  ),
  Effect.provide(Pipeline)
)

NodeRuntime.runMain(program)
