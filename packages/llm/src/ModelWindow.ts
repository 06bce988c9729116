import { Cache, Context, Duration, Effect, Option, Schema } from "effect"
import * as Transport from "./Transport.ts"

/**
 * Context windows in tokens, from the vendors' pages of models (read in November 2026). A model that is not among them
 * is asked for at its service, if that tells.
 */
const table: ReadonlyArray<readonly [RegExp, number]> = [
  [/^claude-haiku-4/, 200_000],
  [/^claude-(?:opus|sonnet)-4(?:-[015]|-\d{8})?(?:$|-\d{8})/, 200_000],
  [/^claude-/, 1_000_000],
  [/^gemini-(?:2\.5|[34])/, 1_048_576],
  [/^gpt-4o/, 128_000],
  [/^gpt-4\.1/, 1_047_576],
  [/^o[34](?:-|$)/, 200_000],
  [/^gpt-5(?:\.[123])?(?:-|$)/, 400_000],
  [/^gpt-(?:5\.[4-9]|6)/, 1_050_000],
  [/^openai\/gpt-oss-/, 131_072],
  [/^deepseek-(?:flash|v4)/, 1_000_000],
  [/^grok-4\.[5-9]/, 500_000]
]

/** `eu.anthropic.claude-…`, as Bedrock names Claude. */
const inBedrock = /^(?:[a-z-]+\.)?anthropic\.(?=claude-)/

/** Name that the vendor has for a model. */
export const plainName = (model: string): string => model.replace(inBedrock, "")

/** Window of a model of a vendor; none: it is not in the table. */
export const listed = (model: string): Option.Option<number> => {
  const plain = plainName(model)
  return Option.fromUndefinedOr(table.find(([pattern]) => pattern.test(plain))?.[1])
}

/** Request to a service about its models, with an SDK whose only way to the network is this `fetch`. */
export type ModelInfoRequest = (
  model: string,
  fetch: Transport.Transport["fetch"],
  signal: AbortSignal
) => Promise<unknown>

/** Window of a model; none: nobody knows it. */
export type WindowLookup = (model: string) => Effect.Effect<Option.Option<number>>

/** Longest wait for a window. A review goes on without. By default 5 seconds, or as long as a service needs. */
export const Patience = Context.Reference<Option.Option<Duration.Duration>>(
  "@nominal-code/llm/ModelWindow/Patience",
  { defaultValue: Option.none }
)

const usualPatience = Duration.seconds(5)

const tokens = Schema.Int.check(Schema.isBetween({ minimum: 1024, maximum: 100_000_000 }))

/** A number of tokens that can be a window. */
export const sensible = Schema.is(tokens)

const withinPatience = <A, E, R>(effect: Effect.Effect<A, E, R>, needed: Duration.Duration) =>
  Effect.flatMap(Patience, (patience) => Effect.timeoutOption(effect, Option.getOrElse(patience, () => needed)))

/**
 * Makes the window of a service's models, each asked for once in an hour. `connect` gives what asks; `read` finds the
 * window in what was told.
 */
export const make = <E>(
  connect: Effect.Effect<ModelInfoRequest, E>,
  read: (told: unknown, model: string) => Option.Option<number>,
  needed = usualPatience
): Effect.Effect<WindowLookup> =>
  Effect.map(
    Cache.make({
      capacity: 64,
      timeToLive: "1 hour",
      lookup: (model: string) =>
        Effect.gen(function*() {
          const ask = yield* connect
          const { fetch } = yield* Transport.make
          const told = yield* Effect.tryPromise((signal) => ask(model, fetch, signal))
          return Option.filter(read(told, model), sensible)
        }).pipe(
          (ask) => withinPatience(ask, needed),
          Effect.map(Option.flatten),
          Effect.orElseSucceed(() => Option.none())
        )
    }),
    (windows) => (model) => Cache.get(windows, model)
  )

/** The window by the table; by the service where the table has none. */
export const listedOr = (asked: WindowLookup): WindowLookup => (model) => {
  const known = listed(model)
  return Option.isSome(known) ? Effect.succeed(known) : asked(model)
}

/** Windows of a service that does not tell any. */
export const listedOnly: WindowLookup = (model) => Effect.succeed(listed(model))
