import { ignoring } from "@nominal-code/domain/IgnorePatterns"
import { RepoPath } from "@nominal-code/domain/PullRequest"
import type { Checkout } from "@nominal-code/workspace/Workspace"
import { Effect, Option } from "effect"

/** Class of a file as `.gitattributes` states it. `written`: it is stated not to be generated. */
export type StatedKind = "generated" | "vendored" | "docs" | "written"

/** Limits of the files that are read. What is beyond states nothing. */
const mostFiles = 200
const longestFile = 64 * 1024
const mostRules = 500

interface Rule {
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
  return pattern === undefined || states.length === 0 ? [] : [{ matches: ignoring([pattern]), states }]
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
            text.slice(0, longestFile).split(/\r?\n/).flatMap(ruleOf).slice(0, mostRules)
              .map((rule) => ({ ...rule, directory }))
        })
      ), { concurrency: 1 })
    const all = rules.flat()
    return (path: string): StatedKind | undefined => {
      const stated = new Map<string, boolean>()
      for (const { directory, matches, states } of all) {
        if (path.startsWith(directory) && matches(path.slice(directory.length))) {
          for (const [name, isSet] of states) stated.set(name, isSet)
        }
      }
      const set = kinds.find(([name]) => stated.get(name) === true)
      return set?.[1] ?? (stated.get("linguist-generated") === false ? "written" : undefined)
    }
  }
)
