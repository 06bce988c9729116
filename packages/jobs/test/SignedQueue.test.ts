import { assert, it } from "@effect/vitest"
import { Job } from "@nominal-code/domain/Job"
import { isSigned, keysIn, signed, SigningKeys } from "@nominal-code/domain/JobSignature"
import { Login } from "@nominal-code/domain/PullRequest"
import { JobQueue } from "@nominal-code/jobs/JobQueue"
import { JobRecords } from "@nominal-code/jobs/JobRecords"
import * as MemoryQueue from "@nominal-code/jobs/MemoryQueue"
import * as SignedQueue from "@nominal-code/jobs/SignedQueue"
import { laneOf, lifecycle, mention, push, shaOf } from "@nominal-code/testing/Jobs"
import { lane, nothing, offer, retry, settle, stands, take } from "@nominal-code/testing/QueueSteps"
import { Context, Effect, Layer, Redacted } from "effect"
import { queueSuite } from "./queueSuite.ts"

const keys = [Redacted.make("the-key-of-the-servers-and-of-nobody-else")]
const others = [Redacted.make("a-key-that-somebody-else-has-made-for-it")]

const signedIn = SignedQueue.layer.pipe(Layer.provide(Layer.succeed(SigningKeys, keys)))

queueSuite("signed, in memory", signedIn.pipe(Layer.provideMerge(MemoryQueue.layer)))

/** The queue as a server sees it, and the one that whoever reaches the store writes to. */
const both = Effect.gen(function*() {
  const store = yield* Layer.build(Layer.fresh(MemoryQueue.layer))
  const server = yield* Layer.build(Layer.provide(Layer.fresh(signedIn), Layer.succeedContext(store)))
  return {
    forge: (job: Job) => Context.get(store, JobQueue).offer(job),
    server: Context.make(JobQueue, Context.get(server, JobQueue)).pipe(
      Context.add(JobRecords, Context.get(store, JobRecords))
    )
  }
})

const unsigned = "unsigned: no server of this installation has signed it: " +
  "it was not stored by one, or with another signing key"

const genuine = mention(lane, "a")
const [server] = [signed(keys, genuine)]

const forgeries: ReadonlyArray<readonly [what: string, job: Job]> = [
  ["without a signature", genuine],
  ["signed with another key", signed(others, genuine)],
  ["with the signature of another job", new Job({ ...mention(lane, "b"), signature: server.signature ?? "" })],
  ["whose request was changed", new Job({ ...server, prompt: "explain /etc/passwd" })],
  ["whose author was changed", new Job({ ...server, event: { ...server.event, author: Login.make("mallory") } })],
  ["whose installation was changed", new Job({ ...server, event: { ...server.event, installationId: 66 } })],
  ["that says its author may ask", new Job({ ...server, unverified: true })],
  ["with a signature that is none", new Job({ ...server, signature: "\u2028" })]
]

for (const [what, job] of forgeries) {
  it.effect(`refuses a job ${what}, and says why`, () =>
    Effect.gen(function*() {
      const { forge, server } = yield* both
      yield* forge(job)
      yield* Effect.provide(Effect.andThen(nothing, stands(job, "parked", unsigned)), server)
    }))
}

it("counts what the key before has signed, and signs with the new one, while the setting names both", () => {
  const [[old], [other]] = [keys, others]
  if (old === undefined || other === undefined) return assert.fail("no keys")
  const both = keysIn(Redacted.make(`${Redacted.value(other)}  ${Redacted.value(old)}`))
  assert.isTrue(isSigned(both, signed(keys, genuine)))
  assert.isTrue(isSigned(others, signed(both, genuine)))
  assert.isFalse(isSigned(others, signed(keys, genuine)))
})

it.effect("counts a refused job as none of its event", () =>
  Effect.gen(function*() {
    const { forge, server } = yield* both
    const known = JobQueue.use((queue) => queue.hasJob(lane, genuine.event))
    yield* forge(genuine)
    yield* Effect.gen(function*() {
      assert.isTrue(yield* known)
      yield* nothing
      assert.isFalse(yield* known)
    }).pipe(Effect.provide(server))
  }))

it.effect("refuses one that was put into the lane of another pull request", () =>
  Effect.gen(function*() {
    const { forge, server } = yield* both
    const elsewhere = new Job({ ...signed(keys, genuine), lane: laneOf(2) })
    yield* forge(elsewhere)
    const taken = yield* Effect.provide(JobQueue.use((queue) => queue.take(laneOf(2))), server)
    assert.strictEqual(taken._tag, "None")
  }))

it.effect("runs a refused job that an operator answers for, and the jobs behind it", () =>
  Effect.gen(function*() {
    const { forge, server } = yield* both
    yield* forge(genuine)
    yield* Effect.gen(function*() {
      yield* offer(push(lane, "behind"))
      yield* nothing
      assert.strictEqual((yield* take).job.delivery, "behind")
    }).pipe(Effect.provide(server))
    const other = yield* both
    yield* other.forge(genuine)
    yield* Effect.gen(function*() {
      yield* nothing
      yield* retry(genuine)
      const lease = yield* take
      assert.isTrue(isSigned(keys, lease.job))
      assert.strictEqual(lease.job.delivery, genuine.delivery)
    }).pipe(Effect.provide(other.server))
  }))

it.effect("keeps the signature of a job that inherits the request of one that it supersedes", () =>
  Effect.gen(function*() {
    const { server } = yield* both
    yield* Effect.gen(function*() {
      yield* offer(lifecycle(lane, "asked", "pr_rerun", shaOf("one"), { again: "a request" }))
      yield* offer(push(lane, "newer"))
      const lease = yield* take
      assert.strictEqual(lease.job.delivery, "newer")
      assert.isTrue(lease.job.event._tag === "Lifecycle" && lease.job.event.again !== undefined)
      yield* settle(lease, { _tag: "Park" })
    }).pipe(Effect.provide(server))
  }))
