import { assert, describe, it } from "@effect/vitest"
import { AgentEvent, AgentProgress } from "@nominal-code/agent/AgentProgress"
import { Usage } from "@nominal-code/domain/model/Usage"
import { Deferred, Effect, Fiber, Latch, Option } from "effect"
import { tokensIn } from "../src/context/TokenEstimate.ts"
import { review } from "../src/Review.ts"
import * as Scene from "./Scene.ts"

const added = (count: number, name: string) =>
  [`@@ -0,0 +1,${count} @@`, ...Array.from({ length: count }, (_, at) => `+let ${name}${at + 1} = ${at + 1}`)].join(
    "\n"
  )

/** About twelve tokens a line: one of them fills more than half of a prompt. */
const large = (name: string, lines = 5_000) => Scene.file(`src/${name}.ts`, added(lines, name))

const run = (world: Scene.World) => Effect.provide(review(Scene.pushJob), Scene.layer(world))

const numbersIn = (world: Scene.World, name: string) =>
  world.tasks.flatMap(({ prompt }) =>
    Array.from(prompt.matchAll(new RegExp(`^\\+(\\d+):let ${name}\\d`, "gm")), ([, n]) => Number(n))
  )

const upTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1)

const answer = (path: string, line: number, body: string) =>
  Scene.submits({ summary: `Seen ${path}.`, comments: [Scene.finding({ path, line, body })] })

