import { type Effect, Schema } from "effect"

/** Why a tool did not do it, in words that the model can act on. */
export class ToolError extends Schema.TaggedError<ToolError>()("ToolError", { message: Schema.String }) {}

/**
 * Something that the model may ask for. `run` takes what the model wrote, checks it against `input`, and answers with
 * text; its failures are answers too, marked as errors.
 */
export interface Tool {
  readonly name: string
  readonly description: string
  /** The JSON Schema of `input` is what the model is shown. */
  readonly input: Schema.Top
  run(input: unknown): Effect.Effect<string, ToolError>
}
