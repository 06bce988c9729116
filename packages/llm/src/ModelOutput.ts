import { Option } from "effect"
import { plainName } from "./ModelWindow.ts"

/**
 * Largest outputs of one call in tokens, from the vendors' pages of models, and of GLM, Grok and Mistral as gateways quote
 * them (read in November 2026). A service refuses a call that asks for more.
 */
const table: ReadonlyArray<readonly [RegExp, number]> = [
  [/^claude-3-(?:haiku|opus)/, 4_096],
  [/^claude-3-5/, 8_192],
  [/^claude-opus-4(?:-1)?(?:$|-\d{8})/, 32_000],
  [/^claude-(?:3-7|haiku-4|sonnet-4|opus-4-5)/, 64_000],
  [/^claude-/, 128_000],
  [/^anthropic\/claude-(?:sonnet|opus|haiku)-5/, 128_000],
  [/^gemini-(?:1|2\.0)/, 8_192],
  [/^gemini-/, 65_536],
  [/^gpt-4o/, 16_384],
  [/^gpt-4\.1/, 32_768],
  [/^o[34](?:-|$)/, 100_000],
  [/^gpt-[5-9]/, 128_000],
  [/^openai\/gpt-oss-/, 65_536],
  [/^deepseek-(?:chat|coder)/, 8_192],
  [/^deepseek-(?:flash|v4)/, 384_000],
  [/glm-5(?:\.|p)[23]$/i, 131_072],
  [/^grok-4\.[5-9]/, 200_000],
  [/^mistral-medium-3/, 256_000]
]

/** Largest output of a model; none: it is not in the table. */
export const largestOutputOf = (model: string): Option.Option<number> => {
  const plain = plainName(model)
  return Option.fromUndefinedOr(table.find(([pattern]) => pattern.test(plain))?.[1])
}
