import { assert, it } from "@effect/vitest"
import { reviewSettings, testConfig } from "@nominal-code/testing/TestConfig"
import { Effect } from "effect"
import { checkPrices } from "../src/Prices.ts"
import { runWith } from "./RunCommand.ts"

const refusal = (
  reviewer: Partial<typeof reviewSettings.reviewer>,
  changes: Partial<typeof reviewSettings> = {},
  allowUnpriced = false
) => {
  const review = { ...reviewSettings, reviewer: { ...reviewSettings.reviewer, ...reviewer }, ...changes }
  return checkPrices({ review, costs: { allowUnpriced } }).pipe(
    Effect.match({ onSuccess: () => undefined, onFailure: ({ message }) => message })
  )
}

it.effect("a model without a known price does not start with a limit in dollars, and the error says what to set", () =>
  Effect.gen(function*() {
    assert.strictEqual(
      yield* refusal({ model: "mine" }),
      "Configuration error: agent.prices (AGENT_PRICES): the price of the model mine is not known, so no limit in " +
        "dollars can hold. Set AGENT_PRICES='{\"mine\": {\"input\": 1, \"output\": 2}}' to its own prices in dollars per " +
        "million tokens, or LIMITS_ALLOW_UNPRICED=true (limits.allow_unpriced), or AGENT_MAX_COST_USD=0 " +
        "(agent.max_cost_usd) for no limit"
    )
    const { maxCostUsd: _cap, ...unlimited } = reviewSettings
    const reviewer = { ...reviewSettings.reviewer, model: "mine" }
    const start = (review: typeof reviewSettings) => Effect.exit(checkPrices(testConfig({ review })))
    assert.strictEqual((yield* start({ ...unlimited, reviewer }))._tag, "Success")
    assert.strictEqual((yield* start({ ...unlimited, reviewer, limits: { dayUsd: 5 } }))._tag, "Failure")
  }))

it.effect("the price of each agent that is used has to be known", () =>
  Effect.gen(function*() {
    const mine = { ...reviewSettings.reviewer, model: "mine" }
    assert.include(yield* refusal({}, { answerer: mine }), "the price of the model mine is not known")
    assert.include(yield* refusal({}, { explorer: mine }), "the price of the model mine is not known")
    assert.include(yield* refusal({}, { verifier: mine }), "the price of the model mine is not known")
    const { explorers: _none, ...without } = { ...reviewSettings, explorer: mine }
    const start = Effect.exit(checkPrices(testConfig({ review: without })))
    assert.strictEqual((yield* start)._tag, "Success")
  }))

it.live("serve ends at once with that error", () =>
  Effect.gen(function*() {
    const { code, stderr } = yield* runWith({
      GITHUB_TOKEN: "ghp_token",
      GITHUB_WEBHOOK_SECRET: "0123456789abcdef",
      REVIEWER_BOT_USERNAME: "nominalbot",
      ALLOWED_USERS: "alice",
      ANTHROPIC_API_KEY: "sk-ant-key",
      AGENT_MODEL: "mine"
    }, "serve")
    assert.strictEqual(code, 1)
    assert.match(
      stderr,
      /^nominal-code: Configuration error: agent\.prices \(AGENT_PRICES\): .* model mine is not known/
    )
  }))

it.effect("it starts with a price, where it is allowed to have none, and on a machine of one's own", () =>
  Effect.gen(function*() {
    assert.isUndefined(yield* refusal({}))
    assert.isUndefined(yield* refusal({ model: "mine" }, { prices: { mine: { input: 1, output: 2 } } }))
    assert.isUndefined(yield* refusal({ model: "mine" }, {}, true))
    for (const provider of ["ollama", "vllm", "lmstudio", "claude-code"]) {
      assert.isUndefined(yield* refusal({ provider, model: "qwen3-coder:30b" }))
    }
    assert.isDefined(yield* refusal({ provider: "openai-compatible", model: "qwen3-coder:30b" }))
  }))
