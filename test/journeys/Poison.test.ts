import { assert, it } from "@effect/vitest"
import type { PullRequest } from "@nominal-code/testing/GitHubState"
import { submitReview, turns } from "@nominal-code/testing/ScriptedModel"
import { Effect } from "effect"
import process from "node:process"
import { make, until } from "./Journey.ts"
import { open } from "./Shop.ts"

const opened = { event: "pull_request", action: "opened" } as const
const fine = { calls: [submitReview("Fine.", [])] }

it.live(
  "a job that kills its server three times takes each of three others with it twice at most",
  () =>
    Effect.gen(function*() {
      const journey = yield* make({ env: { JOBS_MAX_CONCURRENT: "4" }, emulator: { checkAnswers: false } })
      let serve = yield* journey.start()
      let deaths = 0
      const poison = yield* open(journey, "poison")
      journey.script(poison, () => {
        deaths += 1
        process.kill(serve.pid, "SIGKILL")
        return fine
      })
      const neighbours = yield* Effect.forEach(["a", "b", "c"], (name) => open(journey, name), { concurrency: 1 })
      // Longer than the poisonous job takes to kill its server.
      for (const pull of neighbours) journey.script(pull, turns({ ...fine, latency: 3_000 }))
      const send = (pull: PullRequest) => journey.send({ ...opened, pull }, serve)
      const jobs = yield* Effect.forEach(neighbours, send, { concurrency: 3 })
      yield* send(poison)

      const nextLife = Effect.gen(function*() {
        yield* Effect.exit(serve.died)
        serve = yield* journey.start()
      })
      const over = Effect.forEach(jobs, (job) => journey.ended(job, "100 seconds"), { concurrency: jobs.length }).pipe(
        Effect.tap(() => until("the third death", () => deaths === 3))
      )
      const ended = yield* Effect.raceFirst(over, Effect.forever(nextLife))

      for (const { losses, state } of ended) assert.deepStrictEqual([state, losses <= 2], ["done", true])
      for (const pull of neighbours) assert.strictEqual(journey.written(pull).length, 1)
    })
)
