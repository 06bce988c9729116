import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { review } from "../src/Review.ts"
import { ReviewSteps } from "../src/ReviewSteps.ts"
import * as Scene from "./Scene.ts"

const usual = ReviewSteps.defaultValue()

const run = (world: Scene.World, steps: Partial<ReviewSteps>) =>
  review(Scene.pushJob).pipe(
    Effect.provide(Scene.layer(world)),
    Effect.provideService(ReviewSteps, { ...usual, ...steps })
  )

const unsure = Scene.finding({ line: 12, body: "The count may be off by one here.", confidence: "low" })

describe("a review with steps of the pipeline's own", () => {
  it.effect("takes each of them, in their order, and each may call the usual one", () =>
    Effect.gen(function*() {
      const world = Scene.world()
      const taken: Array<string> = []
      const outcome = yield* run(world, {
        gather: (...input) => Effect.andThen(Effect.sync(() => taken.push("gather")), usual.gather(...input)),
        plan: (...input) => Effect.andThen(Effect.sync(() => taken.push("plan")), usual.plan(...input)),
        evidence: (...input) => Effect.andThen(Effect.sync(() => taken.push("evidence")), usual.evidence(...input)),
        ask: (...input) => Effect.andThen(Effect.sync(() => taken.push("ask")), usual.ask(...input)),
        recover: (...input) => Effect.andThen(Effect.sync(() => taken.push("recover")), usual.recover(...input)),
        check: (...input) => Effect.andThen(Effect.sync(() => taken.push("check")), usual.check(...input)),
        place: (...input) => Effect.andThen(Effect.sync(() => taken.push("place")), usual.place(...input)),
        verify: (...input) => Effect.andThen(Effect.sync(() => taken.push("verify")), usual.verify(...input)),
        select: (...input) => Effect.andThen(Effect.sync(() => taken.push("select")), usual.select(...input))
      })
      assert.deepStrictEqual(taken, [
        "gather",
        "plan",
        "evidence",
        "ask",
        "recover",
        "check",
        "place",
        "verify",
        "select"
      ])
      assert.deepInclude(outcome, { _tag: "Reviewed", findings: 1 })
    }))

  it.effect("posts only the findings that its own placing keeps", () =>
    Effect.gen(function*() {
      const world = Scene.world({
        answers: [Scene.submits({ summary: "Two things.", comments: [Scene.finding(), unsure] })]
      })
      yield* run(world, {
        place: (findings, context) => usual.place(findings.filter(({ confidence }) => confidence !== "low"), context)
      })
      assert.deepStrictEqual(world.drafts[0]?.comments.map(({ finding }) => finding.line), [11])
      const everything = Scene.world({ answers: world.answers })
      yield* run(everything, {})
      assert.deepStrictEqual(everything.drafts[0]?.comments.map(({ finding }) => finding.line), [11, 12])
    }))

  it.effect("makes no second call of the model where the repair of answers is left out", () =>
    Effect.gen(function*() {
      const answers = [Scene.writes("It looks fine to me, as far as I can see.")]
      const world = Scene.world({ answers: [...answers] })
      yield* run(world, { recover: ({ answer, usage }) => Effect.succeed({ answer, usage }) })
      assert.strictEqual(world.tasks.length, 1)
      const repaired = Scene.world({ answers: [...answers] })
      yield* run(repaired, {})
      assert.isAbove(repaired.tasks.length, 1)
    }))
})
