import { invisible, oddLineEnds } from "./Invisible.ts"
import { type Block, blocks, render, type Span, spans } from "./Markdown.ts"

/** Rules for cleaning a text that will be posted. */
export interface OutgoingTextRules {
  /** Hides secrets; see `@nominal-code/domain/Redaction`. */
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

const image = /(?<![!\\])[!\\]*!\\*\[([^[\]]*)\](?:\([^()]*\)|\[[^[\]]*\])?/g
const inlineLink = /(?<!\\)\\*\[([^[\]]*)\]\(\s?([^\s()]*)(?:\s(?:"[^"()]*"|'[^'()]*'))?\s?\)/g
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
  let out = ""
  let inAddress = false
  for (const part of parts) {
    if (part.startsWith("`") && (inAddress || out.endsWith("`"))) {
      out += " "
      inAddress = false
    }
    out += part
    const word = part.slice(part.length - lastWordLength(part))
    inAddress = (inAddress && word.length === part.length) || /\/\/|www\./i.test(word)
  }
  return out
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

const breakLinks = (text: string, rules: OutgoingTextRules): string =>
  replaceBoth(text, inlineLink, ([, words = "", target = ""]) => {
    const shown = breakUrls(words, rules)
    if (isOnForge(target, rules) || isRelative(target)) return `[${shown}](${target})`
    return target === "" ? shown : `${shown} (${asCode(target.replaceAll(/[`|\\]/g, ""))})`
  }, (rest) => breakUrls(rest, rules))

const plainText = (text: string, rules: OutgoingTextRules): string => {
  const visible = text
    // An escape that shows the character alone would hide it from the rules below.
    .replaceAll(/(?<!\\)\\+(?=[:/@<&]|[#!]\d)/g, "")
    .replaceAll(/(?<=www)\\+(?=\.)/gi, "")
    .replaceAll(/(?<=GH)\\+(?=-\d)/gi, "")
    .replaceAll(comment, "")
    .replaceAll(tag, "")
    .replaceAll(markup, "&lt;")
    .replaceAll(/&#(?:39|x27);/gi, "'")
    .replaceAll(entity, "&amp;")
    .replaceAll(image, "$1")
    .replaceAll(/(?<!!)!+(?=\\*\[)/g, "")
  return breakLinks(visible, rules)
}

// Some forges run a line that starts with a slash and a word, whatever stands around it.
const leadingSlash = /^([\s>*+\-\d.)]*)\/(?=[^\s])/
const command = /^([\s>*+-]*)(?=\/[a-z_]+(?:\s|$))/i

/** Cleans code, which stays unchanged except for commands and our own marker. */
const plainCode = (line: string): string =>
  line.replace(command, withGap).replaceAll(/<!--(?=\s*nominal-code)/gi, withGap)

// What a link leads to is read before any code is: in "[`a]:b`", there is none, and nothing of it is shown.
const definition = /^((?:[^\S\n]|[>*+\-\d.)])*)\[(?=(?:\\[^]|[^\\[\]])*\]:)/gm

const isDelimiterRow = (line: string): boolean =>
  line.includes("-") && /[|:]/.test(line) && /^[\s>*+\-\d.)|:]*$/.test(line)

/** Splits a line at the bars of a table. A table cuts its rows at every bar before it looks for code. */
const cells = (line: string, hasTable: boolean): ReadonlyArray<string> => hasTable ? line.split(/(\|)/) : [line]

const spanText = (span: Span, rules: OutgoingTextRules): string =>
  span._tag === "Code" ? plainCode(span.text) : plainText(span.text, rules)

const proseLine = (line: string, hasTable: boolean, rules: OutgoingTextRules): string => {
  const parts = cells(line, hasTable).flatMap(spans).map((span) => spanText(span, rules))
  return glue(parts).replace(leadingSlash, "$1\\/")
}

const blockText = (block: Block, rules: OutgoingTextRules): string => {
  if (block._tag === "Code") return render({ ...block, lines: block.lines.map(plainCode) })
  const hasTable = block.lines.some(isDelimiterRow)
  return block.lines.map((line) => proseLine(line, hasTable, rules)).join("\n").replaceAll(definition, "$1\\[")
}

const clean = (text: string): string => text.toWellFormed().replaceAll(oddLineEnds, "\n").replaceAll(invisible, "")

const pass = (text: string, rules: OutgoingTextRules): string =>
  blocks(rules.redact(clean(text))).map((block) => blockText(block, rules)).join("\n")

/** Limit of rounds. A text that still changes was made for that; an honest one is done after two. */
const rounds = 8

/**
 * A text as it may be posted. Whoever wrote it, a forge that renders it runs no command, notifies nobody, closes and
 * cross-references nothing, loads no image, shows no HTML and links to no other host. Secrets are hidden. Code keeps
 * its characters; its fences are put at the start of their lines.
 *
 * It is done when another round changes nothing, so a text that went through is fit by the same rules.
 */
export const sanitise = (text: string, rules: OutgoingTextRules): string => {
  let before = text
  let after = pass(before, rules)
  for (let round = 0; round < rounds && after !== before; round++) [before, after] = [after, pass(after, rules)]
  return after === before ? after : asBlock(after, rules)
}

/** Shows the whole text as code. */
const asBlock = (text: string, { redact }: OutgoingTextRules): string =>
  render({ _tag: "Code", language: "", lines: redact(clean(text)).split("\n").map(plainCode) })

const ownMarker = /<!--\s*nominal-code/i

/**
 * True if a suggestion may be posted. One click puts its code into the repository, so it is not repaired: a secret, a
 * hidden character or a way out of its fence makes it unfit.
 */
export const isSafeSuggestion = (code: string, { redact }: OutgoingTextRules): boolean =>
  redact(code) === code && clean(code) === code.replaceAll("\r\n", "\n") && !ownMarker.test(code) &&
  !(code.includes("```") && code.split("\n").some((line) => command.test(line)))
