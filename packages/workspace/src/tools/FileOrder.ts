/** Order of the files in an answer: code before tests before texts before translations. */
import { generatedByPath, writtenKind } from "@nominal-code/domain/file/FileKind"

const translations = /(?:^|\/)(?:locales?|i18n|l10n|lang|translations?)\/|\.(?:po|pot|xlf|xliff|arb|resx|strings)$/i

const weights = { source: 0, config: 1, test: 2, docs: 3 } as const

/** Rank of a file by its path, the first ones first. */
const rankOf = (path: string): number => {
  if (generatedByPath(path) !== undefined) return 5
  return translations.test(path) ? 4 : weights[writtenKind(path)]
}

/** Sorts what stands in files; that of one file stays together, in its order. */
export const inOrder = <A extends { readonly path: string }>(found: ReadonlyArray<A>): ReadonlyArray<A> =>
  found.toSorted((a, b) => rankOf(a.path) - rankOf(b.path))
