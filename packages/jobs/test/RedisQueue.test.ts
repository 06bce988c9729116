import type { StoreError } from "@nominal-code/persistence/StoreError"
import { type Store, storeIn } from "@nominal-code/testing/QueueSteps"
import { live, type RedisServer, redisSuite, shared } from "@nominal-code/testing/RedisServer"
import { freshQueue, queueAt } from "@nominal-code/testing/RedisStore"
import { Effect, Exit, Layer, Option, Schedule, Scope } from "effect"
import type { Process } from "./interleavings.ts"
import { interleavingsSuite } from "./interleavingsSuite.ts"
import { queueSuite } from "./queueSuite.ts"

/** Asks again until the connection is back. In its own time: the story waits for it, and its clock stands still. */
const patiently = <A>(effect: Effect.Effect<A, StoreError>) =>
  live(Effect.retry(effect, { schedule: Schedule.spaced("5 millis"), while: (error) => error.retryable }))

const patient = (queue: Store): Store => ({
  ...queue,
  offer: (job) => patiently(queue.offer(job)),
  take: (lane) => patiently(queue.take(lane)),
  renew: (lease) => patiently(queue.renew(lease)),
  settle: (lease, settlement) => patiently(queue.settle(lease, settlement)),
  settleAndTake: (lease, settlement) => patiently(queue.settleAndTake(lease, settlement)),
  retry: (id) => patiently(queue.retry(id)),
  cancel: (id) => patiently(queue.cancel(id)),
  find: (id) => patiently(queue.find(id))
})

/** Opens the queue as a process of its own would; a crash cuts its connections, with its leases unsettled. */
const processOn = Effect.fnUntraced(function*(server: RedisServer): Effect.fn.Return<Process, never, Scope.Scope> {
  const parent = yield* Effect.scope
  const open = Effect.gen(function*() {
    const scope = yield* Scope.fork(parent)
    const context = yield* Layer.buildWithScope(Layer.fresh(queueAt(server)), scope)
    return { queue: patient(storeIn(context)), scope }
  }).pipe(Effect.orDie)
  let opened = yield* open
  return {
    queue: () => opened.queue,
    leasesOutlive: true,
    disturb: Effect.andThen(server.command("script", "flush"), server.command("client", "kill", "skipme", "yes")),
    crash: Option.some(Effect.gen(function*() {
      yield* Scope.close(opened.scope, Exit.void)
      opened = yield* open
    }))
  }
})

redisSuite("the queue in Redis", () => {
  const server = shared({ aof: false })
  queueSuite("Redis", freshQueue(server))

  interleavingsSuite(
    "two processes on one Redis",
    70,
    Effect.gen(function*() {
      const here = yield* server
      yield* here.command("flushall")
      return [yield* processOn(here), yield* processOn(here)]
    })
  )
})
