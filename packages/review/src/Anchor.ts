import { DiffIndex } from "@nominal-code/domain/DiffIndex"
import { Finding, type Fingerprint, fingerprint } from "@nominal-code/domain/Finding"
import type { ChangedFile, Side } from "@nominal-code/domain/Patch"
import { RepoPath } from "@nominal-code/domain/PullRequest"
import { makeSpellings } from "@nominal-code/domain/RepoPathSpelling"
import type { Checkout } from "@nominal-code/workspace/Workspace"
import { Effect, Option } from "effect"
import { isRepeatOf, type PriorFinding } from "./PriorFindings.ts"
import type { ReportedFinding } from "./ReviewOutput.ts"
import { repairSuggestion } from "./Suggestion.ts"

/** A finding as the model wrote it, with its identity. */
export interface FingerprintedFinding {
  readonly finding: Finding
  readonly fingerprint: Fingerprint
}

/** Where the findings of a review go. None of them is in two of the three. */
export interface AnchoredFindings {
  /** They stand on their lines. */
  readonly inline: ReadonlyArray<FingerprintedFinding>
  /** Their lines are not in the diff: they go into the summary. */
  readonly folded: ReadonlyArray<FingerprintedFinding>
  /** We have said so before: they are not said again. */
  readonly repeated: ReadonlyArray<FingerprintedFinding>
}

/** What a review's findings are placed by. */
export interface AnchorContext {
  readonly files: ReadonlyArray<ChangedFile>
  readonly checkout: Checkout
  /** The findings that are on the pull request already. */
  readonly raised: ReadonlyArray<PriorFinding>
}

/** Reads of the checkout, each at most once. What cannot be read is told of all the same. */
const makeReader = Effect.fnUntraced(function*({ checkout, files }: AnchorContext) {
  const changed = files.flatMap(({ path, previousPath }) => previousPath === undefined ? [path] : [path, previousPath])
  const spellings = (side: Side) =>
    Effect.cached(Effect.map(
      Effect.orElseSucceed(checkout.paths(side), (): ReadonlyArray<RepoPath> => []),
      (paths) => makeSpellings([...paths, ...changed])
    ))
  const bySide = { LEFT: yield* spellings("LEFT"), RIGHT: yield* spellings("RIGHT") }
  const texts = new Map<string, Option.Option<ReadonlyArray<string>>>()
  return {
    spellings: (side: Side) => bySide[side],
    lines: Effect.fnUntraced(function*(side: Side, path: RepoPath) {
      const key = `${side} ${path}`
      const known = texts.get(key)
      if (known !== undefined) return known
      const lines = yield* Effect.orElseSucceed(checkout.lines(side, path), () => Option.none<ReadonlyArray<string>>())
      texts.set(key, lines)
      return lines
    })
  }
})

type Reader = Effect.Success<ReturnType<typeof makeReader>>

/** What was written for a path, as one that can be shown: it leads to no file. */
const asWritten = (written: string): RepoPath => {
  const parts = written.replaceAll("\0", "\uFFFD").split("/").filter((part) => part !== "")
  return RepoPath.make(parts.map((part) => part === ".." ? "\u2026" : part).join("/").slice(0, 1000) || "(no path)")
}

/**
 * The path that a finding means: a file of the diff in whatever spelling leads to it alone, or the new name of a renamed
 * one. A file that is there, changed or not, is never taken for another.
 */
const pathIn = Effect.fnUntraced(function*(files: ReadonlyArray<ChangedFile>, reader: Reader, found: ReportedFinding) {
  const exact = files.find(({ path }) => path === found.path)
  if (exact !== undefined) return exact.path
  const meant = (yield* reader.spellings(found.side))(found.path)
  const name = meant._tag === "One" ? meant.path : found.path
  const renamed = files.find(({ previousPath, status }) => previousPath === name && status === "renamed")
  return files.find(({ path }) => path === name)?.path ?? renamed?.path ?? asWritten(name)
})

