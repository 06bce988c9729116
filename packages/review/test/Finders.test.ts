import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { review } from "../src/Review.ts"
import * as Scene from "./Scene.ts"

const first = { summary: "Lines.", comments: [Scene.finding()] }
const second = { summary: "All.", comments: [Scene.finding({ line: 12, body: "A caller counts the items twice." })] }

const worldOf = (answers: Scene.World["answers"], changes: Partial<typeof Scene.settings> = {}) =>
  Scene.world({ answers, settings: { ...Scene.settings, finders: "two", ...changes } })

const run = (world: Scene.World) => Effect.provide(review(Scene.pushJob), Scene.layer(world))
const linesOf = ({ drafts }: Scene.World) => drafts[0]?.comments.map(({ finding }) => finding.line)

describe("two finders", () => {
  it.effect("look at the lines in one turn, then further in the same conversation, and never post one claim twice", () =>
    Effect.gen(function*() {
      const again = { ...second, comments: [...second.comments, Scene.finding()] }
      const world = worldOf([Scene.submits(first), Scene.submits(again)])
      const outcome = yield* run(world)
      const [lines, reach] = world.tasks
      assert.deepStrictEqual([lines?.settings.maxTurns, reach?.settings.maxTurns], [
        1,
        Scene.settings.reviewer.maxTurns
      ])
      assert.deepStrictEqual([lines?.endsWithTurns, reach?.endsWithTurns], [true, undefined])
      assert.deepStrictEqual([reach?.system, reach?.tools, reach?.submission], [
        lines?.system,
        lines?.tools,
        lines?.submission
      ])
      assert.include(JSON.stringify(reach?.history.messages), "let total = 0")
      assert.include(reach?.prompt, "- src/cart.ts:11 bug: The total starts at zero")
      assert.notInclude(reach?.prompt, "let total = 0")
      assert.deepStrictEqual(linesOf(world), [11, 12])
      assert.include(world.drafts[0]?.summary, "All.")
      assert.strictEqual(outcome._tag === "Reviewed" ? outcome.usage?.calls : 0, 3)
    }))

  it.effect("are content with the first look where the second comes to nothing, or where no tools are taken", () =>
    Effect.gen(function*() {
      const silent = worldOf([Scene.submits(first), Scene.writes("I think that was all.")])
      yield* run(silent)
      assert.deepStrictEqual([silent.tasks.length, linesOf(silent)], [2, [11]])
      const answered = JSON.stringify(first)
      const textual = worldOf([Scene.writes(answered)])
      yield* run(textual)
      assert.deepStrictEqual([textual.tasks.length, linesOf(textual)], [1, [11]])
      const off = worldOf([Scene.submits(first)], { reviewer: { ...Scene.settings.reviewer, tools: "off" } })
      yield* run(off)
      assert.deepStrictEqual([off.tasks.length, linesOf(off)], [1, [11]])
    }))
})
