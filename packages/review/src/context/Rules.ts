import { parseRules, type ReviewRule, rulesFile, rulesFor } from "@nominal-code/domain/review/ReviewRules"
import type { Checkout } from "@nominal-code/workspace/Workspace"
import { Effect, Option, Result } from "effect"
import type { ReportedFinding } from "../answer/ReviewOutput.ts"

/** Rules of a repository for the changed files, as its base branch has them. */
export interface RepositoryRules {
  readonly rules: ReadonlyArray<ReviewRule>
  /** Sentence that says why the file is not used; absent where it is, or where there is none. */
  readonly problem?: string
}

/** Rules of a repository that has none. */
export const noRules: RepositoryRules = { rules: [] }

/**
 * Reads the rules for the paths from `.nominal/rules.yaml` of the base branch: a pull request cannot bring its own. A
 * file that cannot be used costs the review its rules, and nothing else.
 */
export const readRules = Effect.fn("Rules.read")(
  function*(checkout: Pick<Checkout, "baseFile">, paths: ReadonlyArray<string>) {
    const text = Option.getOrElse(yield* checkout.baseFile(rulesFile), () => "")
    return Result.match(parseRules(text), {
      onFailure: (problem): RepositoryRules => ({
        rules: [],
        problem: `\`${rulesFile}\` of the base branch is not used: ${problem}.`
      }),
      onSuccess: (rules): RepositoryRules => ({ rules: rulesFor(rules, paths) })
    })
  }
)

/** Gives a finding the severity of the rule that it names. A name that no rule has is dropped. */
export const applyRule =
  (rules: ReadonlyArray<ReviewRule>) => ({ rule: id = "", ...finding }: ReportedFinding): ReportedFinding => {
    const rule = rules.find((one) => one.id === id.replaceAll("`", "").trim())
    return rule === undefined ? finding : { ...finding, rule: rule.id, severity: rule.severity ?? finding.severity }
  }
