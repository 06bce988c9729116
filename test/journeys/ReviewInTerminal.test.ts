import { assert, describe } from "@effect/vitest"
import { command, nodeFlags } from "@nominal-code/testing/Command"
import * as GitHubEmulator from "@nominal-code/testing/GitHubEmulator"
import { sarifFaults } from "@nominal-code/testing/SarifSchema"
import { Effect, FileSystem } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { readdirSync, readFileSync } from "node:fs"
import { env } from "node:process"
import { fileURLToPath } from "node:url"
import { stalled } from "./Journey.ts"
import { live, onTerminal, review, reviewHere, run, shellWords, uncommitted, type World } from "./Terminal.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))

/** Lines of the screen in the end: of a redrawn line, its last form. */
const screen = (written: string): ReadonlyArray<string> =>
  written.replaceAll("\r\n", "\n").split("\n").map((line) => line.split("\r\u001b[2K").at(-1) ?? "")

/** Ids of the processes that have this text in their environment. */
const processesOf = (text: string): ReadonlyArray<string> =>
  readdirSync("/proc").filter((id) => /^\d+$/.test(id)).filter((id) => {
    try {
      return readFileSync(`/proc/${id}/environ`, "utf8").includes(text)
    } catch {
      return false
    }
  })

describe("nominal-code review", () => {
  for (
    const [what, change, args] of [
      ["what is not committed", "unstaged", []],
      ["what is staged", "staged", ["--staged"]],
      ["a branch since it left another one", "committed", ["--base", "HEAD~1"]],
      ["a range of commits", "committed", ["HEAD~1..HEAD"]]
    ] as const
  ) {
    live(
      `reviews ${what}, with the review on stdout and the progress on stderr`,
      Effect.gen(function*() {
        // One of them as a process, whose outputs are pipes.
        const reviewed = change === "unstaged" ? review : reviewHere
        const { code, stderr, stdout } = yield* reviewed(yield* uncommitted(change), ...args)
        assert.strictEqual(code, 0, stderr)
        assert.match(stdout, /The page count is wrong\.[^]*HIGH · bug[^]*page\.ts:1\n[^]*The last page is lost\./)
        assert.match(stdout, / {2}- export [^\n]*floor[^]* {2}\+ export [^\n]*ceil/)
        assert.strictEqual(
          stderr.replace(/\d+ s\n$/, "N s\n"),
          "Reading the changes\nReviewing\n  Read page.ts\nVerifying\nReviewed: 3 model calls · 3.3k tokens · $0.009 · N s\n"
        )
        assert.notInclude(stdout + stderr, "\u001b")
      })
    )
  }

  live(
    "ends with 3 where a finding is as severe as --fail-on says, and with 0 where none is",
    Effect.gen(function*() {
      const world = yield* uncommitted("unstaged")
      const bad = yield* review(world, "--fail-on", "high", "--quiet")
      assert.strictEqual(bad.code, 3)
      assert.strictEqual(bad.stderr, "nominal-code: 1 finding is high or worse\n")
      assert.strictEqual((yield* reviewHere(world, "--fail-on", "critical", "--quiet")).code, 0)
    })
  )

  live(
    "counts a finding whose lines are not in the diff, too",
    Effect.gen(function*() {
      const world = yield* uncommitted("unstaged")
      world.model.script(() => ({
        calls: [{
          name: "submit_review",
          input: {
            summary: "Far away.",
            comments: [{ path: "page.ts", line: 900, body: "It breaks there.", severity: "critical" }]
          }
        }]
      }))
      const { code, stdout } = yield* reviewHere(world, "--fail-on", "critical")
      assert.strictEqual(code, 3)
      assert.include(stdout, "It breaks there.")
    })
  )

  live(
    "prints JSON or Markdown, from a directory below the repository's root, and posts the request along",
    Effect.gen(function*() {
      const world = yield* uncommitted("unstaged")
      yield* (yield* FileSystem.FileSystem).makeDirectory(`${world.directory}/src`)
      const below = { ...world, directory: `${world.directory}/src` }
      const { findings, usage } = JSON.parse(
        (yield* reviewHere(below, "--json", "--prompt", "Is the paging right?")).stdout
      )
      assert.deepInclude(findings[0], { path: "page.ts", line: 1, severity: "high", body: "The last page is lost." })
      assert.strictEqual(usage.calls, 3)
      assert.include(JSON.stringify(world.model.mock.getRequests().map(({ body }) => body)), "Is the paging right?")
      const { stdout } = yield* reviewHere(below, "--markdown")
      assert.match(stdout, /### `page\.ts:1`\n\n🟠 \*\*High\*\*[^]*```suggestion\n/)
    })
  )

  live(
    "prints SARIF with paths from the repository's root, and without results where nothing has changed",
    Effect.gen(function*() {
      const world = yield* uncommitted("unstaged")
      yield* (yield* FileSystem.FileSystem).makeDirectory(`${world.directory}/src`)
      const sarif = (...args: ReadonlyArray<string>) =>
        Effect.map(reviewHere({ ...world, directory: `${world.directory}/src` }, "--sarif", ...args), ({ stdout }) => {
          const log = JSON.parse(stdout)
          assert.strictEqual(sarifFaults(log), "")
          return log.runs[0]
        })
      const { invocations, results: [result] } = yield* sarif()
      assert.deepInclude(result, {
        ruleId: "bug",
        level: "error",
        message: { text: "The last page is lost.", markdown: "The last page is lost." }
      })
      const { artifactLocation, region } = result.locations[0].physicalLocation
      assert.deepStrictEqual([artifactLocation.uri, region.startLine, region.endLine], ["page.ts", 1, 1])
      assert.match(result.partialFingerprints.primaryLocationLineHash, /^[0-9a-f]{16}:1$/)
      assert.include(result.fixes[0].artifactChanges[0].replacements[0].insertedContent.text, "Math.ceil")
      assert.include(invocations[0].toolExecutionNotifications[0].message.text, "The page count is wrong.")
      assert.deepStrictEqual((yield* sarif("--base", "HEAD")).results, [])
    })
  )

  live(
    "asks the model that was named, and stops at the cost limit",
    Effect.gen(function*() {
      const world = yield* uncommitted("unstaged")
      const { code, stderr } = yield* reviewHere(world, "--model", "claude-haiku-4-5", "--max-usd", "0.000001")
      assert.strictEqual(code, 1)
      assert.include(stderr, "the dollar limit of one review is used up")
      yield* reviewHere(world, "--model", "claude-haiku-4-5")
      assert.strictEqual(world.model.turns.at(-1)?.request.model, "claude-haiku-4-5")
    })
  )

  live(
    "says that nothing has changed, and what else can be reviewed, and succeeds, without a key",
    Effect.gen(function*() {
      const world = { ...yield* uncommitted("committed"), env: { ANTHROPIC_API_KEY: "" } }
      const said = [
        [[], "everything is committed. To review this branch: --base and the one that it left, like main"],
        [["--staged"], "nothing is staged. To review what is not staged, too: leave out --staged"],
        [["--base", "HEAD"], "the diff is empty. To review what is not committed: leave out --base and the range"]
      ] as const
      for (const [args, why] of said) {
        const { code, stderr, stdout } = yield* reviewHere(world, ...args)
        assert.deepStrictEqual([code, stderr, stdout], [0, "", `Nothing to review: ${why}\n`])
      }
    })
  )

  live(
    "says in one line what to do where it cannot review",
    Effect.gen(function*() {
      const world = yield* uncommitted("unstaged")
      const fs = yield* FileSystem.FileSystem
      const elsewhere = yield* fs.makeTempDirectoryScoped({ prefix: "no-repository-" })
      const unborn = yield* fs.makeTempDirectoryScoped({ prefix: "unborn-" })
      const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
      yield* spawner.string(ChildProcess.make("git", ["init", "-q", unborn], { env: { PATH: env["PATH"] } }))
      const failures: ReadonlyArray<readonly [World, ReadonlyArray<string>, number, RegExp]> = [
        [{ ...world, directory: elsewhere }, [], 1, /is not in a git repository: run this where/],
        [{ ...world, directory: unborn }, ["--base", "HEAD"], 1, /has no commit yet: leave out --base, the range or -/],
        [world, ["--base", "nope"], 1, /no branch, tag or commit "nope": fetch it/],
        [world, ["feature"], 2, /"feature" is no commit range and no pull request: write main\.\.feature/],
        [world, ["--staged", "--base", "main"], 2, /choose one of --staged, --base and a commit range/],
        [world, ["--json", "--sarif"], 2, /choose one of --json, --markdown and --sarif/],
        [world, ["acme/shop#x"], 2, /"acme\/shop#x" is no commit range and no pull request/],
        [world, ["https://github.com/acme/shop/pull/"], 2, /is no pull request's page: write https:/],
        [
          { ...world, env: { TMPDIR: `${process.execPath}/tmp`, WORKSPACE_BASE_DIR: `${process.execPath}/mirrors` } },
          [],
          1,
          /neither \S+ \(workspace\.base_dir\) nor the temporary directory can be written, set TMPDIR to one that can be/
        ],
        [
          { ...world, env: { ANTHROPIC_API_KEY: "sk-ant-your-key" } },
          [],
          1,
          /ANTHROPIC_API_KEY: the value is the placeholder of an example: put your own in its place/
        ],
        [
          { ...world, env: { ANTHROPIC_API_KEY: "", PATH: "/usr/bin:/bin" } },
          [],
          1,
          /set ANTHROPIC_API_KEY, or install Claude Code and log in .*, or .*--provider openai with OPENAI/
        ]
      ]
      for (const [where, args, code, message] of failures) {
        // The temporary directory is the process' own.
        const result = yield* (where.env?.["TMPDIR"] === undefined ? reviewHere : review)(where, ...args)
        assert.strictEqual(result.code, code, result.stderr)
        assert.match(result.stderr, message)
        assert.match(result.stderr, /^nominal-code: [^\n]+\n$/)
        assert.strictEqual(result.stdout, "")
      }
      assert.strictEqual(world.model.turns.length, 0)
    })
  )
})

describe("nominal-code review on a terminal", () => {
  for (const columns of [40, 120]) {
    live(
      `fits ${columns} columns, in colours, and redraws its progress`,
      Effect.gen(function*() {
        const { code, stdout } = yield* onTerminal(yield* uncommitted("unstaged"), columns)
        assert.strictEqual(code, 0, stdout)
        assert.match(stdout, /\r\u001b\[2K[\u2801-\u28ff] [^\r]*\r\u001b\[2K/)
        assert.include(stdout, "\u001b[31mHIGH · bug · high confidence\u001b[39m")
        const lines = screen(stdout).map((line) => line.replaceAll(/\u001b\[\d+m/g, ""))
        assert.deepStrictEqual(lines.filter((line) => [...line].length > columns), [])
        assert.include(lines, "  Read page.ts")
        assert.isFalse(lines.some((line) => line.startsWith("⠋")))
      })
    )
  }

  live(
    "has no colours where NO_COLOR is set",
    Effect.gen(function*() {
      const world = { ...yield* uncommitted("unstaged"), env: { NO_COLOR: "1" } }
      const { stdout } = yield* onTerminal(world, 80, "--quiet")
      assert.include(stdout, "HIGH · bug")
      assert.notInclude(stdout, "\u001b")
    })
  )

  live(
    "lets nothing through that the model, a file or a path says to the terminal",
    Effect.gen(function*() {
      const world = yield* uncommitted("unstaged")
      const fs = yield* FileSystem.FileSystem
      const hostile = "\u001b]0;owned\u0007\u001b[2J"
      yield* fs.writeFileString(`${world.directory}/a${hostile}.ts`, `const a = "${hostile}"\n`)
      world.model.script(({ turn }) => ({
        calls: turn === 0 ? [{ name: "Grep", input: { pattern: hostile } }] : [{
          name: "submit_review",
          input: {
            summary: `Done ${hostile}`,
            comments: [{ path: `a${hostile}.ts`, line: 1, body: `Bad ${hostile}`, severity: "high" }]
          }
        }]
      }))
      const { code, stdout } = yield* onTerminal(world, 80)
      assert.strictEqual(code, 0, stdout)
      assert.include(stdout, "a[U+001B]]0;owned[U+0007][U+001B][2J.ts:1")
      assert.notMatch(stdout.replaceAll(/\u001b\[\d+m|\r\u001b\[2K/g, ""), /[\u001b\u0007]/)
    })
  )

  live(
    "ends with 130 on Ctrl-C, and leaves neither a process nor a checkout",
    Effect.gen(function*() {
      const world = yield* uncommitted("unstaged")
      const waiting = stalled({ text: "never" })
      world.model.script(waiting.script)
      const typed = Effect.as(Effect.orDie(waiting.asked), "\u0003")
      const { checkouts, code, home } = yield* onTerminal({ ...world, typed }, 80)
      yield* waiting.release
      assert.strictEqual(code, 130)
      assert.deepStrictEqual(checkouts, [])
      assert.deepStrictEqual(processesOf(home), [])
    })
  )

  for (const [signal, expected] of [["SIGTERM", 143], ["SIGHUP", 129]] as const) {
    live(
      `ends with ${expected} on ${signal}, and leaves no temporary directory`,
      Effect.gen(function*() {
        const world = yield* uncommitted("unstaged")
        const waiting = stalled({ text: "never" })
        world.model.script(waiting.script)
        const typed = Effect.as(Effect.orDie(waiting.asked), "now\n")
        const review = `${process.execPath} ${
          nodeFlags.join(" ")
        } ${command} review & read now; kill -${signal} $!; wait $!`
        const { checkouts, code, home } = yield* run({ ...world, typed }, "bash", "-c", review)
        yield* waiting.release
        assert.strictEqual(code, expected)
        assert.deepStrictEqual(checkouts, [])
        assert.deepStrictEqual(processesOf(home), [])
      })
    )
  }
})

/** Blocks of commands of a page of the documentation. */
const pageOf = (name: string): ReadonlyArray<string> =>
  [...readFileSync(`${root}/docs/${name}.md`, "utf8").matchAll(/```sh\n([^]*?)```/g)].map(([, block = ""]) => block)

describe("docs/review-in-the-terminal.md", () => {
  live(
    "shows commands that all work as they stand there, and so does the page of the models",
    Effect.gen(function*() {
      const [install = "", ...own] = pageOf("review-in-the-terminal")
      const blocks = [...own, ...pageOf("models")]
      assert.isAtLeast(blocks.length, 3)
      const local = yield* uncommitted("staged")
      const github = yield* GitHubEmulator.make()
      const repository = yield* github.addRepository("acme/api", [{ message: "Pages", files: { "page.ts": "1\n" } }])
      yield* github.openPullRequest({ repository, commits: [{ message: "No pages", files: { "page.ts": "0\n" } }] })
      const world = { ...local, env: { GITHUB_API_BASE: github.apiBase, OLLAMA_BASE_URL: `${local.url}/v1` } }
      yield* world.git("branch", "-f", "main", "HEAD")
      yield* world.git("checkout", "-qb", "feature")
      yield* world.git("commit", "-qm", "simplify")
      // The first as a process of the released bundle, the others in this one.
      const bundled = `test -x node_modules/.bin/nominal-code
      nominal-code() {
        if [ "$*" = review ]; then node ${nodeFlags.join(" ")} ${command} review; else ${yield* shellWords} "$@"; fi
      }`
      const gh = `gh() { echo ${github.account("alice").token}; }`
      const script = [`cd ${root}`, install, bundled, gh, "ollama() { :; }", `cd ${world.directory}`, ...blocks].join(
        "\n"
      )
        // The test has installed what it runs from, and has a key of its own.
        .replaceAll(/^(?:make install|export \w+_API_KEY=.*)$/gm, "")
      const { code, stderr } = yield* run(world, "bash", "-ec", script)
      assert.strictEqual(code, 0, stderr)
      assert.strictEqual(github.state.reviews.length, 1)
    })
  )
})
