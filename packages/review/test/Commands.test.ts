import { assert, describe, it } from "@effect/vitest"
import { commandHelp } from "@nominal-code/domain/command/Command"
import { parse } from "@nominal-code/domain/command/CommandParser"
import { noFilters } from "@nominal-code/domain/event/Filters"
import { Job, JobId } from "@nominal-code/domain/job/Job"
import { RunStillWanted } from "@nominal-code/domain/job/RunStillWanted"
import { Fingerprint } from "@nominal-code/domain/review/Finding"
import { Marker, renderMarker } from "@nominal-code/domain/review/Marker"
import { Discussion } from "@nominal-code/domain/review/Review"
import { Forge } from "@nominal-code/forge/Forge"
import { Forbidden } from "@nominal-code/forge/ForgeError"
import * as Forges from "@nominal-code/forge/Forges"
import { Effect, Layer, Option } from "effect"
import { readFileSync } from "node:fs"
import { helpTable } from "../src/commands/Commands.ts"
import { commandJob, reviewJob } from "../src/JobForge.ts"
import { review } from "../src/Review.ts"
import * as Scene from "./Scene.ts"

const said = (prompt: string) => new Job({ ...Scene.mentionJob, prompt })

const forgesOf = (world: Scene.World) =>
  Layer.unwrap(Effect.map(Forge, (forge) => Forges.layer([Layer.succeed(Forge, forge)]))).pipe(
    Layer.provideMerge(Scene.layer(world))
  )

const follow = (world: Scene.World, prompt: string) => Effect.provide(reviewJob(said(prompt)), forgesOf(world))

