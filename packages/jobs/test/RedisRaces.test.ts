import { assert, it } from "@effect/vitest"
import type { Job } from "@nominal-code/domain/job/Job"
import type { Lease } from "@nominal-code/jobs/JobQueue"
import * as Redis from "@nominal-code/persistence/Redis"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { lifecycle, mention, push, shaOf } from "@nominal-code/testing/Jobs"
import { done, lane, park, release, type Store, storeIn } from "@nominal-code/testing/QueueSteps"
import { type RedisServer, redisSuite, shared } from "@nominal-code/testing/RedisServer"
import { queue } from "@nominal-code/testing/RedisStore"
import { Context, Effect, Layer, Option, Schema } from "effect"

/** Comment and push, with another delivery of each one's event, and two that are neither's. */
const comment = mention(lane, "comment", "explain", 1)
const commentAgain = mention(lane, "comment again", "explain", 1)
const otherComment = mention(lane, "other comment", "explain", 2)
const pushed = lifecycle(lane, "push", "pr_push", shaOf("head"))
const pushedAgain = lifecycle(lane, "push again", "pr_push", shaOf("head"))
const otherPush = push(lane, "other push")

/** Runs the lane's next job to its end. */
const cycle = ({ settle, take }: Store) =>
  Effect.flatMap(
    take(lane),
    Option.match({ onNone: () => Effect.succeed(false), onSome: (lease) => settle(lease, done) })
  )

type LaneSituation = Option.Option<Lease>
type Step = (store: Store, situation: LaneSituation) => Effect.Effect<unknown, StoreError>

const situations: Readonly<Record<string, (store: Store) => Effect.Effect<LaneSituation, StoreError>>> = {
  "an empty lane": () => Effect.succeedNone,
  "a comment that waits": ({ offer }) => Effect.as(offer(comment), Option.none()),
  "a push that waits": ({ offer }) => Effect.as(offer(pushed), Option.none()),
  "a push that runs": (store) => Effect.andThen(store.offer(pushed), store.take(lane)),
  "a comment that ran, and a push that waits": (store) =>
    Effect.as(Effect.andThen(Effect.andThen(store.offer(comment), cycle(store)), store.offer(pushed)), Option.none())
}

const offering = (job: Job): Step => ({ offer }) => offer(job)
const underLease = (step: (store: Store, lease: Lease) => Effect.Effect<unknown, StoreError>): Step => (store, lease) =>
  Option.match(lease, { onNone: () => Effect.void, onSome: (lease) => step(store, lease) })

const steps: Readonly<Record<string, Step>> = {
  "offers a comment": offering(comment),
  "offers the comment's event": offering(commentAgain),
  "offers a push": offering(pushed),
  "offers the push's event": offering(pushedAgain),
  "takes": ({ take }) => take(lane),
  "renews": underLease(({ renew }, lease) => renew(lease)),
  "settles": underLease(({ settle }, lease) => settle(lease, done)),
  "gives back": underLease(({ settle }, lease) => settle(lease, release)),
  "cancels": ({ cancel }) => cancel(pushed.id),
  "retries": ({ retry }) => retry(pushed.id)
}

const overtakenSteps: typeof steps = {
  ...steps,
  "settles and takes": underLease(({ settleAndTake }, lease) => settleAndTake(lease, done))
}

const whole = (...jobs: ReadonlyArray<Job>): Step => (store) =>
  Effect.andThen(Effect.forEach(jobs, store.offer, { discard: true }), cycle(store))

const interruptions: Readonly<Record<string, Step>> = {
  ...steps,
  "runs the same comment to its end": whole(comment),
  "runs the comment's event to its end": whole(commentAgain),
  "runs another comment to its end": whole(otherComment),
  "runs the same push to its end": whole(pushed),
  "runs the push's event to its end": whole(pushedAgain),
  "replaces the same push, and runs the newer one": whole(pushed, otherPush),
  "parks what runs": underLease(({ settle }, lease) => settle(lease, park))
}

/** The numbers of writes after which a step is overtaken. An offer tries first if its lane is empty, and then its lane's rules decide. */
const placesOf = (step: string) => step.startsWith("offers") ? [0, 1] : [0]

const isRead = (text: string) => text.startsWith("#!lua flags=no-writes")

/** Two processes, of which the first can be overtaken between its next read and the write that follows. */
const processesOn = Effect.fnUntraced(function*({ url }: RedisServer) {
  const redis = Context.get(yield* Layer.build(Layer.fresh(Redis.layer(url))), Redis.Redis)
  let overtaking: Effect.Effect<unknown, StoreError> | undefined
  let spared = 0
  const slow = Redis.Redis.of({
    ...redis,
    run: (operation, reply, script, keys, args, texts) =>
      Effect.suspend(() => {
        const write = redis.run(operation, reply, script, keys, args, texts)
        if (overtaking === undefined || isRead(script.text) || spared-- > 0) return write
        const first = overtaking
        overtaking = undefined
        return Effect.andThen(first, write)
      })
  })
  const open = (redis: Redis.Redis["Service"]) =>
    Effect.map(Layer.build(Layer.fresh(queue).pipe(Layer.provide(Layer.succeed(Redis.Redis, redis)))), storeIn)
  const [here, there] = [yield* open(slow), yield* open(redis)]
  return {
    empty: redis.send("test", Schema.Literal("OK"), ["flushall"]),
    here,
    there,
    /** Overtakes the write after as many others; none if the step has no such write, so that there was nothing to overtake. */
    overtake: Effect.fnUntraced(function*<A>(
      step: Effect.Effect<A, StoreError>,
      other: Effect.Effect<unknown, StoreError>,
      after: number
    ) {
      overtaking = other
      spared = after
      const value = yield* step
      const happened = overtaking === undefined
      overtaking = undefined
      return happened ? Option.some(value) : Option.none()
    })
  }
})

redisSuite("a step that another process overtakes between its read and its write", () => {
  const server = shared({ aof: false })

  it.effect.each(Object.entries(situations))(
    "does what it does after the other: %s",
    ([, begin]) =>
      Effect.gen(function*() {
        const { empty, here, overtake, there } = yield* processesOn(yield* server)
        const records = there.list({ limit: 100 })
        let overtaken = 0
        for (const [name, step] of Object.entries(overtakenSteps)) {
          for (const after of placesOf(name)) {
            for (const [interruption, other] of Object.entries(interruptions)) {
              yield* empty
              const before = yield* begin(here)
              const answer = yield* overtake(step(here, before), other(there, before), after)
              // A step without such a write has none whatever would overtake it.
              if (Option.isNone(answer)) break
              overtaken += 1
              const found = yield* records
              yield* empty
              const again = yield* begin(here)
              yield* other(there, again)
              const pair = `one ${name}, another ${interruption} before write ${after}`
              assert.deepStrictEqual(answer.value, yield* step(here, again), pair)
              assert.deepStrictEqual(found, yield* records, pair)
            }
          }
        }
        assert.isAbove(overtaken, Object.keys(interruptions).length)
      })
  )
})
