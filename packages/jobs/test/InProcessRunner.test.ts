import { assert, it } from "@effect/vitest"
import type { Job } from "@nominal-code/domain/Job"
import * as InProcessRunner from "@nominal-code/jobs/InProcessRunner"
import { JobRunner } from "@nominal-code/jobs/JobRunner"
import { Context, Effect, Layer, Schema } from "effect"
import { laneOf, mention, reviewed } from "./Jobs.ts"
import { failed } from "./LaneWorld.ts"

class Greeting extends Context.Service<Greeting, { readonly text: string }>()("test/Greeting") {}
class NoModel extends Schema.TaggedError<NoModel>()("NoModel", { message: Schema.String }) {}

const job = mention(laneOf(1), "a")

it.effect("jobs run with what the layer was given", () =>
  Effect.gen(function*() {
    const told: Array<string> = []
    const layer = InProcessRunner.layer({
      review: (_job: Job) => Effect.as(Greeting, reviewed),
      notice: (_job, { detail }) => Effect.map(Greeting, ({ text }) => void told.push(`${text}: ${detail}`))
    })
    yield* Effect.gen(function*() {
      const { giveUp, run } = yield* JobRunner
      assert.deepStrictEqual(yield* run(job, 1), reviewed)
      yield* giveUp(job, failed("no such commit").failure)
    }).pipe(Effect.provide(layer.pipe(Layer.provide(Layer.succeed(Greeting, { text: "sorry" })))))
    assert.deepStrictEqual(told, ["sorry: no such commit"])
  }))

it.effect("a review that fails may be tried again; a notice that fails is only logged", () =>
  Effect.gen(function*() {
    const { giveUp, run } = yield* JobRunner
    assert.deepStrictEqual(yield* run(job, 1), failed("no model answered"))
    yield* giveUp(job, failed("no such commit").failure)
  }).pipe(Effect.provide(InProcessRunner.layer({
    review: () => Effect.fail(new NoModel({ message: "no model answered" })),
    notice: () => Effect.fail(new NoModel({ message: "nobody to tell" }))
  }))))
