import { Effect, Layer } from "effect"
import { setFlagsFromString } from "node:v8"

/**
 * Bound of the garbage that a server's heap keeps: V8 collects when the heap has grown by this much of what the last
 * collection has left. By itself it waits for four times as much where the machine has memory, and then keeps that for
 * good: a flood of deliveries, or one large review, would be paid for as long as the server runs.
 */
export const layer = Layer.effectDiscard(Effect.sync(() => setFlagsFromString("--heap-growing-percent=60")))
