import { assert, describe, it } from "@effect/vitest"
import { endingWithin } from "@nominal-code/domain/job/RunDeadline"
import { LlmError } from "@nominal-code/llm/LlmError"
import { Deferred, Duration, Effect, Fiber, Logger, References } from "effect"
import { TestClock } from "effect/testing"
import { noVerification } from "../src/judgement/Verify.ts"
import { review } from "../src/Review.ts"
import { ReviewSteps } from "../src/ReviewSteps.ts"
import * as Scene from "./Scene.ts"

const headFiles = { "src/cart.ts": `${"\n".repeat(9)}const items = []\nlet total = 0\nlet count = items.length` }

const claims = [
  Scene.finding({ body: "The total starts at zero.\n\nSECRET REASON", trigger: "an empty cart", effect: "it is free" }),
  Scene.finding({ line: 12, body: "Nobody counts the items twice.", severity: "medium" })
]

const worldOf = (verifier: Scene.World["verifier"], changes: Partial<Scene.World> = {}) =>
  Scene.world({
    headFiles,
    verifier,
    answers: [Scene.submits({ summary: "Two.", comments: claims })],
    ...changes
  })

const run = (world: Scene.World) => Effect.provide(review(Scene.pushJob), Scene.layer(world))
const linesOf = ({ drafts }: Scene.World) => drafts[0]?.comments.map(({ finding }) => finding.line)
const summaryOf = ({ drafts }: Scene.World) => drafts[0]?.summary ?? ""

const counter = { path: "src/cart.ts", line: 12, quote: "let count = items.length" }

