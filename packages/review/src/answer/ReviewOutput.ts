import type { Submission } from "@nominal-code/agent/AgentRunner"
import { Category, Confidence, type Finding, Severity } from "@nominal-code/domain/review/Finding"
import { Effect, Option, Predicate, Ref, Result, Schema, SchemaIssue } from "effect"
import { type Claim, claimIn, wireClaim } from "./Claim.ts"
import { type EarlierAnswer, earlierAnswers, WireEarlier } from "./EarlierAnswer.ts"
import { parseJson } from "./Json.ts"
import { linesIn } from "./WrittenLines.ts"

/** A finding as the model wrote it: its path in whatever spelling, to be read by what the repository holds. */
export interface ReportedFinding extends Omit<ConstructorParameters<typeof Finding>[0], "path">, Claim {
  readonly path: string
}

/** A finding whose place could not be read. */
export interface UnplacedFinding {
  /** Text that the model wrote for its place; may be empty. */
  readonly place: string
  readonly body: string
  readonly severity: Severity
}

/** A review as the model hands it in. */
export interface ReviewAnswer {
  /** Empty only where findings had to do without one. */
  readonly summary: string
  readonly findings: ReadonlyArray<ReportedFinding>
  /** Findings that say something, but of which no line can be told. */
  readonly unplaced: ReadonlyArray<UnplacedFinding>
  /** Findings that could not be read. */
  readonly unreadable: number
  /** Answers about our earlier findings. Absent: none. */
  readonly earlier?: ReadonlyArray<EarlierAnswer>
}

/** Limits of what is read of one answer. No forge takes longer texts, and nobody reads more findings. */
const longestText = 65_536
const mostFindings = 500

const isFilled = Schema.makeFilter<string>((text) => text.trim() !== "", { expected: "a text that is not empty" })
const filled = (description: string) => Schema.String.annotate({ description }).check(isFilled)
const LineNumber = Schema.Int.check(Schema.isGreaterThan(0, { expected: "a line number of at least 1" }))

const wireFinding = {
  path: filled("The file, as the diff names it."),
  line: LineNumber.annotate({
    description: "The line, by its number in the diff; the last one of a range."
  }),
  side: Schema.optionalKey(Schema.Literals(["LEFT", "RIGHT"])).annotate({
    description: "RIGHT (the default): added and unchanged lines. LEFT: deleted ones."
  }),
  start_line: Schema.optionalKey(Schema.NullOr(LineNumber)).annotate({
    description: "The first line of a range."
  }),
  body: filled("What is wrong, when, and the way out. Markdown."),
  suggestion: Schema.optionalKey(
    Schema.NullOr(filled("The exact code in place of the lines from start_line to line. Not on LEFT."))
  ),
  severity: Schema.optionalKey(Severity),
  confidence: Schema.optionalKey(Confidence),
  category: Schema.optionalKey(Category),
  rule: Schema.optionalKey(Schema.NullOr(Schema.String)).annotate({
    description: "The repository's rule that it breaks."
  })
}

/** One finding on the wire, without its claim: no fault in a claim costs the finding. */
const WireFinding = Schema.Struct(wireFinding).check(Schema.makeFilter((finding) => {
  const issues: Array<Schema.FilterIssue> = []
  if (finding.side === "LEFT" && finding.suggestion) {
    issues.push({ path: ["suggestion"], issue: "not allowed on side LEFT: a deleted line cannot be replaced" })
  }
  if (finding.start_line && finding.start_line > finding.line) {
    issues.push({ path: ["start_line"], issue: "must not be greater than line" })
  }
  return issues
}))

const wire = {
  summary: filled("The verdict, for the author. Markdown."),
  comments: Schema.Array(Schema.Struct({ ...wireFinding, ...wireClaim }))
}

