import { parsePatch } from "@nominal-code/domain/diff/Hunk"
import type { ChangedFile } from "@nominal-code/domain/diff/Patch"
import { filteredBy, type FilteredFacts, noFilters } from "@nominal-code/domain/event/Filters"
import type { PullRequest } from "@nominal-code/domain/event/PullRequest"
import { isAutomatic, type PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { parseRepositoryFile, repositoryFile } from "@nominal-code/domain/settings/RepositoryFile"
import { noRepositorySettings, type RepositorySettings } from "@nominal-code/domain/settings/RepositorySettings"
import type { ReviewSettings } from "@nominal-code/domain/settings/ReviewSettings"
import type { Checkout } from "@nominal-code/workspace/Workspace"
import { Effect, Option, Result } from "effect"

/** Settings of a repository as its base branch has them. */
export interface RepositoryConfig {
  readonly settings: RepositorySettings
  /** End of a sentence that says why the file is not used; none where it is, or where there is none. */
  readonly problem: Option.Option<string>
}

/** Reads the settings out of the text of the file, which may be broken. */
export const parse = (text: string): RepositoryConfig =>
  Result.match(parseRepositoryFile(text), {
    onFailure: (problem) => ({ settings: noRepositorySettings, problem: Option.some(problem) }),
    onSuccess: (settings) => ({ settings, problem: Option.none() })
  })

/**
 * Reads the settings that a repository makes in `.nominal/config.yaml`, from the base branch, where maintainers decide: a
 * pull request cannot bring its own. A link counts as no file.
 */
export const read = Effect.fn("RepositoryConfig.read")(function*(checkout: Checkout) {
  const file = yield* checkout.baseFile(repositoryFile)
  return parse(Option.getOrElse(file, () => ""))
})

/** The sentence that says that the file is not used. */
export const notUsed = (problem: string): string =>
  `\`${repositoryFile}\` of the base branch is not used, and the server's settings apply: ${problem}.`

const linesOf = ({ patch }: ChangedFile): number =>
  patch === undefined
    ? 0
    : parsePatch(patch).reduce((sum, { lines }) => sum + lines.filter(({ kind }) => kind !== "context").length, 0)

const factsOf = (pullRequest: PullRequest, files: ReadonlyArray<ChangedFile>): FilteredFacts => ({
  ...aboutPullRequest(pullRequest),
  paths: files.map(({ path }) => path),
  lines: files.reduce((sum, file) => sum + linesOf(file), 0)
})

const aboutPullRequest = (
  { author, baseBranch, headBranch, labels = [], title }: PullRequest
): FilteredFacts => ({ author, baseBranch, headBranch, labels, title })

/** The server's filter that leaves a pull request out, before its files are known. */
export const filteredByServer = (
  event: PullRequestEvent,
  pullRequest: PullRequest,
  { filters = noFilters }: ReviewSettings
): Option.Option<string> => isAutomatic(event) ? filteredBy(filters, aboutPullRequest(pullRequest)) : Option.none()

/** The filter of the server or of the repository that leaves a pull request out. It holds for what nobody asked for. */
export const filtered = (
  event: PullRequestEvent,
  { files, own, pullRequest, server }: {
    readonly pullRequest: PullRequest
    /** The changed files that are not ignored. */
    readonly files: ReadonlyArray<ChangedFile>
    readonly server: ReviewSettings
    readonly own: RepositorySettings
  }
): Option.Option<string> => {
  if (event._tag === "Comment" || !isAutomatic(event)) return Option.none()
  const facts = factsOf(pullRequest, files)
  const { kind } = event
  return filteredBy(server.filters ?? noFilters, facts).pipe(
    Option.orElse(() => Option.map(filteredBy(own.filters, facts), (reason) => `${reason} in \`${repositoryFile}\``)),
    Option.orElse(() =>
      own.triggers === undefined || own.triggers.includes(kind)
        ? Option.none()
        : Option.some(`\`${kind}\` is not among \`reviewer.triggers\` in \`${repositoryFile}\``)
    )
  )
}
