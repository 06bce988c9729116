import { assert, describe, it } from "@effect/vitest"
import { Failure } from "@nominal-code/domain/job/Failure"
import { JobId, JobOutcome } from "@nominal-code/domain/job/Job"
import { JobResults, type JobRun } from "@nominal-code/jobs/JobResults"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { reviewed } from "@nominal-code/testing/Jobs"
import { quiet } from "@nominal-code/testing/Quiet"
import { Effect, Fiber, Layer, type Scope } from "effect"

export const runOf = (run: number, id = "0123456789abcdef0123"): JobRun => ({ id: JobId.make(id), run })

const failed = JobOutcome.cases.Failed.make({
  failure: Failure.cases.Model.make({ reason: "unavailable", detail: "the model was away" }),
  retryable: true
})
const report = (run: JobRun, outcome: JobOutcome) => JobResults.use((results) => results.report(run, outcome))

/** Listens, and then waits in a fiber of its own. */
export const waiting = Effect.fnUntraced(function*(run: JobRun) {
  const outcome = yield* yield* Effect.map(JobResults, ({ listen }) => listen(run))
  const fiber = yield* Effect.forkScoped(outcome)
  yield* quiet
  return fiber
})

/** Contract of every `JobResults`. */
export const jobResultsSuite = (name: string, store: Layer.Layer<JobResults, StoreError>) => {
  const fresh = Layer.fresh(store)
  const test = (title: string, body: Effect.Effect<void, StoreError, JobResults | Scope.Scope>) =>
    it.effect(title, () => Effect.provide(Effect.scoped(body), fresh))

  describe(`JobResults (${name})`, () => {
    test(
      "gives a result to who waits for it",
      Effect.gen(function*() {
        const fiber = yield* waiting(runOf(1))
        assert.isUndefined(fiber.pollUnsafe())
        yield* report(runOf(1), reviewed)
        assert.deepStrictEqual(yield* Fiber.join(fiber), reviewed)
      })
    )

    test(
      "gives a result that was reported before anybody listened, and between listening and waiting",
      Effect.gen(function*() {
        const { listen } = yield* JobResults
        yield* report(runOf(1), reviewed)
        assert.deepStrictEqual(yield* yield* listen(runOf(1)), reviewed)
        const outcome = yield* listen(runOf(2))
        yield* report(runOf(2), failed)
        assert.deepStrictEqual(yield* outcome, failed)
      })
    )

    test(
      "does not take the result of another run, or of another job, for this one's",
      Effect.gen(function*() {
        yield* report(runOf(1), failed)
        const fiber = yield* waiting(runOf(2))
        yield* report(runOf(1), failed)
        yield* report(runOf(2, "f".repeat(20)), failed)
        yield* quiet
        assert.isUndefined(fiber.pollUnsafe())
        yield* report(runOf(2), reviewed)
        assert.deepStrictEqual(yield* Fiber.join(fiber), reviewed)
      })
    )

    test(
      "takes a review that came after a failure, and no failure after a review",
      Effect.gen(function*() {
        const { listen } = yield* JobResults
        yield* report(runOf(1), failed)
        assert.deepStrictEqual(yield* yield* listen(runOf(1)), failed)
        yield* report(runOf(1), reviewed)
        yield* report(runOf(1), failed)
        assert.deepStrictEqual(yield* yield* listen(runOf(1)), reviewed)
      })
    )

    test(
      "lets the first review stand, and the first failure until a review comes",
      Effect.gen(function*() {
        const { listen } = yield* JobResults
        const other = JobOutcome.cases.Failed.make({
          failure: Failure.cases.Bug.make({ detail: "another" }),
          retryable: false
        })
        yield* report(runOf(1), failed)
        yield* report(runOf(1), other)
        assert.deepStrictEqual(yield* yield* listen(runOf(1)), failed)
        yield* report(runOf(2), reviewed)
        yield* report(runOf(2), { ...reviewed, findings: 9 })
        yield* report(runOf(2), JobOutcome.cases.Skipped.make({ reason: "closed", detail: "it is closed" }))
        assert.deepStrictEqual(yield* yield* listen(runOf(2)), reviewed)
      })
    )

    test(
      "tells everybody who waits",
      Effect.gen(function*() {
        const fibers = [yield* waiting(runOf(1)), yield* waiting(runOf(1))]
        yield* report(runOf(1), reviewed)
        for (const fiber of fibers) assert.deepStrictEqual(yield* Fiber.join(fiber), reviewed)
      })
    )
  })
}
