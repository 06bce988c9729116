/** Versions of the packages that a change imports, as the lock files of the head have them. */
import { parsePatch } from "@nominal-code/domain/diff/Hunk"
import type { ChangedFile } from "@nominal-code/domain/diff/Patch"
import { RepoPath } from "@nominal-code/domain/event/PullRequest"
import { languageOf } from "@nominal-code/domain/review/Language"
import type { Checkout } from "@nominal-code/workspace/Workspace"
import { Effect, Option, RegExp as Regex } from "effect"

/** A package with its locked version, and the file that locks it. */
export interface LockedVersion {
  readonly name: string
  readonly version: string
  readonly lockFile: string
}

/** Search of a package's version in the text of a lock file. */
type VersionSearch = (text: string, name: string) => string | undefined

/** Search by a pattern in which `NAME` is the package. */
const pattern = (source: string, flags = "m"): VersionSearch => (text, name) =>
  new RegExp(source.replace("NAME", Regex.escape(name)), flags).exec(text)?.[1]

const toml = pattern(String.raw`^name = "NAME"\r?\nversion = "([^"]+)"`, "im")

type Lock = readonly [fileName: string, find: VersionSearch]

/** Packages of a language: how its code imports them, and the files that lock them. */
interface Ecosystem {
  readonly imports: RegExp
  readonly locks: ReadonlyArray<Lock>
}

const javascript: Ecosystem = {
  imports: /(?:\bfrom|\bimport|\brequire\(|\bimport\()\s*["']((?:@[\w.-]+\/)?[\w][\w.-]*)(?:\/[^"']*)?["']/g,
  locks: [
    ["package-lock.json", pattern(String.raw`"(?:node_modules/)?NAME": \{\s+"version": "([^"]+)"`)],
    ["yarn.lock", pattern(String.raw`^"?NAME@[^\n]*:\r?\n\s+version:? "?([^"\s]+)`)],
    ["pnpm-lock.yaml", pattern(String.raw`^\s+['"]?/?NAME@(\d[^('":\s]*)`)],
    ["bun.lock", pattern(String.raw`\["NAME@([^"]+)"`)]
  ]
}

const ecosystems: Readonly<Record<string, Ecosystem>> = {
  javascript,
  typescript: javascript,
  vue: javascript,
  svelte: javascript,
  python: {
    imports: /^\s*(?:from|import)\s+([A-Za-z_]\w*)/g,
    locks: [["uv.lock", toml], ["poetry.lock", toml], [
      "requirements.txt",
      pattern("^NAME(?:\\[.*?\\])?==([^\\s;]+)", "im")
    ]]
  },
  go: {
    imports: /^\s*(?:import\s+)?(?:[\w.]+\s+)?"([\w-]+(?:\.[\w-]+)+\/[\w./~-]+)"/g,
    locks: [["go.mod", (text, name) => {
      // An import names a package of a module: the module is a part of its path.
      const modules = Array.from(text.matchAll(/^\s*(?:require\s+)?(\S+\.\S+)\s+(v\S+)/gm))
      return modules.find(([, module = ""]) => name === module || name.startsWith(`${module}/`))?.[2]
    }]]
  },
  rust: { imports: /^\s*(?:pub\s+)?use\s+([a-z_]\w*)(?:::|;)/g, locks: [["Cargo.lock", toml]] },
  ruby: { imports: /^\s*require\s+["']([\w-]+)/g, locks: [["Gemfile.lock", pattern("^ {4}NAME \\(([^)]+)\\)")]] }
}

const mostNames = 20

/** Spellings of a package: Python and Rust import `a_b` of a package `a-b`. */
const spellings = (name: string): ReadonlyArray<string> =>
  name.includes("_") ? [name, name.replaceAll("_", "-")] : [name]

/** Names of the packages that the lines of a file's hunks import. */
const importedBy = ({ patch = "" }: ChangedFile, { imports }: Ecosystem): ReadonlyArray<string> =>
  parsePatch(patch).flatMap(({ lines }) =>
    lines.filter(({ kind, text }) => kind !== "deleted" && text.length < 400)
      .flatMap(({ text }) => Array.from(text.matchAll(imports), ([, name = ""]) => name))
  )

/** Directories from that of a path up to the root, each with a slash at its end. */
const upwards = (path: string): ReadonlyArray<string> => {
  const parts = path.split("/").slice(0, -1)
  return [...parts.map((_, at) => `${parts.slice(0, parts.length - at).join("/")}/`), ""]
}

/** Finds the locked versions of what the hunks of the files import, by the nearest lock files. */
export const lockedVersions = Effect.fn("LockedVersions.find")(
  function*(checkout: Pick<Checkout, "lines">, files: ReadonlyArray<ChangedFile>) {
    const texts = new Map<string, string | undefined>()
    const textOf = Effect.fnUntraced(function*(path: string) {
      if (!texts.has(path)) {
        const lines = yield* Effect.orElseSucceed(checkout.lines("RIGHT", RepoPath.make(path)), () => Option.none())
        texts.set(path, Option.getOrUndefined(Option.map(lines, (lines) => lines.join("\n"))))
      }
      return texts.get(path)
    })
    const find = Effect.fnUntraced(function*(path: string, locks: ReadonlyArray<Lock>, name: string) {
      for (const directory of upwards(path)) {
        for (const [fileName, find] of locks) {
          const lockFile = `${directory}${fileName}`
          const text = yield* textOf(lockFile)
          const version = text === undefined ? undefined : spellings(name).map((one) => find(text, one)).find(Boolean)
          if (version !== undefined) return Option.some<LockedVersion>({ name, version, lockFile })
        }
      }
      return Option.none<LockedVersion>()
    })
    const found = new Map<string, LockedVersion>()
    for (const file of files) {
      const ecosystem = ecosystems[languageOf(file.path) ?? ""]
      if (ecosystem === undefined) continue
      for (const name of new Set(importedBy(file, ecosystem))) {
        if (found.size >= mostNames || found.has(name)) continue
        const locked = yield* find(file.path, ecosystem.locks, name)
        if (Option.isSome(locked)) found.set(name, locked.value)
      }
    }
    return [...found.values()]
  }
)
