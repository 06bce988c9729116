import { Block, type Message } from "@nominal-code/domain/model/Conversation"
import * as Google from "@nominal-code/llm/Google"
import type { LlmRequest } from "@nominal-code/llm/LlmProvider"
import * as Wire from "./GoogleWire.ts"
import { scripted } from "./ScriptedService.ts"

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

export const against = scripted(Google.make, key)

export const fine = Wire.answer([Wire.text("All "), Wire.text("well.")])
