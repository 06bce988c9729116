import { ConfigProvider, Effect, Option } from "effect"
import { ConfigError } from "./ConfigError.ts"

/**
 * A variable of the environment. The provider is asked itself: a `Config` makes an error for each of the hundreds of
 * names that are not set.
 */
export const readVariable = (name: string): Effect.Effect<Option.Option<string>, ConfigError> =>
  Effect.flatMap(ConfigProvider.ConfigProvider, (provider) => provider.load([name])).pipe(
    Effect.map((node) => Option.fromUndefinedOr(node?.value)),
    Effect.mapError(() => new ConfigError({ problems: [`${name} cannot be read from the environment`] }))
  )
