import { Config, Effect, type Option } from "effect"
import { ConfigError } from "./ConfigError.ts"

/** A variable of the environment. An empty one is not set: CI systems pass empty text for what nobody filled in. */
export const readVariable = (name: string): Effect.Effect<Option.Option<string>, ConfigError> =>
  Config.option(Config.String(name)).pipe(
    Effect.mapError(() => new ConfigError({ problems: [`${name} cannot be read from the environment`] }))
  )
