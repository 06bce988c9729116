import { DiffIndex } from "@nominal-code/domain/diff/DiffIndex"
import type { ChangedFile } from "@nominal-code/domain/diff/Patch"
import { RepoPath } from "@nominal-code/domain/event/PullRequest"
import { Finding, type Fingerprint, fingerprint } from "@nominal-code/domain/review/Finding"
import { grammarOf } from "@nominal-code/workspace/syntax/Grammar"
import * as Syntax from "@nominal-code/workspace/syntax/Syntax"
import type { Checkout } from "@nominal-code/workspace/Workspace"
import { Effect, Option } from "effect"
import { type Claim, claimOf } from "../answer/Claim.ts"
import type { ReportedFinding } from "../answer/ReviewOutput.ts"
import { makeSourceFiles, type SourceFiles } from "../context/SourceFiles.ts"
import { type FindingSource, type PriorFinding, type RepeatContext, repeatsIn } from "../ledger/PriorFindings.ts"
import { repairSuggestion } from "../suggestion/Suggestion.ts"
import { stillParses } from "../suggestion/SuggestionSyntax.ts"

/** A finding as the model wrote it, with its identity. */
export interface FingerprintedFinding {
  readonly finding: Finding
  readonly fingerprint: Fingerprint
  /** Its claim, as far as it was said. */
  readonly claim?: Claim
}

/** Places of a review's findings. Each finding is in one of the three lists. */
export interface AnchoredFindings {
  /** Findings that are posted on their lines. */
  readonly inline: ReadonlyArray<FingerprintedFinding>
  /** Findings for the summary, because their lines are not in the diff. */
  readonly folded: ReadonlyArray<FingerprintedFinding>
  /** Findings that are on the pull request already, and are not repeated. */
  readonly repeated: ReadonlyArray<RepeatedFinding>
}

/** A finding that says again what a prior one says. */
export interface RepeatedFinding extends FingerprintedFinding {
  readonly prior: PriorFinding
}

/** Context for placing the findings of a review. */
export interface AnchorContext extends RepeatContext {
  readonly files: ReadonlyArray<ChangedFile>
  readonly checkout: Checkout
}

/** Path to show for a written one that leads to no file. */
const displayPath = (written: string): RepoPath => {
  const parts = written.replaceAll("\0", "\uFFFD").split("/").filter((part) => part !== "")
  return RepoPath.make(parts.map((part) => part === ".." ? "\u2026" : part).join("/").slice(0, 1000) || "(no path)")
}

/**
 * Finds the path that a finding means: the file of the diff that alone matches its spelling, or the new name of a
 * renamed file. An existing file, changed or not, is never taken for another.
 */
const pathIn = Effect.fnUntraced(
  function*(files: ReadonlyArray<ChangedFile>, sources: SourceFiles, found: ReportedFinding) {
    const exact = files.find(({ path }) => path === found.path)
    if (exact !== undefined) return exact.path
    const meant = yield* sources.meant(found.side, found.path)
    const name = meant._tag === "One" ? meant.path : found.path
    const renamed = files.find(({ previousPath, status }) => previousPath === name && status === "renamed")
    return files.find(({ path }) => path === name)?.path ?? renamed?.path ?? displayPath(name)
  }
)

const withoutSuggestion = (finding: Finding): Finding => {
  const { suggestion: _, ...rest } = finding
  return new Finding(rest)
}

const isSame = (code: ReadonlyArray<string>, suggestion: string): boolean =>
  code.join("\n") === suggestion.replaceAll("\r\n", "\n").replace(/\n$/, "")

/**
 * Keeps a suggestion only if it changes lines of the diff, after repairing it to bare code, and if the file still parses
 * with it.
 */
