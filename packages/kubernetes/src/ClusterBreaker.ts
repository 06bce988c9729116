import { ServiceName } from "@nominal-code/domain/job/Failure"
import { ServiceBreakers, ServiceObservation } from "@nominal-code/jobs/run/ServiceBreakers"
import { Effect, Option, Stream } from "effect"
import type { ApiHealth } from "./ApiHealth.ts"
import { apiFailed } from "./Ending.ts"

/** Name of the cluster among the services that jobs wait for. */
export const cluster = ServiceName.make("cluster")

/**
 * Reports observations of the cluster to its breaker, for the time of the scope: runs that are under way in it
 * learn nothing of its API server, and none begin while it is away. `accepted`: it has taken a Job; `served`: it has
 * given one its pod.
 */
export const make = Effect.fnUntraced(function*({ changes }: ApiHealth) {
  const breakers = yield* ServiceBreakers
  const report = (seen: ServiceObservation) => Effect.asVoid(Effect.flatMap(breakers.begin([]), (use) => use.end(seen)))

  const accepted = report(ServiceObservation.cases.Reached.make({ services: [cluster] }))

  yield* Effect.forkScoped(Stream.runForEach(changes, (away) => {
    const failure = Option.map(away, (error) => apiFailed(error).failure)
    return Option.match(failure, {
      onNone: () => accepted,
      onSome: (failure) => report(ServiceObservation.cases.Away.make({ service: cluster, failure }))
    })
  }))

  return { accepted, served: report(ServiceObservation.cases.Answered.make({ services: [cluster] })) }
})
