import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { explain, failed } from "../src/Failure.ts"
import { notice } from "../src/Notice.ts"
import * as Scene from "./Scene.ts"

describe("the notice of a job that is given up", () => {
  it.effect("says what failed in our words and where to look, and not what the provider said", () =>
    Effect.gen(function*() {
      const world = Scene.world()
      const reason = "model: anthropic (overloaded): 529 <b>words</b> of the provider"
      yield* Effect.provide(notice(Scene.pushJob, reason), Scene.layer(world))
      const [text = ""] = world.replies
      assert.include(text, "the language model did not give an answer that can be used")
      assert.include(text, `\`${Scene.pushJob.id}\``)
      assert.include(text, "Mention me again")
      assert.notInclude(text, "529")
      assert.notInclude(text, "provider")
    }))

  it.effect("is not posted on a dry run", () =>
    Effect.gen(function*() {
      const world = Scene.world({ settings: { ...Scene.settings, dryRun: true } })
      yield* Effect.provide(notice(Scene.pushJob, "model: x"), Scene.layer(world))
      assert.deepStrictEqual(world.replies, [])
    }))

  it("has a sentence for every reason", () => {
    assert.match(explain("checkout: x"), /could not be checked out/)
    assert.match(explain("forge: x"), /could not be posted/)
    assert.match(explain("the deadline of 10 minutes has passed"), /took longer than it may/)
    assert.match(explain("anything"), /unexpected/)
  })

  it("shows no key that an error quotes", () => {
    const outcome = failed("model", `the key ${Scene.apiKey}0123456789 is refused`, false)
    assert.notInclude(outcome._tag === "Failed" ? outcome.reason : Scene.apiKey, Scene.apiKey)
  })

  it("keeps a reason to one line of a bearable length", () => {
    const outcome = failed("forge", `a\n b\t${"c".repeat(5_000)}`, true)
    assert.match(outcome._tag === "Failed" ? outcome.reason : "", /^forge: a b c{100,596}$/)
  })
})
