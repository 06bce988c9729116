import { assert, describe, it } from "@effect/vitest"
import { Failure } from "@nominal-code/domain/Failure"
import { Effect, Schema } from "effect"
import { explain, failed } from "../src/Failure.ts"
import { notice } from "../src/Notice.ts"
import * as Scene from "./Scene.ts"

describe("the notice of a job that is given up", () => {
  it.effect("says what failed in our words and where to look, and not what the provider said", () =>
    Effect.gen(function*() {
      const world = Scene.world()
      const failure = Failure.cases.Model.make({
        reason: "overloaded",
        detail: "anthropic (overloaded): 529 <b>words</b> of the provider"
      })
      yield* Effect.provide(notice(Scene.pushJob, failure), Scene.layer(world))
      const [text = ""] = world.replies
      assert.include(text, "the language model was overloaded for too long")
      assert.include(text, `\`${Scene.pushJob.id}\``)
      assert.include(text, "Mention me again")
      assert.notInclude(text, "529")
      assert.notInclude(text, "provider")
    }))

  it.effect("is not posted on a dry run", () =>
    Effect.gen(function*() {
      const world = Scene.world({ settings: { ...Scene.settings, dryRun: true } })
      yield* Effect.provide(notice(Scene.pushJob, Failure.cases.Bug.make({ detail: "x" })), Scene.layer(world))
      assert.deepStrictEqual(world.replies, [])
    }))

  it.prop("is one sentence for every stage and reason, and holds nothing of the detail", [Failure], ([failure]) => {
    const sentence = explain({ ...failure, detail: "the detail" })
    assert.match(sentence, /^[a-z][^.<>\n]{10,100}$/)
    assert.notInclude(sentence, "the detail")
  })

  it("tells different causes apart", () => {
    const sentences = Object.entries(Failure.cases).flatMap(([tag, { fields }]) =>
      "reason" in fields ? fields.reason.literals.map((reason) => `${tag} ${reason}`) : [tag]
    ).map((name) => {
      const [tag, reason] = name.split(" ")
      return explain(
        Schema.decodeUnknownSync(Failure)({ _tag: tag, detail: "x", ...(reason === undefined ? {} : { reason }) })
      )
    })
    assert.strictEqual(new Set(sentences).size, sentences.length)
  })

  it("shows no key that an error quotes", () => {
    const outcome = failed(
      Failure.cases.Model.make({ reason: "unauthorized", detail: `the key ${Scene.apiKey}0123456789 is refused` }),
      false
    )
    assert.notInclude(outcome._tag === "Failed" ? outcome.failure.detail : Scene.apiKey, Scene.apiKey)
  })

  it("keeps a reason to one line of a bearable length", () => {
    const outcome = failed(Failure.cases.Bug.make({ detail: `a\n b\t${"c".repeat(5_000)}` }), true)
    assert.match(outcome._tag === "Failed" ? outcome.failure.detail : "", /^a b c{100,596}$/)
  })
})
