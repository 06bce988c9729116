/** The files of Code Review Bench: goldens by pull request, and the candidates of its tools. */
import { RepoPath } from "@nominal-code/domain/event/PullRequest"
import { fileTrouble } from "@nominal-code/domain/file/FileTrouble"
import { Severity } from "@nominal-code/domain/review/Finding"
import { Effect, FileSystem, Schema } from "effect"
import type { CaseResult, EvalFinding } from "./Measured.ts"
import { type EvalCase, type Golden, type Suite, SuiteError } from "./Suite.ts"

const Goldens = Schema.Array(Schema.Struct({
  pr_title: Schema.String,
  url: Schema.String,
  comments: Schema.Array(Schema.Struct({
    comment: Schema.NonEmptyString,
    severity: Schema.optionalKey(Schema.NullOr(Schema.String))
  }))
}))

const Candidate = Schema.Struct({
  text: Schema.String,
  path: Schema.optionalKey(Schema.NullOr(Schema.String)),
  line: Schema.optionalKey(Schema.NullOr(Schema.Finite)),
  source: Schema.optionalKey(Schema.NullOr(Schema.String))
})

const Candidates = Schema.Record(Schema.String, Schema.Record(Schema.String, Schema.Array(Candidate)))
export type Candidates = typeof Candidates.Type

const readAs = <A>(schema: Schema.Codec<A, unknown>) => {
  const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(schema))
  return Effect.fnUntraced(
    function*(file: string) {
      const fs = yield* FileSystem.FileSystem
      return yield* decode(yield* fs.readFileString(file))
    },
    (effect, file) => {
      const failed = (reason: SuiteError["reason"]) => ({ message }: { readonly message: string }) =>
        Effect.fail(new SuiteError({ reason, message: `${file}: ${message}` }))
      return Effect.catchTags(effect, {
        PlatformError: (error) => failed("missing")({ message: fileTrouble(error) }),
        SchemaError: failed("unreadable")
      })
    }
  )
}

const isSeverity = Schema.is(Severity)

const severityOf = (written: string | null | undefined): Severity => {
  const severity = (written ?? "").toLowerCase()
  return isSeverity(severity) ? severity : "medium"
}

const goldensFile = readAs(Goldens)

/**
 * Reads a file of goldens as a suite. It has no code: only the findings of a file of candidates can be held against it.
 */
export const readGoldens = Effect.fn("CodeReviewBench.readGoldens")(function*(file: string) {
  const pulls = yield* goldensFile(file)
  const suite: Suite = {
    name: file.replace(/^.*\//, "").replace(/\.json$/, ""),
    cases: pulls.map(({ comments, pr_title: title, url }): EvalCase => ({
      name: url,
      title,
      description: "",
      url,
      language: undefined,
      code: { _tag: "Trees", base: {}, head: {} },
      goldens: comments.map(({ comment, severity }): Golden => ({ comment, severity: severityOf(severity) })),
      fixedLater: [],
      script: []
    }))
  }
  return suite
})

/** Reads a file of candidates: findings by pull request and tool. */
export const readCandidates = readAs(Candidates)

const isPath = Schema.is(RepoPath)

/** A tool's findings of a case. */
export const findingsOf = (candidates: Candidates, { url }: EvalCase, tool: string): ReadonlyArray<EvalFinding> =>
  (candidates[url]?.[tool] ?? []).map(({ line, path, text }): EvalFinding => ({
    body: text,
    ...(isPath(path) ? { path } : {}),
    ...(Number.isInteger(line) && line !== null && line !== undefined && line > 0 ? { line } : {})
  }))

/** The tools of a file of candidates. */
export const toolsIn = (candidates: Candidates): ReadonlyArray<string> =>
  [...new Set(Object.values(candidates).flatMap((tools) => Object.keys(tools)))].toSorted()

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

/** The goldens of a run's cases, as Code Review Bench reads them. */
export const writtenGoldens = (cases: ReadonlyArray<CaseResult>): string => {
  const goldens: typeof Goldens.Type = cases.map(({ goldens, title, url }) => ({
    pr_title: title,
    url,
    comments: goldens.map(({ comment, severity }) => ({
      comment,
      severity: `${severity.charAt(0).toUpperCase()}${severity.slice(1)}`
    }))
  }))
  return json(goldens)
}

/** The findings of a run, as Code Review Bench reads them. */
export const writtenCandidates = (cases: ReadonlyArray<CaseResult>, tool: string): string => {
  const candidates: Candidates = Object.fromEntries(
    cases.filter(({ state }) => state === "Reviewed").map(({ findings, url }) => [url, {
      [tool]: findings.map(({ body, folded, line = null, path = null }) => ({
        text: body,
        path,
        line,
        source: folded === true ? "summary" : "inline"
      }))
    }])
  )
  return json(candidates)
}
