import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { makeSourceFiles } from "../src/context/SourceFiles.ts"
import * as Scene from "./Scene.ts"

const world = Scene.world({ headFiles: { "src/cart.ts": "let total = 0", "src/shop.ts": "cart.total()" } })
const all = Scene.checkoutOf(world, Scene.headSha)

describe("the files of a checkout", () => {
  it.effect("are listed only to find the one that another spelling means", () =>
    Effect.gen(function*() {
      let listed = 0
      const checkout: typeof all = {
        ...all,
        paths: () => Effect.sync(() => (listed++, [Scene.path("src/cart.ts"), Scene.path("src/shop.ts")]))
      }
      const { meant } = yield* makeSourceFiles({ checkout, files: [Scene.file("src/new.ts")] })
      for (const path of ["src/cart.ts", "src/shop.ts", "src/new.ts"]) {
        assert.deepStrictEqual(yield* meant("RIGHT", path), { _tag: "One", path })
      }
      assert.strictEqual(listed, 0)
      for (const written of ["b/src/shop.ts", "src/Shop.ts:12"]) {
        assert.deepStrictEqual(yield* meant("RIGHT", written), { _tag: "One", path: "src/shop.ts" })
      }
      assert.deepStrictEqual(yield* meant("RIGHT", "src/nowhere.ts"), { _tag: "None" })
      assert.strictEqual(listed, 1)
    }))
})
