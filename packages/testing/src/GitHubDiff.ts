import { Effect } from "effect"
import { type GitFailed, gitOnce } from "./GitHubGit.ts"

/** One line of a hunk, with its number on either side where it has one. */
interface DiffLine {
  readonly left: number | undefined
  readonly right: number | undefined
  readonly hunk: number
  readonly text: string
}

/** One file of a pull request's diff, as `GET /pulls/{n}/files` tells it. */
export interface DiffFile {
  readonly path: string
  readonly previousPath: string | undefined
  readonly status: "added" | "modified" | "removed" | "renamed" | "changed"
  readonly blob: string
  readonly additions: number
  readonly deletions: number
  /** The hunks, from the first `@@`; empty where git shows none. */
  readonly patch: string
  readonly lines: ReadonlyArray<DiffLine>
}

/** Place of a comment. */
export interface Anchor {
  readonly path: string
  readonly line: number
  readonly side: string
  readonly startLine: number | undefined
  readonly startSide: string | undefined
}

const header = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/

const linesOf = (patch: string): ReadonlyArray<DiffLine> => {
  const lines: Array<DiffLine> = []
  let hunk = -1
  let left = 0
  let right = 0
  for (const text of patch === "" ? [] : patch.split("\n")) {
    const [, from, to] = header.exec(text) ?? []
    if (from !== undefined && to !== undefined) {
      hunk += 1
      left = Number(from)
      right = Number(to)
    } else if (text.startsWith("+")) {
      lines.push({ left: undefined, right: right++, hunk, text })
    } else if (text.startsWith("-")) {
      lines.push({ left: left++, right: undefined, hunk, text })
    } else if (!text.startsWith("\\")) {
      lines.push({ left: left++, right: right++, hunk, text })
    }
  }
  return lines
}

const statuses: Readonly<Record<string, DiffFile["status"]>> = {
  A: "added",
  D: "removed",
  M: "modified",
  R: "renamed",
  T: "changed"
}

interface RawEntry {
  readonly letter: string
  readonly blob: string
  readonly path: string
  readonly previousPath: string | undefined
}

/** `git diff --raw -z`: `:mode mode blob blob letter`, then one path, or two for a rename. */
const rawEntries = (output: string): ReadonlyArray<RawEntry> => {
  const words = output.split("\0")
  const entries: Array<RawEntry> = []
  for (let at = 0; words[at]?.startsWith(":"); at += 2) {
    const [, , before = "", after = "", status = ""] = (words[at] ?? "").split(" ")
    const letter = status.charAt(0)
    const first = words[at + 1] ?? ""
    const renamed = letter === "R"
    entries.push({
      letter,
      blob: letter === "D" ? before : after,
      path: renamed ? words[at + 2] ?? "" : first,
      previousPath: renamed ? first : undefined
    })
    if (renamed) at += 1
  }
  return entries
}

const patches = (output: string): Array<string> =>
  output.split(/^(?=diff --git )/m).filter((section) => section !== "").map((section) => {
    const start = section.search(/^@@ /m)
    return start === -1 ? "" : section.slice(start).replace(/\n$/, "")
  })

/** The diff of `base...head` as git computes it, in git's order. */
export const diffOf = (
  directory: string,
  base: string,
  head: string
): Effect.Effect<ReadonlyArray<DiffFile>, GitFailed> => {
  const diff = (format: string) => gitOnce(directory, ["diff", format, "-z", "-M", "--full-index", `${base}...${head}`])
  return Effect.map(
    Effect.all([diff("--raw"), diff("--patch")], { concurrency: 2 }),
    ([raw, patch]) => {
      const sections = patches(patch.toString())
      return rawEntries(raw.toString()).map(({ blob, letter, path, previousPath }) => {
        const text = sections.shift() ?? ""
        // A file that becomes a symlink is shown as a removal and an addition.
        const whole = letter === "T" ? `${text}\n${sections.shift() ?? ""}`.trim() : text
        const lines = linesOf(whole)
        return {
          path,
          previousPath,
          status: statuses[letter] ?? "modified",
          blob,
          additions: lines.filter((line) => line.left === undefined).length,
          deletions: lines.filter((line) => line.right === undefined).length,
          patch: whole,
          lines
        }
      })
    }
  )
}

const lineAt = (file: DiffFile, side: string, line: number) =>
  file.lines.find((candidate) => (side === "LEFT" ? candidate.left : candidate.right) === line)

/** GitHub's refusal of a comment's place, in its own words, or undefined where it takes it. */
export const refusalOf = (files: ReadonlyArray<DiffFile>, anchor: Anchor): string | undefined => {
  const file = files.find(({ path }) => path === anchor.path)
  if (file === undefined) return "Path could not be resolved"
  const end = lineAt(file, anchor.side, anchor.line)
  if (end === undefined) return "Line could not be resolved"
  if (anchor.startLine === undefined) return undefined
  const startSide = anchor.startSide ?? anchor.side
  if (startSide === anchor.side && anchor.startLine >= anchor.line) {
    return "Pull request review thread start line must precede the end line."
  }
  const start = lineAt(file, startSide, anchor.startLine)
  if (start === undefined) return "Start line could not be resolved"
  return start.hunk === end.hunk
    ? undefined
    : "Pull request review thread start line must be part of the same hunk as the line."
}

/** The `diff_hunk` of a comment: its hunk's header and what follows, to the commented line. */
export const hunkOf = (files: ReadonlyArray<DiffFile>, anchor: Anchor): string => {
  const file = files.find(({ path }) => path === anchor.path)
  const end = file === undefined ? undefined : lineAt(file, anchor.side, anchor.line)
  if (file === undefined || end === undefined) return ""
  const before = file.lines.slice(0, file.lines.indexOf(end) + 1).filter(({ hunk }) => hunk === end.hunk)
  const headers = file.patch.split("\n").filter((line) => header.test(line))
  return [headers[end.hunk] ?? "", ...before.map(({ text }) => text)].join("\n")
}
