import { assert, it } from "@effect/vitest"
import { ServiceName } from "@nominal-code/domain/job/Failure"
import type { Job } from "@nominal-code/domain/job/Job"
import { Notice, NoticeOutcome } from "@nominal-code/domain/job/Notice"
import { JobRunner } from "@nominal-code/jobs/JobRunner"
import * as InProcessRunner from "@nominal-code/jobs/run/InProcessRunner"
import { laneOf, mention, reviewed } from "@nominal-code/testing/Jobs"
import { Context, Effect, Layer } from "effect"

class Greeting extends Context.Service<Greeting, { readonly text: string }>()("test/Greeting") {}

const job = mention(laneOf(1), "a")

it.effect("jobs run and pull requests are told with what the layer was given", () =>
  Effect.gen(function*() {
    const said: Array<string> = []
    const layer = InProcessRunner.layer({
      review: (_job: Job) => Effect.as(Greeting, reviewed),
      notice: (_job: Job, { _tag }: Notice) =>
        Effect.map(Greeting, ({ text }) => {
          said.push(`${text}: ${_tag}`)
          return NoticeOutcome.cases.Told.make({})
        }),
      needs: ({ platform }) => [ServiceName.make(`forge:${platform}`)]
    })
    yield* Effect.gen(function*() {
      const { needs, outOfProcess, postNotice, run } = yield* JobRunner
      assert.deepStrictEqual(yield* run(job, 1), reviewed)
      assert.strictEqual((yield* postNotice(job, Notice.cases.Busy.make({})))._tag, "Told")
      assert.deepStrictEqual([needs(job.lane), outOfProcess], [["forge:github"], false])
    }).pipe(Effect.provide(layer.pipe(Layer.provide(Layer.succeed(Greeting, { text: "sorry" })))))
    assert.deepStrictEqual(said, ["sorry: Busy"])
  }))
