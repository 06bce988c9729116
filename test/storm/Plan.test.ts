import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { core, faultKinds, isOutage, killOf, make, outageKinds } from "./Plan.ts"

it.effect("the same seed gives the same plan, and another seed another one", () =>
  Effect.gen(function*() {
    const plan = yield* make("a", core)
    assert.deepStrictEqual(yield* make("a", core), plan)
    assert.notDeepEqual((yield* make("b", core)).events, plan.events)
  }))

it.effect("some events are late or come under two ids, and the last one of a pull request is never late", () =>
  Effect.gen(function*() {
    const { events } = yield* make("a", core)
    assert.isTrue(events.some(({ twin }) => twin))
    assert.isTrue(events.some(({ late }) => late))
    assert.isTrue(events.every(({ index, late }) => !late || index < core.events - 1))
  }))

it.effect("every pull request is opened first, and every planned fault comes before the end", () =>
  Effect.gen(function*() {
    const { events, faults } = yield* make("a", core)
    assert.strictEqual(events.length, core.pulls * core.events)
    for (const pull of Array.from({ length: core.pulls }).keys()) {
      const own = events.filter((event) => event.pull === pull)
      assert.deepStrictEqual(own.map(({ index }) => index), [0, 1, 2, 3])
      assert.deepStrictEqual(own.map(({ kind }) => kind === "opened"), [true, false, false, false])
    }
    for (const kind of faultKinds) {
      assert.strictEqual(faults.filter((fault) => fault.kind === kind).length, core.faults[kind])
    }
    assert.isTrue(faults.every(({ at }, index) => at < 0.96 && at >= (faults[index - 1]?.at ?? 0)))
  }))

it("one pod of twenty is killed, and which one is a matter of the seed", () => {
  const names = Array.from({ length: 4000 }, (_, index) => `nominal-code-shop-7-${index}-1`)
  const killed = names.filter((name) => killOf("a", name) !== undefined)
  assert.isTrue(killed.length > 150 && killed.length < 250, String(killed.length))
  assert.notDeepEqual(names.filter((name) => killOf("b", name) !== undefined), killed)
})

it.effect("outages come in pairs: while one service is away, the next one goes away too", () =>
  Effect.gen(function*() {
    const { faults } = yield* make("a", core)
    const outages = faults.filter(({ kind }) => isOutage(kind))
    assert.strictEqual(outages.length, outageKinds.length)
    const second = outages.filter(({ delay }) => delay > 0)
    assert.strictEqual(second.length, outages.length / 2)
    assert.isTrue(second.every(({ at, delay, kind }) =>
      delay < core.outage && outages.some((first) => first.kind !== kind && first.delay === 0 && first.at === at)
    ))
  }))
