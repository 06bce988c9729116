import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { complete, configured } from "./Fixture.ts"

const bounds = { maxConcurrent: 4, maxCostUsd: 0.5 }

it.effect.each([
  { explorer: {}, explorers: bounds },
  { explorer: { max_concurrent: 1 }, explorers: { ...bounds, maxConcurrent: 1 } },
  { explorer: { max_cost_usd: 1 }, explorers: { ...bounds, maxCostUsd: 1 } },
  { explorer: { max_cost_usd: 0 }, explorers: { maxConcurrent: 4 } },
  { explorer: { max_concurrent: 0 }, explorers: undefined }
])(
  "explorers with $explorer have these bounds, and nothing is warned of",
  ({ explorer, explorers }) =>
    Effect.gen(function*() {
      const { review, warnings } = yield* configured({ yaml: JSON.stringify({ agent: { explorer } }) })
      assert.deepStrictEqual(review.explorers, explorers)
      assert.deepStrictEqual(warnings, [])
    })
)

it.effect.each([
  { given: { tools: "off" }, explorer: { max_concurrent: 1 }, why: "without tools there are no explorers" },
  { given: { runner: "claude-code" }, explorer: { max_concurrent: 1 }, why: "Claude Code runs the agents" },
  { given: {}, explorer: { max_concurrent: 0, max_cost_usd: 1 }, why: "there are no explorers" }
])(
  "a bound of explorers has no effect with $given and $explorer",
  ({ explorer, given, why }) =>
    Effect.gen(function*() {
      const yaml = JSON.stringify({ agent: { ...given, explorer } })
      const { review, warnings } = yield* configured({ mode: "jobs", env: complete, yaml })
      assert.notProperty(review, "explorers")
      const [last = ""] = Object.keys(explorer).slice(-1)
      assert.deepStrictEqual(
        warnings.filter((warning) => warning.startsWith("agent.explorer.")),
        [`agent.explorer.${last} (AGENT_EXPLORER_${last.toUpperCase()}): no effect: ${why}`]
      )
    })
)
