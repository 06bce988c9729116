/** The only way from a path that a model wrote to a path on the disk. */
import { Effect, FileSystem, Path } from "effect"
import { ToolError } from "./Tool.ts"

const MAX_LENGTH = 4096

/** Characters that some file systems ignore in a name, so that `.g<U+200C>it` would be `.git` there. */
const ignorable = /\p{Default_Ignorable_Code_Point}/gu

/** True if a file system might take this name for `.git`: by case, ignored characters, or Windows' short names. */
const isGitDirectory = (segment: string): boolean => {
  const name = segment.normalize("NFKC").replace(ignorable, "").toLowerCase().replace(/(?::.*|[. ]+)$/s, "")
  return name === ".git" || /^git~\d+$/.test(name)
}

const refuse = (field: string, given: string, why: string) =>
  Effect.fail(new ToolError({ message: `${field}: ${JSON.stringify(given.slice(0, 200))} ${why}` }))

/**
 * A path inside the checkout, with forward slashes, `""` for the checkout itself: the part of confinement that needs no
 * disk, for paths that are asked of git, which may name deleted files. Absolute paths are accepted when they point into
 * the checkout.
 */
export const relative = Effect.fnUntraced(function*(directory: string, field: string, given: string) {
  const path = yield* Path.Path
  if (given.includes("\0")) return yield* refuse(field, given, "holds a NUL character, which no path can.")
  if (given.length > MAX_LENGTH) return yield* refuse(field, given, `is longer than ${MAX_LENGTH} characters.`)
  if (!given.isWellFormed()) return yield* refuse(field, given, "is not valid Unicode.")
  const inside = path.relative(directory, path.resolve(directory, given))
  if (inside === ".." || inside.startsWith("../") || path.isAbsolute(inside)) {
    return yield* refuse(field, given, "is outside the repository. Give a path relative to its root.")
  }
  const segments = [...given.split(/[/\\]/), ...inside.split("/")]
  if (segments.some(isGitDirectory)) {
    return yield* refuse(field, given, "is inside a .git directory, which is not readable.")
  }
  return inside
})

/**
 * The real path of something in the checkout. Links are resolved and have to end inside it; what is there has to be a
 * file or a directory, as asked: never a device, a pipe or a socket.
 */
export const real = Effect.fnUntraced(function*(
  directory: string,
  field: string,
  given: string,
  kind: "File" | "Directory" | "Either"
) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const wanted = yield* relative(directory, field, given)
  const noun = kind === "Directory" ? "Directory" : kind === "File" ? "File" : "Path"
  const shown = given.slice(0, 200).replace(/\p{Cc}/gu, "\uFFFD")
  const missing = () => new ToolError({ message: `${noun} not found: ${shown}` })
  const root = yield* Effect.mapError(fs.realPath(directory), missing)
  const found = yield* Effect.mapError(fs.realPath(path.join(directory, wanted)), missing)
  const inside = yield* relative(root, field, found)
  const { type } = yield* Effect.mapError(fs.stat(found), missing)
  if (type === "Directory" && kind === "File") {
    return yield* refuse(field, given, "is a directory. Use Glob to list its files.")
  }
  if (type === "File" && kind === "Directory") return yield* refuse(field, given, "is a file, not a directory.")
  if (type !== "File" && type !== "Directory") return yield* refuse(field, given, "is not a regular file.")
  return { absolute: found, inside, type }
})
