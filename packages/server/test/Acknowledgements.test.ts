import { assert, it } from "@effect/vitest"
import { jobOfHead } from "@nominal-code/domain/Job"
import { PullNumber, PullRequestRef, RepoName, Sha } from "@nominal-code/domain/PullRequest"
import { Forge } from "@nominal-code/forge/Forge"
import * as Forges from "@nominal-code/forge/Forges"
import { JobQueue } from "@nominal-code/jobs/JobQueue"
import * as MemoryQueue from "@nominal-code/jobs/MemoryQueue"
import { Deferred, Effect, Layer, Option } from "effect"
import * as Acknowledgements from "../src/Acknowledgements.ts"

const jobOf = (number: number) =>
  jobOfHead({
    ref: new PullRequestRef({
      platform: "github",
      repo: RepoName.make("acme/shop"),
      number: PullNumber.make(number)
    }),
    title: "Add refunds",
    headSha: Sha.make(String(number).repeat(40)),
    headBranch: "feature",
    baseBranch: "main"
  })

it.effect("a commit is shown as queued only where its job waits: one that runs says so itself", () =>
  Effect.gen(function*() {
    const shown: Array<string> = []
    const showed = yield* Deferred.make<void>()
    const forge = Layer.mock(Forge, {
      platform: "github",
      headRef: () => "",
      acknowledge: () => Effect.void,
      check: ({ pullRequest }, state) => {
        shown.push(`${pullRequest.number} ${state._tag}`)
        return Effect.asVoid(Deferred.succeed(showed, undefined))
      }
    })
    const [running, waiting] = [jobOf(1), jobOf(2)]
    yield* Effect.gen(function*() {
      const { offer, take } = yield* JobQueue
      yield* offer(running)
      yield* offer(waiting)
      assert.isTrue(Option.isSome(yield* take(running.lane)))
      const { send } = yield* Acknowledgements.Acknowledgements
      yield* send(running)
      yield* send(waiting)
      yield* Deferred.await(showed)
      assert.deepStrictEqual(shown, ["2 Queued"])
    }).pipe(
      Effect.provide(
        Acknowledgements.layer.pipe(
          Layer.provideMerge(MemoryQueue.layer),
          Layer.provide(Forges.layer([forge]))
        )
      )
    )
  }))
