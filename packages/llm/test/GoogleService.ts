import { Block, type Message } from "@nominal-code/domain/Conversation"
import * as Google from "@nominal-code/llm/Google"
import type { LlmRequest } from "@nominal-code/llm/LlmProvider"
import { FirstDelay } from "@nominal-code/llm/Retry"
import { Duration, Effect, Option, Redacted } from "effect"
import * as Wire from "./GoogleWire.ts"
import { type Reply, scripted } from "./ScriptedService.ts"

export const key = "AIzaVerySecret"
export const Text = (text: string) => Block.cases.Text.make({ text })
export const user = (...content: ReadonlyArray<Block>): Message => ({ role: "user", content })

export const request: LlmRequest = {
  model: "gemini-3.8-flash",
  system: "You review.",
  messages: [user(Text("Review this."))],
  tools: [{ name: "Read", description: "Reads", inputSchema: { type: "object", properties: {} } }],
  toolChoice: "auto",
  maxOutputTokens: 16_384
}

const limits = { idle: Duration.seconds(10), attempt: Duration.seconds(20), total: Duration.seconds(30) }

/** A provider that talks to a service with a script, and what the service received. */
export const against = Effect.fnUntraced(function*(replies: ReadonlyArray<Reply>, given: Partial<typeof limits> = {}) {
  const service = yield* scripted(replies)
  const provider = yield* Google.make({
    apiKey: Redacted.make(key),
    baseUrl: Option.some(service.url),
    limits: { ...limits, ...given }
  })
  const send = (request: LlmRequest) => Effect.provideService(provider.send(request), FirstDelay, Duration.millis(1))
  return { received: service.received, send, fails: (request: LlmRequest) => Effect.flip(send(request)) }
})

export const fine = Wire.answer([Wire.text("All "), Wire.text("well.")])
