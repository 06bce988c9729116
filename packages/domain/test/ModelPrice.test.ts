import { assert, it } from "@effect/vitest"
import { isRegional, priceNamesOf } from "@nominal-code/domain/model/ModelPrice"

it("a price is looked for under a model's own name first, then without its date, then without Bedrock's region", () => {
  assert.deepStrictEqual(priceNamesOf("gpt-5-2025-08-07"), ["gpt-5-2025-08-07", "gpt-5"])
  assert.deepStrictEqual(priceNamesOf("claude-haiku-4@20260101"), ["claude-haiku-4@20260101", "claude-haiku-4"])
  assert.deepStrictEqual(priceNamesOf("eu.anthropic.claude-sonnet-4-5-20250929-v1:0").slice(2), [
    "claude-sonnet-4-5-20250929",
    "claude-sonnet-4-5"
  ])
  assert.strictEqual(priceNamesOf("mine").at(-1), "mine")
})

it("a model of Bedrock is regional unless its name says that it is global", () => {
  assert.isTrue(isRegional("eu.anthropic.claude-sonnet-4-5-20250929-v1:0"))
  assert.isTrue(isRegional("anthropic.claude-sonnet-4-5-20250929-v1:0"))
  assert.isFalse(isRegional("global.anthropic.claude-sonnet-4-5-20250929-v1:0"))
  assert.isFalse(isRegional("claude-sonnet-4-5"))
})
