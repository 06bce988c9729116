import { assert, it } from "@effect/vitest"
import { JobId } from "@nominal-code/domain/Job"
import * as MemoryPayloadStore from "@nominal-code/jobs/MemoryPayloadStore"
import { PayloadStore } from "@nominal-code/jobs/PayloadStore"
import { Effect, Option } from "effect"
import { payloadStoreSuite } from "./payloadStoreSuite.ts"

payloadStoreSuite("memory", MemoryPayloadStore.layer)

it.effect("memory does not grow with the number of jobs: the oldest payload goes", () =>
  Effect.gen(function*() {
    const { get, put } = yield* PayloadStore
    const idOf = (index: number) => JobId.make(index.toString(16).padStart(20, "0"))
    for (let index = 0; index < 1001; index++) yield* put(idOf(index), "{}")
    assert.deepStrictEqual([yield* get(idOf(0)), yield* get(idOf(1))], [Option.none(), Option.some("{}")])
  }).pipe(Effect.provide(MemoryPayloadStore.layer)))
