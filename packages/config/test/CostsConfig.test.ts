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

it.effect("a price of a model that no agent has is a warning, and one that snapshots and regions share is none", () =>
  Effect.gen(function*() {
    const price = { input: 1, output: 2 }
    const warned = (names: ReadonlyArray<string>, env: Record<string, string> = {}) =>
      Effect.map(
        configured({
          env: {
            ...complete,
            AGENT_PRICES: JSON.stringify(Object.fromEntries(names.map((name) => [name, price]))),
            ...env
          }
        }),
        ({ warnings }) => warnings.filter((text) => text.startsWith("agent.prices"))
      )
    const none = "agent.prices (AGENT_PRICES): no effect for gpt-typo: no agent has a model of this name"
    const model = { AGENT_MODEL: "claude-sonnet-4-5-20250929" }
    assert.deepStrictEqual(yield* warned(["gpt-typo", "claude-sonnet-4-5"], model), [none])
    assert.deepStrictEqual(yield* warned(["m"], { ...model, AGENT_FALLBACK: "ollama/m" }), [])
    const bedrock = {
      AGENT_PROVIDER: "bedrock",
      AWS_REGION: "eu-central-1",
      AGENT_MODEL: "eu.anthropic.claude-haiku-9"
    }
    assert.deepStrictEqual(yield* warned(["claude-haiku-9"], bedrock), [])
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

it.effect("a review in a terminal says nothing of prices of models that it does not ask: the file may be the server's", () =>
  Effect.gen(function*() {
    const env = { ...complete, AGENT_PRICES: JSON.stringify({ "gpt-typo": { input: 1, output: 2 } }) }
    const warningsOf = (mode: "serve" | "review") =>
      Effect.map(configured({ mode, env }), ({ warnings }) => warnings.length)
    assert.deepStrictEqual([yield* warningsOf("serve"), yield* warningsOf("review")], [1, 0])
  }))
