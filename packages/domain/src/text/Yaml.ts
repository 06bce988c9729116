import { Result } from "effect"
import { LineCounter, parseAllDocuments, parseDocument } from "yaml"
import { isYamlMap, type YamlMap } from "./YamlMap.ts"

/** True for a text of well-formed YAML documents. */
export const isWellFormedYaml = (text: string): boolean => {
  const documents = parseAllDocuments(text, { prettyErrors: false, logLevel: "silent" })
  return !("empty" in documents) && documents.every(({ errors }) => errors.length === 0)
}

// The parser's own sentences may quote the text around the error, and a secret may stand there.
const syntax: Readonly<Record<string, string>> = {
  BAD_INDENT: "the indentation does not fit the lines above",
  BLOCK_AS_IMPLICIT_KEY: "a value with \": \" in it needs quotes",
  DUPLICATE_KEY: "this key stands in the file twice",
  MISSING_CHAR: "a \":\", a quote, a comma or a bracket is missing",
  MULTIPLE_DOCS: "a second document starts here: one file holds one",
  TAB_AS_INDENT: "a tab indents the line: use spaces"
}

/**
 * Parses a text that is a map of YAML; an empty one is an empty map. The failure is the end of a sentence about the text,
 * and quotes nothing of it. `like`: an example of such a map.
 */
export const parseYamlMap = (text: string, like: string): Result.Result<YamlMap, string> => {
  // Other encodings, and files that are no text, come out with one of these.
  if (/[\0\uFFFD]/.test(text)) return Result.fail("cannot be read as YAML: it is not UTF-8: save it as such")
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, prettyErrors: false })
  const [error] = document.errors
  if (error !== undefined) {
    const { col, line } = lineCounter.linePos(error.pos[0])
    const what = syntax[error.code] ?? "the text is not YAML"
    return Result.fail(`cannot be read as YAML: line ${line}, column ${col}: ${what}`)
  }
  return Result.flatMap(
    Result.try({
      try: (): unknown => document.toJS(),
      catch: () => "cannot be read as YAML: an alias (*name) has no anchor, or there are too many of them"
    }),
    (tree) => {
      if (tree === null) return Result.succeed({})
      return isYamlMap(tree) ? Result.succeed(tree) : Result.fail(`must be a map of settings, like "${like}"`)
    }
  )
}
