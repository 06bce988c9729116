import { Config, Effect, Layer } from "effect"

/**
 * Makes a layer that reads its options from Effect's `Config`, for a program without our `AppConfig`. Each option is a
 * `Config` of its own, or all of them together are one.
 */
export const layerConfigOf =
  <Options, A, E, R>(layer: (options: Options) => Layer.Layer<A, E, R>) =>
  (options: Config.Wrap<Options>): Layer.Layer<A, E | Config.ConfigError, R> =>
    Layer.unwrap(Effect.map(Config.unwrap(options), layer))
