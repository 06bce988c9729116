import { isSettled, JobOutcome } from "@nominal-code/domain/Job"
import { Redis } from "@nominal-code/persistence/Redis"
import { Duration, Effect, Layer, Option, Schedule, Schema, Stream } from "effect"
import { JobResults, type JobRun } from "./JobResults.ts"
import { isCurrent } from "./RedisRun.ts"

/** Long enough for a server that was away to find it. */
const ttl = Duration.toMillis("1 day")

/** Every signal is heard, or the connection was lost and that is heard. This is only the net under both. */
const sometimes = Schedule.spaced("30 seconds")

/** A store that is away says nothing about the job, so it is asked until it is back. */
const again = Schedule.min([Schedule.exponential("100 millis"), Schedule.spaced("2 seconds")])

/** How long the process of a job, which has nothing else left to do, tries to reach the store. */
const patience = again.pipe(Schedule.upTo({ duration: "1 minute" }))

const OutcomeJson = Schema.fromJsonString(JobOutcome)
const encode = Schema.encodeSync(OutcomeJson)
const Kept = Schema.NullOr(OutcomeJson)
const Stored = Schema.NullOr(Schema.Literal("OK"))

const name = ({ id, run }: JobRun) => `${id}:${run}`
const keyOf = (run: JobRun) => `nc:result:${name(run)}`
const channelOf = (run: JobRun) => `nc:done:${name(run)}`

const make = Effect.gen(function*() {
  const redis = yield* Redis

  const report = Effect.fn("JobResults.report")(
    function*(run: JobRun, outcome: JobOutcome) {
      const set = ["set", keyOf(run), encode(outcome), "PX", ttl] as const
      const kept = yield* redis.send("JobResults.report", Stored, [...set, "NX"])
      // The first one stands, whoever waits may have read it; but for a failure, after which another pod had its turn.
      if (kept === null && isSettled(outcome)) {
        const first = yield* redis.send("JobResults.report", Kept, ["get", keyOf(run)])
        if (first !== null && !isSettled(first)) yield* redis.send("JobResults.report", Stored, set)
      }
      const word = isSettled(outcome) ? "succeeded" : "failed"
      yield* redis.send("JobResults.report", Schema.Int, ["publish", channelOf(run), word])
    },
    (effect) => Effect.retry(effect, { schedule: patience, while: (error) => error.retryable })
  )

  const look = (run: JobRun) =>
    Effect.retry(redis.send("JobResults.listen", Kept, ["get", keyOf(run)]), {
      schedule: again,
      while: (error) => error.retryable
    })

  /** Looks at first, at every signal, and now and then. */
  const outcomeOf = <E>(run: JobRun, signals: Stream.Stream<unknown, E>) =>
    Stream.make("at first").pipe(
      Stream.concat(Stream.merge(signals, Stream.fromSchedule(sometimes))),
      Stream.mapEffect(() => look(run)),
      Stream.filter((outcome) => outcome !== null),
      Stream.runHead,
      // The signals end with the scope, and then nobody waits.
      Effect.flatMap(Option.match({ onNone: () => Effect.never, onSome: Effect.succeed }))
    )

  const listen = Effect.fn("JobResults.listen")((run: JobRun) =>
    Effect.map(redis.subscribe(channelOf(run)), (signals) => outcomeOf(run, signals))
  )

  const isWanted = Effect.fn("JobResults.isWanted")((run: JobRun) =>
    Effect.retry(isCurrent(redis, run.id, run.run), { schedule: patience, while: (error) => error.retryable })
  )

  return JobResults.of({ report, listen, isWanted })
})

/** Results in Redis. What a signal says is not believed: the stored result is what counts. */
export const layer = Layer.effect(JobResults, make)