describe("the verification of findings", () => {
  it.effect("shows the verifier each claim and its code, and nothing of the finder's reasons", () =>
    Effect.gen(function*() {
      const world = worldOf(Scene.judges())
      yield* run(world)
      const [task] = world.verifications
      for (
        const part of [
          "C1, bug, at <file-path>src/cart.ts:11</file-path>",
          "The total starts at zero.",
          "For: an empty cart",
          "Then: it is free",
          "11:let total = 0",
          "C2, bug, at"
        ]
      ) {
        assert.include(task?.prompt, part)
      }
      assert.notInclude(task?.prompt, "SECRET REASON")
      assert.notInclude(task?.prompt, "Add a cart")
      assert.strictEqual(task?.prompt.match(/11:let total/g)?.length, 1)
      assert.deepStrictEqual(linesOf(world), [11, 12])
      assert.notInclude(summaryOf(world), "unverified")
    }))

  it.effect("posts no claim that is refuted by code that stands there, and charges the review", () =>
    Effect.gen(function*() {
      const world = worldOf(Scene.judges({ C1: { verdict: "refuted", ...counter } }))
      const outcome = yield* run(world)
      assert.deepInclude(outcome, { _tag: "Reviewed", findings: 1 })
      assert.deepStrictEqual(linesOf(world), [12])
      assert.strictEqual(outcome._tag === "Reviewed" ? outcome.usage?.calls : 0, 2)
    }))

  it.effect("takes what is refuted by a made-up quote for uncertain", () =>
    Effect.gen(function*() {
      const forged = { verdict: "refuted", ...counter, quote: "if (count === 0) return" }
      const world = worldOf(Scene.judges({ C1: forged, C2: forged }))
      yield* run(world)
      assert.deepStrictEqual(linesOf(world), [11])
      assert.strictEqual(world.drafts[0]?.comments[0]?.finding.confidence, "low")
    }))

  it.effect("posts what is uncertain only if it is grave, and says on what it depends", () =>
    Effect.gen(function*() {
      const unsure = { verdict: "uncertain", depends_on: "the cart being shared" }
      const world = worldOf(Scene.judges({ C1: unsure, C2: unsure }))
      yield* run(world)
      assert.deepStrictEqual(linesOf(world), [11])
      assert.match(world.drafts[0]?.comments[0]?.finding.body ?? "", /\n\nThis depends on: the cart being shared$/)
    }))

  it.effect("logs what became of every claim, and what was used", () =>
    Effect.gen(function*() {
      const logged: Array<Record<string, unknown>> = []
      const logger = Logger.make(({ fiber, message }) => {
        logged.push({ message: [message].flat().join(" "), ...fiber.getRef(References.CurrentLogAnnotations) })
      })
      const forged = Scene.finding({
        body: "Forged.",
        evidence: [{ path: "src/cart.ts", line: 11, quote: "no such code" }]
      })
      const again = { ...claims[1], body: "Nobody counts these items twice at all." }
      const world = worldOf(Scene.judges({ C1: { verdict: "refuted", ...counter } }), {
        answers: [Scene.submits({ summary: "Four.", comments: [...claims, again, forged] })]
      })
      yield* Effect.provide(run(world), Logger.layer([logger]))
      assert.deepInclude(logged.find(({ message }) => message === "Findings of a review"), {
        claims: 4,
        merged: 1,
        unproven: 1,
        refuted: 1,
        cut: 0,
        posted: 1,
        turns: 2,
        tokens: 30,
        cached: 0,
        dollars: "0.0200"
      })
      assert.deepInclude(logged.find(({ message }) => String(message).startsWith("A claim was refuted")), {
        at: "src/cart.ts:11",
        by: "src/cart.ts:12"
      })
    }))

  const away = new LlmError({ provider: "anthropic", reason: "overloaded", message: "overloaded" })
  const unverified: ReadonlyArray<readonly [as: string, verifier: Scene.World["verifier"]]> = [
    ["a verifier that is down", () => Effect.fail(away)],
    ["a verifier that says nothing", Scene.writes("They look right to me.")],
    ["verdicts about claims that do not exist", Scene.submits({ verdicts: [{ id: "C7", verdict: "refuted" }] })],
    ["verdicts that are none", Scene.submits({ verdicts: "all wrong" })]
  ]
  for (const [as, verifier] of unverified) {
    it.effect(`posts the review as unverified after ${as}`, () =>
      Effect.gen(function*() {
        const world = worldOf(verifier)
        assert.deepInclude(yield* run(world), { _tag: "Reviewed", findings: 2 })
        assert.match(summaryOf(world), /\*Reviewed .* · unverified\*/)
      }))
  }

  it.effect("posts the review as unverified if the verifier never answers, long before its run is overdue", () =>
    Effect.gen(function*() {
      const asked = yield* Deferred.make<void>()
      const world = worldOf(() => Effect.andThen(Deferred.succeed(asked, undefined), Effect.never))
      const running = yield* Effect.forkChild(run(world))
      yield* Deferred.await(asked)
      yield* TestClock.adjust("5 minutes")
      assert.deepInclude(yield* Fiber.join(running), { _tag: "Reviewed", findings: 2 })
      assert.match(summaryOf(world), / · unverified\*/)
    }))

  it.effect("leaves a minute of its run to post the review, however long the review took", () =>
    Effect.gen(function*() {
      const asked = yield* Deferred.make<void>()
      const world = worldOf(() => Effect.andThen(Deferred.succeed(asked, undefined), Effect.never))
      const running = yield* Effect.forkChild(endingWithin(Duration.minutes(2))(run(world)))
      yield* Deferred.await(asked)
      yield* TestClock.adjust("59 seconds")
      assert.isUndefined(running.pollUnsafe())
      yield* TestClock.adjust("1 second")
      assert.deepInclude(yield* Fiber.join(running), { _tag: "Reviewed", findings: 2 })
    }))

  it.effect("puts what is confirmed first, and counts what has no verdict", () =>
    Effect.gen(function*() {
      const world = worldOf(Scene.submits({ verdicts: [{ id: "c2", verdict: "confirmed" }] }))
      yield* run(world)
      assert.deepStrictEqual(linesOf(world), [12, 11])
      assert.match(summaryOf(world), / · 1 unverified\*/)
    }))

  it.effect("asks no model where it is switched off, left out, or where nothing was found", () =>
    Effect.gen(function*() {
      const off = worldOf(Scene.judges(), { settings: { ...Scene.settings, verify: false } })
      const clean = worldOf(Scene.judges(), { answers: [Scene.submits({ summary: "Fine.", comments: [] })] })
      const without = worldOf(Scene.judges())
      yield* run(off)
      yield* run(clean)
      yield* Effect.provideService(run(without), ReviewSteps, {
        ...ReviewSteps.defaultValue(),
        verify: () => Effect.succeed(noVerification)
      })
      assert.deepStrictEqual([off, clean, without].map(({ verifications }) => verifications.length), [0, 0, 0])
      assert.deepStrictEqual([linesOf(off), linesOf(without)], [[11, 12], [11, 12]])
      assert.notInclude(summaryOf(off), "unverified")
    }))
})
