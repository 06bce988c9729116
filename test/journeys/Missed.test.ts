import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { markersIn } from "@nominal-code/domain/review/Marker"
import { submitReview, turns } from "@nominal-code/testing/ScriptedModel"
import { sized } from "@nominal-code/testing/Sized"
import { Effect } from "effect"
import * as GitLabJourney from "./GitLabJourney.ts"
import * as Journey from "./Journey.ts"
import { change, files } from "./Shop.ts"

/** Changes of a line, each of them another one. */
const changes = Effect.map(
  sized(10, 200),
  (length) => Array.from({ length }, (_, at) => change("total", `return items.sum() + ${at}`, `Add ${at}`))
)

const reviewed = turns({ calls: [submitReview("Looked at.", [])] })

/** Commits that a text says it reviews. */
const headsIn = (body: string): ReadonlyArray<string> => markersIn(body).flatMap(({ headSha }) => headSha ?? [])

const env = { ALLOWED_REPOS: "acme/outage", JOBS_MAX_CONCURRENT: "8" }
const patience = "10 minutes"

const begin = [{ message: "Open the shop", files }] as const

it.live(
  "each of the heads that appear on GitHub while no server runs is reviewed once, after it starts",
  () =>
    Effect.gen(function*() {
      const journey = yield* Journey.make({ env })
      const { emulator, model } = journey
      model.script(reviewed)
      const repository = yield* emulator.addRepository("acme/outage", begin)
      const pulls = yield* Effect.forEach(yield* changes, (one) =>
        emulator.openPullRequest({ repository, commits: [one] }))
      yield* journey.start()
      yield* Journey.until("the reviews", () =>
        pulls.every((pull) => journey.written(pull).length > 0), patience)
      assert.deepStrictEqual(
        pulls.map((pull) => journey.written(pull).map(headsIn)),
        pulls.map(({ headSha }) => [[headSha]])
      )
      assert.lengthOf(model.turns, pulls.length)
      yield* journey.checkHonesty
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  900_000
)

it.live(
  "each of the heads that appear on GitLab while no server runs is reviewed once, after it starts",
  () =>
    Effect.gen(function*() {
      const { checkHonesty, gitlab: { state }, model, written } = yield* GitLabJourney.make(
        env,
        undefined,
        ({ gitlab: { addProject, openRequest }, model }) =>
          Effect.gen(function*() {
            model.script(reviewed)
            const project = yield* addProject("acme/outage", begin)
            yield* Effect.forEach(yield* changes, (one) => openRequest({ project, commits: [one] }))
          })
      )
      yield* Journey.until("the reviews", () => state.requests.every((one) => written(one).length > 0), patience)
      assert.deepStrictEqual(
        state.requests.map((request) => written(request).map(({ body }) => headsIn(body))),
        state.requests.map(({ versions }) => [versions.slice(-1).map(({ head }) => head)])
      )
      assert.lengthOf(model.turns, state.requests.length)
      yield* checkHonesty
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  900_000
)
