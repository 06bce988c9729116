import type { Job } from "@nominal-code/domain/job/Job"
import { SigningKeys } from "@nominal-code/domain/job/JobSignature"
import { Redis } from "@nominal-code/persistence/Redis"
import * as RedisScript from "@nominal-code/persistence/RedisScript"
import { RedisTime } from "@nominal-code/persistence/RedisTime"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Duration, Effect, Option, Schedule, Schema } from "effect"
import * as StoredJob from "../table/StoredJob.ts"
import type { RedisSigners } from "./RedisSigners.ts"

/*
 * Version 0.1 kept the whole queue under one hash tag. What waits there is taken over at the start, and for as long as
 * servers of that version run beside this one in a rollout.
 */

const root = "{nc}"
const indexes = ["due", "ended", "tick", "changes", "is:waiting", "is:running", "is:done", "is:superseded", "is:parked"]
const leftMillis = Duration.toMillis("8 days")
const often = Schedule.spaced("10 seconds")
const seldom = Schedule.spaced("10 minutes")
/** Time for which servers of that version may run on after the first server with a signing key has started. */
const rollout = Duration.hours(1)

const Strings = Schema.Array(Schema.String)
const Old = Schema.Tuple([Schema.NullOr(Schema.String), Schema.NullOr(Schema.String)])

/**
 * Migrates the jobs of that version, in their order, until the scope closes. Where the jobs of the queue are signed
 * already and there are none of that version, those that turn up later are told to the log, and left to the next start:
 * who reaches Redis may have put them there.
 */
export const start = Effect.fnUntraced(function*(
  offer: (job: Job) => Effect.Effect<unknown, StoreError>,
  { isSigned, isSignerAccepted }: Pick<RedisSigners, "isSigned" | "isSignerAccepted">
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
    if (!(yield* isSignerAccepted(operation))) return
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

  const repeated = (step: Effect.Effect<void, StoreError>, schedule = often) =>
    step.pipe(
      // While Redis is away, others say so.
      Effect.catch((error) =>
        (error.retryable ? Effect.logDebug : Effect.logWarning)(
          `jobs of an older version could not be taken over: ${error.message}`
        )
      ),
      Effect.repeat(schedule)
    )

  // Another server may be about to take it over.
  let seen: string | undefined
  const tell = Effect.gen(function*() {
    const [first] = yield* ids("zrange", `${root}:is:waiting`, 0, 0)
    if (first !== undefined && first === seen) {
      yield* Effect.logError(
        `jobs of version 0.1, such as ${first}, have turned up in Redis and wait there: end the servers of that version, ` +
          "and start this one again to take the jobs over"
      )
    }
    seen = first
  })

  const isThere = (yield* redis.send(operation, Schema.Int, ["exists", `${root}:tick`])) > 0
  const mayBeForged = !isThere && (yield* SigningKeys).length > 0
  const follows = repeated(moveAll)
  if (mayBeForged && (yield* isSigned(operation))) {
    yield* Effect.forkScoped(repeated(tell, seldom))
    return
  }
  yield* moveAll
  yield* Effect.forkScoped(
    mayBeForged ? Effect.andThen(Effect.timeoutOption(follows, rollout), repeated(tell, seldom)) : follows
  )
})
