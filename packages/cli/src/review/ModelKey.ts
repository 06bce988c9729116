import { AppConfig } from "@nominal-code/config/AppConfig"
import { installClaudeCode } from "@nominal-code/config/RunnerConfig"
import { isProvider, providers as settings } from "@nominal-code/config/settings/Providers"
import { claudeCode, type ProviderName } from "@nominal-code/domain/ReviewSettings"
import { Effect, Schema } from "effect"

/** There is no key for the model. */
class NoModelKey extends Schema.TaggedError<NoModelKey>()("NoModelKey", { message: Schema.String }) {}

/** Fails where the reviewer's provider needs a key that is not configured. */
export const checkKey = Effect.gen(function*() {
  const { providers, review: { reviewer: { provider } } } = yield* AppConfig
  if (provider === claudeCode || providers.some(({ name }) => name === provider)) return
  const keyOf = (name: ProviderName) => settings[name].apiKey.env[0]
  const others = (["anthropic", "openai", "google"] as const).filter((name) => name !== provider)
    .map((name) => `--provider ${name} with ${keyOf(name)}`)
  return yield* new NoModelKey({
    message: `there is no key for the model: set ${isProvider(provider) ? keyOf(provider) : "its key"}, ` +
      (provider === "anthropic" ? `or ${installClaudeCode}, ` : "") +
      `or choose another provider: ${others.join(", or ")}`
  })
})
