import { assert, describe, it } from "@effect/vitest"
import { PullNumber, PullRequest, PullRequestRef, RepoName } from "@nominal-code/domain/event/PullRequest"
import { Clock, Effect, Redacted } from "effect"
import { Forge, type LinkedIssue } from "../src/Forge.ts"
import * as GitLab from "../src/GitLab.ts"
import { issuesNamedIn } from "../src/IssueReferences.ts"
import { fakeGitHub, forgeAt, head, instantClock, type RecordedRequest } from "./FakeGitHub.ts"

const pullOf = (platform: "github" | "gitlab", description: string, title = "A change") =>
  new PullRequest({
    ref: new PullRequestRef({ platform, repo: RepoName.make("acme/shop"), number: PullNumber.make(7) }),
    title,
    description,
    author: "ada",
    state: "open",
    draft: false,
    headSha: head,
    headBranch: "change",
    baseSha: head,
    baseBranch: "main"
  })

const host = "https://forge.example"

describe("the issues that a pull request names", () => {
  const named: ReadonlyArray<readonly [text: string, numbers: ReadonlyArray<number>]> = [
    ["Part of #12, see (#13).", [12, 13]],
    ["Closes acme/shop#14 and #14", [14]],
    [`${host}/acme/shop/issues/15#issuecomment-1 and ${host}/acme/shop/-/work_items/16`, [15, 16]],
    ["acme/secret#17, evil-acme/shop#17, https://other.example/acme/shop/issues/18", []],
    [`${host}/acme/secret/issues/19 ${host}/acme/shop/pull/20`, []],
    ["~~~\n#26\n~~~\nand ``a ` #27``", []],
    ["`#21`, <!-- Closes #22 -->\n```\n#23\n```\n&#24; #25a a#26 !27 #0", []],
    ["修复 #28。Fixes:#29", [28, 29]]
  ]
  for (const [text, numbers] of named) {
    it(`are ${numbers.length === 0 ? "none" : numbers.join(" and ")} in ${JSON.stringify(text)}`, () => {
      assert.deepStrictEqual(issuesNamedIn(pullOf("github", text), host), numbers)
    })
  }
})

/** Answers about issue 12, which is there; 13, which is confidential or a pull request; 14, which is gone; 15, private. */
const answer = (path: string, project: Readonly<Record<string, string>>) => ({ path: asked }: RecordedRequest) => {
  const number = Number(/\/issues\/(\d+)$/.exec(asked)?.[1])
  const body = { title: `Issue ${number}`, number, iid: number, body: "Off by one.", description: "Off by one." }
  if (asked === "/api/v4/projects/acme%2Fshop") return { body: project }
  if (!asked.startsWith(path)) return undefined
  if (number === 13) return { body: { ...body, confidential: true, pull_request: {} } }
  if (number === 14) return { status: 410, body: { message: "This issue was deleted" } }
  if (number === 15) return { status: 403, body: { message: "403 Forbidden" } }
  if (number === 16) return { body: { ...body, number: 3, iid: 3 } }
  return number === 12 ? { body } : undefined
}

const text = "#11 #12 #13 #14 #15"
const seen: ReadonlyArray<LinkedIssue> = [{ number: 12, title: "Issue 12", body: "Off by one." }]

const forges = [
  ["GitHub", "github", "/repos/acme/shop/issues/", (url: string) => forgeAt(url)],
  [
    "GitLab",
    "gitlab",
    "/api/v4/projects/acme%2Fshop/issues/",
    (url: string) => GitLab.layer({ apiBase: url, token: Redacted.make("glpat-0123456789abcdef") })
  ]
] as const

describe.each(forges)("the linked issues of %s", (_name, platform, path, layerAt) => {
  const linked = Effect.fnUntraced(function*(
    description: string,
    known: ReadonlyArray<LinkedIssue> = [],
    project: Readonly<Record<string, string>> = {}
  ) {
    const fake = yield* fakeGitHub(answer(path, project))
    const { instant } = yield* instantClock
    const issues = yield* Forge.use((forge) => forge.linkedIssues(pullOf(platform, description), known)).pipe(
      Effect.provide(layerAt(fake.url)),
      Effect.provideService(Clock.Clock, instant)
    )
    return { issues, asked: fake.requests.filter((request) => request.path.startsWith(path)).length }
  })

  it.effect("are those that everybody may read who reads the pull request; one that is gone or private costs nothing", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* linked(text)).issues, seen)
      assert.deepStrictEqual((yield* linked("#16")).issues, [])
    }))

  it.effect("are none where a project of GitLab shows its issues to members only, and its merge requests to everybody", () =>
    Effect.gen(function*() {
      const secret = { visibility: "public", issues_access_level: "private", merge_requests_access_level: "enabled" }
      assert.deepStrictEqual((yield* linked("#12", [], secret)).issues, platform === "gitlab" ? [] : seen)
      assert.deepStrictEqual((yield* linked("#12", [], { ...secret, visibility: "private" })).issues, seen)
    }))

  it.effect("are asked for once each, five with the known ones, and not at all where none is named", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* linked("No issue.")).asked, 0)
      assert.strictEqual((yield* linked("#12", seen)).asked, 0)
      const many = Array.from({ length: 30 }, (_, at) => `#${100 + at}`).join(" ")
      assert.strictEqual((yield* linked(many, seen)).asked, 4)
    }))
})
