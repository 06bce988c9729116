import { Failure, failureText, outageReasonOf, ServiceName } from "@nominal-code/domain/job/Failure"
import { JobId } from "@nominal-code/domain/job/Job"
import { Clock, Context, Duration, Effect, FiberMap, Layer, PubSub, Random, Schema, Stream } from "effect"

/** A service that jobs wait for. Instants are milliseconds since the epoch. */
export const ServiceOutage = Schema.Struct({
  service: ServiceName,
  since: Schema.Int,
  /** Instant of the next try. */
  until: Schema.Int,
  failure: Failure
})
export type ServiceOutage = typeof ServiceOutage.Type

/** Observation of a run about the services that it needs. */
export const ServiceObservation = Schema.TaggedUnion({
  /** A review was done with them. */
  Answered: { services: Schema.Array(ServiceName) },
  /** They answered some requests, but a review needs more of them: git, that they take a post, or a pod. */
  Reached: { services: Schema.Array(ServiceName) },
  /** The service is away, limited or full, or refuses our credentials. */
  Away: {
    job: Schema.optionalKey(JobId),
    service: ServiceName,
    failure: Failure,
    retryAfterMillis: Schema.optionalKey(Schema.Int),
    /** Services that gave the run all that it needs of them before. */
    served: Schema.optionalKey(Schema.Array(ServiceName))
  },
  /** The run was stopped, or there was none. */
  Nothing: {}
})
export type ServiceObservation = typeof ServiceObservation.Type
type AwayObservation = typeof ServiceObservation.cases.Away.Type

/** One run's use of its services. */
export interface ServiceUse {
  /**
   * Ends the use, and returns the time to wait for the service that the run found away; zero after any other observation.
   * A job that a service failed again, and others not, waits for it alone from then on. After the first time it changes
   * nothing.
   */
  end(finding: ServiceObservation): Effect.Effect<Duration.Duration>
}

/**
 * A circuit breaker for each service. While it is closed, any run may use the service. A run that finds the service away
 * opens it: nothing that needs the service starts for as long as the service asked, or for a backoff that doubles from 5
 * seconds to 5 minutes. Then it is half-open: one run tries, and a further one each 30 seconds while none has ended. The
 * first answer closes it; of a forge whose git is away, the first review; of a cluster without room, the first pod.
 */
export class ServiceBreakers extends Context.Service<ServiceBreakers, {
  /** True if a run that needs these services may start now. */
  admits(services: ReadonlyArray<ServiceName>): boolean
  /** Counts a run that needs these services. */
  begin(services: ReadonlyArray<ServiceName>): Effect.Effect<ServiceUse>
  /** Emits when runs may start that could not start before. */
  readonly readmitted: Stream.Stream<void>
  /** The services that are waited for. */
  readonly outages: Effect.Effect<ReadonlyArray<ServiceOutage>>
}>()("@nominal-code/jobs/ServiceBreakers") {}

/** A breaker that is not closed. */
interface Breaker {
  readonly outage: ServiceOutage
  /** Number of tries in a row that found the service away. */
  readonly tries: number
  readonly state: "open" | "half-open" | "probing"
}

const probeEvery = Duration.seconds(30)

/** Longest backoff of a breaker: a try of one run for all that wait. */
const longestBackoff = Duration.toMillis("5 minutes")

/** Longest rest of a job that a service fails alone: each of its tries may cost what a review costs, for nothing. */
const longestRest = Duration.toMillis("1 hour")

/** Milliseconds that double from 5 seconds with each try, up to the longest; a fifth more or less by chance. */
const backoff = (tries: number, longest: number) =>
  Effect.map(
    Random.nextBetween(0.8, 1.2),
    (factor) => Math.round(Math.min(5_000 * 2 ** (tries - 1), longest) * factor)
  )

/** Number of jobs of which it is remembered that they found a service away. */
const remembered = 1_000

/** Head start of other jobs at the next try, if a job finds a service away for the second time or more. */
const othersFirst = Duration.seconds(5)

/** A job that found a service away. */
interface SuspectedOutage {
  /** Number of the service's answers until then. */
  readonly answers: number
  /** Number of times that the service failed it since it first did so alone: it had answered others in between. */
  readonly alone: number
}

/** Remembers which jobs found a service away. */
const makeSuspects = () => {
  const suspects = new Map<string, SuspectedOutage>()
  return {
    /** The job found the service away, which has answered so often: what was known of the job, and what is now. */
    found: (service: ServiceName, job: JobId, answers: number) => {
      const key = `${service} ${job}`
      const before = suspects.get(key)
      const isAlone = before !== undefined && (before.alone > 0 || answers > before.answers)
      const alone = isAlone ? before.alone + 1 : 0
      suspects.delete(key)
      suspects.set(key, { answers, alone })
      for (const oldest of suspects.keys()) {
        if (suspects.size <= remembered) break
        suspects.delete(oldest)
      }
      return { isKnown: before !== undefined, alone }
    }
  }
}

const noWait = Effect.succeed(Duration.zero)

/** True if the service's API may answer all the same: git of a forge is away, or a cluster gives no pod. */
const isBehindApi = (failure: Failure): boolean =>
  failure._tag === "Checkout" ||
  (failure._tag === "Cluster" && /^(?:full|pods-refused|image|not-started)$/.test(failure.reason))

