import { assert, describe, it } from "@effect/vitest"
import type { RepoPath } from "@nominal-code/domain/event/PullRequest"
import { Effect, Option } from "effect"
import { outlinesOf } from "../src/context/Outlines.ts"
import { plan } from "../src/context/Plan.ts"
import * as Scene from "./Scene.ts"

const files = Array.from({ length: 40 }, (_, at) => Scene.file(`src/${at}.ts`))

/** A checkout whose reads take a moment, and the greatest number of them at once. */
const watched = () => {
  let now = 0
  let greatest = 0
  const lines = (_side: "LEFT" | "RIGHT", path: RepoPath) =>
    Effect.gen(function*() {
      greatest = Math.max(greatest, now += 1)
      yield* Effect.sleep("1 milli")
      now -= 1
      return Option.some([`// ${path}`])
    })
  const syntax = { outline: () => Effect.succeedSome({ definitions: [], mentions: {}, errors: 0 }) }
  return { checkout: { ...Scene.checkoutOf(Scene.world(), Scene.headSha), lines, syntax }, greatest: () => greatest }
}

describe("a review of many files", () => {
  it.live("reads several of them at once to see which are generated, but not all", () =>
    Effect.gen(function*() {
      const { checkout, greatest } = watched()
      assert.strictEqual((yield* plan({ checkout, files })).files.length, 40)
      assert.strictEqual(greatest(), 4)
    }))

  it.live("reads several of them at once for their outlines, on both sides, but not all", () =>
    Effect.gen(function*() {
      const { checkout, greatest } = watched()
      assert.deepStrictEqual([...(yield* outlinesOf(checkout, files)).keys()], files)
      assert.strictEqual(greatest(), 4)
    }))
})
