import { Schema } from "effect"

/** The services that speak OpenAI's Chat Completions. */
export const ChatServiceName = Schema.Literals([
  "openai-compatible",
  "deepseek",
  "groq",
  "together",
  "fireworks",
  "openrouter",
  "mistral",
  "xai",
  "ollama",
  "vllm",
  "lmstudio"
])
export type ChatServiceName = typeof ChatServiceName.Type

/** Address and credentials of a service that speaks Chat Completions. */
export interface ChatService {
  /** Name in messages: `the DeepSeek API`. */
  readonly title: string
  /** Usual address, up to and including the version; absent: it has to be set. */
  readonly url?: string
  readonly keyVariable: string
  readonly urlVariable: string
  /** False for servers that run without a key. */
  readonly needsKey: boolean
}

/** The services by name. Each has a key variable of its own, because a key must not reach another company. */
export const chatServices: Readonly<Record<ChatServiceName, ChatService>> = {
  "openai-compatible": {
    title: "OpenAI-compatible endpoint",
    keyVariable: "AGENT_API_KEY",
    urlVariable: "AGENT_BASE_URL",
    needsKey: false
  },
  deepseek: {
    title: "DeepSeek API",
    url: "https://api.deepseek.com",
    keyVariable: "DEEPSEEK_API_KEY",
    urlVariable: "DEEPSEEK_BASE_URL",
    needsKey: true
  },
  groq: {
    title: "Groq API",
    url: "https://api.groq.com/openai/v1",
    keyVariable: "GROQ_API_KEY",
    urlVariable: "GROQ_BASE_URL",
    needsKey: true
  },
  together: {
    title: "Together API",
    url: "https://api.together.xyz/v1",
    keyVariable: "TOGETHER_API_KEY",
    urlVariable: "TOGETHER_BASE_URL",
    needsKey: true
  },
  fireworks: {
    title: "Fireworks API",
    url: "https://api.fireworks.ai/inference/v1",
    keyVariable: "FIREWORKS_API_KEY",
    urlVariable: "FIREWORKS_BASE_URL",
    needsKey: true
  },
  openrouter: {
    title: "OpenRouter API",
    url: "https://openrouter.ai/api/v1",
    keyVariable: "OPENROUTER_API_KEY",
    urlVariable: "OPENROUTER_BASE_URL",
    needsKey: true
  },
  mistral: {
    title: "Mistral API",
    url: "https://api.mistral.ai/v1",
    keyVariable: "MISTRAL_API_KEY",
    urlVariable: "MISTRAL_BASE_URL",
    needsKey: true
  },
  xai: {
    title: "xAI API",
    url: "https://api.x.ai/v1",
    keyVariable: "XAI_API_KEY",
    urlVariable: "XAI_BASE_URL",
    needsKey: true
  },
  ollama: {
    title: "Ollama server",
    url: "http://localhost:11434/v1",
    keyVariable: "OLLAMA_API_KEY",
    urlVariable: "OLLAMA_BASE_URL",
    needsKey: false
  },
  vllm: {
    title: "vLLM server",
    url: "http://localhost:8000/v1",
    keyVariable: "VLLM_API_KEY",
    urlVariable: "VLLM_BASE_URL",
    needsKey: false
  },
  lmstudio: {
    title: "LM Studio server",
    url: "http://localhost:1234/v1",
    keyVariable: "LM_STUDIO_API_KEY",
    urlVariable: "LM_STUDIO_BASE_URL",
    needsKey: false
  }
}
