import { assert, describe, it } from "@effect/vitest"
import { Login } from "@nominal-code/domain/event/PullRequest"
import type { LifecycleKind } from "@nominal-code/domain/event/PullRequestEvent"
import { JobOutcome } from "@nominal-code/domain/job/Job"
import { checkName } from "@nominal-code/forge/Checks"
import { JobQueue, Settlement } from "@nominal-code/jobs/JobQueue"
import { JobRecords } from "@nominal-code/jobs/JobRecords"
import { now } from "@nominal-code/testing/GitHubState"
import { Effect, Option } from "effect"
import { TestClock } from "effect/testing"
import { Intake } from "../src/Intake.ts"
import { type Changes, gitHub, gitLab, markerOf, round } from "./ReconcileScene.ts"

const label = "nominal:review"
const twoDaysAgo = () => now() - 2 * 86_400_000

/** Pull requests that were opened and pushed to before the window, on either forge. */
const forges = {
  GitHub: Effect.map(gitHub, (world) => {
    const at = twoDaysAgo()
    const [pull] = world.open(1, { createdAt: at, pushedAt: at, updatedAt: at })
    if (pull === undefined) throw new Error("no pull request")
    return {
      server: world.server,
      violations: world.violations,
      requests: world.requests,
      review: world.comment(pull, "nominalbot", `Looked at.\n\n${markerOf(pull.headSha)}`),
      notReviewed: Effect.sync(() => {
        const [author, createdAt] = [world.state.account("nominalbot"), now()]
        world.state.statuses.push({
          id: world.state.nextId(),
          repository: pull.repository,
          sha: pull.headSha,
          author,
          context: checkName,
          state: "success",
          description: "Not reviewed: the pull request is closed",
          targetUrl: undefined,
          createdAt
        })
      }),
      label: () => world.label(pull, "mara", label),
      unlabel: () => Object.assign(pull, { labels: [] }),
      changes: world.state.timeline,
      touch: () => Object.assign(pull, { updatedAt: now() - 3_600_000 }),
      reopen: () => world.reopen(pull),
      markReady: () => world.markReady(pull)
    }
  }),
  GitLab: Effect.map(gitLab, (world) => {
    const at = twoDaysAgo()
    const [request] = world.open(1, { createdAt: at, updatedAt: at })
    if (request === undefined) throw new Error("no merge request")
    request.versions.push(...request.versions.splice(0).map((version) => ({ ...version, madeAt: at })))
    return {
      server: world.server,
      violations: world.violations,
      requests: world.requests,
      review: world.comment(request, "nominalbot", `Looked at.\n\n${markerOf(request.versions[0]?.head ?? "")}`),
      notReviewed: Effect.sync(() => {
        const [author, createdAt] = [world.state.account("nominalbot"), now()]
        world.state.statuses.push({
          id: world.state.nextId(),
          project: request.project,
          sha: request.versions[0]?.head ?? "",
          name: checkName,
          author,
          state: "success",
          description: "Not reviewed: the merge request is closed",
          targetUrl: undefined,
          createdAt,
          finishedAt: createdAt
        })
      }),
      label: () => world.label(request, "mara", label),
      unlabel: () => Object.assign(request, { labels: [] }),
      changes: world.state.events,
      touch: () => Object.assign(request, { updatedAt: now() - 3_600_000 }),
      reopen: () => world.reopen(request),
      markReady: () => world.markReady(request)
    }
  })
}

const found = Effect.map(round(), ({ missed }) => missed.map(({ event, from }) => `${from} ${event.kind}`))
const triggeredBy = (...triggers: ReadonlyArray<LifecycleKind>): Changes => ({ policy: { triggers } })
/** Ends the waiting job without a review: its pull request was closed. */
const leave = Effect.gen(function*() {
  const { settle, take } = yield* JobQueue
  const [waiting] = yield* JobRecords.use(({ list }) => list({ state: "waiting", limit: 1 }))
  if (waiting === undefined) return assert.fail("no job waits")
  const lease = Option.getOrThrow(yield* take(waiting.lane))
  const outcome = JobOutcome.cases.Skipped.make({ reason: "closed", detail: "the pull request is closed" })
  yield* settle(lease, Settlement.cases.Done.make({ outcome }))
})
const later = Effect.sleep("1100 millis")