/** Input of `submit_review`. It is the same for a first review and for one that has to answer for earlier findings. */
const Wire = Schema.Struct({
  ...wire,
  earlier: Schema.optionalKey(Schema.Array(WireEarlier)).annotate({
    description: "One for each of your open findings in the prompt."
  })
})

const decodeFinding = Schema.decodeUnknownResult(WireFinding, { errors: "all" })
const formatIssues = SchemaIssue.makeFormatterStandardSchemaV1()

const problemsOf = (at: string, { issue }: Schema.SchemaError): ReadonlyArray<string> =>
  formatIssues(issue).issues.map(({ message, path }) =>
    `${[at, ...(path ?? []).map((key) => String(Predicate.isObject(key) ? key.key : key))].join(".")}: ${message}`
  )

const toFinding = (wire: typeof WireFinding.Type, written: unknown): ReportedFinding => ({
  ...(Predicate.isObject(written) ? claimIn(written) : {}),
  path: wire.path.slice(0, longestText),
  line: wire.line,
  ...(wire.start_line && wire.start_line < wire.line ? { startLine: wire.start_line } : {}),
  side: wire.side ?? "RIGHT",
  body: wire.body.slice(0, longestText),
  ...(wire.suggestion && wire.suggestion.length <= longestText ? { suggestion: wire.suggestion } : {}),
  severity: wire.severity ?? "medium",
  confidence: wire.confidence ?? "medium",
  category: wire.category ?? "other",
  ...(wire.rule ? { rule: wire.rule } : {})
})

/** The fields whose loss costs no finding: a value that we do not know is left to its default. */
const optional = [["severity", Severity], ["confidence", Confidence], ["category", Category]] as const

/** The lines in what the model wrote, whatever the order; no `line` where none can be told. */
const placeIn = (value: Record<PropertyKey, unknown>) => {
  const lines = [...linesIn(value["start_line"]), ...linesIn(value["line"])].toSorted((a, b) => a - b)
  const [first, last] = [lines[0], lines.at(-1)]
  return last === undefined || linesIn(value["line"]).length === 0 ? {} : { start_line: first, line: last }
}

const dropped = new Set(["line", "start_line", "suggestion", "side"])

const forgiving = (value: unknown): unknown => {
  if (!Predicate.isObject(value)) return value
  const unknown = optional.filter(([field, schema]) => !Schema.is(schema)(value[field])).map(([field]) => field)
  const side = String(value["side"]).toUpperCase() === "LEFT" ? "LEFT" : "RIGHT"
  const { suggestion } = value
  return {
    ...Object.fromEntries(
      Object.entries(value).filter(([field]) => !dropped.has(field) && !unknown.some((name) => name === field))
    ),
    ...placeIn(value),
    side,
    ...(Predicate.isString(suggestion) && suggestion.trim() !== "" && side === "RIGHT" ? { suggestion } : {})
  }
}

/** Text of a finding without a place. */
const unplacedIn = (value: unknown): ReadonlyArray<UnplacedFinding> => {
  if (!Predicate.isObject(value)) return []
  const { body, line, path, severity } = value
  if (!Predicate.isString(body) || body.trim() === "") return []
  const place = [path, line].filter((part) => Predicate.isString(part) || Predicate.isNumber(part)).join(":")
  return [{
    place: place.slice(0, 1000),
    body: body.slice(0, longestText),
    severity: Schema.is(Severity)(severity) ? severity : "medium"
  }]
}

// Models now and then hand in the whole, or the list in it, as a text that holds JSON, or the list alone.
const unwrapped = (value: unknown): unknown =>
  Predicate.isString(value) ? Option.getOrElse(parseJson(value), () => value) : value

const rootOf = (input: unknown): Record<string, unknown> | undefined => {
  const root = unwrapped(input)
  if (Array.isArray(root)) return { comments: root }
  return Predicate.isObject(root) && !Array.isArray(root) ? { ...root } : undefined
}

const known = new Set(["summary", "comments", "earlier"])

