import type { ProviderSettings } from "@nominal-code/config/AppConfig"
import { installClaudeCode } from "@nominal-code/config/RunnerConfig"
import { isProvider, providers as settings } from "@nominal-code/config/settings/Providers"
import {
  claudeCode,
  modelsOf,
  type ProviderName,
  reviewAgentsOf,
  type ReviewSettings
} from "@nominal-code/domain/settings/ReviewSettings"
import { Effect, Schema } from "effect"

/** A model's key that is missing. */
class NoModelKey extends Schema.TaggedError<NoModelKey>()("NoModelKey", { message: Schema.String }) {}

/** Variable of the key of a provider. */
const keyOf = (name: ProviderName) => settings[name].apiKey.env[0]

const nameOfKey = (provider: string) => isProvider(provider) ? keyOf(provider) : "its key"

/** Settings of the models, and of those whose keys are there. */
export interface ModelSettings {
  readonly providers: ReadonlyArray<ProviderSettings>
  readonly review: ReviewSettings
}

/** Fails where a provider of the review's agents needs a key that is not configured. */
export const checkKey = Effect.fnUntraced(function*({ providers, review }: ModelSettings) {
  const hasKey = (provider: string) => provider === claudeCode || providers.some(({ name }) => name === provider)
  const { provider } = review.reviewer
  if (!hasKey(provider)) {
    const others = (["anthropic", "openai", "google"] as const).filter((name) => name !== provider)
      .map((name) => `--provider ${name} with ${keyOf(name)}`)
    return yield* new NoModelKey({
      message: `there is no key for the model: set ${nameOfKey(provider)}, ` +
        (provider === "anthropic" ? `or ${installClaudeCode}, ` : "") +
        `or choose another provider: ${others.join(", or ")}`
    })
  }
  const missing = modelsOf(review, reviewAgentsOf(review)).find((model) => !hasKey(model.provider))
  if (missing === undefined) return
  return yield* new NoModelKey({
    message: `there is no key for ${missing.provider}/${missing.model}, which another agent or agent.fallback has: ` +
      `set ${nameOfKey(missing.provider)}, or leave that model out`
  })
})
