// Splits a word for GitLab, and for no reader.
const gap = "\u200b"

const withGap = (match: string) => match + gap

/** A line that GitLab would carry out. */
const quickAction = /^(\s*)\/(?=[a-z_])/i
const fence = /^[\s>]*(?:[-*+]\s+)?(`{3,}|~{3,})(.*)$/
const codeSpan = /(?<!`)(`+)(?!`)(?:[^`]|(?!\1(?!`))`+)*?\1(?!`)/g

/** Mentions, and references to merge requests, issues, labels, milestones, epics, snippets, alerts and iterations. */
const breakReferences = (text: string): string =>
  text
    .replaceAll(/@(?=\w)/g, withGap)
    .replaceAll(/[!#$](?=\d)/g, withGap)
    .replaceAll(/&(?:amp;)?(?=\d)/g, withGap)
    .replaceAll(/(?<![~\w])~(?=[\w"])/g, withGap)
    .replaceAll(/(?<![%\w])%(?=[\w"])/g, withGap)
    .replaceAll(/\[(?=(?:work_item|issue|epic|feature_flag|vulnerability|contact):)/g, withGap)
    .replaceAll(/\*(?=iteration:)/g, withGap)
    .replaceAll(/\^(?=alert#)/g, withGap)

const breakLine = (line: string): string => {
  const parts: Array<string> = []
  let at = 0
  for (const match of line.matchAll(codeSpan)) {
    parts.push(breakReferences(line.slice(at, match.index)), match[0])
    at = match.index + match[0].length
  }
  return [...parts, breakReferences(line.slice(at))].join("").replace(quickAction, "$1\\/")
}

/**
 * Breaks what GitLab would act on in a posted text: quick actions, mentions and references, and so the words that close
 * an issue. In code there are none, except for quick actions in a block that GitLab may not see as one.
 */
export const clean = (text: string): string => {
  let open: string | undefined
  return text.split("\n").map((line) => {
    const [, mark = "", rest = ""] = fence.exec(line) ?? []
    if (open !== undefined) {
      if (mark.startsWith(open) && rest.trim() === "") open = undefined
      return line.replace(quickAction, `$1${gap}/`)
    }
    if (mark === "" || (mark.startsWith("`") && rest.includes("`"))) return breakLine(line)
    open = mark
    return line
  }).join("\n")
}
