import { assert, describe, it } from "@effect/vitest"
import { Relation } from "@nominal-code/domain/event/Access"
import { Login, PullRequestRef } from "@nominal-code/domain/event/PullRequest"
import { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { Job, JobId, JobOutcome } from "@nominal-code/domain/job/Job"
import { Forge } from "@nominal-code/forge/Forge"
import * as Forges from "@nominal-code/forge/Forges"
import { layerMemory } from "@nominal-code/persistence/Quotas"
import { Effect, Layer, Schema } from "effect"
import { TestClock } from "effect/testing"
import type { AdmittanceRules } from "../src/Admittance.ts"
import { admittedJob } from "../src/JobForge.ts"
import * as Scene from "./Scene.ts"

const rules: AdmittanceRules = {
  policy: {
    allowedAccessLevel: "none",
    allowedAssociations: [],
    allowedUsers: [Login.make("bob")],
    require: "anyone",
    reviewLabel: "nominal:review"
  },
  quotas: { authorPerDay: 0, repositoryPerDay: 0, perDay: 0 }
}
const withQuotas = (quotas: Partial<AdmittanceRules["quotas"]>): AdmittanceRules => ({
  ...rules,
  quotas: { ...rules.quotas, ...quotas }
})
const requiring = (require: "contributor" | "member"): AdmittanceRules => ({
  ...rules,
  policy: { ...rules.policy, require }
})

const decodeEvent = Schema.decodeUnknownSync(PullRequestEvent)
let jobs = 0

/** A job of its own. */
const jobOf = (
  from: Job,
  event: Record<string, unknown> = {},
  more: { readonly prompt?: string } = {}
) =>
  new Job({
    ...from,
    ...more,
    id: JobId.make((++jobs).toString(16).padStart(20, "0")),
    event: decodeEvent({ ...Schema.encodeSync(PullRequestEvent)(from.event), ...event })
  })

const push = (event: Record<string, unknown> = {}) => jobOf(Scene.pushJob, event)
const pullRequest = (number: number, platform: "github" | "gitlab" = "github") =>
  Schema.encodeSync(PullRequestRef)(Schema.decodeSync(PullRequestRef)({ platform, repo: "acme/shop", number }))

/** A forge on which accounts have these roles. On GitHub, everybody has the relation that the delivery told of. */
const worldWith = (changes: Partial<Scene.World> = {}, levels: Readonly<Record<number, number>> = {}) => {
  const world = Scene.world(changes)
  const forges = Layer.unwrap(Effect.map(Forge, (forge) => {
    const on = (platform: "github" | "gitlab") =>
      Layer.succeed(Forge, {
        ...forge,
        platform,
        relation: ({ association, authorId = 0 }) =>
          Effect.succeed(
            platform === "gitlab"
              ? Relation.cases.Member.make({ level: levels[authorId] ?? 0 })
              : Relation.cases.Associated.make(association === undefined ? {} : { association })
          )
      })
    return Forges.layer([on("github"), on("gitlab")])
  }))
  return { world, layer: Layer.mergeAll(forges, layerMemory).pipe(Layer.provideMerge(Scene.layer(world))) }
}

const done: JobOutcome = JobOutcome.cases.Answered.make({ command: "ask" })

/** The reason why a job was not run, or `run`. */
const run = (by: AdmittanceRules, job: Job, outcome: JobOutcome = done) =>
  Effect.map(
    admittedJob(by)(job, Effect.succeed(outcome)),
    (result) => result === outcome ? "run" : result._tag === "Skipped" ? result.reason : result._tag
  )

describe("a quota", () => {
  it.effect("lets a stranger's flood of 60 pull requests have its share, tells each of the others once, and serves others", () =>
    Effect.gen(function*() {
      const { layer, world } = worldWith()
      yield* Effect.gen(function*() {
        const by = withQuotas({ authorPerDay: 5, repositoryPerDay: 50 })
        const flood = Array.from({ length: 60 }, (_, at) => pullRequest(at + 1))
        const pushes = [...flood, ...flood].map((pull) => push({ pullRequest: pull, author: "mallory" }))
        const results = yield* Effect.forEach(pushes, (job) => run(by, job), { concurrency: 8 })
        assert.strictEqual(results.filter((one) => one === "run").length, 5)
        assert.strictEqual(results.filter((one) => one === "quota-reached").length, 115)
        assert.isAtMost(world.replies.length, 60)
        assert.strictEqual(new Set(world.replies).size, 1)
        assert.match(world.replies[0] ?? "", /this account may cause in one day \(UTC\) are used up: 5\. Mention me/)
        assert.strictEqual(yield* run(by, push({ author: "alice", pullRequest: pullRequest(99) })), "run")
        // The same push again, as after a lost process, has its place still.
        const [first] = pushes.filter((_, at) => results[at] === "run")
        assert.isDefined(first)
        assert.strictEqual(yield* run(by, first), "run")
        yield* TestClock.adjust("1 day")
        assert.strictEqual(yield* run(by, push({ author: "mallory" })), "run")
      }).pipe(Effect.provide(layer))
    }))

  it.effect("counts what a model does: no command, and nothing that ended without a review", () =>
    Effect.gen(function*() {
      const by = withQuotas({ perDay: 1 })
      const skipped = JobOutcome.cases.Skipped.make({ reason: "head-reviewed", detail: "it has its review" })
      assert.strictEqual(yield* run(by, push(), skipped), "run")
      assert.strictEqual(yield* run(by, jobOf(Scene.mentionJob, {}, { prompt: "help" })), "run")
      assert.strictEqual(yield* run(by, jobOf(Scene.mentionJob, {}, { prompt: "why?" })), "run")
      assert.strictEqual(yield* run(by, push()), "quota-reached")
      assert.strictEqual(yield* run(by, jobOf(Scene.mentionJob, {}, { prompt: "pause" })), "run")
    }).pipe(Effect.provide(worldWith().layer)))

  it.effect("of three in an hour holds for what programs cause on one pull request, and is not told of", () =>
    Effect.gen(function*() {
      const { layer, world } = worldWith()
      yield* Effect.gen(function*() {
        const byBot = (number = 7) => run(rules, push({ byBot: true, pullRequest: pullRequest(number) }))
        const results = yield* Effect.forEach([1, 2, 3, 4], () => byBot(), { concurrency: 1 })
        assert.deepStrictEqual(results, ["run", "run", "run", "quota-reached"])
        assert.deepStrictEqual([yield* byBot(8), yield* run(rules, push())], ["run", "run"])
        yield* TestClock.adjust("61 minutes")
        assert.strictEqual(yield* byBot(), "run")
        assert.deepStrictEqual(world.replies, [])
        assert.strictEqual(world.checks.at(-1)?.state._tag, "Done")
      }).pipe(Effect.provide(layer))
    }))
})

describe("a stranger's pull request", () => {
  it.effect("waits for a maintainer where the server wants that, which it is told once", () =>
    Effect.gen(function*() {
      const { layer, world } = worldWith()
      yield* Effect.gen(function*() {
        const by = requiring("contributor")
        for (const event of [{ association: "FIRST_TIME_CONTRIBUTOR" }, { association: "NONE" }, {}]) {
          assert.strictEqual(yield* run(by, push(event)), "awaits-maintainer")
        }
        assert.strictEqual(world.replies.length, 1)
        assert.match(world.replies.join(), /^I review this pull request when a maintainer asks me to.*`nominal:review`/)
        assert.strictEqual(yield* run(by, push({ association: "CONTRIBUTOR" })), "run")
        assert.strictEqual(yield* run(requiring("member"), push({ association: "CONTRIBUTOR" })), "awaits-maintainer")
        assert.strictEqual(yield* run(rules, push({ association: "NONE" })), "run")
        // What a maintainer asks for: by the label, by a mention, by "Re-run".
        assert.strictEqual(yield* run(by, push({ kind: "pr_labeled", again: "1" })), "run")
        assert.strictEqual(yield* run(by, push({ kind: "pr_rerun", again: "1" })), "run")
        assert.strictEqual(yield* run(by, jobOf(Scene.mentionJob)), "run")
      }).pipe(Effect.provide(layer))
    }))

  it.effect("that has the label is reviewed at each push", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* run(requiring("member"), push({ association: "NONE" })), "run")
    }).pipe(Effect.provide(worldWith({ pullRequests: [Scene.pullRequest({ labels: ["Nominal:Review"] })] }).layer)))

  it.effect("is one of somebody without a role on GitLab", () =>
    Effect.gen(function*() {
      const from = (authorId: number | undefined) =>
        push({ pullRequest: pullRequest(7, "gitlab"), ...(authorId === undefined ? {} : { authorId }) })
      const by = (require: "contributor" | "member") => (authorId: number | undefined) =>
        run(requiring(require), from(authorId))
      assert.deepStrictEqual(
        yield* Effect.forEach([1, 2, 3, undefined], by("member"), { concurrency: 1 }),
        ["run", "awaits-maintainer", "awaits-maintainer", "awaits-maintainer"]
      )
      assert.deepStrictEqual(
        yield* Effect.forEach([1, 2, 3, undefined], by("contributor"), { concurrency: 1 }),
        ["run", "run", "awaits-maintainer", "awaits-maintainer"]
      )
    }).pipe(Effect.provide(worldWith({}, { 1: 30, 2: 10 }).layer)))
})

