import { assert, it } from "@effect/vitest"
import { Schema } from "effect"
import * as RedisClock from "../src/redis/RedisClock.ts"

const ahead = 250

it("knows nothing before it has heard something", () => {
  assert.isUndefined(RedisClock.make().at(1_000))
})

it.prop(
  "is behind by the shortest delay of a second, however late the other answers were heard",
  [Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 3, maximum: 900 })))],
  ([delays]) => {
    const clock = RedisClock.make()
    clock.hear(1_000 + ahead - 2, 1_000)
    for (const [index, delay] of delays.slice(0, 100).entries()) {
      const local = 1_010 + index * 10
      clock.hear(local + ahead - delay, local)
    }
    assert.strictEqual(clock.at(2_100), 2_100 + ahead - 2)
  }
)

it("follows a clock that is set, and clocks that part", () => {
  const clock = RedisClock.make()
  clock.hear(1_000, 1_000)
  clock.hear(3_610_000, 10_000)
  assert.strictEqual(clock.at(10_000), 3_610_000)
  clock.hear(20_000, 20_000)
  assert.strictEqual(clock.at(20_000), 20_000)
  clock.hear(29_995, 30_000)
  assert.strictEqual(clock.at(30_000), 30_000)
  clock.hear(99_990, 100_000)
  assert.strictEqual(clock.at(100_000), 99_990)
})
