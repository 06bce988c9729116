import MarkdownIt, { type Env, type StateBlock, type StateInline } from "markdown-it"

/** Kind of a block's lines. A `definition` is that of a link by reference. */
export type LeafKind = "text" | "table" | "html" | "code" | "fence" | "definition" | "rule"

/** A run of lines that is one block and holds no other. */
export interface Leaf {
  readonly kind: LeafKind
  /** Number of its first line. */
  readonly line: number
  /** Its lines, each split where the marks of the quotes and lists around it end. */
  readonly lines: ReadonlyArray<readonly [marks: string, text: string]>
  /** True where it stands in no quote and no list. */
  readonly isTop: boolean
}

/** A part of a line that is more than words. `target`: where a link leads to, as a browser reads it. */
export interface Span {
  readonly kind: "code" | "link" | "image" | "address" | "html"
  readonly start: number
  readonly end: number
  /** Place of the words of a link or an image. */
  readonly words: readonly [start: number, end: number]
  readonly target: string
}

/*
 * markdown-it and not micromark, because it takes linear time whatever somebody wrote to prolong it: of 16 KB of `*_`,
 * micromark makes 30 seconds. Its rules are wrapped, as its tokens do not say where in a line they come from.
 */

const leafKinds: Readonly<Record<string, LeafKind>> = {
  table: "table",
  code: "code",
  fence: "fence",
  hr: "rule",
  reference: "definition",
  html_block: "html",
  heading: "text",
  lheading: "text",
  paragraph: "text"
}

/** Findings of the wrapped rules in one text. */
interface Findings {
  readonly text: string
  readonly leaves: Array<Leaf>
  readonly spans: Array<Span>
}

/** Findings by the environment that the parser hands to its rules. */
const findingsOf = new WeakMap<Env, Findings>()

const linesOf = ({ bMarks, eMarks, line, src, tShift }: StateBlock, from: number) =>
  Array.from({ length: line - from }, (_, at) => {
    const [begin = 0, end = 0] = [bMarks[from + at], eMarks[from + at]]
    const text = Math.min(begin + (tShift[from + at] ?? 0), end)
    return [src.slice(src.lastIndexOf("\n", text - 1) + 1, text), src.slice(text, end)] as const
  })

const wordsOf = (state: StateInline, kind: Span["kind"], start: number): Span["words"] => {
  if (kind !== "link" && kind !== "image") return [start, start]
  const open = start + (kind === "image" ? 1 : 0)
  const { pos } = state
  const end = state.md.helpers.parseLinkLabel(state, open, kind === "link")
  state.pos = pos
  return [open + 1, end]
}

const spanKinds: Readonly<Record<string, Span["kind"]>> = {
  backticks: "code",
  link: "link",
  image: "image",
  autolink: "address",
  html_inline: "html"
}

/** Levels of quotes, lists and brackets in each other. Each bracket of a run is looked at from each level above it. */
const maxNesting = 20

const reader = (() => {
  const md = new MarkdownIt({ html: true, maxNesting })
  md.disable(["emphasis", "strikethrough", "linkify"])
  for (const rule of md.block.ruler.__rules__) {
    const { fn, name } = rule
    const kind = leafKinds[name]
    if (kind === undefined) continue
    rule.fn = (state, line, end, silent) => {
      const found = fn(state, line, end, silent)
      if (found && !silent) {
        findingsOf.get(state.env)?.leaves.push({ kind, line, lines: linesOf(state, line), isTop: state.level === 0 })
      }
      return found
    }
  }
  for (const rule of md.inline.ruler.__rules__) {
    const { fn, name } = rule
    const kind = spanKinds[name]
    if (kind === undefined) continue
    rule.fn = (state, silent) => {
      const [start, tokens] = [state.pos, state.tokens.length]
      const found = fn(state, silent)
      const findings = findingsOf.get(state.env)
      // The words of an image are read as a text of their own, and backticks that close nothing are words.
      const counts = findings?.text === state.src && (kind !== "code" || state.tokens.length > tokens)
      if (found && !silent && counts) {
        const opened = state.tokens.slice(tokens).find((token) => token.type === "link_open")
        const target = String(opened?.attrGet("href") ?? "")
        findings.spans.push({ kind, start, end: state.pos, words: wordsOf(state, kind, start), target })
      }
      return found
    }
  }
  return md
})()

const read = (text: string, parse: (env: Env) => void): Findings => {
  const findings: Findings = { text, leaves: [], spans: [] }
  const env: Env = { references: {} }
  findingsOf.set(env, findings)
  parse(env)
  return findings
}

/** The blocks of a Markdown text that hold no other block, in their order. Lines end with `\n`. */
export const leavesOf = (text: string): ReadonlyArray<Leaf> =>
  read(text, (env) => reader.block.parse(text, reader, env, [])).leaves

/** The outermost spans of the text of one block or cell, in their order. A link by reference is none. */
export const spansOf = (text: string): ReadonlyArray<Span> => {
  const { spans } = read(text, (env) => reader.inline.parse(text, reader, env, []))
  let end = 0
  return spans.toSorted((one, other) => one.start - other.start || other.end - one.end).filter((span) => {
    if (span.start < end) return false
    end = span.end
    return true
  })
}
