import { Result } from "effect"
import { type Document, LineCounter, parseAllDocuments, parseDocument, visit, type YAMLParseError } from "yaml"
import { isYamlMap, type YamlMap } from "./YamlMap.ts"

/** True for a text of well-formed YAML documents. */
export const isWellFormedYaml = (text: string): boolean => {
  const documents = parseAllDocuments(text, { prettyErrors: false, logLevel: "silent" })
  return !("empty" in documents) && documents.every(({ errors }) => errors.length === 0)
}

// The parser's own sentences may quote the text around the error, and a secret may stand there.
const syntax: Readonly<Record<string, string>> = {
  BAD_DQ_ESCAPE: "a backslash in double quotes needs another one before it, or single quotes around the value",
  BAD_INDENT: "the indentation does not fit the lines above",
  BAD_SCALAR_START: "a value that begins with ` or @ needs quotes",
  BLOCK_AS_IMPLICIT_KEY: "a value with \": \" in it needs quotes",
  DUPLICATE_KEY: "this key stands in the file twice",
  MISSING_CHAR: "a \":\", a comma or a bracket is missing",
  MULTILINE_IMPLICIT_KEY: "a \":\" is missing behind this key",
  MULTIPLE_DOCS: "a second document starts here: one file holds one",
  TAB_AS_INDENT: "a tab indents the line: use spaces"
}

/** Bracket or quote that an error says is not closed; none for another error. The library's sentence is a constant. */
const openedBy = ({ code, message }: YAMLParseError): string | undefined =>
  code === "BAD_INDENT"
    ? /^Flow (?:sequence|map) /.exec(message) && (message.endsWith("]") ? "[" : "{") || undefined
    : code === "MISSING_CHAR"
    ? /^Missing closing (["'])quote$/.exec(message)?.[1]
    : undefined

/** Offset of the last such bracket or quote before the error that opens a node around it. */
const openingOf = (document: Document.Parsed, text: string, opening: string, error: YAMLParseError): number => {
  const [at] = error.pos
  let found = at
  visit(document, {
    Node: (_, { range }) => {
      if (range != null && text[range[0]] === opening && range[0] <= at && at <= range[2]) [found] = range
    }
  })
  return found
}

/** True for an error about a value that is followed by a line which is indented further than its key. */
const isBeforeDeeperLine = (text: string, { code, pos: [at] }: YAMLParseError): boolean =>
  code === "BLOCK_AS_IMPLICIT_KEY" && !/:(?:\s|$)/.test(text.slice(at).split("\n", 1)[0] ?? "")

/** Place and kind of a syntax error, as the end of a sentence. */
const syntaxError = (
  document: Document.Parsed,
  text: string,
  error: YAMLParseError,
  lines: LineCounter
): string => {
  const opening = openedBy(error)
  const { col, line } = lines.linePos(opening === undefined ? error.pos[0] : openingOf(document, text, opening, error))
  const closing = /^Unexpected flow-(seq|map)-end token /.exec(error.message)?.[1]
  const what = opening !== undefined
    ? `this ${opening} is never closed`
    : closing !== undefined
    ? `this ${closing === "seq" ? "]" : "}"} closes nothing`
    : isBeforeDeeperLine(text, error)
    ? "the line below is indented further than this one"
    : syntax[error.code] ?? "the text is not YAML"
  return `cannot be read as YAML: line ${line}, column ${col}: ${what}`
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
  if (error !== undefined) return Result.fail(syntaxError(document, text, error, lineCounter))
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
