import { assert, describe, it } from "@effect/vitest"
import { command, nodeFlags } from "@nominal-code/testing/Command"
import * as GitHubEmulator from "@nominal-code/testing/GitHubEmulator"
import * as GitLabEmulator from "@nominal-code/testing/GitLabEmulator"
import { sarifFaults } from "@nominal-code/testing/SarifSchema"
import * as ScriptedModel from "@nominal-code/testing/ScriptedModel"
import { Effect, FileSystem } from "effect"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { parse, parseAllDocuments } from "yaml"
import { checkout, commandsIn, runAction, runTemplate } from "./CiRunner.ts"
import { change, files, finding } from "./Shop.ts"
import { live } from "./Terminal.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))

const hostile = "::set-output name=findings::0\n##[add-mask]total"
const submission = ScriptedModel.submitReview("The total is rounded.", [
  finding("src/total.ts", `Cents are lost.\n${hostile}`, { suggestion: "  return items.sum()" })
])
const commits = [change("total", "return Math.round(items.sum())", "Round the total")] as const
const flags = nodeFlags.join(" ")
const key = "sk-ant-api03-a-key-of-this-pipeline"

/** A model, and programs of the runner: the bundle stands for what `npm ci` and an image hold. */
const world = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const model = yield* ScriptedModel.make
  model.script(({ turn }) => ({
    calls: [turn === 0 ? { name: "Read", input: { file_path: "src/total.ts" } } : submission]
  }))
  const bin = yield* fs.makeTempDirectoryScoped({ prefix: "ci-bin-" })
  const program = (name: string, script: string) =>
    fs.writeFileString(`${bin}/${name}`, `#!/bin/bash\n${script}\n`, { mode: 0o755 })
  yield* program("npm", `echo "$PWD: npm $*" >> ${bin}/calls`)
  yield* program(
    "node",
    `[[ "$1" = */packages/cli/bin/nominal-code.js ]] && shift && set -- ${command} "$@"
    exec ${process.execPath} ${flags} "$@"`
  )
  yield* program("nominal-code", `exec ${process.execPath} ${flags} ${command} "$@"`)
  // Of the container's variables and files, only those that it was given.
  yield* program(
    "docker",
    `printf '%s\\n' "$@" > ${bin}/docker-args
    while [ "$1" != my-image ]; do shift; done; shift
    exec ${process.execPath} ${flags} ${command} "$@"`
  )
  return { bin, model, env: { ANTHROPIC_BASE_URL: model.url } }
})

const github = Effect.gen(function*() {
  const here = yield* world
  const emulator = yield* GitHubEmulator.make()
  const repository = yield* emulator.addRepository("acme/shop", [{ message: "Open the shop", files }])
  const pull = yield* emulator.openPullRequest({ repository, commits })
  // A workflow's token is that of the installation of an App.
  const app = emulator.apps.register(15_368, "github-actions", emulator.account("github-actions[bot]", "Bot"))
  const installation = emulator.apps.install(app, 1, ["acme/shop"])
  const { token } = emulator.apps.mint(installation, new Set(["acme/shop"]))
  const event = {
    action: "opened",
    repository: { full_name: "acme/shop" },
    pull_request: { number: pull.number, head: { repo: { full_name: "acme/shop" } } }
  }
  const remote = `${emulator.origin.replace("http://", `http://x-access-token:${token}@`)}/acme/shop.git`
  return { ...here, emulator, pull, event, token, remote, env: { ...here.env, GITHUB_API_URL: emulator.apiBase } }
})

type GitHubWorld = Effect.Success<typeof github>

const act = Effect.fn(function*(
  here: GitHubWorld,
  options: {
    readonly depth?: 1 | "all"
    readonly inputs?: Readonly<Record<string, string>>
    readonly event?: unknown
  } = {}
) {
  const ref = `refs/pull/${here.pull.number}/head`
  const { directory } = yield* checkout(here.remote, ref, options.depth ?? 1)
  return yield* runAction({
    ...here,
    event: options.event ?? here.event,
    workspace: directory,
    inputs: { anthropic_api_key: key, github_token: here.token, ...options.inputs }
  })
})

