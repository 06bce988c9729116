import type { ChatServiceName } from "@nominal-code/domain/model/ChatServices"
import * as Chat from "@nominal-code/llm/Chat"
import { Option } from "effect"
import * as Wire from "./ChatWire.ts"
import { request as ofOpenAi } from "./OpenAiScene.ts"
import { scripted } from "./ScriptedService.ts"

export const key = "dsk-very-secret-key"

export const request = { ...ofOpenAi, model: "m" }

/** A service of this kind, asked with a key. */
export const against = (service: ChatServiceName) =>
  scripted((settings) => Chat.make({ ...settings, service, apiKey: Option.some(settings.apiKey) }), key, "/v1")

/** A server without keys. */
export const keyless = scripted(
  (settings) => Chat.make({ ...settings, service: "ollama", apiKey: Option.none() }),
  key,
  "/v1"
)

export const fine = Wire.answer([Wire.text("All "), Wire.text("well.")])
