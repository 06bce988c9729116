/** Globs as regular expressions in Rust's syntax, which ripgrep matches in linear time. */
import { Effect } from "effect"
import { ToolError } from "../Tool.ts"
import * as Ripgrep from "./Ripgrep.ts"

const anything = String.raw`[^\x00]*`
const anyName = String.raw`[^/\x00]*`
const directories = `(?:${anything}/)?`

const literal = (text: string): string => text.replaceAll(/[\\^$.|?*+()[\]{}&~#-]/g, String.raw`\$&`)

/** Expression of a `**` that is a whole name of the pattern, and the index behind it; undefined where there is none. */
const acrossAt = (pattern: string, at: number): readonly [text: string, end: number] | undefined => {
  const before = pattern.charAt(at - 1)
  if (!pattern.startsWith("**", at) || (before !== "" && !"/{,".includes(before))) return undefined
  const after = pattern.charAt(at + 2)
  if (after === "/") return [directories, at + 3]
  return after === "" || ",}".includes(after) ? [anything, at + 2] : undefined
}

const unclosed = (what: string) => new ToolError({ message: `unclosed ${what}` })

/** The expression of a character class, and the index behind it. */
const classAt = (pattern: string, open: number): readonly [text: string, end: number] | undefined => {
  const negated = "!^".includes(pattern.charAt(open + 1)) && pattern.charAt(open + 1) !== ""
  const first = open + (negated ? 2 : 1)
  const end = pattern.indexOf("]", first + 1)
  if (end === -1) return undefined
  const set = pattern.slice(first, end).replaceAll(/[\\^[\]&~]/g, String.raw`\$&`)
  return [negated ? String.raw`[^/\x00${set}]` : `[${set}]`, end + 1]
}

/** Translates a glob that a whole path has to match. Fails where a bracket is not closed. */
export const expression = Effect.fnUntraced(function*(pattern: string) {
  let text = ""
  let depth = 0
  for (let at = 0; at < pattern.length;) {
    const across = acrossAt(pattern, at)
    if (across !== undefined) {
      text += across[0]
      at = across[1]
      continue
    }
    const character = String.fromCodePoint(pattern.codePointAt(at) ?? 0)
    at += character.length
    if (character === "*") text += anyName
    else if (character === "?") text += String.raw`[^/\x00]`
    else if (character === "[") {
      const found = classAt(pattern, at - 1)
      if (found === undefined) return yield* unclosed("character class; missing ']'")
      text += found[0]
      at = found[1]
    } else if (character === "{") {
      depth++
      text += "(?:"
    } else if (character === "}" && depth > 0) {
      depth--
      text += ")"
    } else if (character === "," && depth > 0) text += "|"
    else if (character === "\\" && at < pattern.length) text += literal(pattern.charAt(at++))
    else text += literal(character)
  }
  return depth > 0 ? yield* unclosed("alternate group; missing '}'") : text
})

const MAX_BYTES = 64 * 1024 * 1024

/** The paths that a glob matches, in their order. */
export const matchGlob = Effect.fnUntraced(function*(tool: string, pattern: string, paths: ReadonlyArray<string>) {
  const regex = yield* expression(pattern)
  const args = ["--null-data", "--line-regexp", "-e", regex]
  const { exitCode, stderr, stdout } = yield* Ripgrep.run(
    tool,
    paths.map((path) => `${path}\0`).join(""),
    args,
    MAX_BYTES
  )
  if (exitCode === 2) return yield* new ToolError({ message: Ripgrep.complaint(stderr) })
  const found = new Set(Buffer.from(stdout).toString("utf8").split("\0"))
  return paths.filter((path) => found.has(path))
})

/** The paths that a glob of a `.gitignore` names: without a slash in any directory, with `!` all others. */
export const matchInclude = Effect.fnUntraced(function*(tool: string, include: string, paths: ReadonlyArray<string>) {
  const pattern = include.replace(/^!/, "")
  const anchored = pattern.replace(/\/$/, "/**").replace(/^\//, "")
  const found = yield* matchGlob(tool, /^[^/]*\/?$/.test(pattern) ? `**/${anchored}` : anchored, paths)
  if (!include.startsWith("!")) return found
  const taken = new Set(found)
  return paths.filter((path) => !taken.has(path))
})