describe("action.yml", () => {
  live(
    "reviews the pull request of the event with the workflow's own token, and tells the workflow of it",
    Effect.gen(function*() {
      const here = yield* github
      const { code, outputs, stderr, stdout, steps, summary } = yield* act(here, { inputs: { fail_on: "critical" } })
      assert.strictEqual(code, 0, stderr)
      assert.strictEqual(steps, 2)
      assert.include(stdout, `CI review posted for acme/shop#${here.pull.number} (findings=1)\nCost: $0.`)
      const [posted, ...more] = here.emulator.state.reviews
      assert.deepStrictEqual(more, [])
      assert.strictEqual(posted?.author.login, "github-actions[bot]")
      assert.strictEqual(here.emulator.state.reviewCommentsOf(here.pull)[0]?.line, 3)
      assert.match(summary, /^## Nominal Code\n\n\[The review on the pull request\]\(http\S+\)\n\n[^]*Cents are lost\./)
      assert.strictEqual(outputs["findings"], "1")
      assert.match(outputs["cost"] ?? "", /^0\.\d{4}$/)
      assert.include(outputs["summary"], "The total is rounded.")
      const fs = yield* FileSystem.FileSystem
      assert.strictEqual(JSON.parse(yield* fs.readFileString(outputs["json-path"] ?? "")).findings.length, 1)
      assert.strictEqual(sarifFaults(JSON.parse(yield* fs.readFileString(outputs["sarif-path"] ?? ""))), "")
      assert.deepStrictEqual(commandsIn(`${stdout}${stderr}`), [])
      assert.notInclude(`${stdout}${stderr}${summary}`, key)
      // A second run of the same commit asks no model.
      const asked = here.model.turns.length
      const again = yield* act(here)
      assert.strictEqual(again.code, 0, again.stderr)
      assert.match(again.summary, /Nothing was reviewed: commit [0-9a-f]{7} has the review|it was reviewed before/)
      assert.strictEqual(here.model.turns.length, asked)
      assert.deepStrictEqual(here.emulator.violations, [])
    })
  )

  live(
    "says that a shallow checkout lacks commits, and takes a whole one as it is",
    Effect.gen(function*() {
      const here = yield* github
      const fetches = () => here.emulator.requests.filter(({ path }) => path.endsWith("/git-upload-pack")).length
      const dry = { dry_run: "true" }
      const shallow = yield* act(here, { depth: 1, inputs: dry })
      assert.match(shallow.stderr, /The pipeline's checkout cannot be used .*, so the commits are fetched/)
      const { directory } = yield* checkout(here.remote, "refs/pull/1/head", "all")
      const before = fetches()
      const whole = yield* runAction({
        ...here,
        workspace: directory,
        inputs: { anthropic_api_key: key, github_token: here.token, ...dry }
      })
      assert.strictEqual(whole.code, 0, whole.stderr)
      assert.notInclude(whole.stderr, "commits are fetched")
      assert.strictEqual(fetches(), before)
      assert.include(whole.summary, "**This review is not on the pull request.** This is a dry run.")
      assert.deepStrictEqual(here.emulator.state.reviews, [])
    })
  )

  live(
    "with a fork's token, which may only read, has the findings in its summary and its log, with the reason",
    Effect.gen(function*() {
      const here = yield* github
      here.emulator.faults.next(
        { method: "POST", path: /\/pulls\/\d+\/reviews$/, times: 100 },
        { _tag: "Answer", status: 403, message: "Resource not accessible by integration" }
      )
      const event = {
        ...here.event,
        pull_request: { number: here.pull.number, head: { repo: { full_name: "bob/shop" } } }
      }
      const { code, outputs, stderr, stdout, summary } = yield* act(here, { event })
      assert.strictEqual(code, 0, stderr)
      assert.match(
        summary,
        /not on the pull request\.\*\* The token of a pull request from a fork may only read\. [^]*Cents are/
      )
      assert.strictEqual(outputs["findings"], "1")
      assert.include(stdout, "Cents are lost.")
      const commands = commandsIn(`${stdout}${stderr}`)
      assert.deepStrictEqual(commands.map((line) => /^::\w+/.exec(line)?.[0]), ["::warning", "::error"])
      assert.match(
        commands[1] ?? "",
        /^::error file=src\/total\.ts,line=3,endLine=3,title=high · bug::Cents are lost\.%0A/
      )
      // The same refusal of a repository's own pull request is a mistake in the workflow's permissions.
      const own = yield* act(here)
      assert.strictEqual(own.code, 1)
      assert.match(own.stderr, /the review could not be posted: forge: .*Resource not accessible/)
    })
  )

  live(
    "without a key succeeds for a fork, which gets no secrets, and fails for the repository's own",
    Effect.gen(function*() {
      const here = yield* github
      const inputs = { anthropic_api_key: "" }
      const event = { ...here.event, pull_request: { number: here.pull.number, head: { repo: null } } }
      const fork = yield* act(here, { inputs, event })
      assert.strictEqual(fork.code, 0, fork.stderr)
      assert.include(fork.summary, "Nothing was reviewed: a pull request from a fork gets none of the secrets")
      const own = yield* act(here, { inputs })
      assert.strictEqual(own.code, 1)
      assert.match(own.stderr, /there is no key for the model: set ANTHROPIC_API_KEY/)
      const push = yield* act(here, { event: { repository: { full_name: "acme/shop" } } })
      assert.match(push.stderr, /event has no pull request: run this in a GitHub Actions workflow on: pull_request/)
    })
  )

  live(
    "runs an image in Docker where it is given one, with the runner's variables and files",
    Effect.gen(function*() {
      const here = yield* github
      const fs = yield* FileSystem.FileSystem
      const { code, outputs, stderr, steps } = yield* act(here, { inputs: { image: "my-image", fail_on: "high" } })
      assert.strictEqual(code, 3, stderr)
      assert.strictEqual(steps, 1)
      assert.strictEqual(outputs["findings"], "1")
      const args = (yield* fs.readFileString(`${here.bin}/docker-args`)).split("\n")
      for (const name of ["ANTHROPIC_API_KEY", "GITHUB_TOKEN", "GITHUB_OUTPUT", "GITHUB_EVENT_PATH"]) {
        assert.include(args, name)
      }
      assert.notInclude(args, "PATH")
      assert.notInclude(args.join(" "), key)
      assert.deepStrictEqual(args.slice(-5), ["my-image", "ci", "github", "--fail-on", "high", ""].slice(-5))
    })
  )
})

describe("ci/templates/gitlab-ci.yml", () => {
  live(
    "reviews the merge request of the pipeline, and writes a code quality report",
    Effect.gen(function*() {
      const here = yield* world
      const fs = yield* FileSystem.FileSystem
      const gitlab = yield* GitLabEmulator.make()
      const project = yield* gitlab.addProject("acme/web/shop", [{ message: "Open the shop", files }])
      const account = gitlab.account("nominalbot")
      project.members.set(account, 30)
      const request = yield* gitlab.openRequest({ project, commits })
      const remote = `${gitlab.origin.replace("http://", `http://oauth2:${account.token}@`)}/acme/web/shop.git`
      const { directory } = yield* checkout(remote, `refs/merge-requests/${request.iid}/head`, "all")
      const { code, job, stderr, stdout } = yield* runTemplate({
        ...here,
        workspace: directory,
        inputs: { fail_on: "high", max_turns: "9" },
        env: {
          ...here.env,
          ANTHROPIC_API_KEY: key,
          GITLAB_TOKEN: account.token,
          CI_SERVER_URL: gitlab.origin,
          CI_PROJECT_PATH: "acme/web/shop",
          CI_MERGE_REQUEST_IID: String(request.iid),
          CI_MERGE_REQUEST_SOURCE_PROJECT_PATH: "acme/web/shop"
        }
      })
      assert.strictEqual(code, 3, stderr)
      assert.include(stdout, `CI review posted for acme/web/shop#${request.iid} (findings=1)`)
      assert.isTrue(
        gitlab.state.notes.some(({ author, body }) => author === account && body.includes("Cents are lost."))
      )
      const [entry] = JSON.parse(yield* fs.readFileString(`${directory}/${job.artifacts.reports.codequality}`))
      assert.deepInclude(entry, {
        check_name: "bug",
        severity: "critical",
        location: { path: "src/total.ts", lines: { begin: 3, end: 3 } }
      })
      assert.match(entry.fingerprint, /^[0-9a-f]{16}$/)
      for (const name of job.artifacts.paths) assert.isTrue(yield* fs.exists(`${directory}/${name}`))
      assert.deepStrictEqual(gitlab.violations, [])
    })
  )
})

describe("docs/ci.md", () => {
  const page = readFileSync(`${root}/docs/ci.md`, "utf8")
  const [workflow, pipeline] = [...page.matchAll(/```yaml\n([^]*?)```/g)].map(([, block = ""]) => parse(block))
  const declared: Readonly<Record<string, unknown>> = parse(readFileSync(`${root}/action.yml`, "utf8"))

  it("shows a workflow and a pipeline whose inputs there are, and names every input and output of the action", () => {
    const { inputs, outputs } = declared
    const step = workflow.jobs.review.steps.at(-1)
    assert.include(Object.keys(inputs ?? {}), Object.keys(step.with)[0])
    for (const name of [...Object.keys(inputs ?? {}), ...Object.keys(outputs ?? {})]) {
      assert.match(page, new RegExp(`\`${name.replace(/^(\w+_system_prompt)_file$/, "$1")}\``), name)
    }
    const [template] = parseAllDocuments(readFileSync(`${root}/ci/templates/gitlab-ci.yml`, "utf8"))
    const known = Object.keys(template?.toJS().spec.inputs)
    for (const name of Object.keys(pipeline.include[0].inputs)) assert.include(known, name)
    // The inputs of the two are the same, but for the keys, the token and the stage.
    const own = /_api_key$|^github_token$/
    assert.sameMembers(known, [...Object.keys(inputs ?? {}).filter((name) => !own.test(name)), "stage"])
  })
})
