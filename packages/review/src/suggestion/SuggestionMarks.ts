/** Marks that models put into a suggestion: line numbers, signs of a diff, both sides of a conflict, code left out. */
import { Option } from "effect"
import { isBlank, type Lines, plainText, prose, replacedBy, type Step, trimmed } from "./SuggestionSite.ts"

/** Marks of a merge's conflict, and those of a tool with which some models write what to search and what to put there. */
const conflict = /^(?:<{7}|>{7})(?: |$)/
const searching = /^(?:<{7} SEARCH|>{7} REPLACE)\b/
/** Directories whose files may hold what is an error elsewhere. */
const fixtures = /(?:^|\/)(?:__)?(?:fixtures?|testdata|test-data|snapshots?)(?:__)?\//i
/** Escaped sign of a page, but for one at the begin of a string: `"&lt;"` is what code that escapes is made of. */
const entity = /(?<!["'`])&(?:lt|gt|amp|quot|#39);/
const markup = /\.(?:[sx]?html?|xml|svg|[jt]sx|vue|svelte|astro|erb|ejs|hbs|twig|php|md|mdx|markdown|adoc|rst)$/i

/**
 * Refuses both sides of a conflict, and code whose signs are escaped for a page, in a file that has none of them. A parser
 * tells whether a conflict's marks are text.
 */
export const withoutForeignMarks: Step = (lines, { file, isParsed = false, path }) => {
  const mayConflict = isParsed || fixtures.test(path)
  const foreign = [mayConflict ? searching : conflict, ...(markup.test(path) ? [] : [entity])]
  return foreign.some((mark) => lines.some((line) => mark.test(line)) && !file.some((line) => mark.test(line)))
    ? Option.none()
    : Option.some(lines)
}

const numbered = /^\s*([+ -]?)L?(\d+)(?:→| \| |[:|])/
const fromRead = /^ *\d+\t/
/** A case of several values: `1 | 2 => …`. It looks like the code `2 => …` with the number of its line. */
const severalValues = /^\s*\d+ ?\| ?[\w'".-]+(?: ?\| ?[\w'".-]+)* ?(?:=>|->)/
/** Number of lines before its place at which a numbered suggestion may begin. */
const mostAbove = 5

/** Removes line numbers of the prompt and the tools: `+10:code`, ` 10:code`, `10|code`, `L10:code` and Read's ` 10\tcode`. */
export const withoutNumbers: Step = (lines, site) => {
  const { file, startLine } = site
  const filled = lines.filter((line) => !isBlank(line))
  const looksSo = (line: string) => numbered.test(line) || fromRead.test(line)
  const marked = filled.filter(looksSo)
  if (marked.length === 0 || replacedBy(site).some(looksSo)) return Option.some(lines)
  if (marked.length < filled.length) {
    return marked.some((line) => /^[+-]\d+[:|]/.test(line))
      ? Option.none()
      : Option.some(lines)
  }
  const numberOf = (line: string) => Number(/\d+/.exec(line)?.[0])
  if (filled.every((line) => severalValues.test(line))) {
    // Where the numbers are those of the lines, too, nothing tells.
    return filled.every((line, at) => numberOf(line) === startLine + at) ? Option.none() : Option.some(lines)
  }
  // Numbers of elsewhere are no numbers of lines: `404: "not found",`
  const isNear = (line: string) => Math.abs(numberOf(line) - startLine) <= filled.length + mostAbove
  if (!marked.every(isNear)) return file.some(looksSo) ? Option.some(lines) : Option.none()
  const kept = lines.filter((line) => numbered.exec(line)?.[1] !== "-")
  return Option.some(kept.map((line) => line.replace(fromRead.test(line) ? fromRead : numbered, "")))
}

const diffFile = /\.(?:diff|patch)$/i

/** True if signs are the text's own: items of a list, or lines that go on with an operator below another line. */
const areItsOwn = (lines: Lines, path: string): boolean => {
  const signed = lines.filter((line) => /^[+-]/.test(line))
  if (!signed.every((line) => /^[+-] \S/.test(line))) return false
  return prose.test(path) || plainText.test(path) || /^[^+\s-]/.test(trimmed(lines)[0] ?? "")
}

/** Converts a unified diff to its added and unchanged lines, without their signs. */
export const withoutSigns: Step = (lines, site) => {
  if (diffFile.test(site.path)) return Option.some(lines)
  if (lines.some((line) => /^@@ -\d|^diff --git |^(?:--- a|\+\+\+ b)\//.test(line))) return Option.none()
  const filled = lines.filter((line) => line !== "")
  const added = filled.filter((line) => line.startsWith("+"))
  const replaced = replacedBy(site)
  if (replaced.some((line) => /^[+-]/.test(line))) return Option.some(lines)
  const deleted = filled.filter((line) => line.startsWith("-"))
  const deletes = deleted.some((line) => replaced.some((old) => old.trim() === line.slice(1).trim() && !isBlank(old)))
  if (added.length === 0 && !deletes) return Option.some(lines)
  if (!deletes && areItsOwn(filled, site.path)) return Option.some(lines)
  return filled.every((line) => /^[+ -]/.test(line))
    ? Option.some(lines.filter((line) => !line.startsWith("-")).map((line) => line.slice(1)))
    : Option.none()
}

/** A comment that is, or begins with, an ellipsis, and one that ends with one. */
const leftOut = /^\s*(?:\/\/|#|--|;|\/\*|<!--)\s*(?:\.{3}|…)/
const trailing = /^\s*(?:\/\/|#|--|;|\/\*|<!--).*(?:\.{3}|…)\s*(?:\*\/|-->)?\s*$/
/** Words about code that is not shown. Without one, a comment such as `# Loading the page...` is a comment. */
const aboutCode =
  /\b(?:rest|remain\w*|existing|unchanged|same|omitted|others?|as before|previous|above|below|stays?|more|etc|continues?|goes here|implementation|your|code|keep)\b/i

/** Refuses a suggestion that stands for code which it leaves out: `// ... the rest stays`. */
export const withoutPlaceholder: Step = (lines, { file }) => {
  const known = new Set(file.map((line) => line.trim()))
  return lines.some((line) =>
      (leftOut.test(line) || trailing.test(line) && aboutCode.test(line)) && !known.has(line.trim())
    )
    ? Option.none()
    : Option.some(lines)
}

/** Refuses lines that are still marked as the prompt's are: `+10:code`, of a suggestion that was marked twice. */
export const withoutMarks: Step = (lines, site) => {
  const replaced = new Set(replacedBy(site))
  return lines.some((line) => /^[+-]\d+[:|]/.test(line) && !replaced.has(line)) ? Option.none() : Option.some(lines)
}