it.effect("a mention on GitLab is followed if its author has the role, and is left without an answer if not", () =>
  Effect.gen(function*() {
    const { layer, world } = worldWith({}, { 1: 40, 2: 20 })
    yield* Effect.gen(function*() {
      const by: AdmittanceRules = { ...rules, policy: { ...rules.policy, allowedAccessLevel: "developer" } }
      const mention = (authorId: number, author = "carol") =>
        run(by, jobOf(Scene.mentionJob, { pullRequest: pullRequest(7, "gitlab"), author, authorId }))
      assert.deepStrictEqual(
        [yield* mention(1), yield* mention(2), yield* mention(3), yield* mention(2, "Bob")],
        ["run", "unauthorized", "unauthorized", "run"]
      )
      assert.deepStrictEqual(world.replies, [])
    }).pipe(Effect.provide(layer))
  }))

it.effect("a mention on GitHub is followed if its author still has a relation that is heard, or is named", () =>
  Effect.gen(function*() {
    const { layer, world } = worldWith()
    yield* Effect.gen(function*() {
      const by: AdmittanceRules = { ...rules, policy: { ...rules.policy, allowedAssociations: ["OWNER", "MEMBER"] } }
      const mention = (event: Record<string, unknown>) => run(by, jobOf(Scene.mentionJob, event))
      assert.deepStrictEqual(
        yield* Effect.forEach([
          { author: "carol", association: "MEMBER" },
          { author: "carol", association: "CONTRIBUTOR" },
          { author: "carol" },
          { author: "BOB", association: "NONE" }
        ], mention),
        ["run", "unauthorized", "unauthorized", "run"]
      )
      assert.deepStrictEqual(world.replies, [])
    }).pipe(Effect.provide(layer))
  }))
