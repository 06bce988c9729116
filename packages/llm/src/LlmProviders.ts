import { Context, Effect, Layer, Option } from "effect"
import { LlmError } from "./LlmError.ts"
import { LlmProvider } from "./LlmProvider.ts"

/** The model services that this process has, side by side. Each loads its SDK with its first call. */
export class LlmProviders extends Context.Service<LlmProviders, {
  readonly names: ReadonlyArray<string>
  /** The provider of a name. A job may name one that this process does not have. */
  of(name: string): Effect.Effect<LlmProvider["Service"], LlmError>
}>()("@nominal-code/llm/LlmProviders") {}

const absent = (name: string, names: ReadonlyArray<string>) =>
  new LlmError({
    provider: name,
    reason: "invalid-request",
    message: `This process has no model provider "${name}". It has: ${names.join(", ")}`
  })

/** The providers of the given layers, by their names. Of several with the same name, the last one counts. */
export const layer = <E, R>(
  providers: ReadonlyArray<Layer.Layer<LlmProvider, E, R>>
): Layer.Layer<LlmProviders, E, R> =>
  Layer.effect(
    LlmProviders,
    Effect.map(
      Effect.forEach(providers, (provider) => Effect.map(Layer.build(provider), Context.get(LlmProvider)), {
        concurrency: 1
      }),
      (built) => {
        const byName = new Map(built.map((provider) => [provider.name, provider]))
        const names = [...byName.keys()]
        return LlmProviders.of({
          names,
          of: (name) =>
            Effect.mapError(
              Effect.fromOption(Option.fromUndefinedOr(byName.get(name))),
              () => absent(name, names)
            )
        })
      }
    )
  )
