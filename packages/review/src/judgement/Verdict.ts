/** Verdicts: what the verifier says of each claim. */
import type { Submission } from "@nominal-code/agent/AgentRunner"
import { submitSpec } from "@nominal-code/agent/ToolCalls"
import { Effect, Predicate, Ref, Schema } from "effect"
import { type Evidence, evidenceIn } from "../answer/Claim.ts"

/** Verdict about a claim. */
export type Verdict =
  | { readonly _tag: "Confirmed" }
  /** The code of the quote shows that it does not hold. */
  | { readonly _tag: "Refuted"; readonly counter: Evidence }
  /** End of a verification that could not tell; `dependsOn` may be empty. */
  | { readonly _tag: "Uncertain"; readonly dependsOn: string }

const optionalText = (description: string) => Schema.optionalKey(Schema.NullOr(Schema.String)).annotate({ description })

const WireVerdict = Schema.Struct({
  id: Schema.String.annotate({ description: "Its name in the prompt: C1." }),
  verdict: Schema.Literals(["confirmed", "refuted", "uncertain"]),
  quote: optionalText("For `refuted`: the code that shows it, word for word."),
  path: optionalText("The file of the quote."),
  line: Schema.optionalKey(Schema.NullOr(Schema.Int)).annotate({
    description: "Its first line."
  }),
  depends_on: optionalText("For `uncertain`: what would have to be true, in one short sentence.")
})

const Wire = Schema.Struct({
  verdicts: Schema.Array(WireVerdict).annotate({ description: "One for each claim." })
})

/** Verdicts by the names of their claims. */
export type Verdicts = ReadonlyMap<string, Verdict>

/** Maximum length of the condition of a claim. It is posted. */
const longestCondition = 400

const textOf = (value: unknown): string => Predicate.isString(value) ? value.trim() : ""

/** A written verdict; undefined where it is none, or is about no claim. */
const verdictIn = (written: unknown, ids: ReadonlySet<string>) => {
  if (!Predicate.isObject(written)) return undefined
  const id = textOf(written["id"]).toUpperCase()
  const verdict = textOf(written["verdict"]).toLowerCase()
  if (!ids.has(id) || !["confirmed", "refuted", "uncertain"].includes(verdict)) return undefined
  const dependsOn = textOf(written["depends_on"]).slice(0, longestCondition)
  return { id, verdict, dependsOn, counter: evidenceIn(written)[0] }
}

type WrittenVerdict = NonNullable<ReturnType<typeof verdictIn>>

const listIn = (input: unknown): ReadonlyArray<unknown> => {
  const list = Predicate.isObject(input) ? input["verdicts"] : input
  return Array.isArray(list) ? list : []
}

const unproven = (id: string) =>
  `${id}: the quote that refutes it does not stand in the repository. Quote the code that does, or call it uncertain`

/** Tool by which the verifier hands in its verdicts. */
const tool = {
  toolName: "submit_verdicts",
  description: "For a verification of claims only: hands in the verdicts and ends it.",
  input: Wire
}

/** That tool, for a model that is shown it. */
export const verdictSpec = submitSpec(tool)

/**
 * Makes the submission of verdicts. What is said of claims that do not exist is not read. Verdicts with claims left out,
 * or refuting by a quote that does not stand in the code, are sent back once; after that, a claim that is left out has no
 * verdict, and one that is refuted without proof is uncertain.
 */
export const verdictSubmission = (
  ids: ReadonlySet<string>,
  stands: (evidence: Evidence) => Effect.Effect<boolean>
): Effect.Effect<Submission<Verdicts>> =>
  Effect.map(Ref.make(false), (sentBack): Submission<Verdicts> => {
    const judged = Effect.fnUntraced(function*({ counter, dependsOn, verdict }: WrittenVerdict) {
      if (verdict === "confirmed") return { _tag: "Confirmed" } satisfies Verdict
      if (verdict === "refuted" && counter !== undefined && (yield* stands(counter))) {
        return { _tag: "Refuted", counter } satisfies Verdict
      }
      return { _tag: "Uncertain", dependsOn } satisfies Verdict
    })
    return {
      ...tool,
      decode: Effect.fnUntraced(function*(input, { lenient }) {
        const written = listIn(input).flatMap((one) => verdictIn(one, ids) ?? [])
        const verdicts = new Map<string, Verdict>()
        for (const one of written) verdicts.set(one.id, yield* judged(one))
        const missing = [...ids].filter((id) => !verdicts.has(id))
        const wrong = [
          ...(missing.length === 0 ? [] : [`verdicts: give one for ${missing.join(", ")} too`]),
          ...written.filter(({ id, verdict }) => verdict === "refuted" && verdicts.get(id)?._tag !== "Refuted")
            .map(({ id }) => unproven(id))
        ]
        const isAccepted = wrong.length === 0 || lenient || (yield* Ref.getAndSet(sentBack, true))
        return isAccepted ? verdicts : yield* Effect.fail(wrong.join("\n"))
      })
    }
  })
