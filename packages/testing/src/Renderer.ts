import type { Nodes } from "mdast"
import { fromMarkdown } from "mdast-util-from-markdown"
import { gfmFromMarkdown } from "mdast-util-gfm"
import { gfm } from "micromark-extension-gfm"

/** True for a link's target on our forge, without an account to sign in as. A path is one in the repository. */
const isOnForge = (target: string): boolean => {
  const { host, protocol, username } = URL.parse(target, "https://github.com/acme/api/pull/1") ?? {}
  return host === "github.com" && /^https?:$/.test(protocol ?? "") && username === ""
}

/** Addresses that a forge shows as a remark on the page that they lead to. */
const crossReference = /\/(?:issues|pull|merge_requests|work_items|epics|discussions)\/\d/i

const liveWords: ReadonlyArray<readonly [name: string, pattern: RegExp]> = [
  ["mention", /@[\w-]/],
  ["reference", /(?:#|GH-)\d/]
]

/** Addresses that the parser takes for words, and another forge may take for links. Our forge's are allowed. */
const address = /[a-z][a-z\d+.-]*:\/\/|www\./i
const ofForge = /https:\/\/github\.com(?![\w.@:-])[^\s<]*/gi

const inWords = (text: string, isLinked: boolean): ReadonlyArray<string> => [
  ...liveWords.filter(([, pattern]) => pattern.test(text)).map(([name]) => `${name}: ${text}`),
  ...(!isLinked && address.test(text.replaceAll(ofForge, "")) ? [`address: ${text}`] : [])
]

const harmless: ReadonlySet<Nodes["type"]> = new Set([
  "blockquote",
  "break",
  "delete",
  "emphasis",
  "heading",
  "inlineCode",
  "list",
  "listItem",
  "paragraph",
  "root",
  "strong",
  "table",
  "tableCell",
  "tableRow",
  "thematicBreak"
])

/** Breaches of a node and of those in it. Images, HTML, footnotes and links by reference are breaches themselves. */
const inNode = (node: Nodes, isLinked = false): ReadonlyArray<string> => {
  if (node.type === "text") return inWords(node.value, isLinked)
  if (node.type === "code") return node.lang?.toLowerCase().startsWith("suggestion") ? ["suggestion"] : []
  const inside = "children" in node ? node.children.flatMap((child) => inNode(child, node.type === "link")) : []
  if (node.type === "link") {
    const isAllowed = isOnForge(node.url) && !crossReference.test(node.url)
    return isAllowed ? inside : [`link: ${node.url}`, ...inside]
  }
  return harmless.has(node.type) ? inside : [node.type, ...inside]
}

/** GitLab's own way to find commands: it takes out what it holds for code, and reads the starts of the lines. */
const commandsIn = (text: string): ReadonlyArray<string> =>
  text
    .replaceAll(/^```[^]+?\n```$/gm, "")
    .split(/[\n\r\v\f\u0085\u2028\u2029]/)
    .filter((line) => /^\s*\/[a-z_]+(?:\s|$)/i.test(line))

/** Effects that a forge which renders the text as GitHub's Markdown would have beyond showing it. */
export const breaches = (text: string): ReadonlyArray<string> => {
  const marker = /<!--\s*nominal-code/.test(text) ? ["marker"] : []
  const parsed = fromMarkdown(text, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] })
  return [...inNode(parsed), ...marker, ...commandsIn(text).map((line) => `command: ${line}`)]
}
