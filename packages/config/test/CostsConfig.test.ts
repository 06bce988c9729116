import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { complete, configured } from "./Fixture.ts"
import { mistakes } from "./Mistakes.ts"

it.effect("limits of several reviews are read from YAML and the environment; 0 is none", () =>
  Effect.gen(function*() {
    const yaml = "limits: { pull_request_usd: 5, repository_usd: 0, day_usd: 50.5 }"
    const { costs, review } = yield* configured({ yaml, env: { ...complete, LIMITS_AUTHOR_USD: "2.50" } })
    assert.deepStrictEqual(review.limits, { pullRequestUsd: 5, authorUsd: 2.5, dayUsd: 50.5 })
    assert.isFalse(costs.allowUnpriced)
    const open = yield* configured({ env: { ...complete, LIMITS_ALLOW_UNPRICED: "true" } })
    assert.deepStrictEqual([open.costs.allowUnpriced, open.review.limits, open.review.prices], [true, {}, {}])
  }))

it.effect("prices are read from YAML, and as JSON from the environment", () =>
  Effect.gen(function*() {
    const prices = { "my-model": { input: 1.25, output: 10, cacheRead: 0.1 } }
    const yaml = "agent: { prices: { my-model: { input: 1.25, output: 10, cache_read: 0.1 } } }"
    assert.deepStrictEqual((yield* configured({ yaml })).review.prices, prices)
    const json = JSON.stringify({ "my-model": { input: 1.25, output: 10, cache_read: 0.1 } })
    const env = { ...complete, AGENT_PRICES: json }
    assert.deepStrictEqual((yield* configured({ env })).review.prices, prices)
  }))

const expected = "prices in dollars per million tokens: {my-model: {input: 1.25, output: 10, cache_read: 0.1}}"

mistakes("costs", {
  "a negative limit": {
    yaml: "limits: { day_usd: -1 }",
    problem: "limits.day_usd (LIMITS_DAY_USD): -1 in FILE is not a number of at least 0, like 2.50"
  },
  "a price without its output": {
    env: { AGENT_PRICES: "{\"m\":{\"input\":1}}" },
    problem: `agent.prices (AGENT_PRICES): "{\\"m\\":{\\"input\\":1}}" in the environment is not ${expected}`
  },
  "a misspelled part of a price": {
    env: { AGENT_PRICES: "{\"m\":{\"input\":1,\"output\":2,\"cached\":1}}" },
    problem:
      `agent.prices (AGENT_PRICES): "{\\"m\\":{\\"input\\":1,\\"output\\":2,\\"cached\\":1}}" in the environment is not ${expected}`
  }
})
