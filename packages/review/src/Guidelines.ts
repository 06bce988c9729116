import { languagesOf } from "@nominal-code/domain/Language"
import { RepoPath } from "@nominal-code/domain/PullRequest"
import type { ReviewSettings } from "@nominal-code/domain/ReviewSettings"
import type { Checkout } from "@nominal-code/workspace/Workspace"
import { Effect, Option } from "effect"

const generalFile = RepoPath.make(".nominal/guidelines.md")
const languageFile = (language: string) => RepoPath.make(`.nominal/languages/${language}.md`)

/** Maximum length of guidelines, which are sent with every turn. */
const longest = 60_000

/**
 * Guidelines of a repository: general rules, then those of the changed files' languages in alphabetical order. The
 * repository's own `.nominal/guidelines.md` and `.nominal/languages/<language>.md` replace the configured texts. They
 * are read from the base branch, where maintainers decide: a pull request cannot bring its own rules.
 */
export const guidelines = Effect.fn("Guidelines.read")(function*(
  checkout: Checkout,
  settings: ReviewSettings,
  paths: ReadonlyArray<string>
) {
  const own = (path: RepoPath) => Effect.map(checkout.baseFile(path), Option.filter((text) => text.trim() !== ""))
  const parts = [
    Effect.map(own(generalFile), Option.getOrElse(() => settings.codingGuidelines)),
    ...languagesOf(paths).map((language) =>
      Effect.map(own(languageFile(language)), Option.getOrElse(() => settings.languageGuidelines[language] ?? ""))
    )
  ]
  const texts = yield* Effect.all(parts, { concurrency: 4 })
  return texts.map((text) => text.trim()).filter((text) => text !== "").join("\n\n").slice(0, longest)
})
