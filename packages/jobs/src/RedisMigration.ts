import type { Job } from "@nominal-code/domain/Job"
import { SigningKeys } from "@nominal-code/domain/JobSignature"
import { Redis } from "@nominal-code/persistence/Redis"
import * as RedisScript from "@nominal-code/persistence/RedisScript"
import { RedisTime } from "@nominal-code/persistence/RedisTime"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Duration, Effect, Option, Schedule, Schema } from "effect"
import * as StoredJob from "./StoredJob.ts"

/*
 * Version 0.1 kept the whole queue under one hash tag. What waits there is taken over at the start, and for as long as
 * servers of that version run beside this one in a rollout.
 */

const root = "{nc}"
const indexes = ["due", "ended", "tick", "changes", "is:waiting", "is:running", "is:done", "is:superseded", "is:parked"]
const leftMillis = Duration.toMillis("8 days")
const again = Schedule.spaced("10 seconds")

const Strings = Schema.Array(Schema.String)
const Old = Schema.Tuple([Schema.NullOr(Schema.String), Schema.NullOr(Schema.String)])

/** Migrates the jobs of that version, in their order, until the scope closes. */
export const start = Effect.fnUntraced(function*(
  offer: (job: Job) => Effect.Effect<unknown, StoreError>,
  isTrusted: (operation: string) => Effect.Effect<boolean, StoreError>
) {
  const redis = yield* Redis
  const time = yield* RedisTime
  const script = yield* RedisScript.load(new URL("lua/", import.meta.url), ["move"])
  const operation = "JobQueue.migrate"
  const moving = `${root}:moving`

  const move = Effect.fnUntraced(function*(id: string) {
    const key = `${root}:job:${id}`
    const [lane, payload] = yield* redis.send(operation, Old, ["hmget", key, "lane", "payload"])
    const job = StoredJob.decode(payload ?? "")
    // What is unreadable here is left to the version that wrote it.
    if (lane === null || Option.isNone(job)) return
    const keys = [`${root}:queue:${lane}`, key, `${root}:due`, `${root}:is:waiting`, `${root}:is:running`, moving]
    const clock = Option.getOrElse(yield* time, () => "")
    if ((yield* redis.run(operation, Schema.Int, script, keys, [id, lane, clock])) === 0) return
    yield* offer(job.value)
    yield* redis.send(operation, Schema.Int, ["srem", moving, id])
  })

  const ids = (...command: readonly [string, ...ReadonlyArray<string | number>]) =>
    redis.send(operation, Strings, command)

  const moveAll = Effect.gen(function*() {
    if ((yield* redis.send(operation, Schema.Int, ["exists", `${root}:tick`])) === 0) return
    // They are left to a server whose signature counts.
    if (!(yield* isTrusted(operation))) return
    const left = yield* ids("smembers", moving)
    const running = yield* ids("zrange", `${root}:is:running`, 0, -1)
    const waiting = yield* ids("zrange", `${root}:is:waiting`, 0, -1)
    yield* Effect.forEach([...left, ...running, ...waiting], move, { concurrency: 1, discard: true })
    // They hold nothing but what has ended there, and go with it.
    yield* Effect.forEach(
      indexes,
      (name) => redis.send(operation, Schema.Int, ["pexpire", `${root}:${name}`, leftMillis, "NX"]),
      { discard: true }
    )
  })

  // With a key, what turns up there later is from no server.
  const isThere = (yield* redis.send(operation, Schema.Int, ["exists", `${root}:tick`])) > 0
  if (!isThere && (yield* SigningKeys).length > 0) return
  yield* moveAll
  yield* moveAll.pipe(
    // While Redis is away, others say so.
    Effect.catch((error) =>
      (error.retryable ? Effect.logDebug : Effect.logWarning)(
        `jobs of an older version could not be taken over: ${error.message}`
      )
    ),
    Effect.repeat(again),
    Effect.forkScoped
  )
})
