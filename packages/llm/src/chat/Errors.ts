import type { LlmError } from "../LlmError.ts"

const refusal = (pattern: RegExp) => (error: LlmError): boolean =>
  error.reason === "invalid-request" && pattern.test(error.message)

/** True if the service wants the other name of the output limit. */
export const isOutputLimitRefusal = refusal(
  /max_(?:completion_)?tokens.*(?:not supported|unsupported|instead)|unsupported parameter.*max_/i
)

/** True if the model cannot be forced to call a tool, as models that think often cannot. */
export const isForcedToolRefusal = refusal(/tool_choice|tool choice/i)

/** True if the server has no JSON mode. */
export const isJsonRefusal = refusal(/response_format|json.?(?:mode|object)/i)

/** True if the model, or the server as it was started, takes no tools: as Ollama, OpenRouter, vLLM and Groq say it. */
export const isToolsRefusal = refusal(
  /does not support (?:tools|tool|function)|support tool use|enable-auto-tool-choice|tool calling.*(?:is )?not supported|function calling is not (?:enabled|supported)/i
)
