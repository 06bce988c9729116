import type { RepoName } from "@nominal-code/domain/event/PullRequest"
import { Schema } from "effect"
import { checkName } from "../Checks.ts"
import type { PullRequestBackground } from "../Forge.ts"

const Nodes = <N extends Schema.ConstraintDecoder<unknown>>(node: N) =>
  Schema.Struct({ nodes: Schema.Array(Schema.NullOr(node)) })

const Issue = Schema.Struct({
  number: Schema.Int,
  title: Schema.String,
  body: Schema.String,
  repository: Schema.Struct({ nameWithOwner: Schema.String })
})

const Check = Schema.Struct({ name: Schema.String, conclusion: Schema.NullOr(Schema.String) })

const Commit = Schema.Struct({
  commit: Schema.Struct({
    checkSuites: Schema.optional(Schema.NullOr(Nodes(Schema.Struct({ checkRuns: Schema.NullOr(Nodes(Check)) }))))
  })
})

/** Fields of a pull request that tell its background. A token that may not read them has none. */
export const BackgroundFields = {
  closingIssuesReferences: Schema.optional(Schema.NullOr(Nodes(Issue))),
  commits: Schema.optional(Schema.NullOr(Nodes(Commit)))
}

/** The query of these fields. An issue that the token may not see is left out of the list by GitHub. */
export const backgroundFields =
  "closingIssuesReferences(first: 5) { nodes { number title body repository { nameWithOwner } } } " +
  "commits(last: 1) { nodes { commit { checkSuites(last: 20) { nodes { " +
  "checkRuns(last: 30) { nodes { name conclusion } } } } } } }"

const failures = new Set(["FAILURE", "TIMED_OUT", "STARTUP_FAILURE"])

const Background = Schema.Struct(BackgroundFields)

const present = <A>(list: { readonly nodes: ReadonlyArray<A | null> } | null | undefined): ReadonlyArray<A> =>
  (list?.nodes ?? []).filter((node) => node !== null)

/**
 * The issues of its own repository that a pull request closes, and the failed checks of its head but our own. It may
 * close others, too, which whoever reads the review may not be allowed to read.
 */
export const backgroundOf = (
  repo: RepoName,
  { closingIssuesReferences, commits }: typeof Background.Type
): PullRequestBackground => {
  const suites = present(commits).flatMap(({ commit }) => present(commit.checkSuites))
  const failed = suites.flatMap(({ checkRuns }) => present(checkRuns))
    .filter(({ conclusion, name }) => failures.has(conclusion ?? "") && name !== checkName)
  return {
    issues: present(closingIssuesReferences)
      .filter(({ repository }) => repository.nameWithOwner.toLowerCase() === repo.toLowerCase())
      .map(({ body, number, title }) => ({ number, title, body })),
    failedChecks: [...new Set(failed.map(({ name }) => name))]
  }
}
