import { assert, describe, it } from "@effect/vitest"
import { ServiceName } from "@nominal-code/domain/job/Failure"
import { Job, JobId, JobOutcome } from "@nominal-code/domain/job/Job"
import { RunStillWanted } from "@nominal-code/domain/job/RunStillWanted"
import type { SpendLimit } from "@nominal-code/domain/model/SpendLimits"
import { Discussion, PostedReview } from "@nominal-code/domain/review/Review"
import { ForgeError, Unavailable } from "@nominal-code/forge/ForgeError"
import { StoreError } from "@nominal-code/persistence/StoreError"
import { WorkspaceError } from "@nominal-code/workspace/Workspace"
import { Effect, Fiber, Option } from "effect"
import { TestClock } from "effect/testing"
import { draft } from "../src/Drafting.ts"
import { review } from "../src/Review.ts"
import * as Scene from "./Scene.ts"

/** A run, in which the time passes that a forge is given to catch up with its own deliveries. */
const run = Effect.fnUntraced(function*(world: Scene.World, job = Scene.pushJob) {
  const fiber = yield* Effect.forkChild(Effect.provide(review(job), Scene.layer(world)))
  yield* TestClock.adjust("3 seconds")
  return yield* Fiber.join(fiber)
})

/** A run that stands as often as it is told to, and then no more. */
const asking = (answers: ReadonlyArray<true>) => {
  let asked = 0
  return Effect.provideService(RunStillWanted, Effect.sync(() => answers[asked++] ?? false))
}

const unavailable = new ForgeError({
  operation: "GitHub.publish acme/shop#7",
  reason: new Unavailable({ message: "502" })
})

const gone = new WorkspaceError({ message: "Commit aaa is no longer on github.com", reason: "missing" })

