import { assert, it } from "@effect/vitest"
import { JobResults } from "@nominal-code/jobs/JobResults"
import { StoreError } from "@nominal-code/persistence/StoreError"
import { laneOf, push } from "@nominal-code/testing/Jobs"
import { Effect, Stream } from "effect"
import { isWanted } from "../src/RunWanted.ts"

const job = push(laneOf(1), "a")

const answering = (answer: Effect.Effect<boolean, StoreError>) =>
  JobResults.of({
    report: () => Effect.void,
    listen: () => Effect.succeed(Effect.never),
    tellWait: () => Effect.void,
    waits: () => Effect.succeed(Stream.empty),
    isWanted: () => answer
  })

it.effect("a pod's run is wanted as the store says, and not where the store cannot be asked", () =>
  Effect.gen(function*() {
    const away = new StoreError({
      operation: "JobResults.isWanted",
      message: "connection refused",
      reason: "unavailable"
    })
    assert.isTrue(yield* isWanted(answering(Effect.succeed(true)), { job, run: 1 }))
    assert.isFalse(yield* isWanted(answering(Effect.succeed(false)), { job, run: 1 }))
    assert.isFalse(yield* isWanted(answering(Effect.fail(away)), { job, run: 1 }))
  }))

it.effect("a run that no server waits for is wanted, and nobody is asked", () =>
  Effect.gen(function*() {
    assert.isTrue(yield* isWanted(answering(Effect.die("asked")), { job }))
  }))
