/** Comparison of findings with what people have said of the change: by place and words, or by a model. */
import { claimWords } from "@nominal-code/domain/review/Finding"
import { type EvalFinding, Match, type MatchedFinding } from "./Measured.ts"
import type { EvalCase, Golden, Note } from "./Suite.ts"

/** Distance in lines within which two remarks are about the same place. */
export const nearby = 3

/** Part of the words of a golden that a finding has to say. Where both stand on the same lines, a few are enough. */
const enough = { near: 0.15, elsewhere: 0.4 }

/** Part of the words of a shorter finding from which two of the same file say the same. */
const same = 0.7

/** A remark as words, without the endings that a plural or another tense brings. */
const stems = (text: string): ReadonlySet<string> =>
  new Set(claimWords(text).map((word) => word.length > 4 ? word.replace(/(?:ing|ed|es|s)$/, "") : word))

const shared = (some: ReadonlySet<string>, others: ReadonlySet<string>): number =>
  [...some].filter((word) => others.has(word)).length

/** Distance between a finding and a line; infinite where one of them has no line. */
export const distance = ({ line: last, startLine = last }: EvalFinding, line: number | undefined): number =>
  last === undefined || startLine === undefined || line === undefined
    ? Infinity
    : Math.max(startLine - line, line - last, 0)

/** Similarity of a finding and a remark, from 0 to 2; 0: they say different things. */
const similarity = (finding: EvalFinding, { comment, line, path }: Note): number => {
  if (path !== undefined && finding.path !== undefined && path !== finding.path) return 0
  const words = stems(comment)
  const part = shared(words, stems(finding.body)) / Math.max(1, words.size)
  const isNear = path !== undefined && path === finding.path && distance(finding, line) <= nearby
  if (isNear) return part >= enough.near ? 1 + part : 0
  return part >= enough.elsewhere ? part : 0
}

/** The remark that is most like a finding; the first one of those that are equally so. */
const nearest = (finding: EvalFinding, notes: ReadonlyArray<Note>) =>
  notes.map((note, at) => ({ at, like: similarity(finding, note) }))
    .filter(({ like }) => like > 0)
    .toSorted((a, b) => b.like - a.like)[0]

/** Match of a finding by its place and its words. */
export const matchByWords = (
  finding: EvalFinding,
  { fixedLater, goldens }: Pick<EvalCase, "fixedLater" | "goldens">
): Match => {
  const golden = nearest(finding, goldens)
  if (golden !== undefined) return Match.cases.Golden.make({ golden: golden.at })
  const note = nearest(finding, fixedLater)
  return note === undefined ? Match.cases.Nothing.make({}) : Match.cases.FixedLater.make({ note: note.at })
}

/** True if two findings in one file share most words of the shorter one. */
const isSameClaim = (one: EvalFinding, other: EvalFinding): boolean => {
  if (one.path !== other.path) return false
  const [words, others] = [stems(one.body), stems(other.body)]
  return shared(words, others) / Math.max(1, Math.min(words.size, others.size)) >= same
}

const isSameRemark = (one: Match, other: Match): boolean =>
  one._tag === "Golden" && other._tag === "Golden" && one.golden === other.golden ||
  one._tag === "FixedLater" && other._tag === "FixedLater" && one.note === other.note

/** The findings of a review with their matches, and which of them repeat an earlier one. */
export const matched = (
  findings: ReadonlyArray<EvalFinding>,
  matches: ReadonlyArray<Match>
): ReadonlyArray<MatchedFinding> => {
  const nothing = Match.cases.Nothing.make({})
  return findings.map((finding, at) => {
    const match = matches[at] ?? nothing
    const repeat = findings.slice(0, at).some((earlier, before) => {
      const other = matches[before] ?? nothing
      return isSameRemark(match, other) ||
        match._tag === "Nothing" && other._tag === "Nothing" && isSameClaim(finding, earlier)
    })
    return { ...finding, match, repeat }
  })
}

/** The goldens that a finding matches, by their indexes. */
export const foundIn = (findings: ReadonlyArray<MatchedFinding>): ReadonlySet<number> =>
  new Set(findings.flatMap(({ match }) => match._tag === "Golden" ? [match.golden] : []))

/** A golden beside the first finding that says it. */
export const findingOf = (
  findings: ReadonlyArray<MatchedFinding>,
  goldens: ReadonlyArray<Golden>,
  golden: Golden
): MatchedFinding | undefined =>
  findings.find(({ match }) => match._tag === "Golden" && goldens[match.golden] === golden)
