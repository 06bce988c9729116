import { backticksFor, closesFence, fenceIn, withoutPrefix } from "@nominal-code/domain/Fence"

/** A run of lines that is a fenced code block, or one that is prose. */
export type Block =
  | { readonly _tag: "Code"; readonly language: string; readonly lines: ReadonlyArray<string> }
  | { readonly _tag: "Prose"; readonly lines: ReadonlyArray<string> }

/** A part of one line of prose: inline code with its backticks, or anything else. */
export type Span = { readonly _tag: "Code" | "Text"; readonly text: string }

// A language only colours code. Anything else after a fence may be a diagram, a formula or a suggestion to apply.
const languages = new Set(
  ("bash c clojure cmake console cpp cs csharp css dart diff docker dockerfile elixir erlang go graphql groovy haskell " +
    "hcl html http ini java javascript js json jsonc jsx kotlin less lua makefile markdown md nginx nix objc ocaml perl " +
    "php plaintext powershell proto protobuf py python r rb ruby rs rust sass scala scss sh shell sql svelte swift " +
    "terraform text toml ts tsx txt typescript vue xml yaml yml zig").split(" ")
)

const languageOf = (info: string): string => {
  const word = info.trim().split(/\s/, 1)[0]?.toLowerCase() ?? ""
  return languages.has(word) ? word : ""
}

/**
 * Splits a text at its fenced code blocks. A fence that nothing closes lasts to the end. A fence inside a list or a
 * quote counts as well: `render` puts it at the start of its line, where no two readers of Markdown disagree on it.
 */
export const blocks = (text: string): ReadonlyArray<Block> => {
  const found: Array<Block> = []
  const lines = text.split("\n")
  let prose: Array<string> = []
  const endProse = () => {
    if (prose.length > 0) found.push({ _tag: "Prose", lines: prose })
    prose = []
  }
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ""
    const fence = fenceIn(line)
    if (fence === undefined) {
      prose.push(line)
      continue
    }
    if (/[^\s>]/.test(fence.prefix)) prose.push(fence.prefix.trimEnd())
    endProse()
    const code: Array<string> = []
    for (at += 1; at < lines.length; at++) {
      const inside = lines[at] ?? ""
      if (closesFence(inside, fence)) break
      code.push(withoutPrefix(inside, fence))
    }
    found.push({ _tag: "Code", language: languageOf(fence.info), lines: code })
  }
  endProse()
  return found
}

/** Renders a block: code between fences at the start of their lines, always closed. */
export const render = (block: Block): string => {
  const text = block.lines.join("\n")
  if (block._tag === "Prose") return text
  const fence = backticksFor(text, 3)
  return `${fence}${block.language}\n${text}${block.lines.length > 0 ? "\n" : ""}${fence}`
}

/**
 * Splits one line of prose at its inline code. Code that the line does not close is no code: its backticks are escaped,
 * so that it cannot pair with a backtick of another line and turn the roles around.
 */
export const spans = (line: string): ReadonlyArray<Span> => {
  const found: Array<Span> = []
  const special = /\\.?|`+/g
  let text = ""
  let at = 0
  for (let match = special.exec(line); match !== null; match = special.exec(line)) {
    const [run] = match
    text += line.slice(at, match.index)
    at = special.lastIndex
    if (run.startsWith("\\")) {
      text += run
      continue
    }
    const end = closingRun(line, at, run.length)
    if (end === -1) {
      text += "\\`".repeat(run.length)
      continue
    }
    found.push({ _tag: "Text", text }, { _tag: "Code", text: line.slice(match.index, end) })
    text = ""
    at = special.lastIndex = end
  }
  found.push({ _tag: "Text", text: text + line.slice(at) })
  return found
}

/** Index after the next run of exactly `length` backticks, or -1. */
const closingRun = (line: string, from: number, length: number): number => {
  const runs = /`+/g
  runs.lastIndex = from
  for (let match = runs.exec(line); match !== null; match = runs.exec(line)) {
    if (match[0].length === length) return runs.lastIndex
  }
  return -1
}
