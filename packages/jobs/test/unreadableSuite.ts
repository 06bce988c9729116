import { assert, it } from "@effect/vitest"
import type { Job } from "@nominal-code/domain/job/Job"
import type { UnreadableJob } from "@nominal-code/jobs/JobRecords"
import { laneOf, mention, push, shaOf } from "@nominal-code/testing/Jobs"
import { done, type Store } from "@nominal-code/testing/QueueSteps"
import { Effect, Option, type Scope, Stream } from "effect"

/** A store whose rows a test may damage, as another version or a hand does. */
export interface DamageableStore {
  /** Opens the queue once more, as another process does. */
  readonly open: Effect.Effect<Store, never, Scope.Scope>
  /** Gives a job a task that no version knows. */
  readonly damage: (job: Job) => Effect.Effect<unknown>
  /** Gives a job an event whose kind no version knows. */
  readonly damageKind: (job: Job) => Effect.Effect<unknown>
  readonly repair: (job: Job) => Effect.Effect<unknown>
  /** Damages the record of the only job that has ended. */
  readonly damageEnded: Effect.Effect<unknown>
}

/** Behaviour of a store that has a job which cannot be read. */
export const unreadableSuite = (store: Effect.Effect<DamageableStore, never, Scope.Scope>) => {
  it.effect("a job that cannot be read hides no other, and is named where its page is listed", () =>
    Effect.gen(function*() {
      const { damage, damageEnded, damageKind, open } = yield* store
      const jobs = [1, 2, 3, 4, 5, 6].map((number) => push(laneOf(number), `${number}`))
      const [, second, damaged, newer] = jobs
      if (second === undefined || damaged === undefined || newer === undefined) return
      const first = yield* open
      for (const job of jobs) yield* first.offer(job)
      assert.isTrue(yield* first.settle(Option.getOrThrow(yield* first.take(laneOf(1))), done))
      yield* damage(damaged)
      yield* damageKind(newer)
      const { depth, find, knowsHead, list, oldestWaiting } = yield* open
      const listed = (page: Parameters<typeof list>[0]) => {
        const unreadable: Array<UnreadableJob> = []
        return Effect.map(list({ ...page, onUnreadable: (job) => unreadable.push(job) }), (records) => ({
          found: records.map(({ delivery }) => `${delivery}`),
          unreadable: unreadable.map(({ id }) => id)
        }))
      }
      assert.deepStrictEqual(yield* listed({ limit: 10 }), {
        found: ["6", "5", "2", "1"],
        unreadable: [newer.id, damaged.id]
      })
      assert.deepStrictEqual(yield* listed({ limit: 3, state: "waiting" }), {
        found: ["6", "5", "2"],
        unreadable: [newer.id, damaged.id]
      })
      assert.deepStrictEqual(yield* listed({ limit: 2 }), { found: ["6", "5"], unreadable: [] })
      assert.deepStrictEqual((yield* oldestWaiting(10)).map(({ delivery }) => `${delivery}`), ["2", "5", "6"])
      assert.deepInclude(yield* depth, { waiting: 5 })
      assert.isTrue(Option.isSome(yield* find(second.id)))
      assert.include((yield* Effect.flip(find(damaged.id))).message, `job ${damaged.id} cannot be read: `)
      assert.isFalse(yield* knowsHead(laneOf(9), shaOf("9")))
      yield* damageEnded
      assert.lengthOf((yield* listed({ limit: 10, state: "done" })).unreadable, 1)
      assert.deepStrictEqual((yield* listed({ limit: 10 })).found, ["6", "5", "2"])
    }))

  it.effect("a job that cannot be read keeps its lane for a program that can, and no other lane", () =>
    Effect.gen(function*() {
      const { damage, open, repair } = yield* store
      const [other, damaged, next] = [mention(laneOf(1), "a"), mention(laneOf(2), "b"), mention(laneOf(2), "c")]
      const before = yield* open
      yield* before.offer(other)
      yield* before.offer(damaged)
      yield* damage(damaged)
      const queue = yield* open
      assert.deepInclude(yield* queue.offer(next), { _tag: "Accepted" })
      const sameComment = mention(laneOf(2), "b again", "explain", parseInt(shaOf("b").slice(0, 12), 16))
      for (const job of [damaged, sameComment]) {
        assert.deepInclude(yield* queue.offer(job), { _tag: "Duplicate", jobId: damaged.id })
      }
      const named = yield* Stream.runCollect(Stream.take(queue.ready, 2))
      assert.sameMembers(named.map(({ lane }) => lane.number), [1, 2])
      assert.deepStrictEqual(yield* queue.take(laneOf(2)), Option.none())
      const lease = Option.getOrThrow(yield* queue.take(laneOf(1)))
      assert.isTrue(yield* queue.settle(lease, done))
      assert.deepStrictEqual(yield* queue.claimKeys, 0)
      yield* repair(damaged)
      const later = yield* open
      const ran: Array<string> = []
      for (let lease = yield* later.take(laneOf(2)); Option.isSome(lease); lease = yield* later.take(laneOf(2))) {
        ran.push(lease.value.job.delivery)
        assert.isTrue(yield* later.settle(lease.value, done))
      }
      assert.deepStrictEqual(ran, ["b", "c"])
    }))
}
