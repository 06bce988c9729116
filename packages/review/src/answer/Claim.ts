/** Claims: what a finding says beside its text, so that it can be checked and verified without the finder. */
import type { Side } from "@nominal-code/domain/diff/Patch"
import { Option, Predicate, Schema } from "effect"
import { linesIn } from "./WrittenLines.ts"

/** Code that a finding rests on. */
export interface Evidence {
  readonly path: string
  /** Number of its first line. */
  readonly line: number
  /** The code, word for word. */
  readonly quote: string
  /** Side on which the check has found it; absent before the check. */
  readonly side?: Side
}

/** Reach of a finding: its own lines prove it, or code elsewhere does. */
export const Reach = Schema.Literals(["local", "reaching"])
export type Reach = typeof Reach.Type

/** Claim of a finding. Whatever its finder did not say is absent. */
export interface Claim {
  /** Input, state or order that makes it go wrong. */
  readonly trigger?: string
  /** Consequence of that. */
  readonly effect?: string
  /** Function, type or variable that it is about. */
  readonly symbol?: string
  readonly reach?: Reach
  readonly evidence?: ReadonlyArray<Evidence>
}

/** The claim of a finding, without the finding; none where nothing of it was said. */
export const claimOf = ({ effect, evidence, reach, symbol, trigger }: Claim): Option.Option<Claim> => {
  const claim: Claim = {
    ...(trigger === undefined ? {} : { trigger }),
    ...(effect === undefined ? {} : { effect }),
    ...(symbol === undefined ? {} : { symbol }),
    ...(reach === undefined ? {} : { reach }),
    ...(evidence === undefined ? {} : { evidence })
  }
  return Object.keys(claim).length === 0 ? Option.none() : Option.some(claim)
}

const text = (description: string) => Schema.optionalKey(Schema.NullOr(Schema.String)).annotate({ description })

const WireEvidence = Schema.Struct({
  path: Schema.String,
  line: Schema.Int.annotate({ description: "Its first line." }),
  quote: Schema.String.annotate({ description: "One to ten lines of code, word for word, without their numbers." })
})

/** Fields of a claim on the wire. */
export const wireClaim = {
  trigger: text("When it goes wrong: input, state or order, in a few words."),
  effect: text("What happens then, in a few words."),
  symbol: text("The function, type or variable."),
  reach: Schema.optionalKey(Schema.NullOr(Reach)).annotate({
    description: "`local`: the commented lines prove it. `reaching`: code elsewhere does."
  }),
  evidence: Schema.Array(WireEvidence).annotate({
    description: "The code that proves it, the commented lines first."
  })
}

const isReach = Schema.is(Reach)

/** Longest text of a claim, and its most pieces of evidence: it goes into the prompt of the verifier. */
const longestPart = 600
const longestQuote = 3_000
const mostEvidence = 8

const filled = (name: "trigger" | "effect" | "symbol", value: unknown) =>
  Predicate.isString(value) && value.trim() !== "" ? { [name]: value.trim().slice(0, longestPart) } : {}

/** Evidence that can be read out of what the model wrote. */
export const evidenceIn = (value: unknown): ReadonlyArray<Evidence> =>
  (Array.isArray(value) ? value : [value]).flatMap((one): ReadonlyArray<Evidence> => {
    if (!Predicate.isObject(one)) return []
    const [{ path, quote }, [line]] = [one, linesIn(one["line"])]
    if (!Predicate.isString(path) || !Predicate.isString(quote) || quote.trim() === "") return []
    return path.trim() === "" || line === undefined ? [] : [{ path, line, quote: quote.slice(0, longestQuote) }]
  }).slice(0, mostEvidence)

/** Reads the claim out of what the model wrote. What cannot be read counts as not said. */
export const claimIn = (value: Readonly<Record<PropertyKey, unknown>>): Claim => {
  const evidence = evidenceIn(value["evidence"])
  return {
    ...filled("trigger", value["trigger"]),
    ...filled("effect", value["effect"]),
    ...filled("symbol", value["symbol"]),
    ...(isReach(value["reach"]) ? { reach: value["reach"] } : {}),
    ...(evidence.length === 0 ? {} : { evidence })
  }
}