describe("a command", () => {
  it.effect("is answered with what it does, without a model and a checkout", () =>
    Effect.gen(function*() {
      for (
        const [prompt, command, text, facts] of [
          ["pause", "pause", /are paused.*`resume`/, [{ mode: "paused" }]],
          ["please ignore this pull request", "ignore", /review nothing.*`resume`/, [{ mode: "ignored" }]],
          ["resume", "resume", /are on/, [{ mode: "active" }]],
          ["help", "help", /\| `review full` \|/, []],
          ["config", "config", /\| model \| `claude` of `anthropic` \| the server \|/, []]
        ] as const
      ) {
        const world = Scene.world()
        assert.deepStrictEqual(yield* follow(world, prompt), { _tag: "Answered", command })
        assert.match(world.replies.join(), text)
        assert.deepStrictEqual<ReadonlyArray<unknown>>(world.facts, facts)
        assert.deepStrictEqual([world.tasks, world.checkouts, world.drafts], [[], [], []])
        if (command !== "config") assert.deepStrictEqual(world.calls, [])
      }
    }))

  it.effect("shows the limits of dollars and what fails the check", () =>
    Effect.gen(function*() {
      const settings = { ...Scene.settings, failOn: "high", limits: { pullRequestUsd: 10 } } as const
      const world = Scene.world({ settings })
      yield* follow(world, "config")
      for (
        const row of [
          "| cost of this pull request | at most 10 USD | the server |",
          "| cost of this repository in a day (UTC) | not limited | the server |",
          "| check fails for open findings | from `high` on | the server |"
        ]
      ) assert.include(world.replies.join(), row)
    }))

  it.effect("shows what is filtered, also where patterns have pipes", () =>
    Effect.gen(function*() {
      const filters = { ...noFilters, titles: ["!a|b"], maxFiles: 9 }
      const world = Scene.world({ settings: { ...Scene.settings, filters, ignorePatterns: ["a|b", "dist/"] } })
      yield* follow(world, "config")
      for (
        const row of [
          "| ignored files | `a\\|b`, `dist/` | the server |",
          "| reviewed by itself | titles `!a\\|b`; at most 9 files | the server |",
          "| the repository's own settings | `.nominal/config.yaml` | `main` has no such file |"
        ]
      ) assert.include(world.replies.join(), row)
    }))

  it.effect("shows what the base branch of the pull request sets, and where each value comes from", () =>
    Effect.gen(function*() {
      const own = [
        "reviewer: { triggers: [pr_push], min_severity: high, max_findings: 3, nits: fold, paths: {docs/: {nits: off}}, ignore_patterns: [own/], language: German }",
        "filters: { base_branches: [main] }"
      ].join("\n")
      const world = Scene.world({
        baseFiles: { ".nominal/config.yaml": own, ".nominal/guidelines.md": "Be kind." },
        settings: { ...Scene.settings, triggers: ["pr_opened", "pr_push"], ignorePatterns: ["dist/"] },
        origins: {
          "reviewer.ignore_patterns": "reviewer.ignore_patterns of the server's file",
          "agent.reviewer.provider": "the server's variable AGENT_PROVIDER"
        }
      })
      yield* follow(world, "config")
      const there = "`.nominal/config.yaml` of `main`"
      for (
        const row of [
          `| starts by itself | \`pr_push\` | ${there} |`,
          `| lowest severity that is reported | \`high\` | ${there} |`,
          `| findings that are posted | at most 3, more of a large change | ${there} |`,
          `| findings of severity \`low\` | listed in the summary | ${there} |`,
          `| paths with other limits | \`docs/\` | ${there} |`,
          "| findings are verified | by `claude-sonnet-5-5` | the default |",
          `| ignored files | \`own/\`, \`dist/\` | ${there}; reviewer.ignore_patterns of the server's file |`,
          `| language | \`German\` | ${there} |`,
          "| suggestions | on | the default |",
          "| reviewed by itself | everything | the default |",
          `| and of that | base branches \`main\` | ${there} |`,
          "| model | `claude` of `anthropic` | the server's variable AGENT_PROVIDER |",
          "| guidelines | `.nominal/guidelines.md` | `main` |",
          "| the repository's own settings | `.nominal/config.yaml` | read from `main` |"
        ]
      ) assert.include(world.replies.join(), row)
      const broken = Scene.world({ baseFiles: { ".nominal/config.yaml": "agent: { model: free }" } })
      yield* follow(broken, "config")
      assert.match(broken.replies.join(), /`main`, but not used: `agent` is no setting that a repository can make/)
    }))

  it.effect("does not promise automatic reviews where nothing starts one", () =>
    Effect.gen(function*() {
      for (const [triggers, text] of [[[], /when somebody asks.*`review`/], [["pr_push"], /are on/]] as const) {
        const world = Scene.world({ settings: { ...Scene.settings, triggers } })
        yield* follow(world, "resume")
        assert.match(world.replies.join(), text)
        assert.deepStrictEqual<ReadonlyArray<unknown>>(world.facts, [{ mode: "active" }])
      }
    }))

  it.effect("says nothing on a dry run, and nothing in a run that lost its lease", () =>
    Effect.gen(function*() {
      const dry = Scene.world({ settings: { ...Scene.settings, dryRun: true } })
      assert.strictEqual((yield* follow(dry, "pause"))._tag, "Answered")
      const lost = Scene.world()
      const outcome = yield* Effect.provideService(follow(lost, "pause"), RunStillWanted, Effect.succeed(false))
      assert.strictEqual(outcome._tag, "Lost")
      assert.deepStrictEqual([dry.replies, lost.replies], [[], []])
    }))

  it("that needs a model is not one for the server of a cluster", () => {
    assert.isTrue(Option.isSome(commandJob(said("pause"))))
    for (const prompt of ["review", "why?"]) assert.isTrue(Option.isNone(commandJob(said(prompt))), prompt)
    assert.isTrue(Option.isNone(commandJob(Scene.pushJob)))
  })

  it("stands in the manual as in the help", () => {
    const manual = readFileSync(new URL("../../../docs/commands.md", import.meta.url), "utf8")
    assert.include(manual, `\n\n${helpTable}\n\n`)
  })

  it("of the help is understood as it is written there", () => {
    for (const { usage } of commandHelp) {
      const tag = usage.split(" ")[0]
      assert.strictEqual(Option.getOrThrow(parse(usage))._tag.toLowerCase(), tag, usage)
    }
  })
})

