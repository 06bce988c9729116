import { assert, it } from "@effect/vitest"
import { JobId } from "@nominal-code/domain/job/Job"
import * as MemoryPayloadStore from "@nominal-code/jobs/memory/MemoryPayloadStore"
import { payloadKey, payloadReference, PayloadStore, readReference } from "@nominal-code/jobs/PayloadStore"
import { Effect, Option } from "effect"
import { payloadStoreSuite } from "./payloadStoreSuite.ts"

payloadStoreSuite("memory", MemoryPayloadStore.layer)

it("a reference names the payload that was stored with it, and no other one", () => {
  const reference = (text: string) => Option.getOrThrow(readReference(text))
  const stored = payloadKey(JobId.make("1".repeat(20)), "{}")
  const { isKey, key, names } = reference(payloadReference(stored))
  assert.deepStrictEqual([key, isKey, names("{}"), names("{ }"), names("")], [stored, true, true, false, false])
  assert.isFalse(reference("redis:marker-keys").isKey)
  assert.isTrue(reference("redis:1").names("anything"))
  assert.isFalse(reference("redis:1:").names("anything"))
  assert.deepStrictEqual(readReference("{\"version\": 2}"), Option.none())
})

it.effect("memory does not grow with the number of jobs: the oldest payload goes", () =>
  Effect.gen(function*() {
    const { get, put } = yield* PayloadStore
    const idOf = (index: number) => JobId.make(index.toString(16).padStart(20, "0"))
    for (let index = 0; index < 1001; index++) yield* put(idOf(index), "{}")
    assert.deepStrictEqual([yield* get(idOf(0)), yield* get(idOf(1))], [Option.none(), Option.some("{}")])
  }).pipe(Effect.provide(MemoryPayloadStore.layer)))
