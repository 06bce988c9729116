import { Schema } from "effect"
import { createHash } from "node:crypto"
import { Side } from "../diff/Patch.ts"
import { RepoPath } from "../event/PullRequest.ts"
import { fillers } from "./FillerWords.ts"

/** Impact of a finding if it is right, worst first. */
export const Severity = Schema.Literals(["critical", "high", "medium", "low"])
export type Severity = typeof Severity.Type

/** Probability of a finding, as the model judges it. */
export const Confidence = Schema.Literals(["high", "medium", "low"])
export type Confidence = typeof Confidence.Type

/** Kind of defect. */
export const Category = Schema.Literals([
  "bug",
  "security",
  "data-loss",
  "performance",
  "concurrency",
  "error-handling",
  "tests",
  "readability",
  "documentation",
  "other"
])
export type Category = typeof Category.Type

/**
 * A remark of the reviewer about one place. `line` counts in the file of its `side`; `startLine` opens a range that
 * ends at `line`. A suggestion replaces the lines of the range, and stands on the right side only.
 */
export class Finding extends Schema.Class<Finding>("@nominal-code/domain/Finding")({
  path: RepoPath,
  line: Schema.Int.check(Schema.isGreaterThan(0)),
  startLine: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(0))),
  side: Side,
  body: Schema.NonEmptyString,
  suggestion: Schema.optionalKey(Schema.String),
  severity: Severity,
  confidence: Confidence,
  category: Category,
  /** Id of the repository's rule that it is a breach of. */
  rule: Schema.optionalKey(Schema.String)
}) {}

/** A finding's identity across pushes: 16 hex digits over category, path, normalised code and claim; no line number. */
export const Fingerprint = Schema.String.check(Schema.isPattern(/^[0-9a-f]{16}$/)).pipe(Schema.brand("Fingerprint"))
export type Fingerprint = typeof Fingerprint.Type

/** Letters of scripts that put no blanks between words. */
const scripts = String
  .raw`\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\u30fc\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}`
const unspaced = new RegExp(`^[${scripts}]`, "u")
const letters = new RegExp(String.raw`[${scripts}]+|(?:(?![${scripts}])\p{L})+`, "gu")

/** Pairs of neighbouring letters, which stand for words where nothing parts them. */
const pairsOf = (run: string): ReadonlyArray<string> => {
  const signs = Array.from(run)
  return signs.length === 1 ? signs : signs.slice(1).map((sign, at) => `${signs[at]}${sign}`)
}

/** Number of words that make a paragraph a claim. */
const enoughWords = 4

const wordsOf = (text: string): ReadonlyArray<string> => {
  const runs = text.normalize("NFKC").toLowerCase().match(letters) ?? []
  const words = runs.flatMap((run) => unspaced.test(run) ? pairsOf(run) : [run])
  return [...new Set(words.filter((word) => word.length > 1 && !fillers.has(word)))].sort()
}

/** The words of the first paragraph that says enough, else of the whole body: each once, in alphabetical order. */
export const claimWords = (body: string): ReadonlyArray<string> => {
  const telling = body.trim().split(/\n\s*\n/, 1).map(wordsOf).find((words) => words.length >= enoughWords)
  return telling ?? wordsOf(body)
}

/** Code as a fingerprint has it: without indentation, repeated blanks, line endings and empty lines. */
const normalisedCode = (code: ReadonlyArray<string>): string =>
  code.map((line) => line.trim().replaceAll(/\s+/g, " ")).filter((line) => line !== "").join("\n")

/**
 * The identity of a finding: its category, its path, the code that it stands on and what it claims. `code` is the text
 * of its lines, `startLine` to `line`. The same defect keeps its fingerprint when lines shift or the code is indented
 * anew, and loses it when the code changes.
 *
 * The claim is the first paragraph of the body without case, order, repetition, punctuation, numbers and filler words:
 * it survives a sentence turned round or a number corrected, not one with other words.
 */
export const fingerprint = (
  finding: { readonly category: string; readonly path: string; readonly body: string },
  code: ReadonlyArray<string>
): Fingerprint =>
  Fingerprint.make(
    createHash("sha256")
      .update([finding.category, finding.path, normalisedCode(code), claimWords(finding.body).join(" ")].join("\0"))
      .digest("hex")
      .slice(0, 16)
  )
