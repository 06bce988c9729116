import { Result, Schema, SchemaIssue } from "effect"
import { RepoPath } from "../event/PullRequest.ts"
import { ignoreMatcher } from "../file/IgnorePatterns.ts"
import { oneLine } from "../text/OneLine.ts"
import { parseYamlMap } from "../text/Yaml.ts"
import { Severity } from "./Finding.ts"

/** The file in which a repository states its rules. It is read from the base branch. */
export const rulesFile = RepoPath.make(".nominal/rules.yaml")

/** Limits of the file: characters, rules, and characters of one rule's text. */
const longestFile = 64 * 1024
const mostRules = 50
const longestText = 1_000
/** Limits of its patterns: each is tried on each changed file. */
const mostPatterns = 10
const longestPattern = 200

const ReviewRule = Schema.Struct({
  /** Name by which a finding refers to it. */
  id: Schema.String.check(
    Schema.isPattern(/^[a-z0-9](?:[a-z0-9._-]{0,58}[a-z0-9])?$/, {
      expected: "a name in small letters, digits, dots and dashes"
    })
  ),
  /** Patterns of the files that it is for, as in a `.gitignore`. Absent: all. */
  paths: Schema.optionalKey(
    Schema.Array(Schema.String.check(Schema.isMaxLength(longestPattern))).check(Schema.isMaxLength(mostPatterns))
  ),
  /** Severity of a breach. Absent: the reviewer judges it. */
  severity: Schema.optionalKey(Severity),
  text: Schema.Trim.check(Schema.isNonEmpty(), Schema.isMaxLength(longestText))
})

/** A rule of a repository, a breach of which is a finding. */
export type ReviewRule = typeof ReviewRule.Type

const RulesFile = Schema.Struct({ rules: Schema.Array(ReviewRule).check(Schema.isMaxLength(mostRules)) })

const decode = Schema.decodeUnknownResult(RulesFile, { onExcessProperty: "error", errors: "first" })
const format = SchemaIssue.makeFormatterStandardSchemaV1()

const sentence = (issue: SchemaIssue.Issue): string => {
  const [first] = format(issue).issues
  const path = (first?.path ?? []).map((part) => String(typeof part === "object" ? part.key : part)).join(".")
  return oneLine(`\`${path.replaceAll("`", " ") || "it"}\`: ${first?.message ?? "is not what it should be"}`, 300)
}

const repeated = (rules: ReadonlyArray<ReviewRule>): string | undefined =>
  rules.map(({ id }) => id).find((id, at, ids) => ids.indexOf(id) !== at)

/** Reads rules out of the text of their file. One wrong rule makes the file unusable. The failure is a clause that says why. */
export const parseRules = (text: string): Result.Result<ReadonlyArray<ReviewRule>, string> => {
  if (text.trim() === "") return Result.succeed([])
  if (text.length > longestFile) return Result.fail(`it is longer than ${longestFile / 1024} KiB`)
  return Result.mapError(parseYamlMap(text, "rules: [{id: no-float-money, text: …}]"), (problem) => `it ${problem}`)
    .pipe(
      Result.flatMap((tree) => Result.mapError(decode(tree), ({ issue }) => sentence(issue))),
      Result.flatMap(({ rules }) => {
        const twice = repeated(rules)
        return twice === undefined ? Result.succeed(rules) : Result.fail(`two rules have the id \`${twice}\``)
      })
    )
}

/** Number of changed files that the patterns are tried on. */
const mostTried = 500

/** The rules for one of the paths. */
export const rulesFor = (rules: ReadonlyArray<ReviewRule>, paths: ReadonlyArray<string>): ReadonlyArray<ReviewRule> => {
  const tried = paths.slice(0, mostTried)
  return rules.filter((rule) => rule.paths === undefined || tried.some(ignoreMatcher(rule.paths)))
}
