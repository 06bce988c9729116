import { Option, Result, Schema, SchemaIssue } from "effect"
import type { Filters } from "../event/Filters.ts"
import { RepoPath } from "../event/PullRequest.ts"
import { Trigger } from "../event/PullRequestEvent.ts"
import { Severity } from "../review/Finding.ts"
import { ReviewLanguage } from "../review/Language.ts"
import { Nits, PathRules } from "../review/Selection.ts"
import { oneLine } from "../text/OneLine.ts"
import { parseYamlMap } from "../text/Yaml.ts"
import { noRepositorySettings, type RepositorySettings } from "./RepositorySettings.ts"

/** The file in which a repository makes settings of its own. It is read from the base branch. */
export const repositoryFile = RepoPath.make(".nominal/config.yaml")

/** Maximum length of the file in characters. */
export const longestRepositoryFile = 64 * 1024

const maybe = <S extends Schema.Constraint>(schema: S) => Schema.optional(Schema.NullOr(schema))
/** Limit of the entries of a list: each pattern is held against each changed file. */
const mostEntries = 100

const list = maybe(Schema.Array(Schema.String).check(Schema.isMaxLength(mostEntries)))
const limit = maybe(Schema.Natural)

/** The settings that a repository may make, under the names that they have in the server's file. */
const RepositoryFile = Schema.Struct({
  reviewer: maybe(Schema.Struct({
    triggers: maybe(Schema.Array(Trigger)),
    ignore_patterns: list,
    inline_suggestions: maybe(Schema.Boolean),
    min_severity: maybe(Severity),
    max_findings: limit,
    nits: maybe(Nits),
    paths: maybe(PathRules),
    language: maybe(ReviewLanguage)
  })),
  filters: maybe(Schema.Struct({
    authors: list,
    base_branches: list,
    head_branches: list,
    labels: list,
    titles: list,
    paths: list,
    max_files: limit,
    max_lines: limit
  }))
})
type RepositoryFile = typeof RepositoryFile.Type

const decode = Schema.decodeUnknownResult(RepositoryFile, { onExcessProperty: "error", errors: "first" })

const filtersOf = ({ filters }: RepositoryFile): Filters => ({
  authors: filters?.authors ?? [],
  baseBranches: filters?.base_branches ?? [],
  headBranches: filters?.head_branches ?? [],
  labels: filters?.labels ?? [],
  titles: filters?.titles ?? [],
  paths: filters?.paths ?? [],
  maxFiles: filters?.max_files ?? 0,
  maxLines: filters?.max_lines ?? 0
})

const settingsOf = (file: RepositoryFile): RepositorySettings => {
  const { ignore_patterns, inline_suggestions, language, max_findings, min_severity, nits, paths, triggers } =
    file.reviewer ?? {}
  return {
    filters: filtersOf(file),
    ignorePatterns: ignore_patterns ?? noRepositorySettings.ignorePatterns,
    inlineSuggestions: inline_suggestions ?? noRepositorySettings.inlineSuggestions,
    minSeverity: min_severity ?? noRepositorySettings.minSeverity,
    maxFindings: max_findings ?? noRepositorySettings.maxFindings,
    nits: nits ?? noRepositorySettings.nits,
    paths: paths ?? noRepositorySettings.paths,
    language: Option.fromNullishOr(language),
    ...(triggers ? { triggers } : {})
  }
}

const foreign = "is no setting that a repository can make"

const format = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) => issue._tag === "UnexpectedKey" ? foreign : SchemaIssue.defaultLeafHook(issue)
})

/** A name of the file in one short line, fit for a code span. */
const shown = (name: string): string => `\`${oneLine(name.replaceAll("`", " "), 60)}\``

const sentence = (issue: SchemaIssue.Issue): string => {
  const [first] = format(issue).issues
  const path = (first?.path ?? []).map((part) => String(typeof part === "object" ? part.key : part)).join(".")
  const message = first?.message ?? "is not what it should be"
  return oneLine(`${path === "" ? "it" : shown(path)}${message === foreign ? " " : ": "}${message}`, 300)
}

/**
 * Reads a repository's settings from the text of its file. One wrong value, or one setting that is the server's alone,
 * makes the whole file unusable. The failure is a clause that says why.
 */
export const parseRepositoryFile = (text: string): Result.Result<RepositorySettings, string> =>
  text.length > longestRepositoryFile
    ? Result.fail(`it is longer than ${longestRepositoryFile / 1024} KiB`)
    : Result.mapError(parseYamlMap(text, "reviewer: {language: German}"), (problem) => `it ${problem}`).pipe(
      Result.flatMap((tree) => Result.mapError(decode(tree), ({ issue }) => sentence(issue))),
      Result.map(settingsOf)
    )
