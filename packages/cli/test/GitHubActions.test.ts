import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Usage, UsageSummary } from "@nominal-code/domain/model/Usage"
import { ConfigProvider, Console, Effect, FileSystem } from "effect"
import * as GitHubActions from "../src/ci/GitHubActions.ts"
import { annotation, findingAnnotation, withoutCommands } from "../src/ci/WorkflowCommands.ts"
import { finding, report } from "./Reported.ts"
import { runHere } from "./RunHere.ts"

type Variables = Readonly<Record<string, string>>

const variables = (given: Variables) =>
  Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(given))

/** A runner: its temporary directory, and the files that a step may write to. */
const runner = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped()
  const given = {
    RUNNER_TEMP: directory,
    GITHUB_STEP_SUMMARY: `${directory}/summary`,
    GITHUB_OUTPUT: `${directory}/output`
  }
  return {
    run: variables(given),
    summary: fs.readFileString(given.GITHUB_STEP_SUMMARY),
    output: fs.readFileString(given.GITHUB_OUTPUT)
  }
})

const usageOf = (cost: { readonly costUsd?: number }) =>
  new UsageSummary({ provider: "anthropic", model: "m", calls: 1, usage: Usage.none, ...cost })

/** Outputs of a step, as the runner reads their file. */
const outputsOf = (file: string): Variables => {
  const found: Record<string, string> = {}
  const lines = file.split("\n")
  while (lines.length > 0) {
    const [, name, delimiter] = /^(.+?)<<(.+)$/.exec(lines.shift() ?? "") ?? []
    if (name === undefined) continue
    const end = lines.indexOf(delimiter ?? "")
    found[name] = lines.splice(0, end).join("\n")
    lines.shift()
  }
  return found
}

