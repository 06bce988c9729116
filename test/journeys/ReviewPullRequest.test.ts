import { assert, describe } from "@effect/vitest"
import * as GitHubEmulator from "@nominal-code/testing/GitHubEmulator"
import * as GitLabEmulator from "@nominal-code/testing/GitLabEmulator"
import * as ScriptedModel from "@nominal-code/testing/ScriptedModel"
import { Effect, FileSystem } from "effect"
import { change, files, finding } from "./Shop.ts"
import { live, onTerminal, review, reviewHere, uncommitted } from "./Terminal.ts"

const suggestion = "  return items.sum()"
const submission = ScriptedModel.submitReview("The total is rounded.", [
  finding("src/total.ts", "Cents are lost.", { suggestion })
])

const commits = [change("total", "return Math.round(items.sum())", "Round the total")] as const

/** A directory without a repository, and a model that finds one thing in the shop's pull request. */
const world = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "review-pull-" })
  const model = yield* ScriptedModel.make
  model.script(() => ({ calls: [submission] }))
  return { directory, url: model.url, model }
})

const onGitHub = Effect.gen(function*() {
  const github = yield* GitHubEmulator.make()
  const repository = yield* github.addRepository("acme/shop", [{ message: "Open the shop", files }])
  const pull = yield* github.openPullRequest({ repository, commits })
  const env = { GITHUB_API_BASE: github.apiBase, GITHUB_TOKEN: github.account("alice").token }
  return { ...yield* world, env, github, pull, page: `${github.origin}/acme/shop/pull/${pull.number}` }
})

const onGitLab = Effect.gen(function*() {
  const gitlab = yield* GitLabEmulator.make()
  const project = yield* gitlab.addProject("acme/web/shop", [{ message: "Open the shop", files }])
  const account = gitlab.account("alice")
  project.members.set(account, 30)
  const request = yield* gitlab.openRequest({ project, commits })
  const env = { GITLAB_API_BASE: gitlab.origin, GITLAB_TOKEN: account.token }
  return {
    ...yield* world,
    env,
    gitlab,
    request,
    page: `${gitlab.origin}/acme/web/shop/-/merge_requests/${request.iid}`
  }
})

/** Methods and paths of the requests that may have changed something. */
const writes = (requests: ReadonlyArray<{ readonly method: string; readonly path: string }>) =>
  requests.filter(({ method, path }) => method !== "GET" && !/\/(?:graphql|git-upload-pack)$/.test(path)).map((
    { path }
  ) => path)