const make = Effect.gen(function*() {
  const breakers = new Map<ServiceName, Breaker>()
  const answers = new Map<ServiceName, number>()
  const suspects = makeSuspects()
  const timers = yield* FiberMap.make<ServiceName>()
  const readmissions = yield* PubSub.sliding<void>(1)

  const setState = (service: ServiceName, state: Breaker["state"]): void => {
    const breaker = breakers.get(service)
    if (breaker !== undefined) breakers.set(service, { ...breaker, state })
  }

  /** Lets one run try the service. */
  const admitOne = (service: ServiceName) =>
    Effect.suspend(() => {
      setState(service, "half-open")
      return PubSub.publish(readmissions, undefined)
    })
  const admitOneAfter = (service: ServiceName, delay: Duration.Duration) =>
    FiberMap.run(timers, service, Effect.delay(admitOne(service), delay))

  const close = Effect.fnUntraced(function*(service: ServiceName) {
    const breaker = breakers.get(service)
    if (breaker === undefined) return
    breakers.delete(service)
    yield* FiberMap.remove(timers, service)
    const away = Duration.millis((yield* Clock.currentTimeMillis) - breaker.outage.since)
    yield* Effect.logInfo(`${service} is back after ${Duration.format(away)}`)
    yield* PubSub.publish(readmissions, undefined)
  })

  const answered = (service: ServiceName) =>
    Effect.suspend(() => {
      answers.set(service, (answers.get(service) ?? 0) + 1)
      return close(service)
    })

  const reached = (service: ServiceName) => {
    const breaker = breakers.get(service)
    return breaker === undefined || isBehindApi(breaker.outage.failure) ? Effect.void : close(service)
  }

  const open = Effect.fnUntraced(function*({ failure, retryAfterMillis, service }: AwayObservation, probe: boolean) {
    const now = yield* Clock.currentTimeMillis
    const before = breakers.get(service)
    const tries = (before?.tries ?? 0) + (probe || before === undefined ? 1 : 0)
    const own = yield* backoff(tries, longestBackoff)
    // A service that is still away after the time that it asked for is not asked sooner than any other.
    const asked = tries === 1 ? retryAfterMillis ?? own : Math.max(retryAfterMillis ?? 0, own)
    // A run that began before the breaker opened brings news only if the service asked it for more time.
    const known = before?.state === "open" ? before.outage.until : 0
    const until = known === 0 || (retryAfterMillis !== undefined && now + asked > known) ? now + asked : known
    breakers.set(service, {
      outage: { service, since: before?.outage.since ?? now, until, failure },
      tries,
      state: "open"
    })
    const delay = Duration.millis(Math.max(0, until - now))
    yield* admitOneAfter(service, delay)
    if (until !== known) {
      yield* Effect.logWarning(
        `${service}: ${outageReasonOf(failure)}; jobs that need it wait ${Duration.format(delay)}: ${
          failureText(failure)
        }`
      )
    }
    return delay
  })

  const begin = Effect.fnUntraced(function*(services: ReadonlyArray<ServiceName>): Effect.fn.Return<ServiceUse> {
    const probed = services.filter((service) => breakers.get(service)?.state === "half-open")
    for (const service of probed) {
      setState(service, "probing")
      yield* admitOneAfter(service, probeEvery)
    }

    /** Lets the next run try what this one did not find out. */
    const handOn = Effect.forEach(
      probed,
      (service) => breakers.get(service)?.state === "probing" ? admitOne(service) : Effect.void,
      { concurrency: 1, discard: true }
    )

    const found = Effect.fnUntraced(function*(away: AwayObservation) {
      const { job, retryAfterMillis = 0, service } = away
      const { alone, isKnown } = job === undefined
        ? { alone: 0, isKnown: false }
        : suspects.found(service, job, answers.get(service) ?? 0)
      if (alone === 0) {
        const delay = yield* open(away, probed.includes(service))
        return isKnown ? Duration.sum(delay, othersFirst) : delay
      }
      // What the service does to this job says nothing to the others: if it is away, they find out.
      const until = breakers.get(service)?.outage.until ?? 0
      const others = Math.max(0, until - (yield* Clock.currentTimeMillis)) + Duration.toMillis(othersFirst)
      const rest = Math.max(retryAfterMillis, yield* backoff(alone, longestRest))
      return Duration.millis(breakers.has(service) ? Math.max(rest, others) : rest)
    })

    let ended = false
    return {
      end: (finding) =>
        Effect.suspend(() => {
          if (ended) return noWait
          ended = true
          return ServiceObservation.match(finding, {
            Answered: ({ services }) =>
              Effect.andThen(Effect.forEach(services, answered, { concurrency: 1, discard: true }), noWait),
            Reached: ({ services }) =>
              Effect.andThen(Effect.forEach(services, reached, { concurrency: 1, discard: true }), noWait),
            Away: (away) =>
              Effect.andThen(Effect.forEach(away.served ?? [], close, { concurrency: 1, discard: true }), found(away)),
            Nothing: () => noWait
          }).pipe(Effect.tap(() => handOn))
        })
    }
  })

  return ServiceBreakers.of({
    admits: (services) =>
      services.every((service) => {
        const state = breakers.get(service)?.state
        return state === undefined || state === "half-open"
      }),
    begin,
    readmitted: Stream.fromPubSub(readmissions),
    outages: Effect.sync(() => Array.from(breakers.values(), ({ outage }) => outage))
  })
})

export const layer = Layer.effect(ServiceBreakers, make)
