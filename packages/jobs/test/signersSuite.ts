import { assert, describe, it } from "@effect/vitest"
import { keysIn, SigningKeys } from "@nominal-code/domain/job/JobSignature"
import type { Lane } from "@nominal-code/domain/job/Lane"
import { JobQueue } from "@nominal-code/jobs/JobQueue"
import { JobRecords } from "@nominal-code/jobs/JobRecords"
import { QueueAdmin } from "@nominal-code/jobs/QueueAdmin"
import * as SignedQueue from "@nominal-code/jobs/signature/SignedQueue"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { laneOf, lifecycle, mention, push, shaOf } from "@nominal-code/testing/Jobs"
import { done, lane, release, type Services, type Store, storeIn } from "@nominal-code/testing/QueueSteps"
import { Config, Context, Effect, Layer, Option, Redacted, Result, type Scope } from "effect"
import { chanceOf } from "./Chance.ts"

type Queue = Layer.Layer<Services, StoreError>

/** A store, as processes with these keys open it one after another. */
export const processes = (queue: Queue) => (setting: string): Effect.Effect<Store, StoreError, Scope.Scope> => {
  const keys = setting === "" ? [] : keysIn(Redacted.make(setting))
  return Effect.map(
    Layer.build(
      SignedQueue.layer.pipe(
        Layer.provideMerge(Layer.fresh(queue)),
        Layer.provide(Layer.succeed(SigningKeys, keys))
      )
    ),
    (context) => storeIn(Context.pick(JobQueue, JobRecords, QueueAdmin)(context))
  )
}

export const old = "the-key-of-the-servers-before-it-was-changed"
export const fresh = "the-key-of-the-servers-that-they-have-now"

/** Starts a server. */
export const started = (open: Effect.Effect<Store, StoreError, Scope.Scope>) =>
  Effect.tap(open, ({ claimKeys }) => claimKeys)

const takeFrom = ({ take }: Store, from: Lane = lane) => Effect.map(take(from), Option.getOrThrow)

/** The error of what has to fail. */
export const refusal = <A, R>(effect: Effect.Effect<A, StoreError, R>) => Effect.orDie(Effect.flip(effect))
export const isUnset = (error: StoreError) =>
  assert.match(error.message, /signed, and jobs\.signing_key .* is not set: give/)
const isOther = (error: StoreError) => assert.match(error.message, /signed with another key than jobs\.signing_key/)
export const stateOf = ({ find }: Store, job: { readonly id: Parameters<Store["find"]>[0] }) =>
  Effect.map(find(job.id), Option.match({ onNone: () => "none", onSome: ({ state }) => state }))