describe("a pull request whose reviews are", () => {
  const run = (world: Scene.World, job: Job) => Effect.provide(review(job), Scene.layer(world))

  it.effect("paused is reviewed when somebody asks, and not by itself", () =>
    Effect.gen(function*() {
      const world = Scene.world({ mode: "paused" })
      assert.deepInclude(yield* run(world, Scene.pushJob), { _tag: "Skipped", reason: "paused" })
      assert.deepStrictEqual([world.drafts, world.replies, world.checkouts], [[], [], []])
      assert.strictEqual((yield* run(world, said("review")))._tag, "Reviewed")
    }))

  it.effect("stopped by a label is not reviewed at all, and who asks is told which label that is", () =>
    Effect.gen(function*() {
      const labelled = { pullRequests: [Scene.pullRequest({ labels: ["bug", "Nominal:Ignore"] })] }
      const world = Scene.world({ ...labelled, settings: { ...Scene.settings, ignoreLabel: "nominal:ignore" } })
      assert.deepInclude(yield* run(world, Scene.pushJob), { _tag: "Skipped", reason: "ignored" })
      assert.deepInclude(yield* run(world, said("review")), { _tag: "Skipped", reason: "ignored" })
      assert.deepStrictEqual(world.replies, [
        "There is nothing to review: the pull request is ignored as long as it has the label `nominal:ignore`."
      ])
      const unnamed = Scene.world({ ...labelled, settings: { ...Scene.settings, ignoreLabel: "" } })
      assert.strictEqual((yield* run(unnamed, Scene.pushJob))._tag, "Reviewed")
    }))

  it.effect("ignored is not reviewed at all, and who asks is told how to end that", () =>
    Effect.gen(function*() {
      const world = Scene.world({ mode: "ignored" })
      assert.deepInclude(yield* run(world, Scene.pushJob), { _tag: "Skipped", reason: "ignored" })
      assert.deepStrictEqual(world.replies, [])
      assert.deepInclude(yield* run(world, said("review")), { _tag: "Skipped", reason: "ignored" })
      assert.match(world.replies.join(), /ignored until somebody mentions me with `resume`/)
      assert.deepStrictEqual([world.drafts, world.checkouts], [[], []])
    }))
})

it.effect("a full review begins without the conversation of the earlier ones, and a bare one asks for nothing more", () =>
  Effect.gen(function*() {
    const { headSha } = Scene
    const conversation = { headSha, messages: [Scene.said("user", "earlier"), Scene.said("assistant", "noted")] }
    for (const [prompt, messages] of [["review", 2], ["review full", 0]] as const) {
      const world = Scene.world({ conversation: Option.some(conversation) })
      assert.strictEqual((yield* follow(world, prompt))._tag, "Reviewed")
      assert.strictEqual(world.tasks[0]?.history.messages.length, messages, prompt)
      assert.notInclude(world.tasks[0]?.prompt ?? "", "Additional instructions")
    }
  }))

describe("in a finding's thread", () => {
  const finding = Fingerprint.make("0123456789abcdef")
  const jobId = JobId.make("f".repeat(20))
  const discussions = [
    new Discussion({
      author: "nominal",
      body: `The total is zero.\n\n${
        renderMarker(new Marker({ jobId, headSha: Scene.headSha, fingerprint: finding }))
      }`,
      path: Scene.path("src/cart.ts"),
      resolved: false,
      threadId: "12",
      createdAt: "2026-01-01T00:00:00Z"
    })
  ]

  it.effect("dismiss resolves the thread, and keeps the finding from being raised again", () =>
    Effect.gen(function*() {
      const world = Scene.world({ discussions })
      assert.deepStrictEqual(yield* follow(world, "dismiss the caller checks it"), {
        _tag: "Answered",
        command: "dismiss"
      })
      assert.deepStrictEqual(world.facts, [{ dismissed: finding }])
      assert.deepStrictEqual([world.calls, world.replies], [
        ["look", "resolve"],
        ["Dismissed: I will not raise this finding again."]
      ])
    }))

  it.effect("dismiss in a thread of somebody else dismisses nothing, and says where it belongs", () =>
    Effect.gen(function*() {
      const world = Scene.world({
        discussions: discussions.map((one) => new Discussion({ ...one, author: "mallory" }))
      })
      yield* follow(world, "dismiss")
      assert.match(world.replies.join(), /Write `dismiss` in reply to the finding/)
      assert.deepStrictEqual([world.facts, world.calls], [[], ["look"]])
    }))

  it.effect("resolve resolves it, and says so where it may not", () =>
    Effect.gen(function*() {
      const world = Scene.world()
      yield* follow(world, "resolve")
      assert.deepStrictEqual([world.calls, world.replies], [["resolve"], ["Resolved."]])
      const may = Scene.world({ resolve: Effect.fail(Scene.forgeError(new Forbidden({ message: "403" }))) })
      yield* follow(may, "resolve")
      assert.match(may.replies.join(), /may not resolve threads/)
    }))
})
