import { RepoPath } from "@nominal-code/domain/event/PullRequest"
import { ignoreMatcher } from "@nominal-code/domain/file/IgnorePatterns"
import type { Checkout } from "@nominal-code/workspace/Workspace"
import { Effect, Option } from "effect"

/** Class of a file as `.gitattributes` states it. `written`: it is stated not to be generated. */
export type StatedKind = "generated" | "vendored" | "docs" | "written"

/** Limits of the files that are read. What is beyond states nothing. */
const mostFiles = 200
const longestFile = 64 * 1024
const mostRules = 100
/** Limit of the rules that paths are held against one by one, all paths together: a fifth of a second. */
const mostTrials = 30_000

interface Rule {
  readonly pattern: string
  readonly matches: (path: string) => boolean
  readonly states: ReadonlyArray<readonly [attribute: string, isSet: boolean]>
}

const attribute = /^([-!]?)(linguist-(?:generated|vendored|documentation))(?:=(true|false))?$/

const ruleOf = (line: string): ReadonlyArray<Rule> => {
  const [, quoted, bare, rest = ""] = /^\s*(?:"((?:[^"\\]|\\.)+)"|([^\s"#![][^\s]*))\s+(.*)$/.exec(line) ?? []
  const pattern = quoted?.replaceAll(/\\(.)/g, "$1") ?? bare
  const states = rest.trim().split(/\s+/).flatMap((word) => {
    const [, sign, name, value] = attribute.exec(word) ?? []
    return name === undefined ? [] : [[name, sign === "" && value !== "false"] as const]
  })
  return pattern === undefined || states.length === 0 ? [] : [{ pattern, matches: ignoreMatcher([pattern]), states }]
}

const kinds: ReadonlyArray<readonly [attribute: string, kind: StatedKind]> = [
  ["linguist-generated", "generated"],
  ["linguist-vendored", "vendored"],
  ["linguist-documentation", "docs"]
]

/** Directories of the paths and all above them, the root first, each with a slash at its end. */
const directoriesOf = (paths: ReadonlyArray<string>): ReadonlyArray<string> => {
  const found = new Set([""])
  for (const path of paths) {
    for (let at = path.indexOf("/"); at !== -1; at = path.indexOf("/", at + 1)) found.add(path.slice(0, at + 1))
  }
  return [...found].toSorted((one, other) => one.length - other.length).slice(0, mostFiles)
}

/**
 * Reads what the repository's `.gitattributes` state about files, in the words of GitHub's linguist. They are read from
 * the base branch: a pull request cannot take its own files out of its review. A deeper file and a later line win.
 */
export const statedKinds = Effect.fn("GitAttributes.statedKinds")(
  function*(checkout: Pick<Checkout, "baseFile">, paths: ReadonlyArray<string>) {
    const rules = yield* Effect.forEach(directoriesOf(paths), (directory) =>
      Effect.map(
        checkout.baseFile(RepoPath.make(`${directory}.gitattributes`)),
        Option.match({
          onNone: () => [],
          onSome: (text) =>
            text.slice(0, longestFile).split(/\r?\n/).flatMap(ruleOf).map((rule) => ({ ...rule, directory }))
        })
      ), { concurrency: 1 })
    // One list of all patterns of a directory tells at once that none of them matches, which is so for most paths.
    const all = [...Map.groupBy(rules.flat().slice(0, mostRules), ({ directory }) => directory)].map(
      ([directory, rules]) => ({ directory, rules, some: ignoreMatcher(rules.map(({ pattern }) => pattern)) })
    )
    let trials = 0
    return (path: string): StatedKind | undefined => {
      const stated = new Map<string, boolean>()
      for (const { directory, rules, some } of all) {
        const inside = path.slice(directory.length)
        if (!path.startsWith(directory) || !some(inside)) continue
        trials += rules.length
        if (trials > mostTrials) return undefined
        for (const { matches, states } of rules) {
          if (matches(inside)) { for (const [name, isSet] of states) stated.set(name, isSet) }
        }
      }
      const set = kinds.find(([name]) => stated.get(name) === true)
      return set?.[1] ?? (stated.get("linguist-generated") === false ? "written" : undefined)
    }
  }
)
