import { LlmError } from "@nominal-code/llm/LlmError"
import { LlmProvider } from "@nominal-code/llm/LlmProvider"
import { bounded } from "@nominal-code/llm/TokenCount"
import { tokensInBytes } from "@nominal-code/llm/TokenEstimate"
import { Effect } from "effect"

/**
 * A provider whose model has a window of so many tokens. A quarter of it is for the answer. A longer conversation fails
 * before it is sent, because some servers cut it and say nothing.
 */
export const within = (llm: LlmProvider["Service"], tokens: number): LlmProvider["Service"] =>
  LlmProvider.of({
    ...llm,
    send: (request) => {
      const maxOutputTokens = Math.min(request.maxOutputTokens, Math.floor(tokens / 4))
      const { messages, system, tools } = request
      const prompt = tokensInBytes(Buffer.byteLength(JSON.stringify([system, messages, tools])))
      return prompt + maxOutputTokens <= tokens
        ? Effect.map(llm.send({ ...request, maxOutputTokens }), (response) => ({
          ...response,
          usage: bounded(response.usage, { window: tokens, output: Infinity })
        }))
        : Effect.fail(
          new LlmError({
            provider: llm.name,
            reason: "context-too-long",
            message:
              `The conversation has about ${prompt} tokens, which with the answer is more than the window of ${tokens}`
          })
        )
    }
  })
