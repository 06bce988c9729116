/** The only way from a path that a model wrote to a file of the reviewed commit. No path ever reaches the disk. */
import { RepoPath } from "@nominal-code/domain/event/PullRequest"
import { Effect, Option, Path, Schema } from "effect"
import { ToolError } from "./Tool.ts"
import type { ToolContext } from "./tools/Reading.ts"

const MAX_LENGTH = 4096

/** Characters that some file systems ignore in a name, so that `.g<U+200C>it` would be `.git` there. */
const ignorable = /\p{Default_Ignorable_Code_Point}/gu

/** True if a file system might take this name for `.git`: by case, ignored characters, or Windows' short names. */
export const isGitDirectory = (segment: string): boolean => {
  const name = segment.normalize("NFKC").replace(ignorable, "").toLowerCase().replace(/(?::.*|[. ]+)$/s, "")
  return name === ".git" || /^git~\d+$/.test(name)
}

const refuse = (field: string, given: string, why: string) =>
  Effect.fail(new ToolError({ message: `${field}: ${JSON.stringify(given.slice(0, 200))} ${why}` }))

/**
 * A path inside the repository, with forward slashes, `""` for its root. This part of confinement asks no commit, for
 * paths that may name deleted files.
 */
export const relative = Effect.fnUntraced(function*(field: string, given: string) {
  const path = yield* Path.Path
  if (given.includes("\0")) return yield* refuse(field, given, "holds a NUL character, which no path can.")
  if (given.length > MAX_LENGTH) return yield* refuse(field, given, `is longer than ${MAX_LENGTH} characters.`)
  if (!given.isWellFormed()) return yield* refuse(field, given, "is not valid Unicode.")
  const inside = path.normalize(given).replace(/^\.?\/*$|(?<=.)\/+$/g, "")
  if (inside === ".." || inside.startsWith("../") || path.isAbsolute(given)) {
    return yield* refuse(field, given, "is outside the repository. Give a path relative to its root.")
  }
  const segments = [...given.split(/[/\\]/), ...inside.split("/")]
  if (segments.some(isGitDirectory)) {
    return yield* refuse(field, given, "is inside a .git directory, which is not readable.")
  }
  return inside
})

/** A file or a directory of the reviewed commit. A link counts as a file that holds its target. */
export interface CommitEntry {
  /** Its path, `""` for the root. */
  readonly inside: string
  readonly type: "File" | "Directory"
  /** Id of the file's content. */
  readonly id: string
}

const isPath = Schema.is(RepoPath)
const directoryModes = new Set(["40000", "160000"])

/** Finds what is at a path of the reviewed commit, which has to be a file or a directory as asked. */
export const locate = Effect.fnUntraced(function*(
  { commits: { head }, objects }: ToolContext,
  field: string,
  given: string,
  kind: "File" | "Directory" | "Either"
) {
  const inside = yield* relative(field, given)
  const noun = kind === "Directory" ? "Directory" : kind === "File" ? "File" : "Path"
  const shown = given.slice(0, 200).replace(/\p{Cc}/gu, "\uFFFD")
  const missing = new ToolError({ message: `${noun} not found: ${shown}` })
  const found = inside === ""
    ? Option.some({ mode: "40000", id: "" })
    : isPath(inside)
    ? yield* Effect.mapError(objects.entry(head, inside), ({ message }) => new ToolError({ message }))
    : Option.none()
  if (Option.isNone(found)) return yield* missing
  const { id, mode } = found.value
  const type = directoryModes.has(mode) ? "Directory" : "File"
  if (type === "Directory" && kind === "File") {
    return yield* refuse(field, given, "is a directory. Use Glob to list its files.")
  }
  if (type === "File" && kind === "Directory") return yield* refuse(field, given, "is a file, not a directory.")
  const located: CommitEntry = { inside, type, id }
  return located
})
