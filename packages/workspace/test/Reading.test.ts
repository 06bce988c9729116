import { assert, it } from "@effect/vitest"
import { paged } from "../src/tools/Reading.ts"

it("a part of an answer forms the lines that it shows, and no others of millions", () => {
  const lines = Array.from<string>({ length: 2_000_000 }).fill("")
  let formed = 0
  const text = paged(lines, { offset: 1_000_000, limit: 3 }, false, (_, index) => {
    formed++
    return String(index + 1)
  })
  assert.strictEqual(text, "1000000\n1000001\n1000002\n...(truncated: go on with offset 1000003)")
  assert.isAtMost(formed, 6)
})
