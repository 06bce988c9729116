import { assert, describe, it } from "@effect/vitest"
import { Sha } from "@nominal-code/domain/event/PullRequest"
import { JobId } from "@nominal-code/domain/job/Job"
import { RunStillWanted } from "@nominal-code/domain/job/RunStillWanted"
import type { Fingerprint } from "@nominal-code/domain/review/Finding"
import { Marker } from "@nominal-code/domain/review/Marker"
import { Clock, Effect, Option, Result, type Scope } from "effect"
import { Forge } from "../src/Forge.ts"
import { comment, draft, instantClock, jobId, opened } from "./FakeGitHub.ts"
import { forgeOf, type Scene } from "./ForgeScene.ts"

const nextJob = JobId.make("1".repeat(20))
const nextHead = Sha.make("b".repeat(40))

/** Runs against the scene's forge, with pauses that take no time. */
const on = Effect.fnUntraced(function*<A, E>(scene: Scene, run: Effect.Effect<A, E, Forge>) {
  const { instant } = yield* instantClock
  return yield* run.pipe(Effect.provide(forgeOf(scene)), Effect.provideService(Clock.Clock, instant))
})

const ownPosts = (scene: Scene, job: JobId) => on(scene, Forge.use((forge) => forge.ownPosts(scene.ref, job)))

const publish = (scene: Scene, fields: Parameters<typeof draft>[1], lines: ReadonlyArray<number> = []) =>
  Effect.flatMap(ownPosts(scene, fields?.jobId ?? jobId), (known) =>
    on(
      scene,
      Forge.use((forge) =>
        forge.publish(
          draft(lines.map((line) => comment(line)), {
            pullRequest: scene.ref,
            headSha: scene.head,
            event: { ...opened, pullRequest: scene.ref, headSha: scene.head },
            ...fields
          }),
          known
        )
      )
    ))

/** A second review, of another commit, that has nothing new to tell. */
const again = { jobId: nextJob, headSha: nextHead, summary: "Nothing new.", inPlace: true } as const

const faults = [
  { _tag: "Drop" },
  { _tag: "CommitThenDrop" },
  { _tag: "CommitThenAnswer", status: 502 },
  { _tag: "Answer", status: 503 }
] as const

const lostRun = Effect.provideService(RunStillWanted, Effect.succeed(false))

