import { backticksFor, fenceIn } from "@nominal-code/domain/text/Fence"
import { invisible, oddLineEnds } from "@nominal-code/domain/text/Invisible"
import { type Leaf, leavesOf, type Span, spansOf } from "./MarkdownMap.ts"

/** Rules for cleaning a text that will be posted. */
export interface OutgoingTextRules {
  /** Hides secrets; see `@nominal-code/domain/secret/Redaction`. */
  readonly redact: (text: string) => string
  /** Host and port of the forge, in lower case. Links may lead nowhere else. */
  readonly forgeHost: string
}

// Splits a word for the forge, and for no reader.
const gap = "\u200b"

const elements =
  "a|abbr|article|aside|audio|b|big|blockquote|body|br|button|canvas|center|code|dd|del|details|div|dl|dt|em" +
  "|embed|figcaption|figure|font|footer|form|frame|h[1-6]|head|header|hr|html|i|iframe|img|input|ins|kbd|label|li|link" +
  "|main|mark|meta|nav|object|ol|p|picture|pre|s|samp|script|section|select|small|source|span|strike|strong|style|sub" +
  "|summary|sup|svg|table|tbody|td|textarea|tfoot|th|thead|title|tr|track|tt|u|ul|var|video"
// A pattern may start at the head of a run of backslashes only: from each of them in turn, it would take square time.
const comment = /(?<!\\)\\*<!--(?:(?!-->|<!--)[^])*-->/g
const tag = new RegExp(String.raw`(?<!\\)\\*<\/?(?:${elements})(?:\s[^<>]*)?\/?>`, "gi")
const markup = /(?<!\\)\\*<(?!\s)/g
const entity = /&(?!(?:amp|lt|gt|quot|nbsp|middot|mdash|ndash|hellip|rarr|larr|times);)(?=#?\w{1,40};)/gi

const bareUrl = /(?:[a-z][a-z0-9+.-]{0,30}:\/\/|www\.)[^\s<>`|\\]*/gi

/** Replaces every match in a text, and the text between the matches in another way. */
const replaceBoth = (
  text: string,
  pattern: RegExp,
  onMatch: (match: RegExpExecArray) => string,
  onRest: (rest: string) => string
): string => {
  const parts: Array<string> = []
  let at = 0
  for (const match of text.matchAll(pattern)) {
    parts.push(onRest(text.slice(at, match.index)), onMatch(match))
    at = match.index + match[0].length
  }
  return glue([...parts, onRest(text.slice(at))])
}

const lastWordLength = (text: string): number => {
  let start = text.length
  while (start > 0 && !/\s/.test(text.charAt(start - 1))) start--
  return text.length - start
}

/** Joins parts, with a blank before code that would otherwise run together with code or an address. */
const glue = (parts: ReadonlyArray<string>): string => {
  const out: Array<string> = []
  let last = ""
  let inAddress = false
  for (const part of parts) {
    if (part === "") continue
    if (part.startsWith("`") && (inAddress || last === "`")) {
      out.push(" ")
      inAddress = false
    }
    out.push(part)
    last = part.slice(-1)
    const word = part.slice(part.length - lastWordLength(part))
    inAddress = (inAddress && word.length === part.length) || /\/\/|www\./i.test(word)
  }
  return out.join("")
}

const withGap = (match: string) => match + gap

/** Breaks mentions, and references that close, link or ping something. */
const breakReferences = (text: string): string =>
  text
    .replaceAll(/@(?!\s)/g, withGap)
    .replaceAll(/[#!](?=\d)/g, withGap)
    .replaceAll(/GH-(?=\d)/gi, withGap)
    .replaceAll("](", "]\\(")
    .replaceAll("]:", "]\\:")

const asCode = (url: string) => `\`${url}\``

// Its number, shown as a link, would make a remark on the issue that it leads to.
const reference = /\/(?:issues|pull|merge_requests|work_items|epics|discussions)\/\d|#\d|GH-\d/i
const plainTarget = /^(?:https?:\/\/)?(?!.*\/\/)[\w\-./~?#=&%+,:]*$/i

const isOnForge = (url: string, { forgeHost }: OutgoingTextRules): boolean => {
  const [, host] = /^https?:\/\/([^/?#]*)/i.exec(url) ?? []
  return host?.toLowerCase() === forgeHost && plainTarget.test(url) && !reference.test(url)
}

/** True for a link into the repository itself. */
const isRelative = (target: string): boolean =>
  plainTarget.test(target) && !/^[^/?#]*:/.test(target) && !reference.test(target)

/** Removes the punctuation of the surrounding sentence from an address. */
const withoutEnd = (url: string): string => {
  let end = url.length
  while (end > 0 && /[.,;:!?'")\]*_~]/.test(url.charAt(end - 1))) end--
  return url.slice(0, end)
}

const breakUrls = (text: string, rules: OutgoingTextRules): string =>
  replaceBoth(text, bareUrl, ([found]) => {
    const url = withoutEnd(found)
    return (isOnForge(url, rules) ? url : asCode(url)) + breakReferences(found.slice(url.length))
  }, breakReferences)

// Some forges run a line that starts with a slash and a word, whatever stands around it.
const leadingSlash = /^([\s>*+\-\d.)]*)\/(?=[^\s])/
const command = /^([\s>*+-]*)(?=\/[a-z_]+(?:\s|$))/i

const withoutMarker = (code: string): string => code.replaceAll(/<!--(?=\s*nominal-code)/gi, withGap)

/** Cleans a line of code, which stays unchanged except for commands and our own marker. */
const plainCode = (line: string): string => withoutMarker(line.replace(command, withGap))

/** Words between spans: without HTML, and with nothing that a forge acts on. */
const words = (text: string, rules: OutgoingTextRules): string =>
  breakUrls(
    text
      // An escape that shows the character alone would hide it from the rules below.
      .replaceAll(/(?<!\\)\\+(?=[:/@<&]|[#!]\d)/g, "")
      .replaceAll(/(?<=www)\\+(?=\.)/gi, "")
      .replaceAll(/(?<=GH)\\+(?=-\d)/gi, "")
      .replaceAll(comment, "")
      .replaceAll(tag, "")
      .replaceAll(markup, "&lt;")
      .replaceAll(/&#(?:39|x27);/gi, "'")
      .replaceAll(entity, "&amp;")
      // A reader who finds no code here must not find it together with other backticks.
      .replaceAll(
        /(?<!\\)((?:\\\\)*)(`+)/g,
        (_, escapes: string, ticks: string) => escapes + "\\`".repeat(ticks.length)
      )
      .replaceAll(/(?<!!)!+(?=\\*\[)/g, ""),
    rules
  )

const link = (shown: string, target: string, rules: OutgoingTextRules): string => {
  if (isOnForge(target, rules) || isRelative(target)) return `[${shown}](${target})`
  return target === "" ? shown : `${shown} (${asCode(target.replaceAll(/[`|\\\s]/g, ""))})`
}

/** Cleans inline code. Where it goes on in another line, that line may start with a command. */
const inlineCode = (code: string): string => {
  const [first = "", ...more] = code.split("\n")
  return [withoutMarker(first), ...more.map(plainCode)].join("\n")
}

const spanText = (text: string, { end, kind, start, target, words: [from, to] }: Span, rules: OutgoingTextRules) => {
  if (kind === "code") return inlineCode(text.slice(start, end))
  if (kind === "address") return words(text.slice(start + 1, end - 1), rules)
  if (kind === "html") return words(text.slice(start, end), rules)
  return kind === "image" ? words(text.slice(from, to), rules) : link(prose(text.slice(from, to), rules), target, rules)
}

/** Cleans the text of one block or cell. */
const prose = (text: string, rules: OutgoingTextRules): string => {
  const parts: Array<string> = []
  let at = 0
  for (const span of spansOf(text)) {
    parts.push(words(text.slice(at, span.start), rules), spanText(text, span, rules))
    at = span.end
  }
  return glue([...parts, words(text.slice(at), rules)])
}

// A language only colours code. Anything else after a fence may be a diagram, a formula or a suggestion to apply.
const languages = new Set(
  ("bash c clojure cmake console cpp cs csharp css dart diff docker dockerfile elixir erlang go graphql groovy haskell " +
    "hcl html http ini java javascript js json jsonc jsx kotlin less lua makefile markdown md nginx nix objc ocaml perl " +
    "php plaintext powershell proto protobuf py python r rb ruby rs rust sass scala scss sh shell sql svelte swift " +
    "terraform text toml ts tsx txt typescript vue xml yaml yml zig").split(" ")
)

/** Code between fences: without a language that does more than colour it, and closed where its block is. */
const fencedCode = ({ isTop, lines }: Leaf): ReadonlyArray<string> => {
  const [[marks = "", opening = ""] = [], ...code] = lines
  const { info, marks: ticks } = fenceIn(opening) ?? { info: "", marks: "" }
  const [name = ""] = info.trim().toLowerCase().split(/\s/, 1)
  const language = languages.has(name) ? name : ""
  const last = code.at(-1)?.[1].trim() ?? ""
  const isClosed = last.length >= ticks.length && last === ticks.charAt(0).repeat(last.length)
  const inside = code.map(([marks, text]) => plainCode(marks + text))
  return [`${marks}${ticks}${language}`, ...inside, ...(isTop && !isClosed ? [ticks] : [])]
}

/** HTML that folds a part of a text. */
const folding = /^<\/?details>$|^<summary>[^<>&@#!`:]*<\/summary>$/

const leafLines = (leaf: Leaf, rules: OutgoingTextRules): ReadonlyArray<string> => {
  const { kind, lines } = leaf
  if (kind === "fence") return fencedCode(leaf)
  if (kind === "code") return lines.map(([marks, text]) => plainCode(marks + text))
  const texts = lines.map(([, text]) => text)
  const cleaned = kind === "table"
    ? texts.map((text) => text.split(/(?<!\\)(\|)/).map((cell) => prose(cell, rules)).join(""))
    : kind === "html"
    ? texts.join("\n").replaceAll(comment, "").split("\n").map((text) => folding.test(text) ? text : words(text, rules))
    : prose(kind === "definition" ? texts.join("\n").replace("[", "\\[") : texts.join("\n"), rules).split("\n")
  return cleaned.map((text, at) => `${lines[at]?.[0] ?? ""}${text}`.replace(leadingSlash, "$1\\/"))
}

const clean = (text: string): string => text.toWellFormed().replaceAll(oddLineEnds, "\n").replaceAll(invisible, "")

/** True for a line that holds no more than the marks of quotes and lists. */
const isBlank = (line: string): boolean => /^[\s>*+\-\d.)]*$/.test(line)

/** Cleans a text once; none where the parser left out a line, as it does when quotes and lists are nested too deep. */
const pass = (text: string, rules: OutgoingTextRules): string | undefined => {
  const source = rules.redact(clean(text))
  const lines = source.split("\n")
  const out: Array<string> = []
  let at = 0
  for (const leaf of leavesOf(source)) {
    const between = lines.slice(at, leaf.line)
    if (!between.every(isBlank)) return undefined
    out.push(...between, ...leafLines(leaf, rules))
    at = leaf.line + leaf.lines.length
  }
  const rest = lines.slice(at)
  return rest.every(isBlank) ? [...out, ...rest].join("\n") : undefined
}

/** Limit of the characters that cost time, lines among them: about as many as in a page of dense code of 64 KB. */
const mostMarks = 8_192

const mark = /[\n\r[\]<&@#!`\\]/g

const hasTooManyMarks = (text: string): boolean => {
  let marks = 0
  for (const _ of text.matchAll(mark)) if (++marks > mostMarks) return true
  return false
}

/** Limit of rounds. A text that still changes was made for that; an honest one is done after two. */
const rounds = 8

/**
 * A text as it may be posted. Whoever wrote it, a forge that renders it runs no command, notifies nobody, closes and
 * cross-references nothing, loads no image, shows no HTML and links to no other host. Secrets are hidden. Code keeps
 * its characters.
 *
 * It is done when another round changes nothing, so a text that went through is fit by the same rules. A text of more
 * marks than anybody writes is shown as code, so that cleaning holds up the process for no longer than a moment.
 */
export const sanitise = (text: string, rules: OutgoingTextRules): string => {
  if (hasTooManyMarks(text)) return asBlock(text, rules)
  let before = text
  for (let round = 0; round <= rounds; round++) {
    const after = pass(before, rules)
    if (after === undefined) break
    if (after === before) return after
    before = after
  }
  return asBlock(before, rules)
}

/** A text that nobody reads as Markdown, as it may be sent: without secrets, hidden characters and markers of ours. */
export const plain = (text: string, { redact }: OutgoingTextRules): string => withoutMarker(redact(clean(text)))

/** Shows the whole text as code. */
const asBlock = (text: string, { redact }: OutgoingTextRules): string => {
  const lines = redact(clean(text)).split("\n").map(plainCode).join("\n")
  const ticks = backticksFor(lines, 3)
  return `${ticks}\n${lines}\n${ticks}`
}

const ownMarker = /<!--\s*nominal-code/i

/**
 * True if a suggestion may be posted. One click puts its code into the repository, so it is not repaired: a secret, a
 * hidden character or a way out of its fence makes it unfit.
 */
export const isSafeSuggestion = (code: string, { redact }: OutgoingTextRules): boolean =>
  redact(code) === code && clean(code) === code.replaceAll("\r\n", "\n") && !ownMarker.test(code) &&
  !(code.includes("```") && code.split("\n").some((line) => command.test(line)))
