import type { ChatServiceName } from "@nominal-code/domain/model/ChatServices"
import { Duration } from "effect"

/** Differences of a service from the usual Chat Completions. */
export interface Quirks {
  /** Parameter of the largest number of output tokens. */
  readonly outputLimit: "max_tokens" | "max_completion_tokens"
  /** Value of `tool_choice` by which a call is demanded. */
  readonly forced: "required" | "any"
  /** False: usage comes with a stream without being asked for, and asking for it is refused. */
  readonly asksForUsage: boolean
  /** True: JSON can be demanded without a schema. */
  readonly json: boolean
  /** Fields in which the model's thoughts have to come back. `reasoning_content` then is in every answer of a history. */
  readonly thoughts: "none" | "reasoning_content" | "reasoning_details"
  /** True: a call's id has nine letters and digits, and the user's words may not follow a tool's result. */
  readonly mistral: boolean
  /** True for a server of one's own. */
  readonly isLocal: boolean
  /** Time without a byte: a local server loads its model and reads the prompt before it says anything. */
  readonly idle: Duration.Duration
}

const usual: Quirks = {
  outputLimit: "max_tokens",
  forced: "required",
  asksForUsage: true,
  json: true,
  thoughts: "none",
  mistral: false,
  isLocal: false,
  idle: Duration.seconds(90)
}

const local = { ...usual, isLocal: true, idle: Duration.minutes(4) }

/** The quirks of a service, from its documentation. */
export const quirksOf: Readonly<Record<ChatServiceName, Quirks>> = {
  "openai-compatible": local,
  deepseek: { ...usual, thoughts: "reasoning_content" },
  groq: { ...usual, outputLimit: "max_completion_tokens" },
  together: usual,
  fireworks: usual,
  openrouter: { ...usual, thoughts: "reasoning_details" },
  mistral: { ...usual, forced: "any", asksForUsage: false, mistral: true },
  xai: { ...usual, outputLimit: "max_completion_tokens" },
  ollama: local,
  vllm: local,
  lmstudio: { ...local, json: false }
}
