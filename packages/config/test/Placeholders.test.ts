import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { complete, problems } from "./Fixture.ts"

const why = "the value is the placeholder of an example: put your own in its place"

const isRefused = (key: string) =>
  Effect.map(problems({ env: { ...complete, ANTHROPIC_API_KEY: key } }), (found) => {
    assert.deepStrictEqual(found, found.length === 0 ? [] : [`ANTHROPIC_API_KEY: ${why}`])
    return found.length > 0
  })

it.effect.each([
  "your-key",
  "sk-ant-your-key",
  "your-api-key-here",
  "YOUR_API_KEY_GOES_HERE",
  "sk_your_own_api_key",
  "YOUR-TOKEN",
  "vault:your-secret",
  "your_password@host",
  "sk-ant-...",
  "<token>",
  "changeme",
  "change_me",
  "Change-me-now"
])("%s stands for a key, and is refused", (key) => Effect.map(isRefused(key), (refused) => assert.isTrue(refused)))

it.effect.each([
  "yourkey",
  "ask-your-keyring",
  "colour-key",
  "sk-...-ant",
  "a<token>",
  "<token>a",
  "exchangeme",
  "your-house"
])("%s may be a key", (key) => Effect.map(isRefused(key), (refused) => assert.isFalse(refused)))

it.effect("review refuses it for the key that it uses and for no other secret, and commands without a model not at all", () =>
  Effect.gen(function*() {
    const env = { ...complete, ANTHROPIC_API_KEY: "your-key", OPENAI_API_KEY: "your-key", GITHUB_TOKEN: "your-token" }
    assert.deepStrictEqual(yield* problems({ mode: "review", env }), [`ANTHROPIC_API_KEY: ${why}`])
    for (const mode of ["run-job", "jobs", "part"] as const) {
      assert.deepStrictEqual(yield* problems({ mode, env }), [], mode)
    }
  }))
