/** The fence that opens a code block in Markdown. */
export interface Fence {
  /** Indentation, quotes and list items that stand before it. */
  readonly prefix: string
  /** Its backticks or tildes. */
  readonly marks: string
  /** Text after it: the code's language, or what a forge makes of the block. */
  readonly info: string
}

// With a backtick after them, three backticks open a code span, not a block.
const opening = /^([\s>*+\-\d.)]*)(?:(`{3,})([^`]*)|(~{3,})([^]*))$/
const certainOpening = /^([\s>]*(?:[-*+]\s+)?)(?:(`{3,})([^`]*)|(~{3,})([^]*))$/

const found = (pattern: RegExp) => (line: string): Fence | undefined => {
  const [whole, prefix = "", ticks, tickInfo, tildes, tildeInfo] = pattern.exec(line) ?? []
  return whole === undefined ? undefined : { prefix, marks: ticks ?? tildes ?? "", info: tickInfo ?? tildeInfo ?? "" }
}

/** Finds the fence that a line opens. A line that closes one looks the same, so read a block to its end first. */
export const fenceIn = found(opening)

/** Finds the fence that a line opens for every reader: behind indentation, quotes and one bullet, and nothing else. */
export const certainFenceIn = found(certainOpening)

/** Removes what follows the first block of a language whose fence stands at the margin, and the block itself. */
export const beforeBlock = (text: string, language: string): string => {
  const lines = text.split("\n")
  const at = lines.findIndex((line) => {
    const fence = fenceIn(line)
    return fence?.prefix === "" && fence.info.startsWith(language)
  })
  return at === -1 ? text : lines.slice(0, at).join("\n")
}

const blockBegin = /```([\w+-]*)[ \t]*\n/g
const blockEnd = /\n[ \t]*```/g

/** Number of blocks of an answer that are looked at. An answer has a few, and looking at a million takes long. */
const mostBlocks = 1_000

/**
 * Texts of the blocks of a model's answer that name JSON or no language. Words may stand before the fence. The end of a
 * block is looked for once, so that a text of beginnings alone takes no longer than another one.
 */
export const jsonBlocks = (text: string): ReadonlyArray<string> => {
  const found: Array<string> = []
  blockBegin.lastIndex = 0
  for (let seen = 0; seen < mostBlocks; seen++) {
    const language = blockBegin.exec(text)?.[1]
    const start = blockEnd.lastIndex = blockBegin.lastIndex
    const end = language === undefined ? undefined : blockEnd.exec(text)?.index
    if (end === undefined) break
    if (language === "" || language === "json") found.push(text.slice(start, end))
    blockBegin.lastIndex = blockEnd.lastIndex
  }
  return found
}

/** True for a line with a fence's marks at its beginning, also where they open no block. */
export const hasFenceMarks = (line: string): boolean => /^\s*(?:`{3,}|~{3,})/.test(line)

/** Removes the prefix of a block's fence from a line of the block. */
export const withoutPrefix = (line: string, { prefix }: Fence): string => {
  const [leading] = (prefix.includes(">") ? /^[\s>]*/ : /^\s*/).exec(line) ?? [""]
  return line.slice(Math.min(prefix.length, leading.length))
}

/** True for a line that closes a fence: as many marks or more, indented by three blanks at most, and nothing else. */
export const closesFence = (line: string, fence: Fence): boolean => {
  const marks = withoutPrefix(line, fence).replace(/^ {1,3}/, "").trimEnd()
  return marks.length >= fence.marks.length && marks === fence.marks.charAt(0).repeat(marks.length)
}

/** Length of the longest run of backticks. */
const longestRun = (text: string): number => {
  let longest = 0
  for (const [run] of text.matchAll(/`+/g)) longest = Math.max(longest, run.length)
  return longest
}

/** Backticks that nothing in `text` can close: more than it has in a row, and `least` or more. */
export const backticksFor = (text: string, least: 1 | 3): string => "`".repeat(Math.max(least, longestRun(text) + 1))