const withoutSuggestion = (finding: Finding): Finding => {
  const { suggestion: _, ...rest } = finding
  return new Finding(rest)
}

const isSame = (code: ReadonlyArray<string>, suggestion: string): boolean =>
  code.join("\n") === suggestion.replaceAll("\r\n", "\n").replace(/\n$/, "")

/** A suggestion has to change something that is in the diff, and to be the bare code that belongs there. */
const withUsefulSuggestion = (finding: Finding, code: ReadonlyArray<string>, file: ReadonlyArray<string>): Finding => {
  const { line, path, side, startLine = line, suggestion } = finding
  if (suggestion === undefined) return finding
  // A file that could not be read is as much of it as the diff shows.
  const known = file.length >= line ? file : [...Array.from({ length: startLine - 1 }, () => ""), ...code]
  const repaired = side === "LEFT"
    ? Option.none()
    : repairSuggestion(suggestion, { path, file: known, startLine, line })
  return Option.match(Option.filter(repaired, (text) => !isSame(code, text)), {
    onNone: () => withoutSuggestion(finding),
    onSome: (text) => new Finding({ ...finding, suggestion: text })
  })
}

/**
 * The finding on the part of its range that one hunk holds, since a forge takes no other range. Its text then names all
 * of the range, and a suggestion for the whole of it is none for the part.
 */
const clipped = (finding: Finding, index: DiffIndex): Option.Option<Finding> => {
  const { body, line, path, side, startLine = line, suggestion: _, ...rest } = finding
  return Option.map(
    index.clip(path, side, line, startLine),
    (part) =>
      part.line === line && part.startLine === startLine ? finding : new Finding({
        ...rest,
        path,
        side,
        body: `${body}\n\n_This is about lines ${startLine} to ${line}; not all of them are in the diff._`,
        line: part.line,
        ...(part.startLine < part.line ? { startLine: part.startLine } : {})
      })
  )
}

/**
 * Decides for each finding where it lands. It stands on its line, or on the part of its range that is in one hunk of the
 * diff on its side; a finding elsewhere is never moved to a line that it does not name, it goes into the summary. One
 * that we have raised before at this place is not raised again, whether its thread is open or resolved.
 */
export const anchor = Effect.fn("Anchor.anchor")(
  function*(findings: ReadonlyArray<ReportedFinding>, ground: AnchorContext) {
    const { files, raised } = ground
    const index = DiffIndex.make(files)
    const placed: { readonly [K in keyof AnchoredFindings]: Array<FingerprintedFinding> } = {
      inline: [],
      folded: [],
      repeated: []
    }
    const seen = new Set<string>()
    const wasRaised = isRepeatOf(raised)
    const reader = yield* makeReader(ground)
    for (const reported of findings) {
      const named = new Finding({ ...reported, path: yield* pathIn(files, reader, reported) })
      const { line, path, side, startLine = line } = named
      const file = Option.getOrElse(yield* reader.lines(side, path), (): ReadonlyArray<string> => [])
      const inDiff = index.code(path, side, line, startLine)
      const code = Option.getOrElse(inDiff, () => file.slice(startLine - 1, line))
      const identity = fingerprint(named, code)
      const place = `${identity} ${side} ${startLine} ${line}`
      const anchorable = Option.isSome(inDiff)
        ? Option.some(withUsefulSuggestion(named, code, file))
        : clipped(named, index)
      const finding = Option.getOrElse(anchorable, () => withoutSuggestion(named))
      const identified = { finding, fingerprint: identity }
      if (wasRaised(named, identity, { code, file })) placed.repeated.push(identified)
      else if (!seen.has(place)) placed[Option.isSome(anchorable) ? "inline" : "folded"].push(identified)
      seen.add(place)
    }
    const anchored: AnchoredFindings = placed
    return anchored
  }
)
