import { assert, it } from "@effect/vitest"
import { setForgeQuota } from "@nominal-code/domain/telemetry/Metrics"
import { Effect, Metric, Option } from "effect"

it.effect("a forge's words make no series of their own in its rate limits", () =>
  Effect.gen(function*() {
    const names = [
      "core",
      "throttle_authenticated_api",
      ...Array.from({ length: 100 }, (_, index) => `made-up-${index}`)
    ]
    for (const [index, resource] of names.entries()) {
      yield* setForgeQuota("somewhere", "someone", Option.some({ resource, left: index }))
    }
    const series = (yield* Metric.snapshot).filter(({ attributes }) => attributes?.["forge"] === "somewhere")
    assert.deepStrictEqual(series.map(({ attributes }) => attributes?.["resource"]), [
      "core",
      "throttle_authenticated_api",
      "other"
    ])
  }))
