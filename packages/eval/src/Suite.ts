/** Suites: folders of cases, each a change whose defects are known. */
import { RepoPath } from "@nominal-code/domain/event/PullRequest"
import { fileTrouble } from "@nominal-code/domain/file/FileTrouble"
import { Severity } from "@nominal-code/domain/review/Finding"
import { parseYamlMap } from "@nominal-code/domain/text/Yaml"
import { Effect, FileSystem, Option, Path, Result, Schema } from "effect"
import { fileURLToPath } from "node:url"

/** A suite that cannot be read, or a case of it that cannot be made into a repository. */
export class SuiteError extends Schema.TaggedError<SuiteError>()("SuiteError", {
  reason: Schema.Literals(["missing", "unreadable", "empty", "no-repository"]),
  message: Schema.String
}) {}

const Line = Schema.Int.check(Schema.isGreaterThan(0))

/** A remark that people have made about a change. */
export const Note = Schema.Struct({
  comment: Schema.NonEmptyString,
  path: Schema.optionalKey(RepoPath),
  line: Schema.optionalKey(Line)
})
export type Note = typeof Note.Type

/** A remark that a review of the change should make. */
export const Golden = Schema.Struct({ ...Note.fields, severity: Severity })
export type Golden = typeof Golden.Type

/** A finding that the scripted model hands in. */
const ScriptedFinding = Schema.Struct({
  path: Schema.String,
  line: Line,
  body: Schema.NonEmptyString,
  severity: Schema.optionalKey(Severity),
  /** The code that proves it. */
  quote: Schema.String,
  /** The code by which the scripted verifier refutes it; absent: it is confirmed. */
  refuted_by: Schema.optionalKey(Schema.Struct({ path: Schema.String, line: Line, quote: Schema.String }))
})
export type ScriptedFinding = typeof ScriptedFinding.Type

const Files = Schema.Record(RepoPath, Schema.String)

/** A case as its file says it. */
const CaseFile = Schema.Struct({
  title: Schema.NonEmptyString,
  description: Schema.optionalKey(Schema.String),
  /** Address of the pull request that it is made of; the key of the case in the files of Code Review Bench. */
  url: Schema.optionalKey(Schema.String),
  language: Schema.optionalKey(Schema.String),
  /** Files before the change. */
  base: Schema.optionalKey(Files),
  /** Files that the change writes; null: it deletes the file. */
  head: Schema.optionalKey(Schema.Record(RepoPath, Schema.NullOr(Schema.String))),
  goldens: Schema.optionalKey(Schema.Array(Golden)),
  /** Remarks that nobody has to make, but that were right: the author has mended it later. */
  fixed_later: Schema.optionalKey(Schema.Array(Note)),
  script: Schema.optionalKey(Schema.Array(ScriptedFinding))
})

/** Code of a case: the files of both sides, or a git bundle with the branches `base` and `head`. */
export type CaseCode =
  | {
    readonly _tag: "Trees"
    readonly base: Readonly<Record<string, string>>
    readonly head: Readonly<Record<string, string>>
  }
  | { readonly _tag: "Bundle"; readonly file: string }

/** A change whose defects are known. */
export interface EvalCase {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly url: string
  readonly language: string | undefined
  readonly code: CaseCode
  /** Empty: a clean change. */
  readonly goldens: ReadonlyArray<Golden>
  readonly fixedLater: ReadonlyArray<Note>
  readonly script: ReadonlyArray<ScriptedFinding>
}

/** The cases of a folder, in the order of their names. */
export interface Suite {
  readonly name: string
  readonly cases: ReadonlyArray<EvalCase>
}

/** Directory of the suite that comes with the program: beside the sources, and beside `dist` in a release. */
export const builtIn = fileURLToPath(new URL("../suite", import.meta.url))

const unreadable = (file: string, what: string) => new SuiteError({ reason: "unreadable", message: `${file}: ${what}` })

const decodeCase = Schema.decodeUnknownResult(CaseFile, { errors: "all", onExcessProperty: "error" })