describe("a review from the job to the posted result", () => {
  it.effect("is posted inline, pinned to the head of the pull request", () =>
    Effect.gen(function*() {
      const world = Scene.world()
      const outcome = yield* run(world)
      assert.deepInclude(outcome, { _tag: "Reviewed", findings: 1, alreadyPosted: false, headSha: Scene.headSha })
      const [draft] = world.drafts
      assert.strictEqual(draft?.headSha, Scene.headSha)
      assert.strictEqual(draft?.comments[0]?.finding.line, 11)
      assert.include(draft?.comments[0]?.finding.body ?? "", "**High** · bug · high confidence")
      assert.include(draft?.summary ?? "", "**1 new finding**")
      assert.include(draft?.summary ?? "", "Fine, but for one thing.")
      assert.deepInclude(world.checkouts[0], {
        headRef: "refs/pull/7/head",
        headSha: Scene.headSha,
        baseBranch: "main"
      })
      assert.strictEqual(world.saved.length, 1)
    }))

  it.effect("is not begun by a run that was given up, and not posted by one that is given up meanwhile", () =>
    Effect.gen(function*() {
      const before = Scene.world()
      assert.strictEqual((yield* asking([])(run(before)))._tag, "Lost")
      assert.deepStrictEqual([before.tasks, before.drafts, before.saved], [[], [], []])
      const meanwhile = Scene.world()
      assert.strictEqual((yield* asking([true])(run(meanwhile)))._tag, "Lost")
      assert.deepStrictEqual([meanwhile.tasks.length, meanwhile.drafts, meanwhile.saved], [1, [], []])
    }))

  it.effect("tells nobody that there is none, if its run was given up meanwhile", () =>
    Effect.gen(function*() {
      const nothing = Scene.world({ forgeFiles: [] })
      assert.strictEqual((yield* asking([true])(run(nothing, Scene.mentionJob)))._tag, "Lost")
      const unreadable = Scene.world({ answers: [() => Effect.succeed({ text: "no review" })] })
      assert.strictEqual((yield* asking([true])(run(unreadable)))._tag, "Lost")
      assert.deepStrictEqual([nothing.replies, unreadable.replies], [[], []])
    }))

  it.effect("is not done again when an earlier run has posted it", () =>
    Effect.gen(function*() {
      const posted = new PostedReview({
        headSha: Scene.headSha,
        inline: 3,
        folded: 1,
        alreadyPosted: true,
        url: "https://github.com/r"
      })
      const world = Scene.world({ posted: Option.some(posted) })
      assert.deepInclude(yield* run(world), { _tag: "Reviewed", findings: 4, alreadyPosted: true })
      assert.deepStrictEqual([world.tasks, world.drafts], [[], []])
    }))

  it.effect("that could not be posted is posted by the next attempt, without asking the model again", () =>
    Effect.gen(function*() {
      const world = Scene.world({ publish: () => Effect.fail(unavailable) })
      assert.strictEqual((yield* run(world))._tag, "Postponed")
      assert.strictEqual(world.saved.length, 0)
      world.publish = Scene.world().publish
      assert.deepInclude(yield* run(world), { _tag: "Reviewed", findings: 1 })
      assert.strictEqual(world.tasks.length, 1)
      assert.strictEqual(world.saved.length, 1)
      assert.deepStrictEqual(world.drafts[0], world.drafts[1])
    }))

  it.effect("that could not be posted is not posted any more once the pull request is closed", () =>
    Effect.gen(function*() {
      const world = Scene.world({ publish: () => Effect.fail(unavailable) })
      yield* run(world)
      world.pullRequests = [Scene.pullRequest({ state: "closed" })]
      assert.strictEqual((yield* run(world))._tag, "Skipped")
      assert.strictEqual(world.drafts.length, 1)
    }))

  it.effect("is not posted while the forge does not say which head the pull request has now", () =>
    Effect.gen(function*() {
      const known = [Scene.pullRequest({ headSha: Scene.nextSha })]
      const world = Scene.world({ pullRequests: [Scene.pullRequest(), unavailable, ...known] })
      assert.deepInclude(yield* run(world), { _tag: "Postponed", service: ServiceName.make("forge:github") })
      world.reviewedHeads = [{ headSha: Scene.nextSha, jobId: JobId.make("f".repeat(20)) }]
      assert.deepInclude(yield* run(world), { _tag: "Skipped", reason: "head-reviewed" })
      assert.deepStrictEqual([world.tasks.length, world.drafts, world.saved], [1, [], []])
    }))

  it.effect("posts nothing and keeps nothing on a dry run", () =>
    Effect.gen(function*() {
      const world = Scene.world({ settings: { ...Scene.settings, dryRun: true } })
      const outcome = yield* run(world)
      assert.deepInclude(outcome, { _tag: "Reviewed", findings: 1 })
      const text = outcome._tag === "Reviewed" ? outcome.text : undefined
      assert.match(text ?? "", /src\/cart\.ts:\d+ \(high\)\n/)
      for (const job of [Scene.pushJob, Scene.mentionJob]) {
        world.answers = [Scene.writes("no review")]
        yield* run(world, job)
        world.forgeFiles = []
        yield* run(world, job)
        world.forgeFiles = [Scene.file("src/cart.ts")]
      }
      assert.deepStrictEqual([world.drafts, world.replies, world.saved], [[], [], []])
    }))

  it.effect("of a mention is of the newest commit, and shows the model the request and its place", () =>
    Effect.gen(function*() {
      const world = Scene.world({ pullRequests: [Scene.pullRequest({ headSha: Scene.nextSha })] })
      assert.deepInclude(yield* run(world, Scene.mentionJob), { _tag: "Reviewed", headSha: Scene.nextSha })
      const prompt = world.tasks[0]?.prompt ?? ""
      assert.include(prompt, "<untrusted-request>\nreview the total\n</untrusted-request>")
      assert.include(prompt, "<untrusted-hunk>\n@@ -1,1 +1,2 @@")
    }))
})

