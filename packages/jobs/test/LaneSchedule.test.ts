import { assert, describe, it } from "@effect/vitest"
import { RepoName } from "@nominal-code/domain/event/PullRequest"
import { Lane, laneKey } from "@nominal-code/domain/job/Lane"
import type { HeadWork, ReadyLane } from "@nominal-code/jobs/JobQueue"
import * as LaneSchedule from "@nominal-code/jobs/lane/LaneSchedule"
import { laneOf } from "@nominal-code/testing/Jobs"
import { Effect, Fiber, Schema } from "effect"
import { type Chance, chanceOf } from "./Chance.ts"

const laneIn = (repo: string, number: number): Lane =>
  new Lane({ ...laneOf(number), repo: RepoName.make(`acme/${repo}`) })
const ready = (repo: string, number: number, work: HeadWork = "comment"): ReadyLane => ({
  lane: laneIn(repo, number),
  work
})
const nameOf = ({ lane: { number, repo } }: ReadyLane) => `${repo.slice("acme/".length)}${number}`
const everything = () => LaneSchedule.make(() => true)

/** The turns that come at once. */
const turns = Effect.fnUntraced(function*(schedule: LaneSchedule.LaneSchedule) {
  const taken: Array<ReadyLane> = []
  const taking = yield* Effect.forkChild(
    Effect.forever(Effect.map(schedule.next, (one) => taken.push(one)))
  )
  yield* Effect.repeat(Effect.yieldNow, { times: 100 })
  yield* Fiber.interrupt(taking)
  return taken
})

const names = (schedule: LaneSchedule.LaneSchedule) => Effect.map(turns(schedule), (taken) => taken.map(nameOf))

describe("the turns of ready lanes", () => {
  it.effect("go round by repository, and within one by pull request in the order in which they became ready", () =>
    Effect.gen(function*() {
      const schedule = everything()
      for (const [repo, number] of [["a", 2], ["a", 1], ["a", 2], ["b", 1], ["a", 3], ["c", 1], ["b", 2]] as const) {
        schedule.add(ready(repo, number))
      }
      assert.deepStrictEqual(yield* names(schedule), ["a2", "b1", "c1", "a1", "b2", "a3"])
    }))

  it.effect("come next to a repository that had none for longest, also if it became ready just now", () =>
    Effect.gen(function*() {
      const schedule = everything()
      for (let number = 1; number <= 4; number++) schedule.add(ready("a", number))
      assert.strictEqual(nameOf(yield* schedule.next), "a1")
      schedule.add(ready("b", 1))
      assert.strictEqual(nameOf(yield* schedule.next), "b1")
      schedule.add(ready("b", 2))
      assert.strictEqual(nameOf(yield* schedule.next), "a2")
    }))

  it.effect("come first where a person asked or is told something, within the turn of its repository", () =>
    Effect.gen(function*() {
      const schedule = everything()
      schedule.add(ready("a", 1, "lifecycle"))
      schedule.add(ready("b", 1, "lifecycle"))
      schedule.add(ready("a", 2, "comment"))
      schedule.add(ready("a", 3, "notice"))
      assert.deepStrictEqual(yield* names(schedule), ["a2", "b1", "a3", "a1"])
    }))

  it.effect("follow what a lane's first job has become since it was named", () =>
    Effect.gen(function*() {
      const schedule = everything()
      schedule.add(ready("a", 1, "lifecycle"))
      schedule.add(ready("a", 2, "lifecycle"))
      schedule.add(ready("a", 2, "comment"))
      assert.deepStrictEqual(yield* names(schedule), ["a2", "a1"])
    }))

  it.effect("come again, behind the others, to a lane that became ready while it was at work", () =>
    Effect.gen(function*() {
      const schedule = everything()
      schedule.add(ready("a", 1))
      yield* names(schedule)
      schedule.add(ready("a", 1))
      schedule.add(ready("b", 1))
      assert.deepStrictEqual(yield* names(schedule), ["b1"])
      schedule.done(laneIn("a", 1))
      assert.deepStrictEqual(yield* names(schedule), ["a1"])
    }))

  it.effect("pass over a lane that is not admitted, which gets its turn once it is", () =>
    Effect.gen(function*() {
      const refused = new Set(["a1", "a2"])
      const schedule = LaneSchedule.make((one) => !refused.has(nameOf(one)))
      for (const number of [1, 2, 3]) schedule.add(ready("a", number))
      assert.deepStrictEqual(yield* names(schedule), ["a3"])
      const waiting = yield* Effect.forkChild(schedule.next)
      yield* Effect.yieldNow
      assert.isUndefined(waiting.pollUnsafe())
      refused.delete("a2")
      schedule.recheck()
      assert.strictEqual(nameOf(yield* Fiber.join(waiting)), "a2")
    }))

  it.effect("wait until nothing else is at work for a lane that is isolated, and come to no other beside it", () =>
    Effect.gen(function*() {
      const schedule = everything()
      for (const number of [1, 2, 3]) schedule.add(ready("a", number))
      yield* schedule.next
      yield* schedule.next
      assert.isFalse(schedule.isolate(ready("a", 1)))
      schedule.done(laneIn("a", 1))
      assert.deepStrictEqual(yield* names(schedule), [])
      schedule.done(laneIn("a", 2))
      assert.deepStrictEqual(yield* names(schedule), ["a1"])
      assert.isTrue(schedule.isolate(ready("a", 1)))
      schedule.done(laneIn("a", 1))
      assert.deepStrictEqual(yield* names(schedule), ["a3"])
      assert.isTrue(schedule.isolate(ready("a", 3)))
      schedule.add(ready("b", 1))
      assert.deepStrictEqual(yield* names(schedule), [])
    }))

  it.effect("go on while an isolated lane is not admitted", () =>
    Effect.gen(function*() {
      const refused = new Set<string>()
      const schedule = LaneSchedule.make((one) => !refused.has(nameOf(one)))
      schedule.add(ready("a", 1))
      schedule.add(ready("a", 2))
      yield* schedule.next
      yield* schedule.next
      schedule.isolate(ready("a", 1))
      schedule.done(laneIn("a", 1))
      refused.add("a1")
      schedule.add(ready("b", 1))
      assert.deepStrictEqual(yield* names(schedule), ["b1"])
    }))
})

