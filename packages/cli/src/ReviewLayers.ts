import * as ApiAgent from "@nominal-code/agent/ApiAgent"
import type { AppConfig } from "@nominal-code/config/AppConfig"
import { type BuiltProvider, builtProviders, isBuilt } from "@nominal-code/config/settings/Providers"
import type { ProviderName } from "@nominal-code/domain/ReviewSettings"
import * as Anthropic from "@nominal-code/llm/Anthropic"
import * as Google from "@nominal-code/llm/Google"
import { LlmError } from "@nominal-code/llm/LlmError"
import { LlmProvider } from "@nominal-code/llm/LlmProvider"
import * as OpenAi from "@nominal-code/llm/OpenAi"
import { ReviewConfig } from "@nominal-code/review/ReviewConfig"
import { Effect, Layer } from "effect"
import * as Configured from "./Configured.ts"

const models: Record<BuiltProvider, Layer.Layer<LlmProvider, never, AppConfig>> = {
  anthropic: Anthropic.layer,
  openai: OpenAi.layer,
  google: Google.layer
}

/** Provider that this build does not have: its calls fail. A job may come from a server that knows more providers. */
const unknown = (provider: ProviderName) =>
  Layer.succeed(LlmProvider, {
    name: provider,
    send: () =>
      Effect.fail(
        new LlmError({
          provider,
          reason: "invalid-request",
          message: `this build cannot talk to "${provider}" yet. Available: ${builtProviders.join(", ")}`
        })
      )
  })

/** The model service that the review's settings name: the server's, or those that came with the job. */
const model = Layer.unwrap(
  Effect.map(
    ReviewConfig,
    ({ settings: { reviewer: { provider } } }) => isBuilt(provider) ? models[provider] : unknown(provider)
  )
)

/** The agent of one review. */
export const agent = ApiAgent.layer.pipe(Layer.provide(model))

/** Layers of one review, beside its configuration and its conversation: forges, workspace and agent. */
export const layer = Layer.mergeAll(Configured.forges, Configured.workspace, agent)
