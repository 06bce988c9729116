import { assert, it } from "@effect/vitest"
import { noFilters } from "@nominal-code/domain/event/Filters"
import { Admission, admit, type Policy } from "@nominal-code/domain/event/Policy"
import { Login, PullNumber, PullRequestRef, RepoName, Sha } from "@nominal-code/domain/event/PullRequest"
import { type LifecycleKind, PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { JobId } from "@nominal-code/domain/job/Job"
import { Marker, renderMarker } from "@nominal-code/domain/review/Marker"

const policy: Policy = {
  botUsername: "nominal-bot",
  allowedUsers: ["alice"],
  allowedRepos: [],
  allowedAssociations: [],
  allowedAccessLevel: "none",
  require: "anyone",
  titleIncludeTags: [],
  titleExcludeTags: [],
  reviewLabel: "nominal:review",
  triggers: ["pr_opened"]
}

const pullRequest = new PullRequestRef({
  platform: "github",
  repo: RepoName.make("acme/api"),
  number: PullNumber.make(7)
})

const lifecycle = (
  kind: LifecycleKind,
  more: { readonly author?: string; readonly title?: string; readonly labels?: ReadonlyArray<string> } = {}
) =>
  PullRequestEvent.cases.Lifecycle.make({
    kind,
    pullRequest,
    title: more.title ?? "A change",
    author: Login.make(more.author ?? "mallory"),
    headSha: Sha.make("0".repeat(40)),
    headBranch: "change",
    baseBranch: "main",
    ...(more.labels === undefined ? {} : { labels: more.labels })
  })

const comment = (
  body: string,
  more: { readonly author?: string; readonly authorIsBot?: boolean; readonly title?: string } = {}
) =>
  PullRequestEvent.cases.Comment.make({
    kind: "issue_comment",
    pullRequest,
    title: more.title ?? "A change",
    author: Login.make(more.author ?? "alice"),
    authorIsBot: more.authorIsBot ?? false,
    commentId: 1,
    body
  })

const decision = Admission.match({
  Review: ({ prompt }) => `review: ${prompt}`,
  Refused: ({ status }) => status
})

const decides = (expected: string, event: PullRequestEvent, differently: Partial<Policy> = {}) =>
  assert.strictEqual(decision(admit({ ...policy, ...differently }, event)), expected)

it("reviews what an allowed user asks for, and only what they ask", () => {
  decides("review: check the locks", comment("well, @nominal-bot check the locks"))
  decides("no_mention", comment("nice work"))
  decides("no_mention", comment("@nominal-bot"))
  decides("unauthorized", comment("@nominal-bot check", { author: "mallory" }))
})

it("compares logins without regard to case", () => {
  decides("review: go", comment("@nominal-bot go", { author: "Alice" }))
  decides("review: go", comment("@nominal-bot go"), { allowedUsers: ["ALICE"] })
  decides("unauthorized", comment("@nominal-bot go", { author: "alice2" }))
})

it("admits nobody by an empty list of users", () => {
  decides("unauthorized", comment("@nominal-bot go"), { allowedUsers: [] })
})

it("reviews a lifecycle event that is a trigger, whoever its author is", () => {
  decides("review: ", lifecycle("pr_opened"))
  decides("ignored", lifecycle("pr_push"))
  decides("ignored", lifecycle("pr_opened"), { triggers: [] })
})

it("ignores lifecycle events and knows no mention while the bot has no name", () => {
  decides("ignored", lifecycle("pr_opened"), { botUsername: "" })
  decides("no_mention", comment("@nominal-bot go"), { botUsername: "" })
})

it("never answers itself or another program, even one on the list of users", () => {
  decides("ignored", comment("@nominal-bot go", { author: "Nominal-Bot" }), { allowedUsers: ["nominal-bot"] })
  decides("ignored", comment("@nominal-bot go", { author: "nominal-bot[bot]" }), { allowedUsers: ["nominal-bot[bot]"] })
  decides("ignored", comment("@nominal-bot go", { authorIsBot: true }))
  decides("ignored", lifecycle("pr_opened", { author: "nominal-bot" }))
})

it("never answers its own post under the account of an allowed user", () => {
  const marker = renderMarker(new Marker({ jobId: JobId.make("0".repeat(20)) }))
  decides("ignored", comment(`ask @nominal-bot again\n\n${marker}\n`))
  decides("review: why?", comment(`> text\n> ${marker}\n\n@nominal-bot why?`))
})

it("takes a person with an app's name for that person", () => {
  decides("review: go", comment("@nominal go", { author: "nominal" }), {
    botUsername: "nominal[bot]",
    allowedUsers: ["nominal"]
  })
})

it("filters comments and lifecycle events of other repositories alike", () => {
  for (const event of [comment("@nominal-bot go"), lifecycle("pr_opened"), comment("hello", { author: "mallory" })]) {
    decides("filtered", event, { allowedRepos: ["acme/web"] })
    decides("filtered", event, { allowedRepos: ["acme/apis", "acme"] })
  }
  decides("review: ", lifecycle("pr_opened"), { allowedRepos: ["acme/web", "acme/api"] })
})

it("filters by the tags of the title, excluding ones first", () => {
  const tags = { titleIncludeTags: ["nominalbot"], titleExcludeTags: ["skip"] }
  const opened = (title: string) => lifecycle("pr_opened", { title })
  decides("review: ", opened("[NominalBot] A change"), tags)
  decides("review: ", opened("[review] A change"), { titleIncludeTags: ["nominalbot", "review"] })
  decides("filtered", opened("[nominalbot] [skip] A change"), tags)
  decides("filtered", opened("A change for nominalbot"), tags)
  decides("review: ", opened("skip this"), { titleExcludeTags: ["skip"] })
  decides("filtered", comment("@nominal-bot go", { title: "[Skip] A change" }), { titleExcludeTags: ["skip"] })
})

it("says why, without repeating what a person wrote", () => {
  const refused = admit({ ...policy, titleExcludeTags: ["skip"] }, lifecycle("pr_opened", { title: "[skip] <secret>" }))
  assert.deepStrictEqual(refused, {
    _tag: "Refused",
    status: "filtered",
    reason: "the title is tagged [skip]"
  })
})

it("reviews what gets the label, where labels are a trigger", () => {
  const labels = { triggers: ["pr_labeled"] } as const
  decides("review: ", lifecycle("pr_labeled", { labels: ["bug", "nominal:review"] }), labels)
  decides("review: ", lifecycle("pr_labeled", { labels: ["Nominal:Review"] }), labels)
  decides("ignored", lifecycle("pr_labeled", { labels: ["bug"] }), labels)
  decides("ignored", lifecycle("pr_labeled"), labels)
  decides("ignored", lifecycle("pr_labeled", { labels: ["nominal:review"] }))
  decides("review: ", lifecycle("pr_labeled", { labels: ["look"] }), { ...labels, reviewLabel: "look" })
})

it("reviews another base only where that is a trigger, and a check that is to run again always", () => {
  decides("ignored", lifecycle("pr_retargeted"))
  decides("review: ", lifecycle("pr_retargeted"), { triggers: ["pr_retargeted"] })
  decides("review: ", lifecycle("pr_rerun"), { triggers: [] })
  // The delivery about a check names no title, and there is a check because the title passed.
  decides("review: ", lifecycle("pr_rerun", { title: "" }), { titleIncludeTags: ["review"] })
  decides("filtered", lifecycle("pr_rerun"), { allowedRepos: [RepoName.make("acme/other")] })
  decides("ignored", lifecycle("pr_rerun", { author: "nominal-bot[bot]" }))
})

it("a filter refuses what the delivery shows, on GitLab not by the author, and never what somebody asks for", () => {
  const gitlab = (event: PullRequestEvent) =>
    event._tag === "Lifecycle"
      ? PullRequestEvent.cases.Lifecycle.make({
        ...event,
        pullRequest: new PullRequestRef({ ...pullRequest, platform: "gitlab" })
      })
      : event
  for (
    const [given, onGitLab] of [
      [{ authors: ["!mallory"] }, "review: "],
      [{ baseBranches: ["release/*"] }, "filtered"],
      [{ headBranches: ["!change"] }, "filtered"],
      [{ titles: ["!a change"] }, "filtered"],
      [{ labels: ["ready"], paths: ["src/"], maxFiles: 1, maxLines: 1 }, "review: "]
    ] as const
  ) {
    const onGitHub = "labels" in given ? "review: " : "filtered"
    const filters = { ...noFilters, ...given }
    decides(onGitHub, lifecycle("pr_opened"), { filters })
    decides(onGitLab, gitlab(lifecycle("pr_opened")), { filters })
    decides("review: ", lifecycle("pr_labeled", { labels: ["nominal:review"] }), { filters, triggers: ["pr_labeled"] })
    decides("review: ", lifecycle("pr_rerun"), { filters })
    decides("review: review", comment("@nominal-bot review"), { filters })
  }
})

it("who asks is allowed by name, by what GitHub says of them, or by a role that is still to be looked up on GitLab", () => {
  const asking = (
    platform: "github" | "gitlab",
    more: { readonly association?: "MEMBER" | "NONE"; readonly authorId?: number }
  ) =>
    PullRequestEvent.cases.Comment.make({
      ...comment("@nominal-bot review", { author: "mallory" }),
      pullRequest: new PullRequestRef({ ...pullRequest, platform }),
      ...more
    })
  const associations = { allowedAssociations: ["OWNER", "MEMBER"] as const }
  decides("unauthorized", asking("github", { association: "MEMBER" }))
  decides("review: review", asking("github", { association: "MEMBER" }), associations)
  decides("unauthorized", asking("github", { association: "NONE" }), associations)
  decides("unauthorized", asking("github", {}), associations)
  const level = { ...policy, allowedAccessLevel: "developer" as const }
  assert.deepInclude(admit(level, asking("gitlab", { authorId: 7 })), { prompt: "review", unverified: true })
  decides("unauthorized", asking("gitlab", {}), level)
  decides("unauthorized", asking("github", { association: "MEMBER" }), level)
  assert.notProperty(admit(level, comment("@nominal-bot review")), "unverified")
})

it("a label asks for a stranger's review, also where labels are no trigger", () => {
  const labelled = lifecycle("pr_labeled", { labels: ["nominal:review"] })
  decides("ignored", labelled)
  decides("review: ", labelled, { require: "contributor" })
})
