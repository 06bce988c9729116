/** Results of a run: findings beside the remarks that they should have made. */
import { Usage } from "@nominal-code/domain/model/Usage"
import { Confidence, Severity } from "@nominal-code/domain/review/Finding"
import { Schema } from "effect"
import { Golden, Note } from "./Suite.ts"

/** A finding of a review, or of another tool. */
export const EvalFinding = Schema.Struct({
  body: Schema.String,
  path: Schema.optionalKey(Schema.String),
  startLine: Schema.optionalKey(Schema.Int),
  line: Schema.optionalKey(Schema.Int),
  severity: Schema.optionalKey(Severity),
  confidence: Schema.optionalKey(Confidence),
  /** True if it stands in the summary, because its lines are not in the diff. */
  folded: Schema.optionalKey(Schema.Boolean)
})
export type EvalFinding = typeof EvalFinding.Type

/** Remark that a finding makes: a golden or a "fixed later" note, by their indexes, or neither. */
export const Match = Schema.TaggedUnion({
  Golden: { golden: Schema.Natural },
  FixedLater: { note: Schema.Natural },
  Nothing: {}
})
export type Match = typeof Match.Type

/** A finding, and what it matches. A repeat says what an earlier finding of the review says. */
export const MatchedFinding = Schema.Struct({ ...EvalFinding.fields, match: Match, repeat: Schema.Boolean })
export type MatchedFinding = typeof MatchedFinding.Type

/** Result of a case. `Failed`: its review, or its judge, came to no end. `NotRun`: the dollars were used up before it. */
export const CaseState = Schema.Literals(["Reviewed", "Failed", "NotRun"])

/** A case with its findings. */
export const CaseResult = Schema.Struct({
  name: Schema.String,
  title: Schema.String,
  url: Schema.String,
  language: Schema.optionalKey(Schema.String),
  state: CaseState,
  /** Reason of a failure. */
  problem: Schema.optionalKey(Schema.String),
  goldens: Schema.Array(Golden),
  fixedLater: Schema.Array(Note),
  findings: Schema.Array(MatchedFinding),
  /** Number of findings that have only a line in the summary. */
  cut: Schema.Natural,
  usage: Schema.optionalKey(Usage),
  /** Dollars of the review; absent: its prices are not known. */
  dollars: Schema.optionalKey(Schema.Finite),
  /** Dollars of the judge; absent: there was none, or its price is not known. */
  judgeDollars: Schema.optionalKey(Schema.Finite),
  millis: Schema.Natural
})
export type CaseResult = typeof CaseResult.Type

/** Figures of a run, over the cases that were not left out. */
export const Metrics = Schema.Struct({
  cases: Schema.Natural,
  clean: Schema.Natural,
  failed: Schema.Natural,
  notRun: Schema.Natural,
  goldens: Schema.Natural,
  found: Schema.Natural,
  findings: Schema.Natural,
  /** Goldens found for each finding. */
  precision: Schema.Finite,
  /** Goldens found for each golden. */
  recall: Schema.Finite,
  f1: Schema.Finite,
  findingsPerPullRequest: Schema.Finite,
  /** Findings of a clean change, on average. */
  findingsPerCleanChange: Schema.Finite,
  /** Part of the findings that say what a golden or a "fixed later" note says. */
  goldenOrFixedLater: Schema.Finite,
  repeats: Schema.Natural,
  /** Part of the findings about a golden with a line that stand within three lines of it. */
  anchors: Schema.Finite,
  usage: Usage,
  /** Part of the input that came from the cache. */
  cached: Schema.Finite,
  dollars: Schema.optionalKey(Schema.Finite),
  medianDollars: Schema.optionalKey(Schema.Finite),
  judgeDollars: Schema.optionalKey(Schema.Finite),
  medianSeconds: Schema.Finite,
  seconds: Schema.Finite
})
export type Metrics = typeof Metrics.Type

/** Result of a run, as it is written to a file. */
export const EvalResult = Schema.Struct({
  suite: Schema.String,
  /** Model that reviewed, or the tool whose findings were read. */
  reviewer: Schema.String,
  /** Model that compared findings with goldens, or `words` where none was asked. */
  judge: Schema.String,
  metrics: Metrics,
  cases: Schema.Array(CaseResult)
})
export type EvalResult = typeof EvalResult.Type