const parseCase = (file: string, text: string) =>
  Effect.fromResult(
    Result.flatMap(
      Result.mapError(parseYamlMap(text, "title: Cache the price"), (problem) => unreadable(file, problem)),
      (tree) => Result.mapError(decodeCase(tree), ({ message }) => unreadable(file, message))
    )
  )

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** The files below a directory, by their paths in it. */
const treeIn = Effect.fnUntraced(function*(directory: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const names = yield* fs.readDirectory(directory, { recursive: true })
  const files: Record<string, string> = {}
  for (const name of names.toSorted()) {
    const file = path.join(directory, name)
    if ((yield* fs.stat(file)).type !== "File") continue
    const bytes = yield* fs.readFile(file)
    files[name] = yield* Effect.try({
      try: () => decoder.decode(bytes),
      catch: () => unreadable(file, "is no UTF-8 text. Make the case of a git bundle")
    })
  }
  return files
})

/** The files of the head, where only those that differ are written. */
const headOf = (base: Readonly<Record<string, string>>, changed: Readonly<Record<string, string | null>>) => {
  const head: Record<string, string> = { ...base }
  for (const [path, text] of Object.entries(changed)) {
    if (text === null) delete head[path]
    else head[path] = text
  }
  return head
}

/** Code of the case of a file: in the file itself, or in the folder around it. */
const codeOf = Effect.fnUntraced(
  function*(file: string, { base, head }: typeof CaseFile.Type, folder: Option.Option<string>) {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    if (head !== undefined) {
      const code: CaseCode = { _tag: "Trees", base: base ?? {}, head: headOf(base ?? {}, head) }
      return code
    }
    if (Option.isSome(folder)) {
      const [before, after, bundle] = ["base", "head", "case.bundle"].map((name) => path.join(folder.value, name))
      if (bundle !== undefined && (yield* fs.exists(bundle))) {
        const code: CaseCode = { _tag: "Bundle", file: path.resolve(bundle) }
        return code
      }
      if (before !== undefined && after !== undefined && (yield* fs.exists(after))) {
        const base = (yield* fs.exists(before)) ? yield* treeIn(before) : {}
        const code: CaseCode = { _tag: "Trees", base, head: yield* treeIn(after) }
        return code
      }
    }
    return yield* unreadable(file, "has no change: it needs `head`, or a folder with base/ and head/, or case.bundle")
  }
)

const readCase = Effect.fnUntraced(function*(name: string, file: string, folder: Option.Option<string>) {
  const fs = yield* FileSystem.FileSystem
  const written = yield* parseCase(file, yield* fs.readFileString(file))
  const { description = "", fixed_later: fixedLater = [], goldens = [], language, script = [], title } = written
  const one: EvalCase = {
    name,
    title,
    description,
    url: written.url ?? name,
    language,
    code: yield* codeOf(file, written, folder),
    goldens,
    fixedLater,
    script
  }
  return one
})

const suffix = /\.ya?ml$/

/**
 * Reads the suite of a directory. A case is a file `name.yaml` with the files of both sides in it, or a folder `name` with
 * `case.yaml` and either `base/` and `head/` or `case.bundle`.
 */
export const read = Effect.fn("Suite.read")(
  function*(directory: string) {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const entries = (yield* fs.readDirectory(directory)).toSorted()
    const cases = yield* Effect.forEach(entries, (entry) =>
      Effect.gen(function*() {
        const place = path.join(directory, entry)
        if (suffix.test(entry)) return [yield* readCase(entry.replace(suffix, ""), place, Option.none())]
        const file = path.join(place, "case.yaml")
        // Below a file there is none: the question fails.
        const isCase = yield* Effect.orElseSucceed(fs.exists(file), () => false)
        return isCase ? [yield* readCase(entry, file, Option.some(place))] : []
      }), { concurrency: 1 })
    const suite: Suite = { name: path.basename(path.resolve(directory)), cases: cases.flat() }
    if (suite.cases.length > 0) return suite
    return yield* new SuiteError({ reason: "empty", message: `${directory} has no case: no *.yaml, no */case.yaml` })
  },
  (effect, directory) =>
    Effect.catchTag(effect, "PlatformError", (error) =>
      Effect.fail(
        error.reason._tag === "NotFound"
          ? new SuiteError({ reason: "missing", message: `there is no suite at ${directory}: ${fileTrouble(error)}` })
          : unreadable(directory, fileTrouble(error))
      ))
)
