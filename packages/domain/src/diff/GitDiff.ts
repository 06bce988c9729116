import { Option, Schema } from "effect"
import { newPathOfHeader, unquotePath, withoutPrefix } from "../file/GitPath.ts"
import { hunkRange } from "./Hunk.ts"
import { ChangedFile } from "./Patch.ts"

/** Facts read so far from one file's section. */
interface Section {
  header: string
  change?: "added" | "removed" | "renamed" | "copied"
  modeChanged: boolean
  contentChanged: boolean
  submodule: boolean
  oldPath?: string | undefined
  newPath?: string | undefined
  readonly patch: Array<string>
}

const fileHeader = "diff --git "
const submoduleMode = "160000"

/** Reads the path of a `---` or `+++` line. A tab marks the end of a path with spaces. */
const pathOfLine = (rest: string): string | undefined =>
  rest === "/dev/null" ? undefined : withoutPrefix(unquotePath(rest.endsWith("\t") ? rest.slice(0, -1) : rest))

type HeaderReader = (section: Section, rest: string) => void

/** Readers of the lines between a file's header and its hunks. Other lines are ignored. */
const extendedHeaders: ReadonlyArray<readonly [prefix: string, take: HeaderReader]> = [
  ["new file mode ", (section, mode) => {
    section.change = "added"
    section.submodule ||= mode === submoduleMode
  }],
  ["deleted file mode ", (section, mode) => {
    section.change = "removed"
    section.submodule ||= mode === submoduleMode
  }],
  ["old mode ", (section) => {
    section.modeChanged = true
  }],
  ["rename from ", (section, path) => {
    section.change = "renamed"
    section.oldPath = unquotePath(path)
  }],
  ["rename to ", (section, path) => {
    section.newPath = unquotePath(path)
  }],
  ["copy from ", (section, path) => {
    section.change = "copied"
    section.oldPath = unquotePath(path)
  }],
  ["copy to ", (section, path) => {
    section.newPath = unquotePath(path)
  }],
  ["index ", (section, blobs) => {
    section.contentChanged = true
    section.submodule ||= blobs.endsWith(` ${submoduleMode}`)
  }],
  ["--- ", (section, rest) => {
    section.oldPath ??= pathOfLine(rest)
  }],
  ["+++ ", (section, rest) => {
    section.newPath ??= pathOfLine(rest)
  }]
]

/** Copies a hunk by its header's line counts, so that no line of a file can pass for a header. Returns the next line. */
const takeHunk = (lines: ReadonlyArray<string>, start: number, patch: Array<string>): number => {
  const { newCount, oldCount } = hunkRange(lines[start] ?? "") ?? { newCount: 0, oldCount: 0 }
  let [oldLeft, newLeft, next] = [oldCount, newCount, start + 1]
  for (; next < lines.length && (oldLeft > 0 || newLeft > 0 || lines[next]?.startsWith("\\")); next++) {
    const first = lines[next]?.charAt(0)
    if (first === "-") oldLeft--
    else if (first === "+") newLeft--
    else if (first !== "\\") [oldLeft, newLeft] = [oldLeft - 1, newLeft - 1]
  }
  for (let line = start; line < next; line++) patch.push(lines[line] ?? "")
  return next
}

const changedFile = (section: Section): Option.Option<ChangedFile> => {
  const path = section.newPath ?? section.oldPath ?? newPathOfHeader(section.header)
  const moved = section.change === "renamed" || section.change === "copied"
  return Schema.decodeUnknownOption(ChangedFile)({
    path,
    ...(moved ? { previousPath: section.oldPath } : {}),
    status: section.change ?? (section.modeChanged && !section.contentChanged ? "changed" : "modified"),
    ...(section.submodule || section.patch.length === 0 ? {} : { patch: section.patch.join("\n") })
  })
}

/** Joins the two sections of a file that became a symlink or a submodule: git deletes and adds the same path. */
const joined = (gone: ChangedFile, added: ChangedFile): ChangedFile => {
  const patches = [gone.patch, added.patch].filter((patch) => patch !== undefined)
  return new ChangedFile({
    path: added.path,
    status: "changed",
    ...(patches.length === 0 ? {} : { patch: patches.join("\n") })
  })
}

/**
 * The files of a `git diff` between two commits, in its order. It reads what git writes with `--no-color`,
 * `--src-prefix=a/` and `--dst-prefix=b/`. A section whose path no repository can hold is left out.
 */
export const parseGitDiff = (text: string): ReadonlyArray<ChangedFile> => {
  const files: Array<ChangedFile> = []
  const lines = text.split("\n")
  let section: Section | undefined
  const close = () => {
    if (section === undefined) return
    const file = Option.getOrUndefined(changedFile(section))
    const before = files.at(-1)
    if (file === undefined) return
    if (before?.path === file.path && before.status === "removed" && file.status === "added") {
      files[files.length - 1] = joined(before, file)
    } else files.push(file)
  }
  for (let next = 0; next < lines.length;) {
    const line = lines[next] ?? ""
    if (line.startsWith(fileHeader)) {
      close()
      section = {
        header: line.slice(fileHeader.length),
        modeChanged: false,
        contentChanged: false,
        submodule: false,
        patch: []
      }
    } else if (section !== undefined && hunkRange(line) !== undefined) {
      next = takeHunk(lines, next, section.patch)
      continue
    } else if (section !== undefined) {
      const found = extendedHeaders.find(([prefix]) => line.startsWith(prefix))
      if (found !== undefined) found[1](section, line.slice(found[0].length))
    }
    next++
  }
  close()
  return files
}
