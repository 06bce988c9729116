import { assert, it } from "@effect/vitest"
import { Login, PullNumber, PullRequestRef, RepoName, Sha } from "@nominal-code/domain/event/PullRequest"
import { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { scopeOf } from "@nominal-code/domain/review/Review"

const about = {
  pullRequest: new PullRequestRef({ platform: "github", repo: RepoName.make("acme/shop"), number: PullNumber.make(7) }),
  title: "A change",
  author: Login.make("ada")
}

const asked = (prompt: string) =>
  scopeOf({
    prompt,
    event: PullRequestEvent.cases.Comment.make({
      ...about,
      kind: "issue_comment",
      authorIsBot: false,
      commentId: 900,
      body: `@nominal ${prompt}`
    })
  })

it("a bare request for a review is one for the head", () => {
  for (const prompt of ["", "review", "please review this again", "Can you re-review, please?", "review it now!"]) {
    assert.strictEqual(asked(prompt), "head", prompt)
  }
})

it("a request that names something is not one for the head", () => {
  for (const prompt of ["review the tests", "is this thread-safe?", "why?", "review src/cart.ts", "何故"]) {
    assert.strictEqual(asked(prompt), "request", prompt)
  }
})

it("a push asks for the head", () => {
  const event = PullRequestEvent.cases.Lifecycle.make({
    ...about,
    kind: "pr_push",
    headSha: Sha.make("a".repeat(40)),
    headBranch: "change",
    baseBranch: "main"
  })
  assert.strictEqual(scopeOf({ prompt: "", event }), "head")
})
