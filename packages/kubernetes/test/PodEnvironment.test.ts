import { assert, it } from "@effect/vitest"
import { podEnvironment } from "@nominal-code/kubernetes/PodEnvironment"
import { prepare } from "@nominal-code/testing/KubeEnvironment"
import { redisAt } from "@nominal-code/testing/TestConfig"
import { Effect, Schema } from "effect"
import { kubernetes } from "./KubeScene.ts"

const template = {
  kubernetes,
  redis: redisAt("redis://redis:6379/0")
}

/** The payload as the process in the pod reads it, on a node that knows the Secret's variables. */
const seen = (payload: string): string | undefined => {
  const prepared = prepare(
    { name: "review", env: podEnvironment(template, payload), envFrom: [{ secretRef: { name: "keys" } }] },
    "reviews",
    new Map([["keys", { ANTHROPIC_API_KEY: "sk-ant-1", A: "a" }]])
  )
  return "obstacle" in prepared ? prepared.obstacle : prepared.environment.get("REVIEW_JOB_PAYLOAD")
}

it.each([
  "$(ANTHROPIC_API_KEY)",
  "$$(ANTHROPIC_API_KEY)",
  "$$",
  "$",
  "$(HOME) costs 5$ $€ $é $(",
  "$$$$$$(A)"
])("the payload %s reaches a pod byte for byte", (text) => {
  const payload = JSON.stringify({ prompt: text })
  assert.strictEqual(seen(payload), payload)
})

const tokens = ["$", "$$", "$(", "(", ")", "A", "ANTHROPIC_API_KEY", "é", "😀", "\\", "\n", "{", "}"] as const

it.effect.prop(
  "whatever people write, a pod sees the same bytes",
  [Schema.Array(Schema.Literals(tokens)), Schema.String],
  ([parts, text]) =>
    Effect.sync(() => {
      const payload = JSON.stringify([parts.join(""), text])
      assert.strictEqual(seen(payload), payload)
    })
)
