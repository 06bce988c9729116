import { RepoPath } from "@nominal-code/domain/event/PullRequest"
import { languagesOf } from "@nominal-code/domain/review/Language"
import type { ReviewSettings } from "@nominal-code/domain/settings/ReviewSettings"
import type { Checkout } from "@nominal-code/workspace/Workspace"
import { Effect, Option } from "effect"
import * as PromptFiles from "../PromptFiles.ts"
import { generalFile, type GuidelineFile, guidelineFiles } from "./GuidelineFiles.ts"

/** Guidelines of a review. */
export interface Guidelines {
  /** The maintainers' texts, those of the nearest directory first. */
  readonly repository: string
  /** Lists of common faults in the changed languages, where the repository has no text of its own. */
  readonly languages: string
}

/** Guidelines of a review that has none. */
export const noGuidelines: Guidelines = { repository: "", languages: "" }

/** Maximum length of the maintainers' texts, which are sent with every turn, and of one of them. */
const longest = 60_000
const longestFile = 20_000

const languageFile = (language: string) => RepoPath.make(`.nominal/languages/${language}.md`)

/** True for a file of text. UTF-16 without a byte order mark, and files that are no text, have these characters. */
const isText = ({ text }: GuidelineFile): boolean => !text.includes("\0")

const titled = ({ directory, path, text }: GuidelineFile): string =>
  `# ${path}${directory === "" ? "" : `, for the files in ${directory}`}\n\n${text.trim()}`

/** A text cut to its limit at a line's end, with a note. */
const cutFile = (file: GuidelineFile): GuidelineFile => {
  const text = file.text.trim()
  if (text.length <= longestFile) return { ...file, text }
  const end = text.lastIndexOf("\n", longestFile)
  return { ...file, text: `${text.slice(0, end > 0 ? end : longestFile)}\n[cut here]` }
}

/** The files that fit into the limit of all, in their order. */
const fitting = (files: ReadonlyArray<GuidelineFile>): ReadonlyArray<GuidelineFile> => {
  let room = longest
  return files.map(cutFile).filter(({ text }) => {
    const fits = text.length <= room
    if (fits) room -= text.length
    return fits
  })
}

const report = (found: ReadonlyArray<GuidelineFile>, used: ReadonlyArray<GuidelineFile>) => {
  const usedPaths = new Set(used.map(({ path }) => path))
  const leftOut = found.filter(({ path }) => !usedPaths.has(path)).map(({ path }) => path)
  const cut = found.filter(({ path, text }) => usedPaths.has(path) && text.trim().length > longestFile)
  return found.length === 0 ? Effect.void : Effect.logInfo("Guidelines of the base branch").pipe(Effect.annotateLogs({
    used: used.map(({ path, text }) => `${path} (${text.length})`).join(", "),
    ...(cut.length === 0 ? {} : { cut: cut.map(({ path, text }) => `${path} (of ${text.length})`).join(", ") }),
    ...(leftOut.length === 0 ? {} : { leftOut: leftOut.join(", ") })
  }))
}

/** The repository's files of guidelines for its changed languages. */
const ownLanguages = Effect.fnUntraced(function*(checkout: Checkout, languages: ReadonlyArray<string>) {
  const found = yield* Effect.forEach(
    languages,
    (language) =>
      Effect.map(
        checkout.baseFile(languageFile(language)),
        Option.match({
          onNone: () => [],
          onSome: (text) => text.trim() === "" ? [] : [{ path: languageFile(language), directory: "", text, language }]
        })
      ),
    { concurrency: 1 }
  )
  return found.flat()
})

/** The lists of languages: those of the settings, or else those that come with the program. */
const listsOf = Effect.fnUntraced(function*(languages: ReadonlyArray<string>, { languageGuidelines }: ReviewSettings) {
  const lists = yield* Effect.forEach(languages, (language) =>
    languageGuidelines === undefined
      ? Effect.map(PromptFiles.languageList(language), Option.getOrElse(() => ""))
      : Effect.succeed(languageGuidelines[language]?.trim() ?? ""))
  return lists.filter((text) => text !== "").join("\n\n")
})

/**
 * Guidelines for the changed files. The repository's own are read from the base branch, where maintainers decide: a pull
 * request cannot bring its own. Its `.nominal/guidelines.md` replaces the configured guidelines, and its
 * `.nominal/languages/<language>.md` the list of that language.
 */
export const guidelines = Effect.fn("Guidelines.read")(function*(
  checkout: Checkout,
  settings: ReviewSettings,
  paths: ReadonlyArray<string>
) {
  const languages = languagesOf(paths)
  const ofLanguages = yield* ownLanguages(checkout, languages)
  const found = [...yield* guidelineFiles(checkout, paths), ...ofLanguages]
  const used = fitting(found.filter(isText))
  yield* report(found, used)
  const isReplaced = used.some(({ path }) => path === generalFile)
  const own = new Set(ofLanguages.map(({ language }) => language))
  const guidelines: Guidelines = {
    repository: [...used.map(titled), ...(isReplaced ? [] : [settings.codingGuidelines.trim()])]
      .filter((text) => text !== "").join("\n\n"),
    languages: yield* listsOf(languages.filter((language) => !own.has(language)), settings)
  }
  return guidelines
})
