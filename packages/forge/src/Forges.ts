import { Platform } from "@nominal-code/domain/event/PullRequest"
import { Context, Effect, Layer, Option, Schema } from "effect"
import { Forge } from "./Forge.ts"

/** This process has no credentials for the forge. */
export class ForgeNotConfigured extends Schema.TaggedError<ForgeNotConfigured>()("ForgeNotConfigured", {
  platform: Platform
}) {
  override get message() {
    return `no credentials for ${this.platform} are configured in this process`
  }
}

/** The forges that this process has credentials for. */
export class Forges extends Context.Service<Forges, {
  readonly platforms: ReadonlyArray<Platform>
  of(platform: Platform): Effect.Effect<Forge["Service"], ForgeNotConfigured>
}>()("@nominal-code/forge/Forges") {}

/** The forges of the given layers, by their platforms. */
export const layer = <E, R>(forges: ReadonlyArray<Layer.Layer<Forge, E, R>>): Layer.Layer<Forges, E, R> =>
  Layer.effect(
    Forges,
    Effect.map(
      Effect.forEach(forges, (forge) => Effect.map(Layer.build(forge), Context.get(Forge)), { concurrency: 1 }),
      (built) => {
        const byPlatform = new Map(built.map((forge) => [forge.platform, forge]))
        return Forges.of({
          platforms: [...byPlatform.keys()],
          of: (platform) =>
            Effect.mapError(
              Effect.fromOption(Option.fromUndefinedOr(byPlatform.get(platform))),
              () => new ForgeNotConfigured({ platform })
            )
        })
      }
    )
  )

/** Runs an effect on the forge of a platform. */
export const on = (platform: Platform) =>
  Effect.provideServiceEffect(Forge, Effect.flatMap(Forges, (forges) => forges.of(platform)))
