import { assert, describe, it } from "@effect/vitest"
import type { ChangedFile } from "@nominal-code/domain/diff/Patch"
import { groupsOf, nextBundle } from "../src/context/Bundles.ts"
import { portionsOf } from "../src/context/DiffBudget.ts"
import { planByPath } from "../src/context/Plan.ts"
import * as Scene from "./Scene.ts"

const change = (...lines: ReadonlyArray<string>) =>
  [`@@ -1,1 +1,${lines.length} @@`, ...lines.map((line) => `+${line}`)].join("\n")

const padding = Array.from({ length: 60 }, (_, at) => `  let padding${at} = ${at}`)

/** Names of the files of each group, in the order of the files. */
const grouped = (files: ReadonlyArray<ChangedFile>) =>
  [...Map.groupBy(files, (file) => groupsOf(files).get(file)).values()].map((group) =>
    group.map(({ path }) => String(path))
  )

const files = [
  Scene.file("src/cart.ts", change("export const totalOf = (cart) => {", ...padding)),
  Scene.file("lib/user.ts", change("const x = 1", ...padding)),
  Scene.file("src/order.ts", change("  const sum = totalOf(cart)", ...padding)),
  Scene.file("test/cart.test.ts", change("it(\"adds\", () => {})", ...padding)),
  Scene.file("app/views.py", change("from .models import Thing", ...padding)),
  Scene.file("app/models.py", change("class Thing(Base):", ...padding)),
  Scene.file("web/page.tsx", change("import { y } from \"../lib/user\"", ...padding)),
  Scene.file("docs/guide.md", change("words", ...padding))
]

describe("the bundles of a change", () => {
  it("join files by name, by import and by the symbols that they share", () => {
    assert.deepStrictEqual(grouped(files), [
      ["src/cart.ts", "src/order.ts", "test/cart.test.ts"],
      ["lib/user.ts", "web/page.tsx"],
      ["app/views.py", "app/models.py"],
      ["docs/guide.md"]
    ])
  })

  it("join tens of thousands of files by one that imports them all", () => {
    const icons = Array.from(
      { length: 20_000 },
      (_, at) => Scene.file(`icons/icon${at}.ts`, change(`export const Icon${at} = draw(${at})`))
    )
    const registry = change(...icons.map((_, at) => `export { Icon${at} } from "./icon${at}"`))
    const groups = groupsOf([...icons, Scene.file("icons/registry.ts", registry)])
    assert.deepStrictEqual([groups.size, new Set(groups.values()).size], [20_001, 1])
  })

  it("are shown whole, those with sources first, until everything has been shown", () => {
    const groups = groupsOf(files)
    let portions = portionsOf(planByPath(files).files)
    const bundles: Array<ReadonlyArray<string>> = []
    while (portions.length > 0 && bundles.length < 9) {
      const { rest, shown } = nextBundle(portions, 2_600, () => groups)
      bundles.push(shown.map(({ file }) => String(file.path)))
      portions = rest
    }
    assert.deepStrictEqual(bundles, [
      ["lib/user.ts", "app/views.py", "app/models.py", "web/page.tsx"],
      ["src/cart.ts", "src/order.ts", "test/cart.test.ts", "docs/guide.md"]
    ])
  })

  it("are everything where everything fits", () => {
    const { rest, shown } = nextBundle(portionsOf(planByPath(files).files), 100_000, () => groupsOf(files))
    assert.deepStrictEqual([shown.length, rest.length], [8, 0])
  })
})