/**
 * Reads a review out of what the model wrote. Strictly: any fault refuses the whole, and every fault is named with its
 * place, so that the model can mend it. Leniently: what can be read is kept, one finding at a time.
 */
export const decodeReview = (
  input: unknown,
  { lenient }: { readonly lenient: boolean }
): Result.Result<ReviewAnswer, string> => {
  const root = rootOf(input)
  if (root === undefined) return Result.fail("The review must be an object with `summary` and `comments`.")
  const summary = Predicate.isString(root["summary"]) ? root["summary"].trim().slice(0, longestText) : ""
  // A list under another name is not to pass for a review without findings.
  const isElsewhere = Object.keys(root).some((key) => !known.has(key))
  const comments = unwrapped(root["comments"] ?? (isElsewhere ? undefined : []))
  const all: ReadonlyArray<unknown> = Array.isArray(comments) ? comments : []
  const list = all.slice(0, mostFindings)
  const decoded = list.map((comment) => decodeFinding(lenient ? forgiving(comment) : comment))
  const problems = [
    ...(summary === "" ? ["summary: a text that is not empty is needed"] : []),
    ...(Array.isArray(comments) ? [] : ["comments: must be an array"]),
    ...decoded.flatMap((result, index) =>
      Result.isFailure(result) ? problemsOf(`comments[${index}]`, result.failure) : []
    )
  ]
  const findings = decoded.flatMap((result, at) =>
    Result.isSuccess(result) ? [toFinding(result.success, list[at])] : []
  )
  const unplaced = decoded.flatMap((result, at) => Result.isFailure(result) ? unplacedIn(list[at]) : [])
  const unreadable = Array.isArray(comments) ? all.length - findings.length - unplaced.length : 1
  const usable = lenient ? summary !== "" || findings.length + unplaced.length > 0 : problems.length === 0
  const earlier = earlierAnswers(unwrapped(root["earlier"]))
  const answer = { summary, findings, unplaced, unreadable, ...(earlier.length === 0 ? {} : { earlier }) }
  return usable ? Result.succeed(answer) : Result.fail(problems.join("\n"))
}

/** Tool by which the agent hands in a review. */
export const reviewSubmission: Submission<ReviewAnswer> = {
  toolName: "submit_review",
  description: "Hands in the finished review and ends the work.",
  input: Wire,
  decode: (input, options) => Effect.fromResult(decodeReview(input, options))
}

/** Requirements of a review that is handed in. */
export interface SubmissionChecks {
  /** Names of the earlier findings that it has to answer for. */
  readonly earlier: ReadonlyArray<string>
  /** Finds the faults of its evidence, one sentence each. */
  faults(findings: ReadonlyArray<ReportedFinding>): Effect.Effect<ReadonlyArray<string>>
}

/**
 * Makes the submission of a review that is checked when it is handed in. One with faults, or with earlier findings left
 * out, is sent back once; after that it is taken as it is: what is left out counts as not answered.
 */
export const checkedSubmission = ({ earlier, faults }: SubmissionChecks): Effect.Effect<Submission<ReviewAnswer>> =>
  Effect.map(Ref.make(false), (sentBack) => ({
    ...reviewSubmission,
    decode: Effect.fnUntraced(function*(input, options) {
      const answer = yield* Effect.fromResult(decodeReview(input, options))
      if (options.lenient || (yield* Ref.get(sentBack))) return answer
      const answered = new Set((answer.earlier ?? []).map(({ id }) => id))
      const missing = earlier.filter((id) => !answered.has(id))
      const wrong = [
        ...(missing.length === 0
          ? []
          : [`earlier: answer for ${missing.join(", ")} too: open, fixed or withdrawn`]),
        ...(yield* faults(answer.findings))
      ]
      if (wrong.length === 0) return answer
      yield* Ref.set(sentBack, true)
      return yield* Effect.fail(wrong.join("\n"))
    })
  }))