for (const [forge, makeWorld] of Object.entries(forges)) {
  describe.concurrent(`on ${forge}, without a delivery`, () => {
    it.live("a label asks for another review, once, and for none where a review has followed it or it is gone", () =>
      Effect.gen(function*() {
        const world = yield* makeWorld
        yield* world.review
        yield* later
        world.label()
        const labeled = triggeredBy("pr_labeled")
        yield* Effect.gen(function*() {
          assert.deepStrictEqual(yield* found, ["label pr_labeled"])
          const [job] = yield* JobRecords.use(({ list }) => list({ limit: 1 }))
          const event = Option.getOrThrow(job?.job ?? Option.none()).event
          assert.deepInclude(event, { kind: "pr_labeled", labels: [label], author: Login.make("mara") })
          assert.deepStrictEqual(yield* found, [])
          // Its delivery arrives after all, and with an instant that is a second later, too.
          const { take } = yield* Intake
          const receipt = yield* take({ id: "late", event: Option.some(event), ignored: "" })
          assert.strictEqual(receipt.status, "duplicate")
        }).pipe(Effect.provide(world.server(labeled)))
        assert.deepStrictEqual(yield* Effect.provide(found, world.server(triggeredBy("pr_opened"))), [])
        world.unlabel()
        assert.deepStrictEqual(yield* Effect.provide(found, world.server(labeled)), [])
        world.label()
        yield* later
        yield* world.review
        assert.deepStrictEqual(yield* Effect.provide(found, world.server(labeled)), [])
        assert.deepStrictEqual(world.violations, [])
      }).pipe(Effect.scoped))

    it.live.each([["pr_reopened", "reopen"], ["pr_ready_for_review", "markReady"]] as const)(
      "a head without a review is found as %s, if that is a trigger",
      ([kind, change]) =>
        Effect.gen(function*() {
          const world = yield* makeWorld
          world[change]()
          assert.deepStrictEqual(yield* Effect.provide(found, world.server()), [])
          assert.deepStrictEqual(yield* Effect.provide(found, world.server(triggeredBy(kind))), [`head ${kind}`])
          yield* world.review
          assert.deepStrictEqual(yield* Effect.provide(found, world.server(triggeredBy(kind))), [])
          assert.deepStrictEqual(world.violations, [])
        }).pipe(Effect.scoped)
    )

    it.live.each([["pr_reopened", "reopen"], ["pr_ready_for_review", "markReady"]] as const)(
      "a head that was left without a review is found as %s, once, where that came after it was left, and not before",
      ([kind, change]) =>
        Effect.gen(function*() {
          const world = yield* makeWorld
          const server = () => world.server({ policy: { triggers: ["pr_opened", "pr_push", kind] } })
          world[change]()
          yield* later
          yield* world.notReviewed
          assert.deepStrictEqual(yield* Effect.provide(found, server()), [])
          yield* later
          world[change]()
          assert.deepStrictEqual(yield* Effect.provide(found, world.server(triggeredBy("pr_opened"))), [])
          yield* Effect.gen(function*() {
            assert.deepStrictEqual(yield* found, [`head ${kind}`])
            assert.deepStrictEqual(yield* found, [])
          }).pipe(Effect.provide(server()))
          assert.deepStrictEqual(world.violations, [])
        }).pipe(Effect.scoped)
    )

    it.live("a head that was left without a review when it was found is found once more, when it is reopened", () =>
      Effect.gen(function*() {
        const world = yield* makeWorld
        yield* Effect.gen(function*() {
          world.reopen()
          assert.deepStrictEqual(yield* found, ["head pr_reopened"])
          yield* leave
          assert.deepStrictEqual(yield* found, [])
          yield* later
          world.reopen()
          assert.deepStrictEqual(yield* found, ["head pr_reopened"])
          assert.deepStrictEqual(yield* found, [])
          yield* leave
          assert.deepStrictEqual(yield* found, [])
        }).pipe(Effect.provide(world.server(triggeredBy("pr_reopened"))))
      }).pipe(Effect.scoped))

    it.live("a head that was looked at before is found when it is reopened afterwards", () =>
      Effect.gen(function*() {
        const world = yield* makeWorld
        world.touch()
        yield* Effect.gen(function*() {
          assert.deepStrictEqual(yield* found, [])
          world.reopen()
          assert.deepStrictEqual(yield* found, ["head pr_reopened"])
          assert.deepStrictEqual(yield* found, [])
        }).pipe(Effect.provide(world.server(triggeredBy("pr_reopened"))))
      }).pipe(Effect.scoped))

    it.live("a label that was added twice asks once", () =>
      Effect.gen(function*() {
        const world = yield* makeWorld
        world.label()
        for (const change of world.changes) Object.assign(change, { createdAt: change.createdAt - 60_000 })
        world.unlabel()
        world.label()
        yield* Effect.gen(function*() {
          assert.deepStrictEqual(yield* found, ["label pr_labeled"])
          assert.deepStrictEqual(yield* found, [])
        }).pipe(Effect.provide(world.server(triggeredBy("pr_labeled"))))
      }).pipe(Effect.scoped))

    it.effect("a server whose clock is three days ahead finds what a right one finds", () =>
      Effect.gen(function*() {
        yield* TestClock.setTime(now() + 3 * 86_400_000)
        const world = yield* makeWorld
        world.reopen()
        assert.deepStrictEqual(yield* Effect.provide(found, world.server(triggeredBy("pr_reopened"))), [
          "head pr_reopened"
        ])
      }).pipe(Effect.scoped))
  })
}
