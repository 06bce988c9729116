import { assert, it } from "@effect/vitest"
import { freePort } from "@nominal-code/testing/FreePort"
import { Effect } from "effect"

it.effect("gives no port to two, though nobody listens on it yet", () =>
  Effect.gen(function*() {
    const ports = yield* Effect.replicateEffect(freePort, 400, { concurrency: "unbounded" })
    assert.strictEqual(new Set(ports).size, ports.length)
  }))
