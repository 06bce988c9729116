import { assert, describe, it } from "@effect/vitest"
import { Discussion } from "@nominal-code/domain/review/Review"
import { ForgeError, Refused } from "@nominal-code/forge/ForgeError"
import { Effect } from "effect"
import { gather } from "../src/context/ReviewContext.ts"
import { review } from "../src/Review.ts"
import * as Scene from "./Scene.ts"

const gathered = (world: Scene.World, at = Scene.headSha) =>
  gather(Scene.viewOf(world), Scene.checkoutOf(world, at), world.settings).pipe(Effect.provide(Scene.layer(world)))

describe("the changed files", () => {
  it.effect("are git's where the forge makes no positions of its own list, which is not asked for", () =>
    Effect.gen(function*() {
      const { reviewsOwnDiff: _, ...world } = Scene.world({
        forgeFiles: [],
        gitFiles: [Scene.file("a.ts"), Scene.file("b.ts")]
      })
      assert.deepStrictEqual((yield* gathered(world)).files.map(({ path }) => String(path)), ["a.ts", "b.ts"])
      assert.notInclude(world.calls, "files")
    }))

  it.effect("are the forge's, and git is not asked when the forge shows all hunks", () =>
    Effect.gen(function*() {
      const world = Scene.world({ gitFiles: [] })
      assert.strictEqual((yield* gathered(world)).files.length, 1)
      assert.notInclude(world.calls, "git diff")
    }))

  it.effect("get git's hunks where the forge leaves them out, and stay without where git has none", () =>
    Effect.gen(function*() {
      const world = Scene.world({
        forgeFiles: [
          Scene.fileWithoutDiff("huge.ts"),
          Scene.fileWithoutDiff("logo.png"),
          Scene.file("src/cart.ts", "@@ -1 +1 @@\n+x")
        ],
        gitFiles: [Scene.file("huge.ts"), Scene.fileWithoutDiff("logo.png"), Scene.file("src/cart.ts")]
      })
      const { files } = yield* gathered(world)
      assert.deepStrictEqual(files.map(({ patch }) => patch), [Scene.patch, undefined, "@@ -1 +1 @@\n+x"])
    }))

  it.effect("are git's when the forge shows another commit", () =>
    Effect.gen(function*() {
      const other = Scene.world({ forgeFiles: [Scene.file("newer.ts")] })
      assert.deepStrictEqual((yield* gathered(other, Scene.nextSha)).files.map(({ path }) => String(path)), [
        "src/cart.ts"
      ])
    }))

  it.effect("are git's when the forge refuses to list so many", () =>
    Effect.gen(function*() {
      const reason = new Refused({ status: 422, message: "3001 files changed and GitHub lists 3000 of them" })
      const tooMany = new ForgeError({ operation: "GitHub.changedFiles acme/shop#7", reason })
      const gitFiles = Array.from({ length: 3_001 }, (_, at) => Scene.file(`${at}.ts`))
      const world = Scene.world({ forgeFiles: Effect.fail(tooMany), gitFiles })
      assert.strictEqual((yield* gathered(world)).files.length, 3_001)
    }))

  it.effect("lose what is ignored before anything else is done with them", () =>
    Effect.gen(function*() {
      const world = Scene.world({
        forgeFiles: [Scene.file("src/cart.ts"), Scene.file("dist/deep/a.js")],
        settings: { ...Scene.settings, ignorePatterns: ["dist/*"] }
      })
      const { files, ignored } = yield* gathered(world)
      assert.deepStrictEqual([files.map(({ path }) => String(path)), ignored], [["src/cart.ts"], 1])
    }))
})

describe("the comments", () => {
  const comment = (author: string, body: string) => new Discussion({ author, body, resolved: false, createdAt: "2026" })

  it.effect("are the fifty newest of other people", () =>
    Effect.gen(function*() {
      const discussions = Array.from({ length: 80 }, (_, at) => comment("carol", `comment-${at}-`))
      const world = Scene.world({ discussions: [...discussions, comment("Nominal[bot]", "of the bot")] })
      yield* Effect.provide(review(Scene.pushJob), Scene.layer(world))
      const prompt = world.tasks[0]?.prompt ?? ""
      assert.deepStrictEqual([29, 30, 79].map((at) => prompt.includes(`comment-${at}-`)), [false, true, true])
      assert.notInclude(prompt, "of the bot")
    }))

  it.effect("are none where they are to be ignored", () =>
    Effect.gen(function*() {
      const discussions = [comment("carol", "Is that so?")]
      const ignoring = { ...Scene.settings, ignoreExistingComments: true }
      assert.lengthOf((yield* gathered(Scene.world({ discussions }))).discussions, 1)
      assert.lengthOf((yield* gathered(Scene.world({ discussions, settings: ignoring }))).discussions, 0)
    }))
})
