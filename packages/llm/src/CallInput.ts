import { isTextTooDeep } from "@nominal-code/domain/text/JsonDepth"
import { Effect, Schema } from "effect"

type Input = Readonly<Record<string, Schema.Json>>

const decode = Schema.decodeEffect(Schema.fromJsonString(Schema.Record(Schema.String, Schema.Json)))

/** Reads the input of a tool call, which a service sends as a text; one without arguments may be an empty text. */
export const callInput = (text: string): Effect.Effect<Input, Schema.SchemaError | "nested too deep"> =>
  isTextTooDeep(text) ? Effect.fail("nested too deep" as const) : decode(text === "" ? "{}" : text)
