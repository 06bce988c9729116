import type { ServiceName } from "@nominal-code/domain/job/Failure"
import type { JobOutcome } from "@nominal-code/domain/job/Job"
import { JobResults, type JobRun } from "@nominal-code/jobs/JobResults"
import { PayloadStore } from "@nominal-code/jobs/PayloadStore"
import { Effect, Layer, Option, PubSub, Stream } from "effect"

const keyOf = ({ id, run }: JobRun) => `${id}:${run}`

/** Results and payloads in memory, whose signals can be lost. `log` tells who listened and reported, in order. */
export const testResults = Effect.gen(function*() {
  const stored = new Map<string, JobOutcome>()
  const payloads = new Map<string, string>()
  const signals = yield* PubSub.unbounded<readonly [key: string, outcome: JobOutcome]>()
  const told = yield* PubSub.unbounded<readonly [key: string, service: Option.Option<ServiceName>]>()
  const log: Array<string> = []

  const store = (run: JobRun, outcome: JobOutcome) =>
    Effect.sync(() => {
      log.push(`store ${run.run} ${outcome._tag}`)
      stored.set(keyOf(run), outcome)
    })
  const signal = (run: JobRun, outcome: JobOutcome) => Effect.asVoid(PubSub.publish(signals, [keyOf(run), outcome]))

  const results = JobResults.of({
    isWanted: () => Effect.succeed(true),
    tellWait: (run, service) => Effect.asVoid(PubSub.publish(told, [keyOf(run), service])),
    waits: (run) =>
      Effect.map(PubSub.subscribe(told), (subscription) =>
        Stream.fromSubscription(subscription).pipe(
          Stream.filter(([key]) => key === keyOf(run)),
          Stream.map(([, service]) => service)
        )),
    report: (run, outcome) => Effect.andThen(store(run, outcome), signal(run, outcome)),
    listen: (run) =>
      Effect.map(PubSub.subscribe(signals), (subscription) => {
        log.push(`listen ${run.run}`)
        return Effect.suspend(() => {
          const known = stored.get(keyOf(run))
          if (known !== undefined) return Effect.succeed(known)
          return PubSub.take(subscription).pipe(
            Effect.repeat({ until: ([key]) => key === keyOf(run) }),
            Effect.map(([, outcome]) => outcome)
          )
        })
      })
  })
  const payloadStore = PayloadStore.of({
    put: (key, payload) => Effect.sync(() => void payloads.set(key, payload)),
    get: (key) => Effect.sync(() => Option.fromUndefinedOr(payloads.get(key)))
  })
  return {
    log,
    payloads,
    payloadStore,
    ...results,
    /** Stores without a signal. */
    store,
    /** Signals without a store. */
    signal,
    layer: Layer.mergeAll(Layer.succeed(JobResults, results), Layer.succeed(PayloadStore, payloadStore))
  }
})
