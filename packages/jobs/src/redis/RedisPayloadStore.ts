import { Redis } from "@nominal-code/persistence/Redis"
import { StoreError } from "@nominal-code/persistence/StoreError"
import { Duration, Effect, Layer, Option, Schema } from "effect"
import { deflateRawSync, inflateRawSync } from "node:zlib"
import { PayloadStore, PayloadTooLarge } from "../PayloadStore.ts"

/** Time to live of a payload in milliseconds, far longer than a pod may take to start. Each run stores it again. */
const ttl = Duration.toMillis("1 day")

/** Maximum size of a payload in bytes: more than a delivery, which has its comment once, and a payload twice. */
const longest = 16 * 1024 * 1024

const keyOf = (key: string) => `nc:payload:${key}`

const failed = (operation: string, message: string) => new StoreError({ operation, message, reason: "failed" })

/** First bytes of a compressed payload. What an older version stored is JSON, and starts with a brace. */
const compressed = "z:"

/** Reads the bytes of a stored payload, each given as one character. */
const decode = Option.liftThrowable((stored: string): string => {
  const bytes = Buffer.from(stored, "latin1")
  return stored.startsWith(compressed)
    ? inflateRawSync(bytes.subarray(compressed.length), { maxOutputLength: longest }).toString("utf8")
    : bytes.toString("utf8")
})

const make = Effect.map(Redis, ({ send }) =>
  PayloadStore.of({
    put: Effect.fn("PayloadStore.put")(function*(key, payload) {
      const operation = "PayloadStore.put"
      const bytes = Buffer.from(payload)
      if (bytes.length > longest) {
        const message = `the payload ${key} has ${bytes.length} bytes, and may have ${longest}`
        return yield* new PayloadTooLarge({ message })
      }
      const stored = Buffer.concat([Buffer.from(compressed), deflateRawSync(bytes)])
      yield* send(operation, Schema.Literal("OK"), ["set", keyOf(key), stored, "PX", ttl])
    }),
    get: Effect.fn("PayloadStore.get")(function*(key) {
      const operation = "PayloadStore.get"
      const stored = yield* send(operation, Schema.NullOr(Schema.String), ["get", keyOf(key)], "bytes")
      if (stored === null) return Option.none()
      return yield* Effect.mapBoth(Effect.fromOption(decode(stored)), {
        onFailure: () => failed(operation, `the payload ${key} in Redis cannot be read`),
        onSuccess: Option.some
      })
    })
  }))

/** Payloads in Redis, compressed, where the pod fetches them. */
export const layer = Layer.effect(PayloadStore, make)
