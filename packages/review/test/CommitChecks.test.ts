import { assert, describe, it } from "@effect/vitest"
import { Failure } from "@nominal-code/domain/job/Failure"
import { Job, JobId } from "@nominal-code/domain/job/Job"
import { Notice } from "@nominal-code/domain/job/Notice"
import { RunStillWanted } from "@nominal-code/domain/job/RunStillWanted"
import { Fingerprint, type Severity } from "@nominal-code/domain/review/Finding"
import { Marker, renderMarker } from "@nominal-code/domain/review/Marker"
import { Discussion, PostedReview } from "@nominal-code/domain/review/Review"
import { Unavailable } from "@nominal-code/forge/ForgeError"
import { Effect, Option } from "effect"
import { stopped } from "../src/CommitChecks.ts"
import { notice } from "../src/Notice.ts"
import { badges } from "../src/posted/CommentBody.ts"
import { review } from "../src/Review.ts"
import * as Scene from "./Scene.ts"

const run = (world: Scene.World, job: Job = Scene.pushJob) => Effect.provide(review(job), Scene.layer(world))

/** Conclusion and title of a check that is done, else its state. */
const told = ({ checks }: Scene.World) =>
  checks.map(({ state }) => state._tag === "Done" ? `${state.conclusion}: ${state.title}` : state._tag)

const doneOf = ({ checks }: Scene.World) => {
  const state = checks.at(-1)?.state
  return state?._tag === "Done" ? state : assert.fail("the check is not done")
}

const failOn = (severity: Severity) => ({ ...Scene.settings, failOn: severity })

const earlier = (severity: Severity, changes: Partial<Discussion> = {}) =>
  new Discussion({
    author: "Nominal[bot]",
    body: `${badges[severity]} · bug · high confidence\n\nIt is wrong.\n\n${
      renderMarker(
        new Marker({
          jobId: JobId.make("f".repeat(20)),
          headSha: Scene.nextSha,
          fingerprint: Fingerprint.make("0".repeat(16))
        })
      )
    }`,
    path: Scene.path("src/other.ts"),
    line: 3,
    resolved: false,
    createdAt: "2026",
    ...changes
  })

describe("the check on a reviewed commit", () => {
  it.effect("runs from the begin of the review on, and succeeds once the review is on the pull request", () =>
    Effect.gen(function*() {
      const world = Scene.world()
      yield* run(world)
      assert.deepStrictEqual(told(world), ["Running", "success: 1 finding: 1 high"])
      for (const { commit } of world.checks) {
        assert.deepStrictEqual([commit.headSha, commit.jobId], [Scene.headSha, Scene.pushJob.id])
      }
      const { annotations, summary, url } = doneOf(world)
      assert.deepStrictEqual(annotations.map(({ line, path, severity }) => [path, line, severity]), [
        ["src/cart.ts", 11, "high"]
      ])
      assert.strictEqual(url, "https://github.com/r")
      for (const part of ["Open findings: 1 high.", "Reviewed: 1 file.", "0.02 USD"]) {
        assert.include(summary, part)
      }
    }))

  it.effect("says that there is nothing new", () =>
    Effect.gen(function*() {
      const world = Scene.world({ answers: [Scene.submits({ summary: "Fine.", comments: [] })] })
      yield* run(world)
      assert.deepStrictEqual(told(world), ["Running", "success: No new findings"])
    }))

  it.effect("does not succeed where the review could not be posted", () =>
    Effect.gen(function*() {
      const world = Scene.world({
        publish: () => Effect.fail(Scene.forgeError(new Unavailable({ message: "502" })))
      })
      assert.strictEqual((yield* run(world))._tag, "Postponed")
      assert.deepStrictEqual(told(world), ["Running"])
    }))

  it.effect("is not touched by a run that the queue does not want any more", () =>
    Effect.gen(function*() {
      const world = Scene.world()
      yield* Effect.provideService(run(world), RunStillWanted, Effect.succeed(false))
      assert.deepStrictEqual(told(world), [])
    }))

  it.effect("succeeds for a review that an earlier run has posted, and for a head that has its review", () =>
    Effect.gen(function*() {
      const posted = new PostedReview({ headSha: Scene.headSha, inline: 0, folded: 0, alreadyPosted: true })
      for (
        const before of [
          { posted: Option.some(posted) },
          { reviewedHeads: [{ headSha: Scene.headSha, jobId: JobId.make("f".repeat(20)) }] }
        ]
      ) {
        const world = Scene.world(before)
        yield* run(world)
        assert.deepStrictEqual(told(world), ["success: No open findings"])
      }
    }))

  it.effect("is none for a question about one thing, nor on a dry run", () =>
    Effect.gen(function*() {
      const focused = Scene.world()
      yield* run(focused, Scene.mentionJob)
      const dry = Scene.world({ settings: { ...Scene.settings, dryRun: true } })
      yield* run(dry)
      assert.deepStrictEqual([told(focused), told(dry)], [[], []])
    }))
})

