import { backoff } from "@nominal-code/domain/job/Backoff"
import { ServiceName } from "@nominal-code/domain/job/Failure"
import { isSettled, JobOutcome } from "@nominal-code/domain/job/Job"
import { isRunToken, SigningKeys } from "@nominal-code/domain/job/JobSignature"
import { Redis } from "@nominal-code/persistence/Redis"
import { ChannelEvent } from "@nominal-code/persistence/RedisSubscriber"
import { Duration, Effect, Layer, Option, Result, Schedule, Schema, Stream } from "effect"
import { JobResults, type JobRun } from "../JobResults.ts"
import { isCurrent } from "./RedisRun.ts"

/** Time to live of a result, long enough for a server that was away. */
const ttl = Duration.toMillis("1 day")

/** Interval of reads without a signal. They are a safety net: signals and lost connections are both reported. */
const sometimes = Schedule.spaced("30 seconds")

/** Retries of a store that is away, without end: its outage says nothing about the job. */
const again = backoff("100 millis", "2 seconds")

/** Retries of a job's process, which has nothing else left to do. */
const patience = again.pipe(Schedule.upTo({ duration: "1 minute" }))

const OutcomeJson = Schema.fromJsonString(JobOutcome)
const encode = Schema.encodeSync(OutcomeJson)
const decode = Schema.decodeOption(OutcomeJson)
const Kept = Schema.NullOr(Schema.String)
const Stored = Schema.NullOr(Schema.Literal("OK"))

/** A stored outcome: JSON, behind the token of its run and a blank where it has one. */
const written = ({ token }: JobRun, outcome: JobOutcome): string =>
  token === undefined ? encode(outcome) : `${token} ${encode(outcome)}`

interface StoredResult {
  readonly token: string | undefined
  readonly outcome: Option.Option<JobOutcome>
}

const read = (stored: string): StoredResult => {
  const [, token, json = stored] = /^([0-9a-f]{64}) (.*)$/s.exec(stored) ?? []
  return { token, outcome: decode(json) }
}

const name = ({ id, run }: JobRun) => `${id}:${run}`
const keyOf = (run: JobRun) => `nc:result:${name(run)}`
const channelOf = (run: JobRun) => `nc:done:${name(run)}`

/** Start of a signal that tells what a run waits for; alone: it goes on. */
const waitWord = "waits "

const decodeService = Schema.decodeOption(ServiceName)

/** Reads a wait from a signal; none if it tells of none. What was missed may have told that the run goes on. */
const waitOf = ChannelEvent.match({
  Missed: () => Result.succeed(Option.none<ServiceName>()),
  Message: ({ text }) =>
    text.startsWith(waitWord) ? Result.succeed(decodeService(text.slice(waitWord.length))) : Result.failVoid
})

const make = Effect.gen(function*() {
  const redis = yield* Redis
  const keys = yield* SigningKeys

  const report = Effect.fn("JobResults.report")(
    function*(run: JobRun, outcome: JobOutcome) {
      const set = ["set", keyOf(run), written(run, outcome), "PX", ttl] as const
      const kept = yield* redis.send("JobResults.report", Stored, [...set, "NX"])
      // The first one stands, whoever waits may have read it; but for a failure, after which another pod had its turn,
      // and for what another process has put there.
      if (kept === null) {
        const first = yield* redis.send("JobResults.report", Kept, ["get", keyOf(run)])
        const { outcome: before, token } = read(first ?? "")
        const isForeign = run.token !== undefined && token !== run.token
        const isBetter = isSettled(outcome) && Option.exists(before, (one) => !isSettled(one))
        if (isForeign || isBetter) yield* redis.send("JobResults.report", Stored, set)
      }
      const word = isSettled(outcome) ? "succeeded" : "failed"
      yield* redis.send("JobResults.report", Schema.Int, ["publish", channelOf(run), word])
    },
    (effect) => Effect.retry(effect, { schedule: patience, while: (error) => error.retryable })
  )

  const look = Effect.fnUntraced(function*(run: JobRun) {
    const stored = yield* Effect.retry(redis.send("JobResults.listen", Kept, ["get", keyOf(run)]), {
      schedule: again,
      while: (error) => error.retryable
    })
    if (stored === null) return Option.none()
    const { outcome, token } = read(stored)
    if (run.isTokenless === true || isRunToken(keys, run.id, run.run, token)) return outcome
    yield* Effect.logError(`the result of job ${run.id}, run ${run.run}, is ignored: it was not reported by that run`)
    return Option.none()
  })

  /** Reads the outcome at first, at every signal, and at intervals. */
  const outcomeOf = <E>(run: JobRun, signals: Stream.Stream<unknown, E>) =>
    Stream.make("at first").pipe(
      Stream.concat(Stream.merge(signals, Stream.fromSchedule(sometimes))),
      Stream.mapEffect(() => look(run)),
      Stream.filterMap(Result.fromOption(() => undefined)),
      Stream.runHead,
      // The signals end with the scope, and then nobody waits.
      Effect.flatMap(Option.match({ onNone: () => Effect.never, onSome: Effect.succeed }))
    )

  const listen = Effect.fn("JobResults.listen")((run: JobRun) =>
    Effect.map(redis.subscribe(channelOf(run)), (signals) => outcomeOf(run, signals))
  )

  const tellWait = Effect.fn("JobResults.tellWait")((run: JobRun, service: Option.Option<ServiceName>) =>
    Effect.asVoid(redis.send("JobResults.tellWait", Schema.Int, [
      "publish",
      channelOf(run),
      `${waitWord}${Option.getOrElse(service, () => "")}`
    ]))
  )

  const waits = Effect.fn("JobResults.waits")((run: JobRun) =>
    Effect.map(redis.subscribe(channelOf(run)), (signals) => Stream.filterMap(signals, waitOf))
  )

  const isWanted = Effect.fn("JobResults.isWanted")((run: JobRun) =>
    Effect.retry(isCurrent(redis, run.id, run.run), { schedule: patience, while: (error) => error.retryable })
  )

  return JobResults.of({ report, listen, tellWait, waits, isWanted })
})

/** Results in Redis. Of a result only what is stored counts, and not the signal's content. */
export const layer = Layer.effect(JobResults, make)
