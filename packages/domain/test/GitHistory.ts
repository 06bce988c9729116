import { Effect, Schema, type Scope } from "effect"
import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** One version of a file, as git keeps it. */
export interface FileVersion {
  readonly mode: "100644" | "100755" | "120000" | "160000"
  readonly content: string
}

type Tree = ReadonlyMap<string, FileVersion>

/** Inputs of a generated history, which a failing test prints. */
export const Seed = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 0x7fffffff }))

/** A small repeatable source of randomness (mulberry32). */
class Dice {
  private state: number

  constructor(seed: number) {
    this.state = seed
  }

  below(sides: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides
  }

  pick<A>(from: readonly [A, ...ReadonlyArray<A>]): A {
    return from[this.below(from.length)] ?? from[0]
  }

  chance(percent: number): boolean {
    return this.below(100) < percent
  }
}

const paths = [
  "a.ts",
  "src/index.ts",
  "with space.ts",
  "dir with space/x y",
  "b b/b",
  "é/ü.txt",
  "日本語.md",
  "🦊.ts",
  "quote\"d.txt",
  "tab\tname",
  "back\\slash",
  "new\nline",
  " leading",
  "trailing ",
  "a/b/a/b",
  "x b/x",
  "rename to y",
  "octal\\303"
] as const

/** Among them everything that a diff could be confused by. */
const lines = [
  "",
  " ",
  "const x = 1",
  "return x",
  "}",
  "-- a/x",
  "++ b/y",
  "-",
  "+",
  "--- a/src/index.ts",
  "+++ b/src/index.ts",
  "diff --git a/a.ts b/a.ts",
  "@@ -1,2 +3,4 @@",
  "\\ No newline at end of file",
  "rename from a.ts",
  "new file mode 100644",
  "index 0123456..789abcd 100644",
  "Binary files a/a.ts and b/a.ts differ",
  "form\ffeed",
  "line\u2028separator",
  "carriage\rreturn",
  "héllo",
  "\ttabbed",
  "trailing  "
] as const

const freshLines = (dice: Dice, most: number) =>
  Array.from(
    { length: dice.below(most) },
    () => dice.chance(30) ? `line ${dice.below(1000)}` : dice.pick(lines)
  )

const write = (dice: Dice, text: ReadonlyArray<string>): string => {
  const ending = dice.chance(20) ? "\r\n" : "\n"
  return text.join(ending) + (text.length > 0 && dice.chance(70) ? ending : "")
}

const edit = (dice: Dice, { content, mode }: FileVersion): FileVersion => {
  const text = content.split("\n")
  for (let edits = 1 + dice.below(4); edits > 0; edits--) {
    text.splice(dice.below(text.length + 1), dice.below(4), ...freshLines(dice, 4))
  }
  return { mode, content: dice.chance(15) ? write(dice, text) : text.join("\n") }
}

const create = (dice: Dice): FileVersion => {
  const kind = dice.below(20)
  if (kind === 0) return { mode: "160000", content: dice.below(0x7fffffff).toString(16).padStart(40, "1") }
  if (kind === 1) return { mode: "120000", content: dice.pick(paths) }
  if (kind === 2) return { mode: "100644", content: `binary\0${dice.below(1000)}` }
  return { mode: dice.chance(20) ? "100755" : "100644", content: write(dice, freshLines(dice, 60)) }
}

const change = (dice: Dice, tree: Map<string, FileVersion>): void => {
  const path = dice.pick(paths)
  const old = tree.get(path)
  const action = dice.below(10)
  // A path cannot be a file and a directory at once.
  if ([...tree.keys()].some((other) => other.startsWith(`${path}/`) || path.startsWith(`${other}/`))) return
  if (old === undefined || action === 0) tree.set(path, create(dice))
  else if (action === 1) tree.delete(path)
  else if (action === 2 && old.mode.startsWith("100")) {
    tree.set(path, { mode: old.mode === "100644" ? "100755" : "100644", content: old.content })
  } else if (action <= 4) {
    const target = dice.pick(paths)
    if (tree.has(target) || [...tree.keys()].some((other) => other.startsWith(target) || target.startsWith(other))) {
      return
    }
    tree.delete(path)
    tree.set(target, dice.chance(50) && old.mode.startsWith("100") ? edit(dice, old) : old)
  } else if (old.mode.startsWith("100")) tree.set(path, edit(dice, old))
}

