import { ninthUsually } from "@nominal-code/testing/Sized"
import { Effect, Schema } from "effect"
import { readdirSync, readFileSync } from "node:fs"

const optional = Schema.optionalKey

/**
 * A file as a case describes it: lines 1 to `numbered` after the pattern `text` (`{n}` is the line's number), some of
 * them replaced by `lines`, each ended by `end` (`\n`); with `open`, the last one has no end.
 */
const Numbered = Schema.Struct({
  numbered: Schema.Int,
  text: Schema.String,
  lines: optional(Schema.Record(Schema.String, Schema.String)),
  end: optional(Schema.String),
  open: optional(Schema.Boolean)
})

/** The files of a commit; `null` deletes one. */
const Tree = Schema.Record(Schema.String, Schema.NullOr(Schema.Union([Numbered, Schema.String])))

/** A finding of the scripted model. `as` says in which spelling it writes the path. */
const Finding = Schema.Struct({
  token: Schema.String,
  path: Schema.String,
  line: Schema.Int,
  start_line: optional(Schema.Int),
  side: optional(Schema.Literals(["LEFT", "RIGHT"])),
  body: optional(Schema.String),
  suggestion: optional(Schema.String),
  as: optional(Schema.Literals(["seen", "nfc"]))
})

const Place = Schema.Struct({
  token: Schema.String,
  path: Schema.String,
  line: Schema.Int,
  start_line: optional(Schema.Int),
  /** The suggestion has to be one of these; `null`: none is offered. */
  suggestionOneOf: optional(Schema.Array(Schema.NullOr(Schema.String)))
})

const Expectation = Schema.Struct({
  /** Seconds within which the job has to end. */
  within: Schema.Finite,
  reviewed: Schema.Boolean,
  accepted: optional(Schema.Boolean),
  inline: optional(Schema.Array(Place)),
  /** Tokens of findings that are told, but not inline. */
  notInline: optional(Schema.Array(Schema.String)),
  /** Tokens of findings that are not told again. */
  notTold: optional(Schema.Array(Schema.String)),
  promptExcludes: optional(Schema.Array(Schema.String)),
  /** Of each group, one expression has to match the prompt. */
  promptAny: optional(Schema.Array(Schema.Array(Schema.String))),
  /** Of each group, one expression has to match what was posted. */
  postedAny: optional(Schema.Array(Schema.Array(Schema.String))),
  toolErrors: optional(Schema.Int),
  maxReviewPosts: optional(Schema.Int)
})

const Step = Schema.Struct({
  event: optional(Schema.Literals([
    "pull_request.opened",
    "pull_request.synchronize",
    "issue_comment.created",
    "pull_request_review_comment.created"
  ])),
  /** Files that a push changes before the event. */
  push: optional(Tree),
  comment: optional(Schema.Struct({
    body: Schema.String,
    path: optional(Schema.String),
    line: optional(Schema.Int),
    side: optional(Schema.Literals(["LEFT", "RIGHT"])),
    /** `to the line`: as GitHub sends it, from the hunk's head to the commented line. */
    diff_hunk: optional(Schema.Literal("to the line"))
  })),
  /** Laid over the payload that GitHub would send. */
  payload: optional(Schema.Record(Schema.String, Schema.Unknown)),
  findings: Schema.Array(Finding),
  expect: Expectation
})

const Fault = Schema.Struct({
  method: Schema.String,
  path: Schema.String,
  times: Schema.Int,
  status: Schema.Int,
  headers: optional(Schema.Record(Schema.String, Schema.String)),
  body: Schema.Struct({ message: Schema.String, errors: optional(Schema.Array(Schema.Unknown)) })
})

const World = {
  base: Tree,
  head: Tree,
  /** Paths that the model reads before it hands in its review. */
  read: optional(Schema.Array(Schema.String)),
  model: optional(Schema.Struct({ refuseOver: Schema.Int })),
  faults: optional(Schema.Array(Fault))
}

const Case = Schema.Struct({ ...World, ...Step.fields })
const CaseInSteps = Schema.Struct({ ...World, steps: Schema.Array(Step) })
const AnyCase = Schema.Union([CaseInSteps, Case])
const Siblings = Schema.Record(Schema.String, AnyCase)

export type Step = typeof Step.Type
export type Case = typeof AnyCase.Type
export type Finding = typeof Finding.Type
type Files = typeof Tree.Type

export const stepsOf = (one: Case): ReadonlyArray<Step> => "steps" in one ? one.steps : [one]

const contentOf = (file: typeof Numbered.Type): string => {
  const { end = "\n", lines = {}, numbered, open = false, text } = file
  const all = Array.from(
    { length: numbered },
    (_, index) => lines[String(index + 1)] ?? text.replaceAll("{n}", String(index + 1))
  )
  return all.join(end) + (open ? "" : end)
}

/** The files' contents. */
export const filesOf = (tree: Files): Readonly<Record<string, string | null>> =>
  Object.fromEntries(
    Object.entries(tree).map(([path, file]) => [
      path,
      file === null || typeof file === "string" ? file : contentOf(file)
    ])
  )

const here = new URL(".", import.meta.url)

const read = <S extends Schema.ConstraintDecoder<unknown>>(schema: S, file: string) =>
  Schema.decodeUnknownEffect(schema)(
    JSON.parse(readFileSync(new URL(file, here), "utf8"))
  )

/**
 * The cases of this folder by their names. `case.json` is from the field; `siblings.json` holds more of its kind, every
 * ninth of which `make test` plays, and `make test-long` all.
 */
export const cases = Effect.gen(function*() {
  const all: Array<readonly [name: string, one: Case]> = []
  const more: Array<readonly [name: string, one: Case]> = []
  for (const entry of readdirSync(here, { withFileTypes: true }).filter((found) => found.isDirectory())) {
    all.push([entry.name, yield* read(AnyCase, `${entry.name}/case.json`)])
    if (!readdirSync(new URL(`${entry.name}/`, here)).includes("siblings.json")) continue
    const siblings = yield* read(Siblings, `${entry.name}/siblings.json`)
    more.push(...Object.entries(siblings).map(([name, one]) => [`${entry.name}-${name}`, one] as const))
  }
  return [...all, ...yield* ninthUsually(more)]
})
