import { assert, describe, it } from "@effect/vitest"
import { type Filters, noFilters } from "@nominal-code/domain/event/Filters"
import { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { Job } from "@nominal-code/domain/job/Job"
import { makeRuleOf, type PathRules } from "@nominal-code/domain/review/Selection"
import { noRepositorySettings, within } from "@nominal-code/domain/settings/RepositorySettings"
import { Effect, Schema } from "effect"
import { answer } from "../src/commands/Question.ts"
import { review } from "../src/Review.ts"
import * as Scene from "./Scene.ts"

const file = ".nominal/config.yaml"
const run = (world: Scene.World, job: Job = Scene.pushJob) => Effect.provide(review(job), Scene.layer(world))

const lifecycle = Schema.decodeUnknownSync(PullRequestEvent)
const labelled = new Job({
  ...Scene.pushJob,
  event: lifecycle({ ...Schema.encodeSync(PullRequestEvent)(Scene.pushJob.event), kind: "pr_labeled", again: "1" })
})

/** Filters that leave the pull request of the scene out, as a server and as a repository write them. */
const cases: ReadonlyArray<readonly [filters: Partial<Filters>, yaml: string]> = [
  [{ authors: ["!alice"] }, "authors: [\"!alice\"]"],
  [{ baseBranches: ["release/*"] }, "base_branches: [release/*]"],
  [{ headBranches: ["!cart"] }, "head_branches: [\"!cart\"]"],
  [{ labels: ["ready"] }, "labels: [ready]"],
  [{ titles: ["!cart"] }, "titles: [\"!cart\"]"],
  [{ paths: ["!src/"] }, "paths: [\"!src/\"]"],
  [{ maxFiles: 1 }, "max_files: 1"],
  [{ maxLines: 5 }, "max_lines: 5"]
]

const changed = { forgeFiles: [Scene.file("src/cart.ts"), Scene.file("src/total.ts")] }

describe("a pull request that a filter leaves out", () => {
  it.effect("is reviewed only when somebody asks, by a comment or a label, whoever's filter it is", () =>
    Effect.gen(function*() {
      for (const [filters, yaml] of cases) {
        const worlds = [
          () => Scene.world({ ...changed, settings: { ...Scene.settings, filters: { ...noFilters, ...filters } } }),
          () => Scene.world({ ...changed, baseFiles: { [file]: `filters: { ${yaml} }` } })
        ]
        for (const world of worlds) {
          const automatic = world()
          assert.deepInclude(yield* run(automatic), { _tag: "Skipped", reason: "filtered" }, yaml)
          assert.deepStrictEqual([automatic.tasks, automatic.drafts, automatic.replies], [[], [], []], yaml)
          assert.match(String(automatic.checks.at(-1)?.state._tag), /Done/)
          for (const asked of [Scene.mentionJob, labelled]) {
            assert.strictEqual((yield* run(world(), asked))._tag, "Reviewed", yaml)
          }
        }
      }
    }))

  it.effect("is not checked out for what is known before", () =>
    Effect.gen(function*() {
      const world = Scene.world({ settings: { ...Scene.settings, filters: { ...noFilters, labels: ["ready"] } } })
      yield* run(world)
      assert.deepStrictEqual(world.checkouts, [])
    }))

  it.effect("is one of an event that its repository does not want", () =>
    Effect.gen(function*() {
      for (const [triggers, outcome] of [["pr_push", "Skipped"], ["pr_opened", "Reviewed"]] as const) {
        const world = Scene.world({ baseFiles: { [file]: `reviewer: { triggers: [${triggers}] }` } })
        assert.strictEqual((yield* run(world))._tag, outcome)
      }
    }))
})

describe("the settings of a repository", () => {
  it.effect("narrow the review that its server allows", () =>
    Effect.gen(function*() {
      const findings = [
        Scene.finding({ severity: "low", line: 12 }),
        Scene.finding({ suggestion: "let total = 1" }),
        Scene.finding({ path: "dist/a.js" })
      ]
      const world = Scene.world({
        forgeFiles: [Scene.file("src/cart.ts"), Scene.file("dist/a.js"), Scene.file("yarn.lock")],
        answers: [Scene.submits({ summary: "Gut.", comments: findings })],
        settings: { ...Scene.settings, ignorePatterns: ["yarn.lock"] },
        baseFiles: {
          [file]: "reviewer:\n  ignore_patterns: [dist/, \"!yarn.lock\"]\n  inline_suggestions: false\n" +
            "  min_severity: medium\n  language: Deutsch\n"
        }
      })
      assert.deepInclude(yield* run(world), { _tag: "Reviewed" })
      const [task] = world.tasks
      assert.match(task?.system ?? "", /this language: Deutsch/)
      assert.match(task?.system ?? "", /severity medium or worse only/)
      for (const ignored of ["dist/a.js", "yarn.lock"]) assert.notInclude(task?.prompt ?? "", ignored)
      const [draft] = world.drafts
      assert.deepStrictEqual(draft?.comments.map(({ finding }) => [finding.line, finding.suggestion]), [[
        11,
        undefined
      ]])
      assert.match(draft?.summary ?? "", /1 finding below the reported severity/)
    }))

  it.effect("do not widen what its server allows", () =>
    Effect.gen(function*() {
      const world = Scene.world({
        settings: { ...Scene.settings, inlineSuggestions: false, minSeverity: "critical" },
        baseFiles: { [file]: "reviewer: { inline_suggestions: true, min_severity: low }" }
      })
      yield* run(world)
      assert.deepStrictEqual(world.drafts.map(({ comments }) => comments), [[]])
      assert.notMatch(world.tasks[0]?.prompt ?? "", /Give a suggestion/)
    }))

  it.effect("hold for a question, too", () =>
    Effect.gen(function*() {
      const world = Scene.world({
        baseFiles: { [file]: "reviewer: { language: Deutsch }" },
        answers: [() => Effect.succeed({ text: "Ja." })]
      })
      yield* Effect.provide(answer(new Job({ ...Scene.mentionJob, prompt: "why?" }), "why?"), Scene.layer(world))
      assert.match(world.tasks[0]?.system ?? "", /this language: Deutsch/)
    }))

  it.effect("that are broken are told of in one sentence of the review, and the server's apply", () =>
    Effect.gen(function*() {
      const world = Scene.world({
        baseFiles: { [file]: "reviewer: { language: Deutsch }\naccess: { allowed_users: [mallory] }" }
      })
      assert.strictEqual((yield* run(world))._tag, "Reviewed")
      assert.include(
        world.drafts[0]?.summary ?? "",
        "> `.nominal/config.yaml` of the base branch is not used, and the server's settings apply: `access` is no setting " +
          "that a repository can make."
      )
      assert.notMatch(world.tasks[0]?.system ?? "", /Deutsch/)
    }))
})

it("a repository's rules of paths come before the server's, also where it writes one of its patterns first", () => {
  const ruleFor = (path: string, own: PathRules) => {
    const server = { ...Scene.settings, paths: { "src/": { minSeverity: "high", maxFindings: 1 } as const } }
    return makeRuleOf(within(server, { ...noRepositorySettings, paths: own }).paths)(path)
  }
  const loose = { minSeverity: "low", maxFindings: 0 } as const
  assert.deepInclude(ruleFor("src/a.ts", { "src/": loose, "*": loose }), { minSeverity: "high", maxFindings: 1 })
  assert.deepInclude(ruleFor("constructor/a.ts", { constructor: { maxFindings: 2 } }), { maxFindings: 2 })
})
