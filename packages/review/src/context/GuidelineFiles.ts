/** The files in which maintainers tell people and agents how they want code. */
import { RepoPath } from "@nominal-code/domain/event/PullRequest"
import { ignoreMatcher } from "@nominal-code/domain/file/IgnorePatterns"
import type { Checkout } from "@nominal-code/workspace/Workspace"
import { Effect, Option } from "effect"

/** A text of guidelines, as a file of the base branch has it. */
export interface GuidelineFile {
  readonly path: RepoPath
  /** Directory for whose files it is, with a slash at its end; empty for the whole repository. */
  readonly directory: string
  readonly text: string
}

/** File that replaces the configured guidelines. */
export const generalFile = RepoPath.make(".nominal/guidelines.md")

/** Files that a directory may have; their order is that in which they count. */
const names = [generalFile, "AGENTS.md", "CLAUDE.md"]

/** Files and a directory that only a repository's root may have. */
const rootNames = [".github/copilot-instructions.md", ".cursorrules"]
const cursorRules = RepoPath.make(".cursor/rules")

/** Limits of the search for guidelines. */
const mostDirectories = 200
const mostCursorRules = 50
const mostGlobs = 10
const mostTried = 500

/** The directories of the paths and all above them, the deepest first, the root last. */
const directoriesOf = (paths: ReadonlyArray<string>): ReadonlyArray<string> => {
  const found = new Set<string>()
  for (const path of paths) {
    for (let at = path.indexOf("/"); at !== -1; at = path.indexOf("/", at + 1)) found.add(path.slice(0, at + 1))
  }
  const depth = (directory: string) => directory.split("/").length
  const shallow = [...found].toSorted((a, b) => depth(a) - depth(b)).slice(0, mostDirectories)
  return [...shallow.toSorted((a, b) => depth(b) - depth(a) || (a < b ? -1 : 1)), ""]
}

/** True for a file that only imports others, as Claude Code's `@AGENTS.md` does. */
const onlyImports = (text: string): boolean => text.trim().split(/\s+/).every((word) => word.startsWith("@"))

const read = (checkout: Pick<Checkout, "baseFile">, directory: string, name: string) => {
  const path = RepoPath.make(`${directory}${name}`)
  return Effect.map(
    checkout.baseFile(path),
    (found) =>
      Option.toArray(found).filter((text) => text.trim() !== "" && !onlyImports(text)).map((text): GuidelineFile => ({
        path,
        directory,
        text
      }))
  )
}

const frontMatter = /^---\r?\n([^]*?)\r?\n---\r?\n/

/** Text of a rule of Cursor that applies to one of the paths; empty for one that does not, or that a person has to call. */
const appliedRule = (text: string, paths: ReadonlyArray<string>): string => {
  const [head = "", fields] = frontMatter.exec(text) ?? []
  if (fields === undefined) return text
  const [, always = ""] = /^alwaysApply:\s*(\w+)/m.exec(fields) ?? []
  const [, globs = ""] = /^globs:[ \t]*(.*)$/m.exec(fields) ?? []
  const patterns = globs.split(/[,[\]"'\s]+/).filter((glob) => glob !== "").slice(0, mostGlobs)
  const applies = always === "true" || (patterns.length > 0 && paths.slice(0, mostTried).some(ignoreMatcher(patterns)))
  return applies ? text.slice(head.length) : ""
}

const readCursorRules = Effect.fnUntraced(
  function*(checkout: Pick<Checkout, "baseFile" | "baseFiles">, paths: ReadonlyArray<string>) {
    const files = (yield* checkout.baseFiles(cursorRules)).filter((path) => /\.mdc?$/.test(path))
    const found = yield* Effect.forEach(files.slice(0, mostCursorRules), (path) => read(checkout, "", path), {
      concurrency: 1
    })
    return found.flat().map((file) => ({ ...file, text: appliedRule(file.text, paths) }))
  }
)

/**
 * Reads the guideline files for the paths from the base branch, where maintainers decide: a pull request cannot bring its
 * own. The nearest directory comes first. A link, and a text that another file has word for word, are left out.
 */
export const guidelineFiles = Effect.fn("GuidelineFiles.read")(
  function*(checkout: Pick<Checkout, "baseFile" | "baseFiles">, paths: ReadonlyArray<string>) {
    const nested = yield* Effect.forEach(
      directoriesOf(paths).flatMap((directory) => names.map((name) => [directory, name] as const)),
      ([directory, name]) => read(checkout, directory, name),
      { concurrency: 1 }
    )
    const atRoot = yield* Effect.forEach(rootNames, (name) => read(checkout, "", name), { concurrency: 1 })
    const all = [...nested.flat(), ...atRoot.flat(), ...yield* readCursorRules(checkout, paths)]
    const texts = new Set<string>()
    return all.filter(({ text }) => {
      const bare = text.trim()
      if (bare === "" || texts.has(bare)) return false
      texts.add(bare)
      return true
    })
  }
)
