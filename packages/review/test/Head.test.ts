import { assert, describe, it } from "@effect/vitest"
import { Sha } from "@nominal-code/domain/event/PullRequest"
import { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { DeliveryId, Job, JobId, jobIdOfDelivery } from "@nominal-code/domain/job/Job"
import { PostedReview } from "@nominal-code/domain/review/Review"
import { Effect, Fiber, Schema } from "effect"
import { TestClock } from "effect/testing"
import { review } from "../src/Review.ts"
import * as Scene from "./Scene.ts"

const otherJob = JobId.make("f".repeat(20))
const reviewed = (headSha: Sha) => ({ headSha, jobId: otherJob })

const pushOf = (changes: Partial<Parameters<typeof PullRequestEvent.cases.Lifecycle.make>[0]>, delivery = "d-2") => {
  const { event } = Scene.pushJob
  if (event._tag === "Comment") throw new Error("the scene's push is no lifecycle event")
  const id = DeliveryId.make(delivery)
  return new Job({
    ...Scene.pushJob,
    id: jobIdOfDelivery("github", id),
    delivery: id,
    event: PullRequestEvent.cases.Lifecycle.make({ ...event, ...changes })
  })
}

const run = (world: Scene.World, job = Scene.pushJob) => Effect.provide(review(job), Scene.layer(world))

/** A run during which as much time passes as a forge is given to catch up with its own deliveries. */
const runWithLag = Effect.fnUntraced(function*(world: Scene.World, job: Job) {
  const fiber = yield* Effect.forkChild(run(world, job))
  yield* TestClock.adjust("3 seconds")
  return yield* Fiber.join(fiber)
})

describe("a lifecycle event", () => {
  it.effect("whose head has a review already is skipped, and says which commit and which job", () =>
    Effect.gen(function*() {
      const world = Scene.world({ reviewedHeads: [reviewed(Scene.headSha)] })
      assert.deepStrictEqual(yield* run(world), {
        _tag: "Skipped",
        reason: "head-reviewed",
        detail: `commit aaaaaaa has the review of job ${otherJob}`,
        headSha: Scene.headSha
      })
      assert.deepStrictEqual([world.tasks, world.drafts, world.replies], [[], [], []])
    }))

  it.effect("that asks for a review again gets one, though the head has its review", () =>
    Effect.gen(function*() {
      for (const kind of ["pr_rerun", "pr_labeled", "pr_retargeted"] as const) {
        const world = Scene.world({ reviewedHeads: [reviewed(Scene.headSha)] })
        assert.deepInclude(yield* run(world, pushOf({ kind, again: "4" })), { _tag: "Reviewed" })
        assert.lengthOf(world.drafts, 1)
        const draft = Scene.world({ pullRequests: [Scene.pullRequest({ draft: true })] })
        assert.deepInclude(yield* run(draft, pushOf({ kind, again: "4" })), { _tag: "Skipped", reason: "draft" })
      }
    }))

  it.effect("that replaced a request to review again is skipped if that one's job has posted its review", () =>
    Effect.gen(function*() {
      const earlier = { headSha: Scene.headSha, jobId: JobId.make("e".repeat(20)) }
      const before = Scene.world({ reviewedHeads: [earlier] })
      assert.deepInclude(yield* run(before, pushOf({ again: `4 ${otherJob}` })), { _tag: "Reviewed" })
      const after = Scene.world({ reviewedHeads: [earlier, reviewed(Scene.headSha)] })
      assert.deepInclude(yield* run(after, pushOf({ again: `4 ${otherJob}` })), { reason: "head-reviewed" })
    }))

  it.effect("delivered late, when a newer head has its review, posts nothing for the older commit", () =>
    Effect.gen(function*() {
      const world = Scene.world({
        pullRequests: [Scene.pullRequest({ headSha: Scene.nextSha })],
        reviewedHeads: [reviewed(Scene.nextSha)]
      })
      assert.deepInclude(yield* runWithLag(world, Scene.pushJob), { reason: "head-reviewed", headSha: Scene.nextSha })
      assert.deepStrictEqual(world.drafts, [])
    }))

  it.effect("delivered before the forge itself shows its head is reviewed at that head, a moment later", () =>
    Effect.gen(function*() {
      const world = Scene.world({
        pullRequests: [Scene.pullRequest(), Scene.pullRequest({ headSha: Scene.nextSha })],
        reviewedHeads: [reviewed(Scene.headSha)]
      })
      const outcome = yield* runWithLag(world, pushOf({ headSha: Scene.nextSha, kind: "pr_push" }))
      assert.deepInclude(outcome, { _tag: "Reviewed", headSha: Scene.nextSha })
    }))

  it.effect("delivered before the forge shows its head is not spent on the commit before it, which nobody reviewed", () =>
    Effect.gen(function*() {
      const world = Scene.world({
        pullRequests: [Scene.pullRequest(), Scene.pullRequest({ headSha: Scene.nextSha })]
      })
      const outcome = yield* runWithLag(world, pushOf({ headSha: Scene.nextSha, kind: "pr_push" }))
      assert.deepInclude(outcome, { _tag: "Reviewed", headSha: Scene.nextSha })
      assert.strictEqual(world.drafts.length, 1)
    }))

  it.effect("on a draft waits until the draft is ready; what somebody asks for is done on a draft, too", () =>
    Effect.gen(function*() {
      const draft = Scene.pullRequest({ draft: true })
      const world = Scene.world({ pullRequests: [draft] })
      assert.deepInclude(yield* run(world), { _tag: "Skipped", reason: "draft", headSha: Scene.headSha })
      assert.deepInclude(yield* run(world, Scene.mentionJob), { _tag: "Reviewed" })
      const ready = Scene.world({ pullRequests: [draft, Scene.pullRequest()] })
      assert.deepInclude(yield* runWithLag(ready, pushOf({ kind: "pr_ready_for_review" })), { _tag: "Reviewed" })
    }))

  it.effect.each(
    [
      ["pr_reopened", { draft: true }],
      ["pr_reopened", { state: "closed" }],
      ["pr_ready_for_review", { state: "closed" }],
      ["pr_push", { state: "closed" }]
    ] as const
  )(
    "%s, delivered while the forge still shows %j, is reviewed a moment later",
    ([kind, shown]) =>
      Effect.gen(function*() {
        const world = Scene.world({ pullRequests: [Scene.pullRequest(shown), Scene.pullRequest()] })
        assert.deepInclude(yield* runWithLag(world, pushOf({ kind })), { _tag: "Reviewed" })
      })
  )

  it.effect("whose head moved while it was reviewed posts nothing, if the newer head was reviewed meanwhile", () =>
    Effect.gen(function*() {
      const world: Scene.World = Scene.world({
        pullRequests: [Scene.pullRequest(), Scene.pullRequest({ headSha: Scene.nextSha })],
        answers: [(task) => {
          world.reviewedHeads = [reviewed(Scene.nextSha)]
          return Scene.submits({ summary: "Fine.", comments: [] })(task)
        }]
      })
      assert.deepInclude(yield* run(world), { reason: "head-reviewed", headSha: Scene.nextSha })
      assert.deepStrictEqual([world.tasks.length, world.drafts, world.saved], [1, [], []])
    }))
})

it.effect("a request is answered although its head has a review already", () =>
  Effect.gen(function*() {
    const world = Scene.world({ reviewedHeads: [reviewed(Scene.headSha)] })
    assert.deepInclude(yield* run(world, Scene.mentionJob), { _tag: "Reviewed", headSha: Scene.headSha })
    assert.deepStrictEqual(world.drafts.map(({ scope }) => scope), ["request"])
  }))

const Step = Schema.Union([
  Schema.TaggedStruct("Push", {}),
  Schema.TaggedStruct("Delivery", {
    kind: Schema.Literals(["pr_opened", "pr_push", "pr_reopened", "pr_ready_for_review"]),
    /** Number of pushes since its commit was the head. */
    late: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3 }))
  })
])

