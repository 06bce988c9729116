import { assert, it } from "@effect/vitest"
import * as ClockWatch from "../src/lane/ClockWatch.ts"

it("tells by how much the clock was set at least, and takes a late answer for none", () => {
  const { hear } = ClockWatch.make()
  assert.isUndefined(hear(1_000_000, 0, 100))
  assert.strictEqual(hear(1_010_050, 10_000, 10_100), 0)
  // A process that rested before it asked, and then before it heard.
  assert.strictEqual(hear(1_090_000, 20_000, 90_000), 0)
  assert.strictEqual(hear(1_100_000, 100_000, 180_000), 0)
  assert.strictEqual(hear(1_190_000, 190_000, 190_010), 0)
  assert.strictEqual(hear(1_800_000, 200_000, 200_010), 599_990)
  assert.strictEqual(hear(1_210_000, 210_000, 210_010), -599_990)
})
