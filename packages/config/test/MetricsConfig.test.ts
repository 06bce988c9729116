import { assert, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { complete, configured } from "./Fixture.ts"

it.effect("port 0 is any free one, so webhooks and metrics may both have it", () =>
  Effect.gen(function*() {
    const { metrics, webhook } = yield* configured({ env: { ...complete, METRICS_PORT: "0", WEBHOOK_PORT: "0" } })
    assert.deepStrictEqual([metrics.port, webhook.port], [Option.some(0), 0])
  }))