it.effect.prop(
  "deliveries in any order, late, twice or missing leave one review of each head that they found, the newest included",
  [Schema.Array(Step).check(Schema.isMaxLength(8))],
  ([steps]) =>
    Effect.gen(function*() {
      const heads = [Scene.headSha]
      const newest = () => heads.at(-1) ?? Scene.headSha
      const world: Scene.World = Scene.world({
        publish: ({ headSha, jobId }) => {
          assert.strictEqual(headSha, newest())
          world.reviewedHeads = [...world.reviewedHeads, { headSha, jobId }]
          return Effect.succeed(new PostedReview({ headSha, inline: 0, folded: 0, alreadyPosted: false }))
        }
      })
      // The last delivery comes after the newest push.
      const all = [...steps, { _tag: "Delivery", kind: "pr_push", late: 0 } as const]
      for (const [index, step] of all.entries()) {
        if (step._tag === "Push") {
          heads.push(Sha.make(heads.length.toString(16).padStart(40, "0")))
          continue
        }
        const headSha = heads.at(-1 - step.late) ?? Scene.headSha
        world.pullRequests = [Scene.pullRequest({ headSha: newest() })]
        yield* runWithLag(world, pushOf({ kind: step.kind, headSha }, `delivery ${index}`))
      }
      const reviewed = world.reviewedHeads.map(({ headSha }) => headSha)
      assert.strictEqual(new Set(reviewed).size, reviewed.length)
      assert.strictEqual(reviewed.at(-1), newest())
    }),
  { arbitrary: { runs: 60 } }
)
