/** Files that a search has to read: of many, git tells those that hold a text without which nothing matches. */
import { Effect, RegExp as Regex } from "effect"
import { Git } from "../Git.ts"
import type { ListedFile } from "../ObjectReader.ts"
import { decode } from "../Objects.ts"
import type { ToolContext } from "./Reading.ts"
import { requiredTexts } from "./RequiredTexts.ts"

/** Number of files from which on git is asked: fewer are read before its process has started. */
const MANY = 500
/** Time for git, which also reads files that are too large to be searched. */
const TIMEOUT_SECONDS = 2

/** A text as it stands in UTF-8, and in UTF-16, whose NULs are what no dot of git's expressions matches. */
const spelled = (text: string): ReadonlyArray<string> => [
  Regex.escape(text),
  Array.from(text, Regex.escape).join("[^a]")
]

const options = [
  "--no-color",
  "--files-with-matches",
  "--null",
  "--text",
  "--extended-regexp",
  "--no-recurse-submodules",
  // Each thread would hold a whole file.
  "--threads=1"
]

/**
 * Makes the function that leaves out files in which an expression in Rust's syntax matches no line. `inside`: the directory
 * or the file that they are in. git's own expressions are not Rust's: they decide about no line, and where git cannot tell,
 * all are searched. Where it takes too long, as with large binary files, it is not asked again.
 */
export const make = ({ commits: { head }, gitDir }: ToolContext) => {
  let isInTime = true
  return Effect.fn("SearchedFiles.find")(
    function*(
      files: ReadonlyArray<ListedFile>,
      { inside, pattern }: { readonly inside: string; readonly pattern: string }
    ) {
      const texts = isInTime && files.length >= MANY ? requiredTexts(pattern) : undefined
      if (texts === undefined) return files
      const git = yield* Git
      const args = ["grep", ...options, "-e", texts.flatMap(spelled).join("|"), head, "--"]
      const { stderr, stdout } = yield* git.run([...args, ...(inside === "" ? [] : [inside])], {
        gitDir,
        timeoutSeconds: TIMEOUT_SECONDS,
        answers: [1]
      })
      // It goes on without a file that it cannot read.
      if (stderr !== "") return files
      const found = new Set(decode(stdout).split("\0").map((name) => name.slice(head.length + 1)))
      return files.filter(({ path }) => found.has(path))
    },
    Effect.tapError(({ reason }) =>
      Effect.sync(() => {
        if (reason === "timeout") isInTime = false
      })
    ),
    (finding, files) => Effect.orElseSucceed(finding, () => files)
  )
}
