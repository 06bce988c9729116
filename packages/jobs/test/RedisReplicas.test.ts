import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import type { Job } from "@nominal-code/domain/job/Job"
import { OfferResult } from "@nominal-code/jobs/JobQueue"
import * as RedisQueue from "@nominal-code/jobs/redis/RedisQueue"
import * as Redis from "@nominal-code/persistence/Redis"
import { mention } from "@nominal-code/testing/Jobs"
import { done, lane, storeIn } from "@nominal-code/testing/QueueSteps"
import { type RedisServer, redisSuite, replicaOf, start } from "@nominal-code/testing/RedisServer"
import { Effect, Layer, Logger, Option, Schedule } from "effect"

/** A process of its own, whose deliveries wait for a replica. */
const processAt = ({ url }: RedisServer) =>
  Effect.map(
    Layer.build(
      Layer.fresh(RedisQueue.layer).pipe(
        Layer.provide([Layer.fresh(Redis.layer({ url, waitReplicas: 1 })), NodeServices.layer])
      )
    ),
    storeIn
  )

const accepted = ({ id }: Job) => OfferResult.cases.Accepted.make({ jobId: id })
const duplicate = ({ id }: Job) => OfferResult.cases.Duplicate.make({ jobId: id })

redisSuite("an offer that waits for a replica", () => {
  it.live(
    "is accepted when the replica has it, and fails while the replica is silent or gone; then it stands once, whole, and runs once however often it is delivered",
    () =>
      Effect.gen(function*() {
        const primary = yield* start()
        const replica = yield* replicaOf(primary)
        const [here, there] = [yield* processAt(primary), yield* processAt(primary)]
        const [first, second, third] = [mention(lane, "a"), mention(lane, "b"), mention(lane, "c")]

        assert.deepStrictEqual(yield* here.offer(first), accepted(first))
        assert.strictEqual(yield* replica.command("exists", `{nc:0}:job:${first.id}`), 1)

        yield* replica.freeze
        const silent = yield* Effect.flip(here.offer(second))
        assert.strictEqual(silent.reason, "unavailable")
        assert.match(silent.message, /no replica has confirmed it \(redis\.wait_replicas is 1\)$/)
        // Another server finds it, and must not say that it is safe either.
        assert.strictEqual((yield* Effect.flip(there.offer(second))).reason, "unavailable")
        yield* replica.thaw
        assert.deepStrictEqual(yield* there.offer(second), duplicate(second))
        assert.strictEqual(yield* replica.command("exists", `{nc:0}:job:${second.id}`), 1)

        yield* replica.kill
        assert.strictEqual((yield* Effect.flip(here.offer(third))).reason, "unavailable")

        for (const { delivery } of [first, second, third]) {
          const lease = Option.getOrThrow(yield* there.take(lane))
          assert.strictEqual(lease.job.delivery, delivery)
          assert.isTrue(yield* there.settle(lease, done))
        }
        // The third was answered with an error, and has run all the same. It is delivered again: it is the same job.
        yield* replica.start
        const again = there.offer(third).pipe(
          Effect.retry({ schedule: Schedule.spaced("100 millis"), while: ({ reason }) => reason === "unavailable" })
        )
        assert.deepStrictEqual(yield* again, duplicate(third))
        assert.deepStrictEqual(yield* there.take(lane), Option.none())
        assert.strictEqual((yield* there.list({ limit: 10 })).length, 3)
      }).pipe(Effect.scoped, Effect.provide(Logger.layer([])))
  )
})
