import { Record, Schema } from "effect"
import { ignoreMatcher } from "../file/IgnorePatterns.ts"
import { Severity } from "./Finding.ts"

/** Ways to treat findings of severity `low`: not at all, in one line of the summary, or like the others. */
export const Nits = Schema.Literals(["off", "fold", "post"])
export type Nits = typeof Nits.Type

/** Rules of what is posted of the findings in some paths. What a rule leaves out, it does not change. */
export const PathRule = Schema.Struct({
  maxFindings: Schema.optionalKey(Schema.Natural),
  minSeverity: Schema.optionalKey(Severity),
  nits: Schema.optionalKey(Nits)
})
export type PathRule = typeof PathRule.Type

/** Rules by pattern of paths, as they are written. */
export const WrittenPathRules = Schema.Record(
  Schema.String,
  Schema.Struct({
    max_findings: Schema.optionalKey(Schema.Natural),
    min_severity: Schema.optionalKey(Severity),
    nits: Schema.optionalKey(Nits)
  })
)

/** Rules by pattern of paths, which mean what they mean in a `.gitignore`. */
export const PathRules = Schema.Record(
  Schema.String,
  PathRule.pipe(Schema.encodeKeys({ maxFindings: "max_findings", minSeverity: "min_severity" }))
)
export type PathRules = typeof PathRules.Type

/** Rule of one path. */
export interface RuleOfPath extends PathRule {
  /** Pattern that its number of findings counts for. */
  readonly scope?: string
}

/** Makes the search for the rule of a path: of the patterns that match it, the last one that says something decides. */
export const makeRuleOf = (rules: PathRules): (path: string) => RuleOfPath => {
  const tests = Object.entries(rules).map(([pattern, rule]) => ({
    matches: ignoreMatcher([pattern]),
    rule: rule.maxFindings === undefined ? rule : { ...rule, scope: pattern }
  }))
  return (path) =>
    tests.filter(({ matches }) => matches(path)).reduce<RuleOfPath>((before, { rule }) => ({ ...before, ...rule }), {})
}

/** The more severe of two. */
export const stricter = (one: Severity, other: Severity): Severity =>
  Severity.literals.find((severity) => severity === one || severity === other) ?? one

/** The one of two that posts less. */
export const quieter = (one: Nits, other: Nits): Nits =>
  Nits.literals.find((nits) => nits === one || nits === other) ?? one

/** Rules within limits: what a limit holds back, they let through no more. */
export const within = (
  rules: PathRules,
  { minSeverity, nits }: { readonly minSeverity: Severity; readonly nits: Nits }
): PathRules =>
  Record.map(rules, (rule) => ({
    ...rule,
    ...(rule.minSeverity === undefined ? {} : { minSeverity: stricter(rule.minSeverity, minSeverity) }),
    ...(rule.nits === undefined ? {} : { nits: quieter(rule.nits, nits) })
  }))
