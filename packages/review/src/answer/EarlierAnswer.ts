import { Predicate, Schema } from "effect"

/** The model's answer about an earlier finding of ours. */
export interface EarlierAnswer {
  /** The finding's name in the prompt. */
  readonly id: string
  readonly status: "open" | "fixed" | "withdrawn"
  /** The code that fixes it, as it stands at the reviewed commit. */
  readonly quote?: string
  /** The file of the quote; absent: that of the finding. */
  readonly path?: string
  /** Reason for which it does not hold. */
  readonly reason?: string
}

const text = (description: string) => Schema.optionalKey(Schema.NullOr(Schema.String)).annotate({ description })

/** One answer on the wire. */
export const WireEarlier = Schema.Struct({
  id: Schema.String.annotate({ description: "Its name in the prompt: E1." }),
  status: Schema.Literals(["open", "fixed", "withdrawn"]).annotate({
    description: "`open`: still there. `fixed`: mended since. `withdrawn`: it never held."
  }),
  quote: text(
    "For `fixed`: the lines that fix it, word for word as they stand now; none if code was only deleted."
  ),
  path: text("The file of the quote, if it is another one."),
  reason: text("For `withdrawn`: why it does not hold, in one or two sentences, which are posted.")
})

const isWire = Schema.is(WireEarlier)

const filled = (name: "quote" | "path" | "reason", value: string | null | undefined) =>
  Predicate.isString(value) && value.trim() !== "" ? { [name]: value } : {}

/** Reads the answers out of what the model wrote. One that cannot be read is none, and its finding stays open. */
export const earlierAnswers = (value: unknown): ReadonlyArray<EarlierAnswer> =>
  (Array.isArray(value) ? value : []).filter(isWire).map(({ id, path, quote, reason, status }) => ({
    id: id.trim().toUpperCase(),
    status,
    ...filled("quote", quote),
    ...filled("path", path),
    ...filled("reason", reason)
  }))
