import { assert, it } from "@effect/vitest"
import { steadily } from "./Pace.ts"

/** The times at which a steady pace sends, on a clock whose timers are late by `lateness` milliseconds. */
const sentAt = (count: number, perSecond: number, lateness: (sent: number) => number): ReadonlyArray<number> => {
  const sent: Array<number> = []
  let now = 0
  const timers: Array<() => void> = []
  const after = (millis: number, run: () => void) => {
    timers.push(() => {
      now += millis + lateness(sent.length)
      run()
    })
  }
  steadily(count, perSecond, () => sent.push(now), { now: () => now, after })
  for (const fire of timers) fire()
  return sent
}

it("a steady pace spaces the deliveries evenly", () => {
  assert.deepStrictEqual(sentAt(5, 100, () => 0), [0, 10, 20, 30, 40])
})

it("a steady pace catches up with deliveries that were late", () => {
  assert.deepStrictEqual(sentAt(6, 100, (sent) => sent === 1 ? 25 : 0), [0, 35, 35, 35, 40, 50])
})
