import type { ClientOptions } from "openai"

/** Options of the SDK's client that keep it from reading the environment, trying again by itself, and logging. */
export const unconfigured = {
  adminAPIKey: null,
  organization: null,
  project: null,
  webhookSecret: null,
  maxRetries: 0,
  // Its log lines would hold prompts.
  logLevel: "off"
} as const satisfies ClientOptions