const histories = (seed: number, commits: number): ReadonlyArray<Tree> => {
  const dice = new Dice(seed)
  const trees: Array<Tree> = []
  const tree = new Map<string, FileVersion>()
  for (let commit = 0; commit < commits; commit++) {
    for (let changes = 1 + dice.below(8); changes > 0; changes--) change(dice, tree)
    trees.push(new Map(tree))
  }
  return trees
}

/** A path for `git fast-import`: every byte in octal. */
const importPath = (path: string) =>
  `"${Array.from(Buffer.from(path), (byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("")}"`

const importData = (content: string) => `data ${Buffer.byteLength(content)}\n${content}\n`

const importFile = ([path, { content, mode }]: readonly [string, FileVersion]) =>
  mode === "160000"
    ? `M ${mode} ${content} ${importPath(path)}\n`
    : `M ${mode} inline ${importPath(path)}\n${importData(content)}`

const importCommit = (tree: Tree, index: number) =>
  `commit refs/heads/main\nmark :${index + 1}\ncommitter T <t@example.com> ${index} +0000\n${
    importData("m")
  }deleteall\n` +
  [...tree].map(importFile).join("")

const git = (directory: string, args: ReadonlyArray<string>, input = "") =>
  execFileSync(
    "env",
    ["GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "git", "-C", directory, ...args],
    { input, maxBuffer: 1 << 28, stdio: ["pipe", "pipe", "ignore"] }
  ).toString("utf8")

/** A file's change as git lists it for machines: nothing in it is quoted or parsed by us. */
export interface RawChange {
  readonly status: string
  readonly sameContent: boolean
  readonly path: string
  readonly previousPath?: string
}

const rawChanges = (listing: string): ReadonlyArray<RawChange> => {
  const fields = listing.split("\0")
  const changes: Array<RawChange> = []
  for (let index = 0; index + 1 < fields.length;) {
    const [, , oldBlob, newBlob, status = ""] = (fields[index] ?? "").split(" ")
    const moved = /^[RC]/.test(status)
    const [first = "", second = ""] = fields.slice(index + 1)
    changes.push({
      status: status.charAt(0),
      sameContent: oldBlob === newBlob,
      path: moved ? second : first,
      ...(moved ? { previousPath: first } : {})
    })
    index += moved ? 3 : 2
  }
  return changes
}

/** Two neighbouring commits of a generated history, and what git says about them when it is asked. */
export interface Step {
  readonly before: Tree
  readonly after: Tree
  diff(): string
  /** The same without context lines. */
  bareDiff(): string
  rawChanges(): ReadonlyArray<RawChange>
}

const diffFlags = ["--no-color", "--no-ext-diff", "--src-prefix=a/", "--dst-prefix=b/", "-M"]

/** A random history in a real repository, and `git diff` of each of its steps, as the workspace calls it. */
export const steps = (seed: number, commits = 6): Effect.Effect<ReadonlyArray<Step>, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "history-"))),
    (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true }))
  ).pipe(Effect.map((directory) => {
    const trees = histories(seed, commits)
    git(directory, ["init", "-q", "-b", "main"])
    git(directory, ["fast-import", "--quiet", "--done"], `${trees.map(importCommit).join("")}done\n`)
    const shas = git(directory, ["rev-list", "--reverse", "main"]).trim().split("\n")
    const settings = ["-c", `core.quotePath=${seed % 2 === 0}`, "-c", `diff.suppressBlankEmpty=${seed % 3 === 0}`]
    return trees.slice(1).map((after, index) => {
      const diff = (...more: ReadonlyArray<string>) =>
        git(directory, [...settings, "diff", ...diffFlags, ...more, ...shas.slice(index, index + 2)])
      return {
        before: trees[index] ?? new Map(),
        after,
        diff: () => diff(),
        bareDiff: () => diff("-U0"),
        rawChanges: () => rawChanges(diff("--raw", "-z", "--no-abbrev"))
      }
    })
  }))

/** The lines of a version as people number them, without their endings. A binary or a submodule has none. */
export const linesOf = (version: FileVersion | undefined): ReadonlyArray<string> => {
  const content = version?.mode === "160000" ? "" : version?.content ?? ""
  if (content === "" || content.includes("\0")) return []
  const text = content.endsWith("\n") ? content.slice(0, -1) : content
  return text.split("\n").map((line) => line.replace(/\r$/, ""))
}
