import { PullNumber, PullRequestRef, RepoName } from "@nominal-code/domain/event/PullRequest"
import { Console, Effect, FileSystem, Option, Path, Schema } from "effect"
import * as Report from "../review/ReviewReport.ts"
import { reviewText } from "../review/ReviewText.ts"
import { nothingSarif, reviewSarif } from "../review/Sarif.ts"
import { printable } from "../review/TerminalText.ts"
import { type CiRun, maybe, NotInCi, variable } from "./CiRun.ts"
import { codeQuality } from "./CodeQuality.ts"

const wanted = "run this in a merge request pipeline (rules: if: $CI_PIPELINE_SOURCE == \"merge_request_event\")"

const Names = Schema.Struct({ repo: RepoName, number: Schema.FiniteFromString.pipe(Schema.decodeTo(PullNumber)) })

const directoryOf = Effect.map(maybe("CI_PROJECT_DIR"), Option.getOrElse(() => "."))

/** Reads the run's merge request out of its environment. */
export const run = Effect.gen(function*() {
  const repo = yield* variable("CI_PROJECT_PATH", wanted)
  const number = yield* variable("CI_MERGE_REQUEST_IID", wanted)
  const named = yield* Effect.mapError(
    Schema.decodeEffect(Names)({ repo, number }),
    () => new NotInCi({ message: `CI_PROJECT_PATH and CI_MERGE_REQUEST_IID name no merge request: ${wanted}` })
  )
  const source = yield* maybe("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH")
  const here: CiRun = {
    pullRequest: new PullRequestRef({ platform: "gitlab", ...named }),
    directory: yield* directoryOf,
    isFork: Option.exists(source, (path) => path !== repo)
  }
  return here
})

const write = Effect.fnUntraced(function*(files: Readonly<Record<string, string>>) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const directory = yield* directoryOf
  for (const [name, text] of Object.entries(files)) yield* fs.writeFileString(path.join(directory, name), text)
})

/** Writes the reports of the pipeline and, where the merge request has no review, the log. */
export const tell = Effect.fn("GitLabCi.tell")(function*(report: Report.ReviewReport) {
  yield* write({
    "gl-code-quality-report.json": codeQuality(report),
    "nominal-code-review.json": Report.reviewJson(report),
    "nominal-code-review.sarif": reviewSarif(report)
  })
  if (report.notPosted === undefined) return
  yield* Console.log(`The review is not on the merge request. ${printable(report.notPosted)}\n`)
  yield* Console.log(reviewText(report, { width: 120, paint: (_, text) => text }))
})

/** Tells the pipeline that there is no review, and why. */
export const tellNothing = Effect.fn("GitLabCi.tellNothing")(function*(why: string) {
  yield* write({
    "gl-code-quality-report.json": codeQuality({ findings: [] }),
    "nominal-code-review.sarif": nothingSarif(why)
  })
  yield* Console.log(`Nothing was reviewed: ${why}.`)
})
