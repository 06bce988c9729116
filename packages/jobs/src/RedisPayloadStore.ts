import { Redis } from "@nominal-code/persistence/Redis"
import { Duration, Effect, Layer, Option, Schema } from "effect"
import { PayloadStore } from "./PayloadStore.ts"

/** Much longer than a pod may take to start; it is put again for every run. */
const ttl = Duration.toMillis("1 day")

const keyOf = (id: string) => `nc:payload:${id}`

const make = Effect.map(Redis, ({ send }) =>
  PayloadStore.of({
    put: Effect.fn("PayloadStore.put")((id, payload) =>
      Effect.asVoid(send("PayloadStore.put", Schema.Literal("OK"), ["set", keyOf(id), payload, "PX", ttl]))
    ),
    get: Effect.fn("PayloadStore.get")((id) =>
      Effect.map(send("PayloadStore.get", Schema.NullOr(Schema.String), ["get", keyOf(id)]), Option.fromNullOr)
    )
  }))

/** Payloads in Redis, where the pod fetches them. */
export const layer = Layer.effect(PayloadStore, make)
