/** Text as HTML shows it. */
export const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("\"", "&quot;")

// Code comes out of the text first, so that nothing in it is taken for mark-up.
const inline = (text: string): string => {
  const codes: Array<string> = []
  return escape(text.replaceAll("\0", ""))
    .replaceAll(/`([^`\n]+)`/g, (_, code: string) => `\0${codes.push(code) - 1}\0`)
    .replaceAll(/\*\*([^*]+)\*\*/g, "<strong>$1</strong>")
    .replaceAll(/(^|\W)\*([^*\s][^*]*)\*/g, "$1<em>$2</em>")
    .replaceAll(/\0(\d+)\0/g, (_, index: string) => `<code>${codes[Number(index)] ?? ""}</code>`)
    .replaceAll("\n", "<br>")
}

const paragraphs = (text: string): string =>
  text.split(/\n{2,}/).filter((part) => part.trim() !== "").map((part) => `<p>${inline(part.trim())}</p>`).join("\n")

// An item's further paragraphs are indented under it.
const list = (text: string): string => {
  const items = text.split(/^- /m).slice(1).map((item) => item.replaceAll(/^ {2}/gm, "").trim())
  return `<ul>${items.map((item) => `<li>${/\n\n/.test(item) ? paragraphs(item) : inline(item)}</li>`).join("")}</ul>`
}

const prose = (text: string): string =>
  text.split(/^((?:- .*\n?(?:(?:\n+(?= {2}\S))?(?: {2}.*\n?))*)+)/m)
    .map((part) => part.startsWith("- ") ? list(part) : paragraphs(part)).join("\n")

/**
 * The Markdown that a review is written in, as HTML: paragraphs, lists, code, strong and emphasised words. Everything
 * else, HTML above all, is shown as it is written.
 */
export const markdown = (text: string): string =>
  text.split(/^(`{3,}.*\n[\s\S]*?\n`{3,})$/m).map((part) => {
    const [, code] = /^`{3,}.*\n([\s\S]*)\n`{3,}$/.exec(part) ?? []
    return code === undefined ? prose(part) : `<pre>${escape(code)}</pre>`
  }).join("\n")
