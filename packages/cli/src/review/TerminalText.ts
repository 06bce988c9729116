/*
 * Foreign text on a terminal: without control characters, and within a width in columns.
 */

const controls = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

const hex = (character: string): string =>
  `[U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}]`

/** Prose for a terminal: line ends stay, tabs become blanks, other control and format characters are removed. */
export const printable = (text: string): string =>
  text.toWellFormed().replaceAll("\t", "  ").replaceAll(controls, (one) => one === "\n" ? one : "")

/** One line of code for a terminal: control and format characters are shown as `[U+001B]`. */
export const printableCode = (line: string): string =>
  line.toWellFormed().replace(/\r$/, "").replaceAll("\t", "    ").replaceAll(controls, hex)

const wide =
  /[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u
const narrow = /[\p{Mn}\p{Me}]/u

const columnsOf = (character: string): number => narrow.test(character) ? 0 : wide.test(character) ? 2 : 1

/** Number of columns of a text without control characters. */
export const columns = (text: string): number => [...text].reduce((sum, one) => sum + columnsOf(one), 0)

/** Splits a text into pieces of at most `width` columns each, one piece at least. */
export const pieces = (text: string, width: number): ReadonlyArray<string> => {
  const all = [""]
  let used = 0
  for (const character of text) {
    const size = columnsOf(character)
    if (used + size > width && used > 0) {
      all.push("")
      used = 0
    }
    all[all.length - 1] += character
    used += size
  }
  return all
}

/** Cuts a text to `width` columns, the last of them an ellipsis. */
export const cut = (text: string, width: number): string =>
  columns(text) <= width ? text : `${pieces(text, Math.max(1, width - 1))[0] ?? ""}…`

const bullet = /^ *(?:[-*>] |\d+\. )?/

/** Breaks one line between words, and not within a code span that fits. The text of a list's item stays under it. */
export const wrap = (line: string, width: number): ReadonlyArray<string> => {
  const [mark = ""] = bullet.exec(line) ?? []
  // In a column that is too narrow for it, the mark of an item is a word as others are.
  const head = mark.length < width / 2 ? mark : ""
  const hang = " ".repeat(head.length)
  const room = Math.max(1, width - hang.length)
  const lines: Array<string> = []
  let current = ""
  for (const word of line.slice(head.length).match(/(?:`[^`]*`|\S)+/g) ?? []) {
    const joined = current === "" ? word : `${current} ${word}`
    if (columns(joined) <= room) {
      current = joined
      continue
    }
    if (current !== "") lines.push(current)
    const parts = columns(word) <= room ? [word] : word.split(" ").flatMap((part) => pieces(part, room))
    lines.push(...parts.slice(0, -1))
    current = parts.at(-1) ?? ""
  }
  return [...lines, current].map((text, at) => `${at === 0 ? head : hang}${text}`.trimEnd())
}

/** Width of a terminal; of a stream that is none, or does not know its width, 80. */
export const widthOf = ({ columns }: { readonly columns?: number }): number =>
  columns === undefined || columns === 0 ? 80 : columns
