import { Schema } from "effect"
import { Side } from "./Patch.ts"
import { RepoPath } from "./PullRequest.ts"

/** How bad it is if the finding is right, worst first. */
export const Severity = Schema.Literals(["critical", "high", "medium", "low"])
export type Severity = typeof Severity.Type

/** How sure the model is that the finding is right. */
export const Confidence = Schema.Literals(["high", "medium", "low"])
export type Confidence = typeof Confidence.Type

/** What kind of defect it is. */
export const Category = Schema.Literals([
  "bug",
  "security",
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
 * What the reviewer says about one place. `line` counts in the file of its `side`; `startLine` opens a range that ends
 * at `line`. A suggestion replaces the lines of the range, and stands on the right side only.
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
  category: Category
}) {}

/** A finding's identity across pushes: 16 hex digits over category, path, normalised code and claim; no line number. */
export const Fingerprint = Schema.String.check(Schema.isPattern(/^[0-9a-f]{16}$/)).pipe(Schema.brand("Fingerprint"))
export type Fingerprint = typeof Fingerprint.Type
