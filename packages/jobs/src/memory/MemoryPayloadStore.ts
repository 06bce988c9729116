import { Effect, Layer, Option } from "effect"
import { PayloadStore } from "../PayloadStore.ts"

/** Number of payloads that are kept; the oldest are dropped first. */
const capacity = 1_000

const make = Effect.sync(() => {
  const payloads = new Map<string, string>()
  return PayloadStore.of({
    put: (key, payload) =>
      Effect.sync(() => {
        payloads.delete(key)
        payloads.set(key, payload)
        for (const oldest of payloads.keys().take(Math.max(0, payloads.size - capacity))) payloads.delete(oldest)
      }),
    get: (key) => Effect.sync(() => Option.fromUndefinedOr(payloads.get(key)))
  })
})

/** Payloads in memory, which are lost when the process ends. */
export const layer = Layer.effect(PayloadStore, make)
