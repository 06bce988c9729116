import { assert, it } from "@effect/vitest"
import { PullRequestRef } from "@nominal-code/domain/event/PullRequest"
import { Failure } from "@nominal-code/domain/job/Failure"
import { Job } from "@nominal-code/domain/job/Job"
import { Lane } from "@nominal-code/domain/job/Lane"
import { Notice } from "@nominal-code/domain/job/Notice"
import { Forge } from "@nominal-code/forge/Forge"
import * as Forges from "@nominal-code/forge/Forges"
import { Effect, Layer } from "effect"
import { noticeJob, reviewJob } from "../src/JobForge.ts"
import { layer, mentionJob, world } from "./Scene.ts"

/** The job as it would be if its pull request were on GitLab. */
const gitlabJob = () => {
  const pullRequest = new PullRequestRef({ ...mentionJob.event.pullRequest, platform: "gitlab" })
  const lane = new Lane({ ...mentionJob.lane, platform: "gitlab" })
  return new Job({ ...mentionJob, lane, event: { ...mentionJob.event, pullRequest } })
}

const givenUp = Notice.cases.GivenUp.make({ failure: Failure.cases.Deadline.make({ detail: "too slow" }) })

/** A world's forge, which its scene gives to GitHub, on a platform. */
const forgeOf = (from: ReturnType<typeof world>, platform: "github" | "gitlab") =>
  Layer.effect(Forge, Effect.map(Forge, (forge) => Forge.of({ ...forge, platform }))).pipe(Layer.provide(layer(from)))

it.effect("a review is posted on the forge that its job came from, and so is a notice", () =>
  Effect.gen(function*() {
    const [github, gitlab] = [world(), world()]
    const forges = Forges.layer([forgeOf(github, "github"), forgeOf(gitlab, "gitlab")])
    const outcome = yield* Effect.provide(reviewJob(gitlabJob()), Layer.merge(forges, layer(world())))
    assert.strictEqual(outcome._tag, "Reviewed")
    assert.deepStrictEqual([github.drafts.length, gitlab.drafts.length], [0, 1])
    yield* Effect.provide(noticeJob(mentionJob, givenUp), Layer.merge(forges, layer(world())))
    assert.deepStrictEqual([github.replies.length, gitlab.replies.length], [1, 0])
  }))

it.effect("a forge whose credentials were taken away fails the attempt, and can be told nothing", () =>
  Effect.gen(function*() {
    const github = world()
    const context = Layer.merge(Forges.layer([forgeOf(github, "github")]), layer(world()))
    const outcome = yield* Effect.provide(reviewJob(gitlabJob()), context)
    assert.deepInclude(outcome, { _tag: "Failed", retryable: true })
    const told = yield* Effect.provide(noticeJob(gitlabJob(), givenUp), context)
    assert.deepStrictEqual(told, {
      _tag: "Refused",
      detail: "no credentials for gitlab are configured in this process"
    })
    assert.deepStrictEqual([github.drafts, github.replies], [[], []])
  }))
