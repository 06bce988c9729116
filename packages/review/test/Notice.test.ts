import { assert, describe, it } from "@effect/vitest"
import { Failure, ServiceName } from "@nominal-code/domain/job/Failure"
import { Notice } from "@nominal-code/domain/job/Notice"
import { RunStillWanted } from "@nominal-code/domain/job/RunStillWanted"
import { PostedReview } from "@nominal-code/domain/review/Review"
import { Forbidden, NotFound, RateLimited, Refused, Unavailable } from "@nominal-code/forge/ForgeError"
import { Duration, Effect, Option, Schema } from "effect"
import { explain, failed } from "../src/Failure.ts"
import { notice } from "../src/Notice.ts"
import * as Scene from "./Scene.ts"

const givenUp = Notice.cases.GivenUp.make({ failure: Failure.cases.Bug.make({ detail: "x" }) })
const tell = (world: Scene.World, what: Notice = givenUp) =>
  Effect.provide(notice(Scene.pushJob, what), Scene.layer(world))

const detail = "the detail"
const everyFailure = Object.entries(Failure.cases).flatMap(([_tag, { fields }]) =>
  "reason" in fields ? fields.reason.literals.map((reason) => ({ _tag, reason, detail })) : [{ _tag, detail }]
).map((failure) => Schema.decodeUnknownSync(Failure)(failure))

describe("the notice of a job that is given up", () => {
  it.effect("says what failed in our words and where to look, and not what the provider said", () =>
    Effect.gen(function*() {
      const world = Scene.world()
      const failure = Failure.cases.Model.make({
        reason: "overloaded",
        detail: "anthropic (overloaded): 529 <b>words</b> of the provider"
      })
      const given = Notice.cases.GivenUp.make({ failure })
      assert.deepStrictEqual(yield* tell(world, given), { _tag: "Told" })
      const [text = ""] = world.replies
      assert.include(text, "the language model was overloaded for too long")
      assert.include(text, `\`${Scene.pushJob.id}\``)
      assert.include(text, "Mention me again")
      assert.notInclude(text, "529")
      assert.notInclude(text, "provider")
    }))

  it.effect("gives way to the job's review, where that is on the pull request", () =>
    Effect.gen(function*() {
      const posted = new PostedReview({ headSha: Scene.headSha, inline: 2, folded: 1, alreadyPosted: true })
      const world = Scene.world({ posted: Option.some(posted) })
      const outcome = yield* tell(world)
      assert.deepInclude(outcome._tag === "Reviewed" ? outcome.outcome : {}, { findings: 3, headSha: Scene.headSha })
      assert.deepStrictEqual(world.replies, [])
    }))

  it.effect("waits for a forge that is away or limited, for as long as it asks", () =>
    Effect.gen(function*() {
      const limited = Scene.world({ reply: Scene.forgeError(new RateLimited({ retryAfter: Duration.hours(3) })) })
      assert.deepInclude(yield* tell(limited), {
        _tag: "Postponed",
        service: ServiceName.make("forge:github"),
        retryAfterMillis: 3 * 60 * 60 * 1_000
      })
      const away = Scene.world({ reply: Scene.forgeError(new Unavailable({ message: "502" })) })
      const outcome = yield* tell(away)
      assert.deepInclude(outcome, { _tag: "Postponed", service: ServiceName.make("forge:github") })
      assert.notProperty(outcome, "retryAfterMillis")
    }))

  it.effect("waits for access to the repository, and not for a pull request that is not there", () =>
    Effect.gen(function*() {
      const forbidden = Scene.forgeError(new Forbidden({ message: "suspended" }))
      const missing = Scene.forgeError(new NotFound({ message: "not there" }))
      for (const changes of [{ reply: forbidden }, { reply: missing, access: missing }]) {
        assert.deepInclude(yield* tell(Scene.world(changes)), {
          _tag: "Postponed",
          service: ServiceName.make("forge:github")
        })
      }
      assert.deepInclude(yield* tell(Scene.world({ reply: missing })), { _tag: "Refused" })
    }))

  it.effect("is refused for good where the forge refuses it, and stands on the commit then", () =>
    Effect.gen(function*() {
      for (const because of ["locked", "archived", "sso"] as const) {
        const world = Scene.world({
          reply: Scene.forgeError(new Refused({ status: 403, because, message: `words about ${because}` }))
        })
        const outcome = yield* tell(
          world,
          Notice.cases.GivenUp.make({ failure: Failure.cases.Forge.make({ reason: because, detail }) })
        )
        assert.match(
          outcome._tag === "Refused" ? outcome.detail : outcome._tag,
          new RegExp(`${because}.*\\(GitHub.reply acme/shop#7\\)`)
        )
        const sentence = explain(Failure.cases.Forge.make({ reason: because, detail }))
        assert.include(JSON.stringify(world.checks.at(-1)), `This commit was not reviewed: ${sentence}.`)
      }
    }))

  it.effect("is not posted by a process that lost the job's lease", () =>
    Effect.gen(function*() {
      const world = Scene.world()
      const outcome = yield* Effect.provideService(tell(world), RunStillWanted, Effect.succeed(false))
      assert.deepInclude(outcome, { _tag: "Postponed", service: ServiceName.make("store") })
      assert.deepStrictEqual(world.replies, [])
    }))

  it.effect("is not posted on a dry run", () =>
    Effect.gen(function*() {
      const world = Scene.world({ settings: { ...Scene.settings, dryRun: true } })
      assert.deepStrictEqual(yield* tell(world), { _tag: "Refused", detail: "a dry run posts nothing" })
      assert.deepStrictEqual(world.replies, [])
    }))

  it("is one sentence for every stage and reason, another one for each, and holds nothing of the detail", () => {
    const sentences = everyFailure.map(explain)
    for (const sentence of sentences) {
      assert.match(sentence, /^[a-z][^.<>\n]{10,100}$/)
      assert.notInclude(sentence, detail)
    }
    assert.isAbove(sentences.length, 10)
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

it.effect("who was turned away is told that others wait, and that this request was not taken", () =>
  Effect.gen(function*() {
    const world = Scene.world()
    assert.deepStrictEqual(yield* tell(world, Notice.cases.Busy.make({})), { _tag: "Told" })
    assert.match(world.replies[0] ?? "", /^I did not take this request: too many requests already wait/)
  }))