const works = ["notice", "comment", "lifecycle"] as const

/** A random story of namings, turns and ends of turns over three repositories, held against what is promised. */
const story = Effect.fnUntraced(function*(chance: Chance) {
  const schedule = everything()
  const waiting = new Map<string, ReadyLane>()
  const atWork: Array<ReadyLane> = []
  const again = new Map<string, ReadyLane>()
  const passedOver = new Map<string, number>()

  const name = () => {
    const one = ready(chance.of(["a", "b", "c"]) ?? "a", 1 + chance.below(60), chance.of(works))
    schedule.add(one)
    const busy = atWork.some(({ lane }) => laneKey(lane) === laneKey(one.lane))
    const to = busy ? again : waiting
    to.set(nameOf(one), one)
  }
  const take = Effect.gen(function*() {
    const one = yield* schedule.next
    const { repo } = one.lane
    assert.deepStrictEqual(one, waiting.get(nameOf(one)))
    waiting.delete(nameOf(one))
    atWork.push(one)
    const beside = [...waiting.values()]
    const asked = beside.some(({ lane, work }) => lane.repo === repo && work !== "lifecycle")
    assert.isFalse(one.work === "lifecycle" && asked, "a push came before what a person asked for")
    passedOver.delete(repo)
    for (const other of new Set(beside.map(({ lane }) => lane.repo))) {
      if (other !== repo) passedOver.set(other, (passedOver.get(other) ?? 0) + 1)
    }
    assert.isAtMost(Math.max(0, ...passedOver.values()), 2)
  })
  const end = () => {
    for (const one of atWork.splice(chance.below(atWork.length), 1)) {
      schedule.done(one.lane)
      const named = again.get(nameOf(one))
      again.delete(nameOf(one))
      if (named !== undefined) waiting.set(nameOf(one), named)
    }
  }

  for (let step = 0; step < 200; step++) {
    const what = chance.below(3)
    if (what === 0) name()
    else if (what === 1 && waiting.size > 0) yield* take
    else if (atWork.length > 0) end()
  }
  while (atWork.length > 0) end()
  while (waiting.size > 0) yield* take
  assert.deepStrictEqual(yield* names(schedule), [])
})

it.effect.prop(
  "no naming is lost, no repository is passed over more often than there are others, and no push before a request",
  [Schema.Int],
  ([seed]) => story(chanceOf(seed))
)
