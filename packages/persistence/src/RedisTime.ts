import { Context, Effect, type Option } from "effect"

/** Time for the scripts, in milliseconds. None: they use Redis' clock, which all processes share. */
export const RedisTime = Context.Reference<Effect.Effect<Option.Option<number>>>(
  "@nominal-code/persistence/RedisTime",
  { defaultValue: () => Effect.succeedNone }
)
