import { Block } from "@nominal-code/domain/Conversation"
import type { LlmRequest } from "@nominal-code/llm/LlmProvider"
import * as OpenAi from "@nominal-code/llm/OpenAi"
import { FirstDelay } from "@nominal-code/llm/Retry"
import { Duration, Effect, Option, Redacted } from "effect"
import * as Wire from "./OpenAiWire.ts"
import { type Reply, scripted } from "./ScriptedService.ts"

export const key = "sk-proj-very-secret"

export const Text = (text: string) => Block.cases.Text.make({ text })

export const request: LlmRequest = {
  model: "gpt-5",
  system: "You review.",
  messages: [{ role: "user", content: [Text("Review this.")] }],
  tools: [
    { name: "Read", description: "Reads", inputSchema: { type: "object", properties: { path: { type: "string" } } } },
    { name: "submit_review", description: "Submits", inputSchema: {} }
  ],
  toolChoice: "auto",
  maxOutputTokens: 16_384
}

const limits = { idle: Duration.seconds(10), attempt: Duration.seconds(20), total: Duration.seconds(30) }

/** A provider that talks to a service with a script, and what the service received. */
export const against = Effect.fnUntraced(function*(replies: ReadonlyArray<Reply>, given: Partial<typeof limits> = {}) {
  const service = yield* scripted(replies)
  const provider = yield* OpenAi.make({
    apiKey: Redacted.make(key),
    baseUrl: Option.some(`${service.url}/v1`),
    limits: { ...limits, ...given }
  })
  const send = (request: LlmRequest) => Effect.provideService(provider.send(request), FirstDelay, Duration.millis(1))
  return { received: service.received, send, fails: (request: LlmRequest) => Effect.flip(send(request)) }
})

export const fine = Wire.answer([Wire.message("All well.")])