describe("the pull request is not what it was", () => {
  it.effect("closed or merged before the review begins: nothing is asked and nothing is posted", () =>
    Effect.gen(function*() {
      for (const state of ["closed", "merged"] as const) {
        const world = Scene.world({ pullRequests: [Scene.pullRequest({ state })] })
        assert.deepInclude(yield* run(world), { _tag: "Skipped", reason: state })
        assert.deepStrictEqual([world.tasks, world.drafts, world.replies], [[], [], []])
        yield* run(world, Scene.mentionJob)
        assert.deepStrictEqual(world.replies, [`There is nothing to review: the pull request is ${state}.`])
      }
    }))

  it.effect("closed while the review runs: it is not posted", () =>
    Effect.gen(function*() {
      const world = Scene.world({ pullRequests: [Scene.pullRequest(), Scene.pullRequest({ state: "closed" })] })
      assert.strictEqual((yield* run(world))._tag, "Skipped")
      assert.deepStrictEqual([world.drafts, world.saved], [[], []])
    }))

  it.effect("pushed to or merged while the review runs: the review says so and keeps its commit", () =>
    Effect.gen(function*() {
      const now = Scene.pullRequest({ headSha: Scene.nextSha, state: "merged" })
      const world = Scene.world({ pullRequests: [Scene.pullRequest(), now] })
      yield* run(world)
      assert.strictEqual(world.drafts[0]?.headSha, Scene.headSha)
      assert.match(world.drafts[0]?.summary ?? "", /> This is a review of `aaaaaaa`.* moved on to `bbbbbbb`/)
      assert.match(world.drafts[0]?.summary ?? "", /> The pull request was merged while/)
    }))

  it.effect("pushed to before the review begins: the newest commit is reviewed, and not the event's", () =>
    Effect.gen(function*() {
      const world = Scene.world({ pullRequests: [Scene.pullRequest({ headSha: Scene.nextSha })] })
      assert.deepInclude(yield* run(world), { _tag: "Reviewed", headSha: Scene.nextSha })
      assert.deepInclude(world.checkouts[0], { headSha: Scene.nextSha })
      assert.strictEqual(world.drafts[0]?.headSha, Scene.nextSha)
    }))

  it.effect("force-pushed before it is checked out: the newest commit is reviewed in place of the lost one", () =>
    Effect.gen(function*() {
      const world = Scene.world({
        pullRequests: [Scene.pullRequest(), Scene.pullRequest({ headSha: Scene.nextSha })],
        checkout: ({ headSha }) => headSha === Scene.headSha ? Effect.fail(gone) : Effect.void
      })
      assert.deepInclude(yield* run(world), { _tag: "Reviewed", headSha: Scene.nextSha })
      assert.strictEqual(world.tasks.length, 1)
    }))

  it.effect("with a head that git does not have: another attempt may find it", () =>
    Effect.gen(function*() {
      const world = Scene.world({ checkout: () => Effect.fail(gone) })
      assert.deepInclude(yield* run(world), { _tag: "Failed", retryable: true })
      assert.strictEqual(world.checkouts.length, 2)
    }))
})

describe("nothing to review", () => {
  it.effect("is no failure: the model is not asked, and only a person who asked is told", () =>
    Effect.gen(function*() {
      const worlds: ReadonlyArray<readonly [Partial<Scene.World>, RegExp]> = [
        [{ forgeFiles: [] }, /the diff is empty/],
        [{ settings: { ...Scene.settings, ignorePatterns: ["src/*"] } }, /every changed file \(1\) matches/],
        [{ forgeFiles: [Scene.fileWithoutDiff("a.png")], gitFiles: [] }, /nothing but binary files/]
      ]
      for (const [changes, reason] of worlds) {
        const world = Scene.world(changes)
        const outcome = yield* run(world)
        assert.match(outcome._tag === "Skipped" ? outcome.detail : outcome._tag, reason)
        assert.deepStrictEqual([world.tasks, world.replies, world.drafts], [[], [], []])
        yield* run(world, Scene.mentionJob)
        assert.match(world.replies[0] ?? "", reason)
      }
    }))
})

describe("what the model hands in", () => {
  it.effect("of twenty that has no line is told without one, and nineteen stand inline", () =>
    Effect.gen(function*() {
      const comments = Array.from({ length: 20 }, (_, index) =>
        Scene.finding({
          line: index === 7 ? -1 : 10 + index % 4,
          body: `Finding ${"x".repeat(index + 1)} of them all`
        }))
      const world = Scene.world({
        answers: [Scene.submits({ summary: "Many.", comments })],
        settings: { ...Scene.settings, maxFindings: 0 }
      })
      assert.deepInclude(yield* run(world), { _tag: "Reviewed", findings: 19 })
      assert.strictEqual(world.drafts[0]?.comments.length, 19)
      const summary = world.drafts[0]?.summary ?? ""
      assert.match(summary, /^\*\*20 new findings\*\*/)
      assert.match(summary, /\*\*Without a line\*\*\n\n- .*`src\/cart\.ts:-1`: Finding x{8} of them all/)
    }))

  it.effect("lands in the summary where it is not in the diff, and counts", () =>
    Effect.gen(function*() {
      const comments = [Scene.finding(), Scene.finding({ path: "src/other.ts", line: 400, body: "Elsewhere, too." })]
      const world = Scene.world({ answers: [Scene.submits({ summary: "Two.", comments })] })
      assert.deepInclude(yield* run(world), { _tag: "Reviewed", findings: 2 })
      assert.match(
        world.drafts[0]?.summary ?? "",
        /\*\*Additional notes \(not in diff\)\*\*\n\n- \*\*`src\/other.ts:400`/
      )
      assert.strictEqual(world.drafts[0]?.comments.length, 1)
    }))

  it.effect("is not said again when our bot has said it, and is when somebody else copied the marker", () =>
    Effect.gen(function*() {
      const first = Scene.world()
      yield* run(first)
      const fingerprint = first.drafts[0]?.comments[0]?.fingerprint ?? ""
      const marker = `<!-- nominal-code job=${"0".repeat(20)} sha=${Scene.headSha} finding=${fingerprint} -->`
      const by = (author: string) => ({
        discussions: [new Discussion({ author, body: `It was said.\n\n${marker}`, resolved: true, createdAt: "2026" })]
      })
      const again = Scene.world(by("nominal[bot]"))
      assert.deepInclude(yield* run(again), { _tag: "Reviewed", findings: 0 })
      assert.include(again.drafts[0]?.summary ?? "", "1 earlier finding not repeated")
      assert.deepInclude(yield* run(Scene.world(by("mallory"))), { _tag: "Reviewed", findings: 1 })
    }))
})

