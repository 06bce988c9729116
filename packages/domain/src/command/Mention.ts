import { Option, RegExp as Pattern } from "effect"
import { closesFence, type Fence, fenceIn } from "../text/Fence.ts"

const blank = (text: string): string => text.replaceAll(/[^\n]/g, " ")

/** The start of a quote, also inside list items. */
const quoteOpening = /^[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+){0,4}>/

/** Blanks the lines of fenced code blocks, and others that `isHidden` tells, keeping every character's position. */
const withoutBlocks = (body: string, isHidden: (line: string) => boolean): string => {
  let fence: Fence | undefined
  return body.split("\n").map((line) => {
    if (fence !== undefined) {
      if (closesFence(line, fence)) fence = undefined
      return blank(line)
    }
    if (isHidden(line)) return blank(line)
    fence = fenceIn(line)
    return fence === undefined ? line : blank(line)
  }).join("\n")
}

interface Ticks {
  readonly start: number
  readonly end: number
  readonly paragraph: number
  /** True after a backslash: it opens no code span, but may close one. */
  readonly escaped: boolean
}

const ticksOrBreak = /`+|\n[ \t\r]*(?=\n)/g

/** True if an odd number of backslashes precedes a position. */
const isEscaped = (text: string, at: number): boolean => {
  let backslashes = 0
  while (text.charAt(at - backslashes - 1) === "\\") backslashes++
  return backslashes % 2 === 1
}

const ticksOf = (text: string): ReadonlyArray<Ticks> => {
  const runs: Array<Ticks> = []
  let paragraph = 0
  for (const { 0: found, index } of text.matchAll(ticksOrBreak)) {
    if (found.startsWith("\n")) paragraph++
    else runs.push({ start: index, end: index + found.length, paragraph, escaped: isEscaped(text, index) })
  }
  return runs
}

/** For each run of backticks, the next run of the same length in its paragraph, which closes its code span. */
const closersOf = (runs: ReadonlyArray<Ticks>): ReadonlyArray<number | undefined> => {
  const closers: Array<number | undefined> = []
  const next = new Map<string, number>()
  for (let index = runs.length - 1; index >= 0; index--) {
    const run = runs[index]
    if (run === undefined) continue
    const key = `${run.paragraph}:${run.end - run.start}`
    closers[index] = next.get(key)
    next.set(key, index)
  }
  return closers
}

/** Blanks code spans, keeping every character's position. */
const withoutCodeSpans = (text: string): string => {
  const runs = ticksOf(text)
  const closers = closersOf(runs)
  let [seen, done] = ["", 0]
  for (let index = 0; index < runs.length; index++) {
    const [open, closer] = [runs[index], closers[index]]
    if (open === undefined || open.escaped || closer === undefined) continue
    const end = runs[closer]?.end ?? open.end
    seen += text.slice(done, open.start) + blank(text.slice(open.start, end))
    done = end
    index = closer
  }
  return seen + text.slice(done)
}

/** Blanks HTML comments, which the page does not show. */
export const withoutHtmlComments = (text: string): string => {
  let [seen, done] = ["", 0]
  for (let start = text.indexOf("<!--"); start !== -1; start = text.indexOf("<!--", done)) {
    const close = text.indexOf("-->", start)
    if (close === -1) break
    const end = close + "-->".length
    seen += text.slice(done, start) + blank(text.slice(start, end))
    done = end
  }
  return seen + text.slice(done)
}

/** Blanks web addresses: a name in one is no mention. */
const withoutAddresses = (text: string): string => text.replaceAll(/(?:https?:\/\/|\bwww\.)[^\s<>)]+/gi, blank)

/**
 * Pattern of `@name` and `@name[bot]`. A login is ASCII, so an ASCII word character, an `@` or a sign that addresses
 * and links are made of, right before it or after it, makes it a part of something else: `x@bot`, `@bot-two`,
 * `@bot.example`. Any other letter may touch it: `请@bot看` is a mention for GitHub, too. Underscores that are not within
 * a word are emphasis: `_@bot_`.
 */
const mentionOf = (botUsername: string): RegExp => {
  const name = Pattern.escape(botUsername.replace(/\[bot\]$/i, ""))
  // Without the flag `u`, which would take the Kelvin sign for a k.
  // It looks back from the @, and not from each character before it.
  const begin = String.raw`@(?<![a-z0-9@.+/\-]@|[a-z0-9]_+@)`
  const end = String.raw`(?![a-z0-9@\-]|[./]\w|_+[a-z0-9])`
  return new RegExp(`${begin}${name}(?:\\[bot\\])?${end}`, "i")
}

/** A text without its code, which is blanked: blocks and spans. */
export const withoutCode = (text: string): string => withoutCodeSpans(withoutBlocks(text, () => false))

/** A comment as a reader takes it: without code, quotes, hidden comments and addresses, which are blanked. */
export const visibleText = (body: string): string =>
  withoutAddresses(withoutHtmlComments(withoutCodeSpans(withoutBlocks(body, (line) => quoteOpening.test(line)))))

const says = /[\p{L}\p{N}]/u

/** Words after a mention that add nothing to a request before it: `Can you review this, @bot please?` */
const onlyPolite = /^[^\p{L}\p{N}]*(?:please|pls|thanks|thank you|thx)[^\p{L}\p{N}]*$/iu

/** Maximum length of a request: that of GitHub's longest comment. One of GitLab may have a million characters. */
const maxLength = 65_536

const cut = (request: string): string => request.slice(0, maxLength).toWellFormed()

/**
 * Request of a comment to the bot: the text after the first mention, trimmed; if nothing is said there, the text before
 * it. What is longer than a comment on GitHub can be is cut. None without a visible mention (one in code, in a quote or in
 * a hidden comment does not count), and none for a mention alone.
 */
export const promptOf = (botUsername: string, body: string): Option.Option<string> => {
  if (botUsername === "") return Option.none()
  const visible = visibleText(body)
  const found = mentionOf(botUsername).exec(visible)
  if (found === null) return Option.none()
  const end = found.index + found[0].length
  const after = cut(body.slice(end).trim())
  if (says.test(after) && !onlyPolite.test(after)) return Option.some(after)
  const before = says.test(visible.slice(0, found.index)) ? body.slice(0, found.index).trim() : ""
  const prompt = cut(`${before} ${after}`.trim())
  return says.test(prompt) ? Option.some(prompt) : Option.none()
}
