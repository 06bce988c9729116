import { assert, it } from "@effect/vitest"
import { redisAt } from "@nominal-code/config/TestConfig"
import { podEnvironment } from "@nominal-code/kubernetes/PodEnvironment"
import { Duration, Effect, Schema } from "effect"
import { prepare } from "../../../test/emulators/KubeEnvironment.ts"
import { kubernetes } from "./KubeScene.ts"

const template = {
  kubernetes,
  redis: redisAt("redis://redis:6379/0"),
  conversationTtl: Duration.days(1)
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
