import { certainFenceIn } from "@nominal-code/domain/text/Fence"

// Splits a word for GitLab, and for no reader.
const gap = "\u200b"

const withGap = (match: string) => match + gap

/** A line that GitLab would carry out. */
const quickAction = /^(\s*)\/(?=[a-z_])/i

/** A command of a formula that makes a link, to another host too. */
const linkInFormula = /\\(?:href|url)(?![a-z])/i

/** Escapes what begins a formula. A blank without width before its end would not: it counts as a part of the formula. */
const withoutFormulas = (text: string): string =>
  text.replaceAll(/(?<!\\)((?:\\\\)*)\$/g, (_, escapes: string) => `${escapes}\\$`)

/**
 * Mentions, references to merge requests, issues, labels, milestones, epics, snippets, alerts and iterations, and links
 * that GitLab finds after it has read the Markdown, in words whose escapes are gone by then.
 */
const breakReferences = (text: string): string =>
  text
    .replaceAll(/\](?=\\+\()/g, withGap)
    .replaceAll(/\[(?=\[)/g, withGap)
    .replaceAll(/GL-(?=\d)/gi, withGap)
    .replaceAll(/@(?=\w)/g, withGap)
    .replaceAll(/[!#$](?=\d)/g, withGap)
    .replaceAll(/&(?:amp;)?(?=\d)/g, withGap)
    .replaceAll(/(?<![~\w])~(?=[\w"])/g, withGap)
    .replaceAll(/(?<![%\w])%(?=[\w"])/g, withGap)
    .replaceAll(/\[(?=(?:work_item|issue|epic|feature_flag|vulnerability|contact):)/g, withGap)
    .replaceAll(/\*(?=iteration:)/g, withGap)
    .replaceAll(/\^(?=alert#)/g, withGap)

/** For each part of a line that is a run of backticks, the next run of the same length, which closes its code. */
const closingRuns = (parts: ReadonlyArray<string>): ReadonlyMap<number, number> => {
  const next = new Map<number, number>()
  const closing = new Map<number, number>()
  for (let at = parts.length - 2; at > 0; at -= 2) {
    const length = parts[at]?.length ?? 0
    const end = next.get(length)
    if (end !== undefined) closing.set(at, end)
    next.set(length, at)
  }
  return closing
}

/** Parts of a line, code and text in turn; none if a backtick is escaped, or may pair with one of another line. */
const splitCode = (line: string): ReadonlyArray<string> | undefined => {
  if (line.includes("\\`")) return undefined
  const parts = line.split(/(`+)/)
  const closing = closingRuns(parts)
  const split: Array<string> = []
  for (let at = 0; at < parts.length; at += 2) {
    split.push(parts[at] ?? "")
    if (at + 1 === parts.length) break
    const end = closing.get(at + 1)
    if (end === undefined) return undefined
    split.push(parts.slice(at + 1, end + 1).join(""))
    at = end - 1
  }
  return split
}

type Break = (text: string) => string

const breakLine = (line: string, code: ReadonlyArray<string> | undefined, breakText: Break): string => {
  const broken = code?.map((part, at) => at % 2 === 0 ? breakText(part) : part).join("") ?? breakText(line)
  return broken.replace(quickAction, "$1\\/")
}

/**
 * Breaks what GitLab would act on in a posted text: quick actions, mentions and references, and so the words that close
 * an issue. In code there are none, except for quick actions in a block that GitLab may not see as one.
 */
export const clean = (text: string): string => {
  const breakText: Break = linkInFormula.test(text)
    ? (part) => withoutFormulas(breakReferences(part))
    : breakReferences
  let open: string | undefined
  // False from a line on whose code is not certain, to the end of its paragraph.
  let isCertain = true
  return text.split("\n").map((line) => {
    const fence = certainFenceIn(line)
    if (open !== undefined) {
      if (fence?.marks.startsWith(open) && fence.info.trim() === "") open = undefined
      return line.replace(quickAction, `$1${gap}/`)
    }
    if (fence === undefined) {
      const code = splitCode(line)
      isCertain = line.trim() === "" || isCertain && code !== undefined
      return breakLine(line, isCertain ? code : undefined, breakText)
    }
    open = fence.marks
    return line
  }).join("\n")
}
