import { backticksFor, closesFence, type Fence, fenceIn } from "@nominal-code/domain/text/Fence"

/** A code block whose fence is longer than any run of backticks in it, so that nothing in it can end it. */
export const fenced = (info: string, text: string): string => {
  const fence = backticksFor(text, 3)
  return text === "" ? `${fence}${info}\n${fence}` : `${fence}${info}\n${text.replace(/\n$/, "")}\n${fence}`
}

/** Renders text as inline code on one line, without mark-up or mentions. */
export const codeSpan = (text: string): string => {
  const tick = backticksFor(text, 1)
  const line = text.replaceAll(/[\r\n]+/g, " ")
  const padding = line.startsWith("`") || line.endsWith("`") ? " " : ""
  return `${tick}${padding}${line}${padding}${tick}`
}

/** Closes a code block that the text leaves open. */
export const closeFence = (text: string): string => {
  let open: Fence | undefined
  for (const line of text.split("\n")) {
    if (open === undefined) open = fenceIn(line)
    else if (closesFence(line, open)) open = undefined
  }
  return open === undefined ? text : `${text}\n${open.marks}`
}

const cutNote = "\n\n*The rest is cut: it does not fit into one comment.*"

/** Cuts a text to `room` characters at the end of a line, with a note, and closes an open code block. */
export const fit = (text: string, room: number): string => {
  const whole = closeFence(text)
  if (whole.length <= room) return whole
  // A fence that the cut leaves open costs a line more.
  const longestFence = 1 + backticksFor(text, 3).length
  const kept = Math.max(0, room - cutNote.length - longestFence)
  const lineEnd = text.lastIndexOf("\n", kept)
  const start = text.slice(0, lineEnd > 0 ? lineEnd : kept).replace(/[\uD800-\uDBFF]$/, "")
  return `${closeFence(start)}${cutNote}`.slice(0, Math.max(0, room))
}
