import type { DiffIndex } from "@nominal-code/domain/DiffIndex"
import { Finding, type Fingerprint, fingerprint } from "@nominal-code/domain/Finding"
import { findMarker } from "@nominal-code/domain/Marker"
import type { ChangedFile } from "@nominal-code/domain/Patch"
import type { RepoPath } from "@nominal-code/domain/PullRequest"
import type { Discussion } from "@nominal-code/domain/Review"
import type { Checkout } from "@nominal-code/workspace/Workspace"
import { Effect, Option } from "effect"

/** A finding as the model wrote it, with its identity. */
export interface Identified {
  readonly finding: Finding
  readonly fingerprint: Fingerprint
}

/** Where the findings of a review go. None of them is in two of the three. */
export interface Anchored {
  /** They stand on their lines. */
  readonly inline: ReadonlyArray<Identified>
  /** Their lines are not in the diff: they go into the summary. */
  readonly folded: ReadonlyArray<Identified>
  /** We have said so before: they are not said again. */
  readonly repeated: ReadonlyArray<Identified>
}

/** The findings that are on the pull request already. `ours`: the comments of our own bot; anybody can copy a marker. */
export const alreadyRaised = (ours: ReadonlyArray<Discussion>): ReadonlySet<Fingerprint> =>
  new Set(
    ours.flatMap(({ body }) => body.split(/(?=<!-- )/)).flatMap((part) =>
      Option.toArray(Option.flatMapNullishOr(findMarker(part), (marker) => marker.fingerprint))
    )
  )

/** The path in the diff that a finding means: as it is, without the `./`, `a/` or `b/` of a diff, or before a rename. */
const pathIn = (files: ReadonlyArray<ChangedFile>, path: RepoPath): RepoPath => {
  const bare = path.replace(/^(?:\.\/|[ab]\/)/, "")
  const meant = files.find((file) => file.path === path) ?? files.find((file) => file.path === bare) ??
    files.find(({ previousPath }) => previousPath === path)
  return meant?.path ?? path
}

const withoutSuggestion = (finding: Finding): Finding => {
  const { suggestion: _, ...rest } = finding
  return new Finding(rest)
}

const isSame = (code: ReadonlyArray<string>, suggestion: string): boolean =>
  code.join("\n") === suggestion.replaceAll("\r\n", "\n").replace(/\n$/, "")

/** A suggestion has to change something, and something that is in the diff. */
const withUsefulSuggestion = (finding: Finding, code: Option.Option<ReadonlyArray<string>>): Finding =>
  finding.suggestion === undefined ||
    Option.exists(code, (lines) => finding.side === "RIGHT" && !isSame(lines, finding.suggestion ?? ""))
    ? finding
    : withoutSuggestion(finding)

/** What a review's findings are placed by. */
export interface Ground {
  readonly index: DiffIndex
  readonly files: ReadonlyArray<ChangedFile>
  readonly checkout: Checkout
  /** The findings that are on the pull request already. */
  readonly raised: ReadonlySet<Fingerprint>
}

/** The text of a finding's lines, in the diff or outside it. */
const codeOf = Effect.fnUntraced(function*({ checkout, index }: Ground, finding: Finding) {
  const { line, path, side, startLine = line } = finding
  const inDiff = index.code(path, side, line, startLine)
  if (Option.isSome(inDiff)) return inDiff.value
  // A finding may name a place that is not there. It is told all the same.
  const lines = yield* Effect.orElseSucceed(checkout.lines(side, path), () => Option.none<ReadonlyArray<string>>())
  return Option.getOrElse(lines, (): ReadonlyArray<string> => []).slice(startLine - 1, line)
})

/**
 * Decides for each finding where it lands. Its line, or all lines of its range, have to be in one hunk of the diff on
 * its side; a finding elsewhere is never moved to a line that it does not name, it goes into the summary. One that we
 * have raised before is not raised again, whether its thread is open or resolved.
 */
export const anchor = Effect.fn("Anchor.anchor")(function*(findings: ReadonlyArray<Finding>, ground: Ground) {
  const { files, index, raised } = ground
  const placed: { readonly [K in keyof Anchored]: Array<Identified> } = { inline: [], folded: [], repeated: [] }
  const seen = new Set<string>()
  for (const reported of findings) {
    const named = new Finding({ ...reported, path: pathIn(files, reported.path) })
    const code = yield* codeOf(ground, named)
    const identity = fingerprint(named, code)
    const place = `${identity} ${named.side} ${named.startLine} ${named.line}`
    const { line, path, side, startLine } = named
    const inDiff = index.has(path, side, line, startLine)
    const finding = withUsefulSuggestion(named, inDiff ? Option.some(code) : Option.none())
    if (raised.has(identity)) placed.repeated.push({ finding, fingerprint: identity })
    else if (!seen.has(place)) placed[inDiff ? "inline" : "folded"].push({ finding, fingerprint: identity })
    seen.add(place)
  }
  const anchored: Anchored = placed
  return anchored
})