/** Contract of the signing keys of a queue that several processes share. `make` gives it empty. */
export const signersSuite = (name: string, make: Effect.Effect<Queue, never, Scope.Scope>) => {
  const test = (
    title: string,
    body: (open: ReturnType<typeof processes>) => Effect.Effect<void, StoreError, Scope.Scope>
  ) => it.live(title, () => Effect.flatMap(make, (queue) => body(processes(queue))))

  describe(`the signing keys of the queue in ${name}`, () => {
    test("the first key signs what waits and what runs, and a server without it stores and takes nothing more", (open) =>
      Effect.gen(function*() {
        const before = yield* started(open(""))
        const [runs, waits, parked] = [mention(lane, "runs"), push(lane, "waits"), mention(laneOf(2), "parked")]
        yield* before.offer(parked)
        yield* before.cancel(parked.id)
        yield* before.offer(runs)
        const lease = yield* takeFrom(before)
        yield* before.offer(waits)

        const server = yield* open(fresh)
        assert.strictEqual(yield* server.claimKeys, 2)
        assert.strictEqual(yield* server.claimKeys, 0)
        isUnset(yield* refusal(before.offer(push(laneOf(3), "late"))))
        const [late] = yield* before.offerAll([push(laneOf(3), "late")])
        if (late === undefined || Result.isSuccess(late)) return assert.fail("it was stored")
        isUnset(late.failure)
        isUnset(yield* refusal(before.check))
        isUnset(yield* refusal(open("").pipe(started)))
        yield* server.check

        // What it runs, it ends; then it would take the next.
        assert.strictEqual(yield* before.renew(lease), "kept")
        assert.isTrue(yield* before.settle(lease, release))
        isUnset(yield* refusal(before.take(lane)))
        const retried = yield* before.retry(parked.id)
        assert.match(retried._tag === "Refused" ? retried.reason : retried._tag, /jobs\.signing_key .* is not set/)

        const again = yield* takeFrom(server)
        assert.deepStrictEqual([again.job.delivery, again.run, again.job.runBefore], [
          runs.delivery,
          lease.run,
          lease.run
        ])
        yield* server.settle(again, done)
        const next = yield* takeFrom(server)
        assert.deepStrictEqual(next.job, waits)
        yield* server.settle(next, done)
        assert.strictEqual((yield* server.retry(parked.id))._tag, "Done")
        yield* server.settle(yield* takeFrom(server, laneOf(2)), done)
        assert.strictEqual(yield* stateOf(server, parked), "done")
      }))

    test("a server with another key does not start, and whoever opens the queue without one may look at it", (open) =>
      Effect.gen(function*() {
        const server = yield* started(open(fresh))
        yield* server.offer(mention(lane, "a"))
        isOther(yield* refusal(open(old).pipe(started)))
        isOther(yield* refusal(Effect.flatMap(open(old), ({ offer }) => offer(mention(lane, "b")))))
        assert.strictEqual((yield* Effect.flatMap(open(""), ({ list }) => list({ limit: 10 }))).length, 1)
        assert.strictEqual((yield* takeFrom(server)).job.delivery, "a")
      }))

    test("the key changes under servers that run, and no job of either is refused", (open) =>
      Effect.gen(function*() {
        const first = yield* started(open(old))
        yield* first.offer(mention(lane, "1"))
        const both = yield* started(open(`${fresh} ${old}`))
        yield* both.offer(mention(lane, "2"))
        yield* first.offer(mention(lane, "3"))
        yield* first.settle(yield* takeFrom(both), done)
        // The server with the old key alone cannot tell who has signed it, and leaves it to the other.
        assert.deepStrictEqual(yield* first.take(lane), Option.none())
        isOther(yield* refusal(open(old).pipe(started)))
        const { message } = yield* refusal(open(fresh).pipe(started))
        assert.match(message, /^1 job\(s\) that wait are signed with a key that jobs\.signing_key/)
        const again = yield* started(open(`${fresh} ${old}`))
        yield* both.settle(yield* takeFrom(again), done)
        assert.strictEqual((yield* takeFrom(both)).job.delivery, "3")
      }))

    test("a job that something else has put there is refused, and what a signed job inherits is not signed", (open) =>
      Effect.gen(function*() {
        const outside = yield* open("")
        const server = yield* open(fresh)
        const forged = mention(lane, "forged")
        yield* outside.offer(forged)
        assert.deepStrictEqual(yield* server.take(lane), Option.none())
        assert.strictEqual(yield* stateOf(server, forged), "parked")
        assert.isFalse(yield* server.hasJob(lane, forged.event))
        yield* server.offer(lifecycle(lane, "asked", "pr_rerun", shaOf("one"), { again: "a request: ä" }))
        yield* server.offer(push(lane, "newer"))
        const { job: { delivery, event } } = yield* takeFrom(server)
        assert.strictEqual(delivery, "newer")
        assert.isTrue(event._tag === "Lifecycle" && event.asked === true && event.again?.startsWith("a request: ä "))
      }))

    test("no accepted job is lost or refused while servers under load get their first key and then another one", (open) =>
      Effect.gen(function*() {
        const seed = yield* Config.Int("NOMINAL_SEED").pipe(Config.withDefault(1), Effect.orDie)
        const { below } = chanceOf(seed)
        // Twice, for the servers before go on signing with the other key until they have ended.
        const stages = ["", fresh, `${fresh} ${old}`, `${old} ${fresh}`, `${old} ${fresh}`, old]
        let [here, there] = [yield* started(open("")), yield* started(open(""))]
        const [accepted, ended] = [new Set<string>(), new Set<string>()]
        const lanes = 8
        let sent = 0
        const deliver = Effect.gen(function*() {
          const job = mention(laneOf(below(lanes) + 1), `${sent++}`)
          // Who is turned away comes again, to another server.
          for (const server of below(2) === 0 ? [here, there] : [there, here]) {
            const result = yield* Effect.result(server.offer(job))
            if (Result.isFailure(result)) continue
            const offered = result.success
            // In place of a job for which a full lane has no room, it takes a notice about that.
            if (offered._tag === "Accepted" || offered._tag === "Full" && offered.told) accepted.add(job.id)
            return
          }
        })
        const work = Effect.gen(function*() {
          const server = below(2) === 0 ? here : there
          const lease = yield* Effect.result(server.take(laneOf(below(lanes) + 1)))
          if (Result.isFailure(lease) || Option.isNone(lease.success)) return
          const { job } = lease.success.value
          if (below(4) === 0) yield* server.settle(lease.success.value, release)
          else if (yield* server.settle(lease.success.value, done)) ended.add(job.id)
        })
        const load = Effect.forEach(
          Array.from({ length: 24 }),
          () => below(2) === 0 ? work : deliver,
          { concurrency: 8, discard: true }
        )
        for (const stage of stages.slice(1)) {
          const begin = Effect.andThen(Effect.sleep(below(20)), started(open(stage)))
          const [fresher] = yield* Effect.all([begin, load], { concurrency: 2 })
          here = fresher
          const [next] = yield* Effect.all([started(open(stage)), load], { concurrency: 2 })
          there = next
        }
        for (let number = 1; number <= lanes; number++) {
          for (;;) {
            const lease = yield* here.take(laneOf(number))
            if (Option.isNone(lease)) break
            yield* here.settle(lease.value, done)
            ended.add(lease.value.job.id)
          }
        }
        const records = yield* here.list({ limit: 1_000 })
        assert.deepStrictEqual(records.filter(({ state }) => state !== "done"), [], `seed ${seed}`)
        assert.deepStrictEqual([...ended].sort(), [...accepted].sort(), `seed ${seed}`)
        assert.isAbove(accepted.size, 20, `seed ${seed}`)
      }))
  })
}
