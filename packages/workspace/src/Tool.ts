import { Sha } from "@nominal-code/domain/event/PullRequest"
import { oneLine } from "@nominal-code/domain/text/OneLine"
import { Effect, Schema } from "effect"

/** Checkout that tools read, as another process that has its repository finds it. */
export const ToolPlace = Schema.Struct({
  gitDir: Schema.String,
  commits: Schema.Struct({ head: Sha, base: Sha, mergeBase: Sha })
})
export type ToolPlace = typeof ToolPlace.Type

/** Failure of a tool, in words that the model can act on. */
export class ToolError extends Schema.TaggedError<ToolError>()("ToolError", { message: Schema.String }) {}

/**
 * A tool that the model can call. `run` takes what the model wrote, checks it against `input`, and answers with text;
 * its failures are answers too, marked as errors.
 */
export interface Tool {
  readonly name: string
  readonly description: string
  /** Schema of the input. The model sees its JSON Schema. */
  readonly input: Schema.Top
  run(input: unknown): Effect.Effect<string, ToolError>
  /** True if it keeps to a time limit of its own, in place of the usual one. */
  readonly ownTimeLimit?: boolean
  /** The checkout that it reads; absent: none. */
  readonly place?: ToolPlace
}

/** Makes a tool from a function of its decoded input. Other input is refused with the field and its rule. */
export const make = <A, I>(options: {
  readonly name: string
  readonly description: string
  readonly input: Schema.Codec<A, I>
  readonly run: (input: A) => Effect.Effect<string, ToolError>
}): Tool => {
  const decode = Schema.decodeUnknownEffect(options.input, { errors: "all", onExcessProperty: "error" })
  return {
    name: options.name,
    description: options.description,
    input: options.input,
    run: Effect.fn(`Tool.${options.name}`)(function*(input: unknown) {
      const decoded = yield* Effect.mapError(
        decode(input),
        (error) => new ToolError({ message: `Invalid input for ${options.name}: ${oneLine(error.message)}` })
      )
      return yield* options.run(decoded)
    })
  }
}