const withUsefulSuggestion = Effect.fnUntraced(
  function*(finding: Finding, { code, file }: FindingSource, syntax: Syntax.Syntax) {
    const { line, path, side, startLine = line, suggestion } = finding
    if (suggestion === undefined) return finding
    if (side === "LEFT") return withoutSuggestion(finding)
    const isKnown = file.length >= line
    // A file that could not be read is as much of it as the diff shows.
    const known = isKnown ? file : [...Array.from({ length: startLine - 1 }, () => ""), ...code]
    const isParsed = isKnown && syntax !== Syntax.none && grammarOf(path) !== undefined
    const site = { path, file: known, startLine, line, isParsed }
    const repaired = repairSuggestion(suggestion, site)
    if (Option.isNone(repaired) || isSame(code, repaired.value)) return withoutSuggestion(finding)
    if (isKnown && !(yield* stillParses(syntax, site, repaired.value))) return withoutSuggestion(finding)
    return new Finding({ ...finding, suggestion: repaired.value })
  }
)

/**
 * Clips a finding to the part of its range that one hunk holds, because forges accept no other range. Its text then
 * names the whole range, and it loses its suggestion.
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

/** A reported finding with its path as the repository has it, its code, and its lines of the diff if it has them. */
interface PlaceableFinding extends FingerprintedFinding {
  readonly source: FindingSource
  readonly inDiff: boolean
}

const locate = Effect.fnUntraced(function*(
  reported: ReportedFinding,
  files: ReadonlyArray<ChangedFile>,
  index: DiffIndex,
  sources: SourceFiles
) {
  const finding = new Finding({ ...reported, path: yield* pathIn(files, sources, reported) })
  const { line, path, side, startLine = line } = finding
  const file = Option.getOrElse(yield* sources.lines(side, path), (): ReadonlyArray<string> => [])
  const inDiff = index.code(path, side, line, startLine)
  const code = Option.getOrElse(inDiff, () => file.slice(startLine - 1, line))
  const located: PlaceableFinding = {
    finding,
    fingerprint: fingerprint(finding, code),
    ...Option.match(claimOf(reported), { onNone: () => ({}), onSome: (claim) => ({ claim }) }),
    source: { code, file },
    inDiff: Option.isSome(inDiff)
  }
  return located
})

const placeKey = ({ finding: { line, side, startLine = line }, fingerprint }: PlaceableFinding): string =>
  `${fingerprint} ${side} ${startLine} ${line}`

/**
 * Decides about the place of each finding: on its line, or on the part of its range that one hunk of the diff holds. A
 * finding elsewhere goes into the summary, and is never moved to a line that it does not name. A finding that we have
 * raised before at this place is not repeated, even if its thread is resolved.
 */
export const anchor = Effect.fn("Anchor.anchor")(
  function*(findings: ReadonlyArray<ReportedFinding>, ground: AnchorContext) {
    const { files } = ground
    const index = DiffIndex.make(files)
    const placed: { readonly [K in keyof AnchoredFindings]: Array<AnchoredFindings[K][number]> } = {
      inline: [],
      folded: [],
      repeated: []
    }
    const seen = new Set<string>()
    const sources = yield* makeSourceFiles(ground)
    const located = yield* Effect.forEach(findings, (reported) => locate(reported, files, index, sources))
    const priors = repeatsIn(located, ground)
    for (const [at, one] of located.entries()) {
      const { claim, finding: named, fingerprint, inDiff, source } = one
      const anchorable = inDiff
        ? Option.some(yield* withUsefulSuggestion(named, source, ground.checkout.syntax))
        : clipped(named, index)
      const finding = Option.getOrElse(anchorable, () => withoutSuggestion(named))
      const prior = priors[at]
      if (prior !== undefined) placed.repeated.push({ finding, fingerprint, prior })
      else if (!seen.has(placeKey(one))) {
        placed[Option.isSome(anchorable) ? "inline" : "folded"].push({
          finding,
          fingerprint,
          ...(claim === undefined ? {} : { claim })
        })
      }
      seen.add(placeKey(one))
    }
    const anchored: AnchoredFindings = placed
    return anchored
  }
)
