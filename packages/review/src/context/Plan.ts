import { parsePatch } from "@nominal-code/domain/diff/Hunk"
import type { ChangedFile } from "@nominal-code/domain/diff/Patch"
import {
  type FileKind,
  generatedByPath,
  looksMinified,
  saysGenerated,
  writtenKind
} from "@nominal-code/domain/file/FileKind"
import type { OmissionReason } from "@nominal-code/domain/review/Coverage"
import type { Checkout } from "@nominal-code/workspace/Workspace"
import { Effect, Option } from "effect"
import { type StatedKind, statedKinds } from "./GitAttributes.ts"

/** A changed file with its class, and whether the review is to see its diff. */
export interface PlannedFile {
  readonly file: ChangedFile
  readonly kind: FileKind
  /** Reason to name the file without its diff; absent for one whose diff is shown as far as there is room. */
  readonly onlyNamed?: OmissionReason
}

/** Decision about what of a change a review looks at, in the order of the forge's list. */
export interface ReviewPlan {
  readonly files: ReadonlyArray<PlannedFile>
}

/** Number of files whose text at the base is read, to see if they are generated. */
const mostHeaders = 500

/** Number of files that are read at once: git answers them together, and each may take 16 MiB. */
const atOnce = 4

/** Lines of a patch on one side. */
const linesOf = ({ patch = "" }: ChangedFile, kind: "added" | "deleted"): ReadonlyArray<string> =>
  parsePatch(patch).flatMap(({ lines }) => lines.filter((line) => line.kind === kind).map(({ text }) => text))

/** True for a file that was generated before the change, and that the change does not make a written one. */
const isGeneratedAtBase = Effect.fnUntraced(function*(checkout: Pick<Checkout, "lines">, file: ChangedFile) {
  if (file.status === "added" || file.patch === undefined) return false
  const before = yield* checkout.lines("LEFT", file.previousPath ?? file.path).pipe(
    Effect.orElseSucceed(() => Option.none())
  )
  return Option.exists(before, saysGenerated) && !saysGenerated(linesOf(file, "deleted"))
})

/** Class of a file that has a diff. What only the change itself says about its files does not hide them. */
const withDiff = (file: ChangedFile, stated: StatedKind | undefined, generatedBefore: boolean): PlannedFile => {
  const { path } = file
  if (stated === "generated") return { file, kind: "generated", onlyNamed: "attribute" }
  if (stated === "vendored") return { file, kind: "generated", onlyNamed: "vendored" }
  if (stated === "docs") return { file, kind: "docs" }
  const byPath = stated === "written" ? undefined : generatedByPath(path)
  if (byPath === "built") return { file, kind: "generated" }
  if (byPath !== undefined) return { file, kind: "generated", onlyNamed: byPath }
  if (stated === "written") return { file, kind: writtenKind(path) }
  if (generatedBefore) return { file, kind: "generated", onlyNamed: "header" }
  const added = linesOf(file, "added")
  return { file, kind: saysGenerated(added) || looksMinified(path, added) ? "generated" : writtenKind(path) }
}

const withoutDiff = (file: ChangedFile): OmissionReason | undefined => {
  if (file.status === "removed") return "deleted"
  if (file.patch !== undefined && file.patch !== "") return undefined
  return file.previousPath === undefined ? "no-text" : "moved"
}

/** Classes the changed files, and decides which of them are shown and which only named. */
export const plan = Effect.fn("Plan.plan")(function*(
  { checkout, files }: { readonly checkout: Checkout; readonly files: ReadonlyArray<ChangedFile> }
) {
  const stated = yield* statedKinds(checkout, files.map(({ path }) => path))
  const planned = yield* Effect.forEach(files, (file, at) =>
    Effect.gen(function*() {
      const onlyNamed = withoutDiff(file)
      const state = stated(file.path)
      if (onlyNamed !== undefined) {
        const generated = state === "generated" || generatedByPath(file.path) !== undefined
        const named: PlannedFile = { file, kind: generated ? "generated" : writtenKind(file.path), onlyNamed }
        return named
      }
      const isKnown = state !== undefined || generatedByPath(file.path) !== undefined || at >= mostHeaders
      return withDiff(file, state, !isKnown && (yield* isGeneratedAtBase(checkout, file)))
    }), { concurrency: atOnce })
  const decided: ReviewPlan = { files: planned }
  return decided
})

/** Plan of files by their paths and diffs alone. */
export const planByPath = (files: ReadonlyArray<ChangedFile>): ReviewPlan => ({
  files: files.map((file) => {
    const onlyNamed = withoutDiff(file)
    return onlyNamed === undefined
      ? withDiff(file, undefined, false)
      : { file, kind: writtenKind(file.path), onlyNamed }
  })
})