describe("the conversation", () => {
  it.effect("goes on with the next mention, valid and without old diffs", () =>
    Effect.gen(function*() {
      const world = Scene.world()
      yield* run(world)
      yield* run(world, Scene.mentionJob)
      const history = world.tasks[1]?.history.messages ?? []
      assert.deepStrictEqual(history.map(({ role }) => role), ["user", "assistant", "user"])
      assert.deepInclude(history[2]?.content[0], { _tag: "ToolResult", toolUseId: "t1" })
      assert.notInclude(JSON.stringify(history), "let count")
      assert.include(JSON.stringify(world.tasks[1]?.prompt), "let count")
    }))
})

describe("drafting", () => {
  it.effect("gives what a terminal would show, and posts nothing", () =>
    Effect.gen(function*() {
      const world = Scene.world()
      const drafted = yield* Effect.provide(draft(Scene.pushJob, Scene.viewOf(world)), Scene.layer(world))
      assert.strictEqual(drafted._tag === "Review" ? drafted.parts.inline.length : 0, 1)
      assert.deepStrictEqual([world.drafts, world.replies, world.saved], [[], [], []])
    }))
})

describe("a limit of dollars", () => {
  const exhausted = (limit: SpendLimit) => ({ answers: [() => Effect.succeed({ stopped: "budget" as const, limit })] })
  const another = new Job({ ...Scene.pushJob, id: JobId.make("f".repeat(20)) })

  it.effect("that was used up before a review skips the job, and each pull request is told once in a day", () =>
    Effect.gen(function*() {
      const world = Scene.world(exhausted("repository"))
      const skipped = JobOutcome.cases.Skipped.make({
        reason: "limit-reached",
        detail: "this repository's dollar limit for one day (UTC) is used up",
        headSha: Scene.headSha
      })
      for (const job of [Scene.pushJob, another, Scene.pushJob]) assert.deepStrictEqual(yield* run(world, job), skipped)
      const said = "There is no review: this repository's dollar limit for one day (UTC) is used up."
      // The forge knows the job's own reply, and does not post it twice.
      assert.deepStrictEqual(world.replies, [said, said])
      yield* TestClock.adjust("1 day")
      yield* run(world, another)
      assert.strictEqual(world.replies.length, 3)
      assert.deepStrictEqual(world.drafts, [])
    }))

  it.effect("is told to everybody who asks, and on a dry run to nobody", () =>
    Effect.gen(function*() {
      const world = Scene.world(exhausted("day"))
      yield* run(world)
      yield* run(world, Scene.mentionJob)
      yield* run(world, new Job({ ...Scene.mentionJob, id: another.id }))
      assert.strictEqual(world.replies.length, 3)
      const dry = Scene.world({ ...exhausted("day"), settings: { ...Scene.settings, dryRun: true } })
      yield* run(dry, Scene.mentionJob)
      assert.deepStrictEqual(dry.replies, [])
    }))

  it.effect("that ends a review early is named in what it posts", () =>
    Effect.gen(function*() {
      const submits = Scene.submits({ summary: "So far, fine.", comments: [Scene.finding()] })
      const world = Scene.world({
        answers: [(task) => Effect.map(submits(task), (result) => ({ ...result, limit: "review" as const }))]
      })
      assert.deepInclude(yield* run(world), { _tag: "Reviewed", findings: 1 })
      assert.include(world.drafts[0]?.summary, "> This review ended early: the dollar limit of one review is used up.")
    }))

  it.effect("waits for a ledger that is away, and uses no attempt", () =>
    Effect.gen(function*() {
      const away = new StoreError({ operation: "Spend.reserve", message: "redis: away", reason: "unavailable" })
      const outcome = yield* run(Scene.world({ answers: [() => Effect.fail(away)] }))
      assert.deepInclude(outcome, { _tag: "Postponed", service: ServiceName.make("store") })
    }))
})