/** The behaviour of both forges with the findings and the summary of earlier reviews. */
export const ledgerSuite = (name: string, makeScene: Effect.Effect<Scene, unknown, Scope.Scope>) => {
  describe(`${name}: a review without news`, () => {
    it.effect("is written over the newest summary, and counts as the review of its commit", () =>
      Effect.gen(function*() {
        for (const lines of [[], [10]]) {
          const scene = yield* makeScene
          const first = yield* publish(scene, { summary: "First." }, lines)
          const { url } = yield* publish(scene, again)
          assert.strictEqual(url, first.url)
          const { inline, pending, summaries: [summary, ...more] } = scene.ownPosts()
          assert.deepStrictEqual([more, inline.length, pending], [[], lines.length, 0])
          assert.match(summary ?? "", /^Nothing new\./)
          const known = yield* ownPosts(scene, nextJob)
          assert.deepStrictEqual(Option.map(known.review, ({ headSha }) => headSha), Option.some(nextHead))
          assert.deepStrictEqual(known.reviewedHeads.map(({ headSha }) => headSha), [nextHead, scene.head])
          assert.isTrue(yield* Effect.map(publish(scene, again), ({ alreadyPosted }) => alreadyPosted))
          assert.deepStrictEqual(scene.violations, [])
        }
      }))

    it.effect("keeps the findings that the summary holds, with their markers", () =>
      Effect.gen(function*() {
        const scene = yield* makeScene
        yield* publish(scene, { summary: "First." }, [10, 20])
        yield* publish(scene, again)
        const [summary = ""] = scene.ownPosts().summaries
        assert.match(summary, /^Nothing new\.\n\n\*\*Additional notes[^]*finding at 20/)
        assert.include(summary, ` finding=${comment(20).fingerprint} `)
        assert.deepStrictEqual(
          Option.map((yield* ownPosts(scene, nextJob)).review, ({ folded, inline }) => [folded, inline]),
          Option.some([0, 0])
        )
      }))

    it.effect("is posted where there is no summary, and where it was deleted meanwhile", () =>
      Effect.gen(function*() {
        const scene = yield* makeScene
        yield* publish(scene, again)
        assert.strictEqual(scene.ownPosts().summaries.length, 1)
        yield* scene.clear
        yield* publish(scene, { summary: "First." })
        const known = yield* ownPosts(scene, nextJob)
        yield* scene.clear
        yield* on(
          scene,
          Forge.use((forge) =>
            forge.publish(
              draft([], { ...again, pullRequest: scene.ref, event: { ...opened, pullRequest: scene.ref } }),
              known
            )
          )
        )
        assert.match(scene.ownPosts().summaries.join(), /^Nothing new\./)
      }))

    it.effect("stands once, whatever interrupts it, and not from a run that lost its lease", () =>
      Effect.gen(function*() {
        for (const fault of faults) {
          const scene = yield* makeScene
          yield* publish(scene, { summary: "First." })
          scene.faults.next({ method: scene.ref.platform === "github" ? "PATCH" : "PUT", path: /.*/ }, fault)
          yield* publish(scene, again)
          const { summaries } = scene.ownPosts()
          assert.strictEqual(summaries.length, 1, fault._tag)
          assert.match(summaries[0] ?? "", /^Nothing new\./, fault._tag)
        }
        const scene = yield* makeScene
        yield* publish(scene, { summary: "First." })
        assert.isTrue(Result.isFailure(yield* Effect.result(lostRun(publish(scene, again)))))
        assert.match(scene.ownPosts().summaries.join(), /^First\./)
      }))
  })

  describe(`${name}: a settled finding`, () => {
    const settle = (scene: Scene, threadId: string, fixed: Fingerprint) =>
      on(
        scene,
        Forge.use((forge) =>
          forge.settle(
            { pullRequest: scene.ref, threadId },
            "Fixed.",
            new Marker({ jobId: nextJob, headSha: nextHead, fixed })
          )
        )
      )

    const threadOf = (scene: Scene) =>
      Effect.map(
        on(scene, Forge.use((forge) => forge.look(scene.ref, nextJob))),
        ({ discussions }) => discussions.find(({ path }) => path !== undefined)?.threadId ?? ""
      )

    it.effect("is told in its thread once, is no review, and outlives the job's review", () =>
      Effect.gen(function*() {
        for (const fault of [undefined, ...faults.slice(1, 3)]) {
          const scene = yield* makeScene
          yield* publish(scene, { summary: "First." }, [10])
          const { fingerprint } = comment(10)
          if (fault !== undefined) scene.faults.next({ method: "POST", path: /(?:replies|notes)$/ }, fault)
          assert.isTrue(yield* settle(scene, yield* threadOf(scene), fingerprint))
          const known = yield* ownPosts(scene, nextJob)
          assert.deepStrictEqual([known.review, known.answer], [Option.none(), Option.none()])
          assert.deepStrictEqual(known.reviewedHeads.map(({ headSha }) => headSha), [scene.head])
          yield* publish(scene, { jobId: nextJob }, [12])
          const { inline } = scene.ownPosts()
          const told = inline.filter(({ body }) => body.startsWith("Fixed."))
          assert.strictEqual(told.length, 1, fault?._tag ?? "no fault")
          assert.strictEqual(inline.length, 3)
        }
      }))

    it.effect("whose thread is gone is told nowhere", () =>
      Effect.gen(function*() {
        const scene = yield* makeScene
        yield* publish(scene, { summary: "First." }, [10])
        const thread = yield* threadOf(scene)
        yield* scene.clear
        assert.isFalse(yield* settle(scene, thread, comment(10).fingerprint))
        assert.deepStrictEqual(scene.ownPosts().inline, [])
      }))
  })
}
