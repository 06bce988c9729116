import { assert, describe, it } from "@effect/vitest"
import { JobId } from "@nominal-code/domain/job/Job"
import { payloadKey, payloadReference, PayloadStore, readReference } from "@nominal-code/jobs/PayloadStore"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Effect, Layer, Option } from "effect"

const [one, two] = [JobId.make("1".repeat(20)), JobId.make("2".repeat(20))]

/** Contract of every `PayloadStore`. */
export const payloadStoreSuite = (name: string, store: Layer.Layer<PayloadStore, StoreError>) => {
  const fresh = Layer.fresh(store)

  describe(`PayloadStore (${name})`, () => {
    it.effect("gives back the payload of a job, and of that job only", () =>
      Effect.gen(function*() {
        const { get, put } = yield* PayloadStore
        yield* put(one, "first")
        yield* put(two, "second")
        yield* put(one, "first again")
        assert.deepStrictEqual(yield* get(one), Option.some("first again"))
        assert.deepStrictEqual(yield* get(two), Option.some("second"))
        assert.deepStrictEqual(yield* get(JobId.make("3".repeat(20))), Option.none())
      }).pipe(Effect.provide(fresh)))

    it.effect("gives a pod that has not started yet the payload that it was created for, whatever its job got since", () =>
      Effect.gen(function*() {
        const { get, put } = yield* PayloadStore
        const [before, since] = ["{\"settings\":1}", "{\"settings\":2}"]
        const reference = payloadReference(payloadKey(one, before))
        for (const payload of [before, since]) yield* put(payloadKey(one, payload), payload)
        const { key, names } = Option.getOrThrow(readReference(reference))
        assert.isTrue(Option.exists(yield* get(key), names))
      }).pipe(Effect.provide(fresh)))

    it.effect("keeps a megabyte of quotes, umlauts and emoji as it is", () =>
      Effect.gen(function*() {
        const { get, put } = yield* PayloadStore
        const payload = JSON.stringify({ body: "\"\\ä€😀\u0000\n".repeat(65_536) })
        yield* put(one, payload)
        assert.isTrue(Option.contains(yield* get(one), payload))
      }).pipe(Effect.provide(fresh)))
  })
}