describe("the check on a commit that is not reviewed", () => {
  it.effect("is neutral, and says why", () =>
    Effect.gen(function*() {
      const draft = Scene.world({ pullRequests: [Scene.pullRequest({ draft: true })] })
      yield* run(draft)
      assert.deepStrictEqual(told(draft), ["neutral: Not reviewed: the pull request is a draft"])
      const paused = Scene.world({ mode: "paused" })
      yield* run(paused)
      assert.deepStrictEqual(told(paused), ["neutral: Not reviewed: its automatic reviews are paused"])
      const binary = Scene.world({ forgeFiles: [Scene.fileWithoutDiff("a.png")], gitFiles: [] })
      yield* run(binary)
      assert.deepStrictEqual(told(binary).map((line) => line.split(":")[0]), ["Running", "neutral"])
    }))

  it.effect("is neutral once the job is given up, also with a gate at the lowest severity", () =>
    Effect.gen(function*() {
      const world = Scene.world({ settings: failOn("low") })
      const failure = Failure.cases.Model.make({ reason: "overloaded", detail: "529" })
      yield* Effect.provide(notice(Scene.pushJob, Notice.cases.GivenUp.make({ failure })), Scene.layer(world))
      assert.deepStrictEqual(told(world), [
        "neutral: Not reviewed: the language model was overloaded for too long"
      ])
    }))
})

describe("the check of a review that is stopped", () => {
  it.effect("is neutral on the event's commit, and on the head where a comment asked", () =>
    Effect.gen(function*() {
      const cancelled = Scene.world({ pullRequests: [Scene.pullRequest({ headSha: Scene.nextSha })] })
      yield* Effect.provide(stopped(Scene.pushJob), Scene.layer(cancelled))
      assert.deepStrictEqual(told(cancelled), ["neutral: Not reviewed: its review was stopped"])
      assert.strictEqual(cancelled.checks[0]?.commit.headSha, Scene.headSha)
      const asked = Scene.world({ pullRequests: [Scene.pullRequest({ headSha: Scene.nextSha })] })
      yield* Effect.provide(stopped(new Job({ ...Scene.mentionJob, prompt: "review" })), Scene.layer(asked))
      assert.strictEqual(asked.checks[0]?.commit.headSha, Scene.nextSha)
      assert.deepStrictEqual(told(asked), told(cancelled))
    }))
})

describe("reviewer.fail_on", () => {
  it.effect("fails the check for an open finding of that severity or a worse one", () =>
    Effect.gen(function*() {
      for (
        const [severity, expected] of [
          ["critical", "success"],
          ["high", "failure"],
          ["medium", "failure"],
          ["low", "failure"]
        ] as const
      ) {
        const world = Scene.world({ settings: failOn(severity) })
        yield* run(world)
        assert.strictEqual(doneOf(world).conclusion, expected, severity)
      }
    }))

  it.effect("counts what earlier reviews have found and nobody has resolved, ours alone", () =>
    Effect.gen(function*() {
      const cases = [
        [earlier("critical"), "failure: Open: 1 critical"],
        [earlier("critical", { resolved: true }), "success: No new findings"],
        [earlier("critical", { author: "eve" }), "success: No new findings"],
        [earlier("high"), "success: No new findings, 1 still open"]
      ] as const
      for (const [discussion, expected] of cases) {
        const world = Scene.world({
          settings: failOn("critical"),
          discussions: [discussion],
          answers: [Scene.submits({ summary: "Fine.", comments: [] })]
        })
        yield* run(world)
        assert.strictEqual(told(world).at(-1), expected)
      }
    }))

  it.effect("holds for a head that was reviewed before, too", () =>
    Effect.gen(function*() {
      const world = Scene.world({
        settings: failOn("high"),
        discussions: [earlier("high")],
        reviewedHeads: [{ headSha: Scene.headSha, jobId: JobId.make("f".repeat(20)) }]
      })
      yield* run(world)
      assert.deepStrictEqual(told(world), ["failure: Open: 1 high"])
    }))
})
