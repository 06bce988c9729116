import { PullNumber, PullRequestRef, RepoName } from "@nominal-code/domain/event/PullRequest"
import { fileTrouble } from "@nominal-code/domain/file/FileTrouble"
import { Console, Effect, FileSystem, Option, Path, Schema } from "effect"
import { randomUUID } from "node:crypto"
import * as Report from "../review/ReviewReport.ts"
import { reviewSarif } from "../review/Sarif.ts"
import { printable } from "../review/TerminalText.ts"
import { type CiRun, maybe, NothingInCi, NotInCi, variable } from "./CiRun.ts"
import { annotation, findingAnnotation, output } from "./WorkflowCommands.ts"

const Event = Schema.fromJsonString(Schema.Struct({
  repository: Schema.Struct({ full_name: RepoName }),
  pull_request: Schema.Struct({
    number: PullNumber,
    head: Schema.Struct({ repo: Schema.NullOr(Schema.Struct({ full_name: Schema.String })) })
  })
}))

const decodeMergeGroup = Schema.decodeOption(
  Schema.fromJsonString(Schema.Struct({ merge_group: Schema.Struct({ head_sha: Schema.String }) }))
)

const wanted = "run this in a GitHub Actions workflow on: pull_request"

/** Reads the run's pull request out of its event. */
export const run = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const file = yield* variable("GITHUB_EVENT_PATH", wanted)
  const text = yield* Effect.mapError(
    fs.readFileString(file),
    (error) => new NotInCi({ message: `the event of GITHUB_EVENT_PATH cannot be read: ${fileTrouble(error)}` })
  )
  if (Option.isSome(decodeMergeGroup(text))) {
    return yield* new NothingInCi({ message: "the pull requests of a merge queue were reviewed at their own heads" })
  }
  const { pull_request: { head, number }, repository } = yield* Effect.mapError(
    Schema.decodeEffect(Event)(text),
    () => new NotInCi({ message: `the workflow's event has no pull request: ${wanted}` })
  )
  const here: CiRun = {
    pullRequest: new PullRequestRef({ platform: "github", repo: repository.full_name, number }),
    directory: yield* Effect.map(maybe("GITHUB_WORKSPACE"), Option.getOrElse(() => ".")),
    isFork: head.repo?.full_name !== repository.full_name
  }
  return here
})

/** Settings that follow from the runner's environment: the API of the server that runs the workflow. */
export const settings = Effect.gen(function*() {
  const own = yield* maybe("GITHUB_API_BASE")
  const server = yield* maybe("GITHUB_API_URL")
  const bot = yield* maybe("REVIEWER_BOT_USERNAME")
  return {
    ...(Option.isNone(own) && Option.isSome(server) ? { "github.api_base": server.value } : {}),
    // The account that the workflow's own token posts as.
    ...(Option.isNone(bot) ? { "reviewer.bot_username": "github-actions[bot]" } : {})
  }
})

/** Maximum size of a step's summary, in bytes. GitHub takes a megabyte, and shows none of a larger one. */
const largestSummary = 1_000_000

/** A text of at most so many bytes, without half a character at its end. */
const within = (text: string, bytes: number): string =>
  new TextDecoder().decode(Buffer.from(text).subarray(0, bytes), { stream: true })

const append = Effect.fnUntraced(function*(variable: string, text: string) {
  const file = yield* maybe(variable)
  if (Option.isSome(file)) yield* (yield* FileSystem.FileSystem).writeFileString(file.value, text, { flag: "a" })
})

const markdownOf = (report: Report.ReviewReport): string => {
  const parts = [
    "## Nominal Code",
    ...(report.notPosted === undefined
      ? []
      : [`> **This review is not on the pull request.** ${printable(report.notPosted)}`]),
    ...(report.url === undefined ? [] : [`[The review on the pull request](${report.url})`]),
    Report.reviewMarkdown(report)
  ]
  return within(parts.join("\n\n"), largestSummary)
}

/** Writes the findings into the log, without anything that the runner would take for a command. */
const log = Effect.fnUntraced(function*(report: Report.ReviewReport) {
  const token = randomUUID()
  yield* Console.log(`::stop-commands::${token}\n${Report.reviewMarkdown(report)}\n::${token}::`)
  for (const finding of report.findings.filter(({ side }) => side === "RIGHT")) {
    yield* Console.log(findingAnnotation(finding))
  }
})

/** Tells the workflow: its page, its outputs and, where the pull request has no review, its log. */
export const tell = Effect.fn("GitHubActions.tell")(function*(report: Report.ReviewReport) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const temporary = yield* maybe("RUNNER_TEMP")
  const directory = Option.isSome(temporary)
    ? path.join(temporary.value, "nominal-code")
    : yield* fs.makeTempDirectory({ prefix: "nominal-code-" })
  yield* fs.makeDirectory(directory, { recursive: true })
  const [json, sarif] = [path.join(directory, "review.json"), path.join(directory, "review.sarif")]
  yield* fs.writeFileString(json, Report.reviewJson(report))
  yield* fs.writeFileString(sarif, reviewSarif(report))
  yield* append("GITHUB_STEP_SUMMARY", `${markdownOf(report)}\n`)
  const values = {
    summary: report.summary,
    findings: String(report.severities.length),
    cost: report.usage?.costUsd?.toFixed(4) ?? "",
    "json-path": json,
    "sarif-path": sarif
  }
  const outputs = Object.entries(values).map(([name, value]) => output(name, value, randomUUID())).join("")
  yield* append("GITHUB_OUTPUT", outputs)
  if (report.notPosted !== undefined) {
    yield* Console.log(annotation("warning", `The review is not on the pull request. ${report.notPosted}`))
    yield* log(report)
  }
})

/** Tells the workflow that there is no review, and why. */
export const tellNothing = Effect.fn("GitHubActions.tellNothing")(function*(why: string) {
  yield* append("GITHUB_STEP_SUMMARY", `## Nominal Code\n\nNothing was reviewed: ${why}.\n`)
  yield* append("GITHUB_OUTPUT", "findings=0\n")
  yield* Console.log(annotation("notice", `Nothing was reviewed: ${why}.`))
})