describe("a change that one prompt does not hold", () => {
  it.effect("is reviewed in passes, every line of every source once, and is posted as one review", () =>
    Effect.gen(function*() {
      const files = [large("alpha"), large("bravo"), large("gamma", 12_000), Scene.file("src/cart.ts")]
      const first = Scene.submits({
        summary: "Seen src/cart.ts and src/alpha.ts.",
        comments: [
          Scene.finding({
            path: "src/cart.ts",
            line: 11,
            body: "The total starts at zero, so the first item is free."
          }),
          Scene.finding({ path: "src/alpha.ts", line: 7, body: "This counter is shared between requests and races." })
        ]
      })
      const second = answer("src/bravo.ts", 9, "The file handle is never closed on this path.")
      const third = Scene.submits({ summary: "Seen src/gamma.ts.", comments: [] })
      // The passes after the first one run side by side, and ask in any order.
      const later = (task: Parameters<typeof second>[0]) => (task.prompt.includes(":let bravo") ? second : third)(task)
      const world = Scene.world({ forgeFiles: files, answers: [first, later] })
      const outcome = yield* run(world)
      assert.deepStrictEqual(numbersIn(world, "alpha"), upTo(5_000))
      assert.deepStrictEqual(numbersIn(world, "bravo"), upTo(5_000))
      assert.deepStrictEqual(numbersIn(world, "gamma"), upTo(12_000))
      for (const { prompt } of world.tasks) assert.isBelow(tokensIn(prompt), 105_000)
      assert.isAbove(world.tasks.length, 3)
      assert.match(world.tasks[0]?.prompt ?? "", /This is part 1 of the review/)
      assert.strictEqual(world.drafts.length, 1)
      assert.deepStrictEqual(
        world.drafts[0]?.comments.map(({ finding }) => String(finding.path)).toSorted(),
        ["src/alpha.ts", "src/bravo.ts", "src/cart.ts"]
      )
      assert.include(
        world.drafts[0]?.summary ?? "",
        "Seen src/cart.ts and src/alpha.ts.\n\nSeen src/bravo.ts.\n\nSeen src/gamma.ts."
      )
      assert.notInclude(world.drafts[0]?.summary ?? "", "Not looked at")
      assert.deepInclude(outcome, { coverage: { full: 4, part: 0, name: 0, none: 0, missed: [] } })
      assert.strictEqual(world.saved[0]?.messages.filter(({ role }) => role === "assistant").length, world.tasks.length)
    }))

  it.effect("has its passes side by side after the first one, at most three", () =>
    Effect.gen(function*() {
      const [together, release] = [yield* Latch.make(), yield* Deferred.make<void>()]
      let running = 0
      let most = 0
      const first = Scene.submits({ summary: "Fine.", comments: [] })
      const waiting = (task: Parameters<typeof first>[0]) =>
        Effect.gen(function*() {
          most = Math.max(most, ++running)
          if (running === 3) yield* together.open
          yield* Deferred.await(release)
          running--
          return yield* first(task)
        })
      const world = Scene.world({
        forgeFiles: upTo(6).map((at) => large(`part${at}x`, 4_500)),
        answers: [first, waiting]
      })
      const reviewed = yield* Effect.forkChild(run(world))
      yield* together.await
      yield* Deferred.succeed(release, undefined)
      const outcome = yield* Fiber.join(reviewed)
      assert.deepStrictEqual([world.tasks.length, most], [6, 3])
      assert.deepInclude(outcome, { coverage: { full: 6, part: 0, name: 0, none: 0, missed: [] } })
    }))

  it.effect("ends with the money, and says what was not looked at", () =>
    Effect.gen(function*() {
      const world = Scene.world({
        forgeFiles: [large("alpha"), large("bravo"), large("gamma")],
        answers: [
          answer("src/alpha.ts", 7, "This counter is shared between requests and races."),
          () => Effect.succeed({ stopped: "budget", limit: "review" } as const)
        ]
      })
      const outcome = yield* run(world)
      assert.deepInclude(outcome, { _tag: "Reviewed", findings: 1 })
      assert.strictEqual(world.tasks.length, 3)
      assert.include(
        world.drafts[0]?.summary ?? "",
        "This review ended early: the dollar limit of one review is used up."
      )
      assert.match(
        world.drafts[0]?.summary ?? "",
        /> Not looked at in full: `src\/bravo\.ts`, `src\/gamma\.ts`\.\n[^]*\n- Not at all, the review ended early \(2\): /
      )
    }))

  it.effect("has six passes at most, and the last one names what is left", () =>
    Effect.gen(function*() {
      const files = upTo(9).map((at) => large(`part${at}x`, 4_500))
      const world = Scene.world({ forgeFiles: files, answers: [Scene.submits({ summary: "Fine.", comments: [] })] })
      const outcome = yield* run(world)
      assert.strictEqual(world.tasks.length, 6)
      const full = world.tasks.filter(({ prompt }) =>
        prompt.includes("There is no room here for the diffs of these files.")
      )
      assert.deepStrictEqual(full.map(({ prompt }) => prompt.includes(":let part6x")), [true])
      assert.deepInclude(outcome, {
        coverage: { full: 6, part: 1, name: 0, none: 2, missed: files.slice(6).map(({ path }) => path) }
      })
    }))

  it.effect("has smaller passes when the model refuses one, or counts more tokens than were estimated", () =>
    Effect.gen(function*() {
      const fine = Scene.submits({ summary: "Fine.", comments: [] })
      const refused = Scene.world({
        forgeFiles: [large("alpha"), large("bravo")],
        answers: [
          (task) =>
            Effect.flatMap(
              task.shorter ?? Effect.succeedNone,
              (prompt) =>
                Effect.sync(() => refused.tasks.push({ ...task, prompt: Option.getOrElse(prompt, () => "") })).pipe(
                  Effect.andThen(fine(task))
                )
            ),
          fine
        ]
      })
      yield* run(refused)
      for (const { prompt } of refused.tasks.slice(1)) assert.isBelow(tokensIn(prompt), 55_000)
      assert.deepStrictEqual(new Set(numbersIn({ ...refused, tasks: refused.tasks.slice(1) }, "bravo")).size, 5_000)
      const counting = Scene.world({
        forgeFiles: [large("alpha"), large("bravo")],
        answers: [(task) =>
          Effect.flatMap(AgentProgress, (tell) =>
            tell(AgentEvent.cases.Answered.make({
              usage: new Usage({
                input: 2 * tokensIn(task.system + task.prompt),
                output: 1,
                cacheRead: 0,
                cacheWrite: 0
              })
            }))).pipe(Effect.andThen(fine(task)))]
      })
      yield* run(counting)
      assert.deepStrictEqual(counting.tasks.map(({ prompt }) => tokensIn(prompt) < 55_000).slice(1), [true, true])
    }))
})
