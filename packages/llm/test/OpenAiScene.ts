import { Block } from "@nominal-code/domain/model/Conversation"
import type { LlmRequest } from "@nominal-code/llm/LlmProvider"
import * as OpenAi from "@nominal-code/llm/OpenAi"
import * as Wire from "./OpenAiWire.ts"
import { scripted } from "./ScriptedService.ts"

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

export const against = scripted(OpenAi.make, key, "/v1")

export const fine = Wire.answer([Wire.message("All well.")])