describe("a step of a workflow", () => {
  it.live("has outputs that no text of a model can add to or change", () =>
    Effect.gen(function*() {
      const { output, run } = yield* runner
      const summary = "All well.\nfindings<<EOF\n0\nEOF\njson-path=/etc/passwd\nghadelimiter_1"
      yield* run(GitHubActions.tell({ ...report([finding()]), summary }))
      const outputs = outputsOf(yield* output)
      assert.deepStrictEqual(Object.keys(outputs), ["summary", "findings", "cost", "json-path", "sarif-path"])
      assert.deepStrictEqual([outputs["summary"], outputs["findings"]], [summary, "1"])
      assert.match(outputs["json-path"] ?? "", /\/nominal-code\/review\.json$/)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("has the cost among its outputs, and the review's page in its summary, where there is one", () =>
    Effect.gen(function*() {
      const told = report([finding()])
      for (
        const [more, cost, page] of [
          [
            { url: "https://github.com/acme/shop/pull/7#r1" },
            "",
            "[The review on the pull request](https://github.com/acme/shop/pull/7#r1)"
          ],
          [{ usage: usageOf({ costUsd: 0.12345 }) }, "0.1235", ""],
          [{ usage: usageOf({}) }, "", ""]
        ] as const
      ) {
        const { output, run, summary } = yield* runner
        yield* run(GitHubActions.tell({ ...told, ...more }))
        assert.strictEqual(outputsOf(yield* output)["cost"], cost)
        assert.strictEqual(/\[The review on the pull request\]\(.*\)/.exec(yield* summary)?.[0] ?? "", page)
      }
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("annotates in its log the findings on lines that are there, where the pull request has no review", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const console = { ...yield* Console.Console, log: (line: string) => void lines.push(line) }
      const { run } = yield* runner
      const told = report([finding({ body: "It stays." }), finding({ body: "It goes.", side: "LEFT" })])
      const telling = run(GitHubActions.tell({ ...told, notPosted: "The token may only read." }))
      yield* Effect.provideService(telling, Console.Console, console)
      const annotations = lines.filter((line) => line.startsWith("::error file="))
      assert.deepStrictEqual(annotations.map((line) => line.split("::").at(-1)), ["It stays."])
      assert.isTrue(lines.some((line) => line.startsWith("::stop-commands::") && line.includes("It goes.")))
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("has a summary of at most a megabyte, whatever its letters take, and ends with a whole one", () =>
    Effect.gen(function*() {
      for (const letter of ["x", "é", "漢", "😀"]) {
        const { run, summary } = yield* runner
        yield* run(GitHubActions.tell({ ...report([]), summary: letter.repeat(600_000) }))
        const written = yield* summary
        assert.isAtMost(Buffer.byteLength(written), 1_048_576, letter)
        assert.isAbove(Buffer.byteLength(written), 590_000, letter)
        assert.notInclude(written, "\ufffd")
      }
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("adds to what the steps before it have written", () =>
    Effect.gen(function*() {
      const { output, run, summary } = yield* runner
      yield* run(GitHubActions.tellNothing("the pull request is a draft"))
      yield* run(GitHubActions.tellNothing("it has no changes"))
      assert.match(yield* summary, /is a draft\.[^]*has no changes\./)
      assert.strictEqual(yield* output, "findings=0\nfindings=0\n")
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it("shows a message in one command, whatever stands in it", () => {
    assert.strictEqual(annotation("notice", "50 % of\n::error::it"), "::notice::50 %25 of%0A::error::it")
    assert.strictEqual(
      annotation("error", "no", { file: "a,line=1:b%.ts", line: "2" }),
      "::error file=a%2Cline=1%3Ab%25.ts,line=2::no"
    )
  })

  it("shows a finding beside its lines, as grave as it is", () => {
    assert.strictEqual(
      findingAnnotation(finding({ severity: "medium" })),
      "::warning file=src/pages.ts,line=2,endLine=3,title=medium · bug::The last page is lost: 21 > 20."
    )
    const { startLine: _start, ...alone } = finding()
    assert.match(findingAnnotation(alone), /^::error file=src\/pages\.ts,line=3,endLine=3,/)
  })

  it("writes no line of somebody's text that the runner takes for a command", () => {
    for (const line of ["::add-mask::x", "  ::error::x", "a ##[group]x", "##[error]##[error]"]) {
      assert.notMatch(withoutCommands(line), /^\s*::|##\[/)
    }
    assert.strictEqual(withoutCommands("a :: b"), "a :: b")
  })
})

describe("the event of a workflow", () => {
  const eventOf = (head: { readonly full_name: string } | null) => ({
    repository: { full_name: "acme/shop" },
    pull_request: { number: 7, head: { repo: head } }
  })

  const ran = Effect.fnUntraced(function*(event: unknown, more: Variables = {}) {
    const fs = yield* FileSystem.FileSystem
    const file = yield* fs.makeTempFileScoped()
    yield* fs.writeFileString(file, typeof event === "string" ? event : JSON.stringify(event))
    return yield* variables({ GITHUB_EVENT_PATH: file, ...more })(GitHubActions.run)
  }, Effect.scoped)

  it.live("names the pull request, and tells one of a fork, also where the fork is deleted", () =>
    Effect.gen(function*() {
      for (
        const [head, isFork] of [
          [{ full_name: "acme/shop" }, false],
          [{ full_name: "stranger/shop" }, true],
          [null, true]
        ] as const
      ) {
        const here = yield* ran(eventOf(head), { GITHUB_WORKSPACE: "/work" })
        const { number, platform, repo } = here.pullRequest
        assert.deepStrictEqual<unknown>([platform, repo, number], ["github", "acme/shop", 7])
        assert.deepStrictEqual([here.directory, here.isFork], ["/work", isFork])
      }
    }).pipe(Effect.provide(NodeServices.layer)))

  it.live("that has no pull request, or cannot be read, says which trigger the workflow needs", () =>
    Effect.gen(function*() {
      for (const event of [{ repository: { full_name: "acme/shop" }, ref: "refs/heads/main" }, "no JSON", ""]) {
        const { message } = yield* Effect.flip(ran(event))
        assert.match(message, /no pull request: run this in a GitHub Actions workflow on: pull_request$/)
      }
      const missing = yield* Effect.flip(ran({}, { GITHUB_EVENT_PATH: "/nowhere/event.json" }))
      assert.match(missing.message, /^the event of GITHUB_EVENT_PATH cannot be read: .*\/nowhere\/event\.json/)
      const unset = yield* Effect.flip(variables({})(GitHubActions.run))
      assert.match(unset.message, /^GITHUB_EVENT_PATH is not set: /)
    }).pipe(Effect.provide(NodeServices.layer)))

  it.live("of a merge queue has nothing to review, so that a required check does not hold the queue up", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped()
      const [event, summary] = [`${directory}/event.json`, `${directory}/summary.md`]
      const group = { head_sha: "a".repeat(40), head_ref: "refs/heads/gh-readonly-queue/main/pr-7" }
      yield* fs.writeFileString(event, JSON.stringify({ action: "checks_requested", merge_group: group }))
      const { code, stderr, stdout } = yield* runHere(
        { GITHUB_EVENT_PATH: event, GITHUB_STEP_SUMMARY: summary },
        "ci",
        "github"
      )
      assert.deepStrictEqual([code, stderr], [0, ""])
      const why = "Nothing was reviewed: the pull requests of a merge queue were reviewed at their own heads."
      assert.strictEqual(stdout, `::notice::${why}\n`)
      assert.include(yield* fs.readFileString(summary), why)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("comes from a server whose API is asked, unless another is set", () =>
    Effect.gen(function*() {
      const settingsOf = (given: Variables) => variables(given)(GitHubActions.settings)
      const server = { GITHUB_API_URL: "https://ghe.example/api/v3" }
      const bot = { "reviewer.bot_username": "github-actions[bot]" }
      assert.deepStrictEqual(yield* settingsOf(server), { "github.api_base": "https://ghe.example/api/v3", ...bot })
      assert.deepStrictEqual(yield* settingsOf({ ...server, GITHUB_API_BASE: "https://other.example" }), bot)
      assert.deepStrictEqual(yield* settingsOf({ REVIEWER_BOT_USERNAME: "our-bot" }), {})
    }))
})