describe("nominal-code review of a pull request", () => {
  live(
    "on GitHub prints the review, by its short name and by its page, and posts nothing",
    Effect.gen(function*() {
      const here = yield* onGitHub
      for (
        const [name, reviewed] of [
          [`acme/shop#${here.pull.number}`, review],
          [here.page, reviewHere],
          [`${here.page}/files`, reviewHere]
        ] as const
      ) {
        const { code, stderr, stdout } = yield* reviewed(here, name)
        assert.strictEqual(code, 0, stderr)
        assert.match(stdout, /The total is rounded\.[^]*HIGH · bug[^]*src\/total\.ts:3\n[^]*Cents are lost\./)
        assert.match(stdout, / {2}- {3}return Math\.round[^]* {2}\+ {3}return items\.sum/)
      }
      assert.deepStrictEqual(writes(here.github.requests), [])
      assert.deepStrictEqual(here.github.violations, [])
    })
  )

  live(
    "on GitHub posts it with --post, says where, and ends with 3 where --fail-on says so",
    Effect.gen(function*() {
      const here = yield* onGitHub
      const { code, stderr, stdout } = yield* review(
        here,
        `acme/shop#${here.pull.number}`,
        "--post",
        "--json",
        "--fail-on",
        "high"
      )
      assert.strictEqual(code, 3, stderr)
      const [posted, ...more] = here.github.state.reviews
      assert.deepStrictEqual(more, [])
      assert.strictEqual(posted?.author.login, "alice")
      assert.strictEqual(here.github.state.reviewCommentsOf(here.pull)[0]?.line, 3)
      const { url } = JSON.parse(stdout)
      assert.match(url, /\/acme\/shop\/pull\/\d+#pullrequestreview-\d+$/)
      assert.include(stderr, `Posted: ${url}\n`)
      assert.deepStrictEqual(here.github.violations, [])
    })
  )

  live(
    "prints what it cannot post, and says why",
    Effect.gen(function*() {
      const here = yield* onGitHub
      here.github.faults.next(
        { method: "POST", path: /\/pulls\/\d+\/reviews$/, times: 100 },
        { _tag: "Answer", status: 403, message: "Resource not accessible by personal access token" }
      )
      const { code, stderr, stdout } = yield* reviewHere(here, here.page, "--post", "--quiet")
      assert.strictEqual(code, 1)
      assert.include(stdout, "Cents are lost.")
      assert.match(stderr, /nominal-code: the review could not be posted: forge: .*Resource not accessible/)
    })
  )

  live(
    "on GitLab prints it, and posts it with --post",
    Effect.gen(function*() {
      const here = yield* onGitLab
      const own = () => here.gitlab.state.notes.filter(({ author }) => author.username === "alice")
      assert.include((yield* reviewHere(here, `acme/web/shop!${here.request.iid}`)).stdout, "Cents are lost.")
      assert.deepStrictEqual(own(), [])
      const { code, stderr } = yield* reviewHere(here, here.page, "--post")
      assert.strictEqual(code, 0, stderr)
      assert.isTrue(own().some(({ body }) => body.includes("Cents are lost.")))
      assert.deepStrictEqual(here.gitlab.violations, [])
    })
  )

  live(
    "says in one line what is missing, or why there is nothing to review",
    Effect.gen(function*() {
      const here = yield* onGitHub
      const bare = { ...here, env: {} }
      const name = `acme/shop#${here.pull.number}`
      const failures = [
        [bare, [name], 1, /there is no token for GitHub: set GITHUB_TOKEN .*gh auth token/],
        [bare, ["https://gitlab.com/a/b/-/merge_requests/1"], 1, /there is no token for GitLab: set GITLAB_TOKEN/],
        [here, ["https://example.test/a/b/pull/1"], 1, /is not on http:\S+, the GitHub of GITHUB_API_BASE/],
        [here, ["acme/shop#99"], 1, /not visible to the token: Not Found .*acme\/shop#99\): correct the name/],
        [here, [name, "--base", "main"], 2, /a pull request has its own base/],
        [here, ["--post"], 2, /--post needs a pull request/],
        [here, [name, "--apply"], 2, /--apply asks on a terminal: elsewhere, give --apply=all/]
      ] as const
      for (const [where, args, code, message] of failures) {
        const result = yield* reviewHere(where, ...args, "--quiet")
        assert.strictEqual(result.code, code, result.stderr)
        assert.match(result.stderr, message)
        assert.match(result.stderr, /(?:^|\n)nominal-code: [^\n]+\n$/)
      }
      here.pull.state = "closed"
      assert.strictEqual(
        (yield* reviewHere(here, name)).stdout,
        "Nothing to review: the pull request is closed.\n"
      )
    })
  )
})

describe("nominal-code review -", () => {
  live(
    "reviews the patch on its standard input, and changes nothing in the repository",
    Effect.gen(function*() {
      const here = yield* uncommitted("unstaged")
      const before = yield* here.git("status", "--porcelain")
      const { code, stderr, stdout } = yield* review({ ...here, typed: here.git("diff") }, "-")
      assert.strictEqual(code, 0, stderr)
      assert.match(stdout, /page\.ts:1\n[^]*The last page is lost\./)
      assert.strictEqual(yield* here.git("status", "--porcelain"), before)
      assert.strictEqual(
        (yield* reviewHere({ ...here, typed: Effect.succeed("") }, "-")).stdout,
        "Nothing to review: the diff is empty.\n"
      )
    })
  )

  live(
    "says what to do where the patch does not apply, and takes the commit that it does apply to",
    Effect.gen(function*() {
      const here = yield* uncommitted("committed")
      const typed = here.git("diff", "HEAD~1", "HEAD")
      const refused = yield* reviewHere({ ...here, typed }, "-")
      assert.strictEqual(refused.code, 1)
      assert.match(refused.stderr, /the patch does not apply to HEAD \(page\.ts: patch does not apply\): .* by --base/)
      const { code, stdout } = yield* reviewHere({ ...here, typed }, "-", "--base", "HEAD~1")
      assert.strictEqual(code, 0)
      assert.include(stdout, "The last page is lost.")
    })
  )
})

describe("nominal-code review --apply", () => {
  const ceil = "export const pages = (n: number) => Math.ceil(n / 20)\n"
  const floor = "export const pages = (n: number) => Math.floor(n / 20)\n"

  live(
    "=all writes the suggestions into the files that are as they were reviewed",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const here = yield* uncommitted("staged")
      const page = `${here.directory}/page.ts`
      yield* fs.writeFileString(page, `${floor}// One more line.\n`)
      const refused = yield* reviewHere(here, "--staged", "--apply=all", "--quiet")
      assert.strictEqual(
        refused.stderr,
        "Not applied: page.ts:1: the file on the disk is not the one that was reviewed\n"
      )
      assert.strictEqual(yield* fs.readFileString(page), `${floor}// One more line.\n`)
      const { code, stderr } = yield* review(here, "--apply=all", "--quiet")
      assert.strictEqual(code, 0)
      assert.strictEqual(stderr, "Applied: page.ts:1\n")
      assert.strictEqual(yield* fs.readFileString(page), `${ceil}// One more line.\n`)
    })
  )

  live(
    "on a terminal asks for each, and applies what the person agrees to",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const here = yield* uncommitted("unstaged")
      const page = `${here.directory}/page.ts`
      const answered = (typed: string) => onTerminal({ ...here, typed: Effect.succeed(typed) }, 100, "--apply")
      const no = yield* answered("n\n")
      assert.include(no.stdout, "Apply the suggestion for page.ts:1? [y]es, [N]o, [a]ll, [q]uit ")
      assert.notInclude(no.stdout, "Applied")
      assert.strictEqual(yield* fs.readFileString(page), floor)
      assert.include((yield* answered("y\n")).stdout, "Applied: page.ts:1")
      assert.strictEqual(yield* fs.readFileString(page), ceil)
    })
  )

  live(
    "writes nothing through a link, and nothing outside the repository",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const here = yield* uncommitted("staged")
      const outside = `${yield* fs.makeTempDirectoryScoped({ prefix: "outside-" })}/page.ts`
      yield* fs.writeFileString(outside, floor)
      yield* fs.remove(`${here.directory}/page.ts`)
      yield* fs.symlink(outside, `${here.directory}/page.ts`)
      const { stderr } = yield* reviewHere(here, "--staged", "--apply=all", "--quiet")
      assert.match(stderr, /^Not applied: page\.ts:1/)
      assert.strictEqual(yield* fs.readFileString(outside), floor)
    })
  )
})
