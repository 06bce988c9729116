import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { configured } from "./Fixture.ts"

it.effect("settings of a verifier that is off, and turns where there are no tools, say that they have no effect", () =>
  Effect.gen(function*() {
    const off = "reviewer: { verify: false }\nagent: { verifier: { provider: openai, max_turns: 2 } }"
    const without = yield* configured({ yaml: off })
    assert.deepStrictEqual(without.warnings, [
      "agent.verifier.provider (AGENT_VERIFIER_PROVIDER): no effect: reviewer.verify is off",
      "agent.verifier.max_turns (AGENT_VERIFIER_MAX_TURNS): no effect: reviewer.verify is off"
    ])
    assert.deepStrictEqual(without.providers.map(({ name }) => name), ["anthropic"])
    const toolless = yield* configured({
      yaml:
        "reviewer: { finders: two }\nagent: { tools: off, max_turns: 3, answerer: { max_turns: 2 }, verifier: { max_turns: 2 } }"
    })
    assert.deepStrictEqual(
      toolless.warnings.map((warning) => warning.replace(/ \(.*\)/, "")),
      ["agent.reviewer.max_turns", "agent.answerer.max_turns", "agent.verifier.max_turns", "reviewer.finders"].map((
        name
      ) => `${name}: no effect: without tools a model is asked once`)
    )
  }))

it.effect("turns have an effect where there are tools", () =>
  Effect.gen(function*() {
    const yaml =
      "reviewer: { finders: two }\nagent: { max_turns: 3, answerer: { max_turns: 2 }, verifier: { max_turns: 2 } }"
    assert.deepStrictEqual((yield* configured({ yaml })).warnings, [])
  }))

it.effect("turns of a verifier that is off are named once, also without tools", () =>
  Effect.gen(function*() {
    const yaml = "reviewer: { verify: false }\nagent: { tools: off, verifier: { max_turns: 2 } }"
    assert.deepStrictEqual((yield* configured({ yaml })).warnings, [
      "agent.verifier.max_turns (AGENT_VERIFIER_MAX_TURNS): no effect: reviewer.verify is off"
    ])
  }))

it.effect("where there are no explorers, their settings have no effect, but for the one that says so", () =>
  Effect.gen(function*() {
    const yaml = "agent: { explorer: { max_concurrent: 0, max_turns: 3 } }"
    assert.deepStrictEqual((yield* configured({ yaml })).warnings, [
      "agent.explorer.max_turns (AGENT_EXPLORER_MAX_TURNS): no effect: there are no explorers"
    ])
  }))

it.effect("with Claude Code, a verifier that is off is named once, and turns are not: it always has tools", () =>
  Effect.gen(function*() {
    const yaml =
      "reviewer: { verify: false }\nagent: { runner: claude-code, tools: off, max_turns: 3, verifier: { provider: openai, model: opus } }"
    assert.deepStrictEqual((yield* configured({ mode: "jobs", yaml })).warnings.toSorted(), [
      "agent.tools (AGENT_TOOLS): no effect: Claude Code runs the agents",
      "agent.verifier.model (AGENT_VERIFIER_MODEL): no effect: reviewer.verify is off",
      "agent.verifier.provider (AGENT_VERIFIER_PROVIDER): no effect: Claude Code runs the agents"
    ])
  }))
