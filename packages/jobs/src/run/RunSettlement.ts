import { Failure, isAccessRefused, isCrash, type ServiceName } from "@nominal-code/domain/job/Failure"
import { type JobId, JobOutcome } from "@nominal-code/domain/job/Job"
import { NoticeOutcome } from "@nominal-code/domain/job/Notice"
import { Duration, Effect, Option, Random } from "effect"
import { type Lease, Settlement } from "../JobQueue.ts"
import { JobRunner } from "../JobRunner.ts"
import { restMillis } from "../lane/LeaseRules.ts"
import { ServiceObservation, type ServiceUse } from "./ServiceBreakers.ts"

const { Done, GiveUp, Lose, Park, Release, Rerun, Retry, Wait } = Settlement.cases

/** Number of losses after which a job is given up. In this process it runs alone from the second loss on. */
const maxLosses = 5

/** Number of jobs whose disruptions are remembered. */
const remembered = 1_000

/**
 * Counts how often the run of each job was ended from outside, by an eviction or with its node. This says nothing about the
 * job: it rests longer each time, and is given up for its age only.
 */
const makeDisruptions = () => {
  const counts = new Map<JobId, number>()
  return {
    /** Rest of a job whose run was ended once more. */
    rest: (id: JobId): Duration.Duration => {
      const count = (counts.get(id) ?? 0) + 1
      counts.delete(id)
      counts.set(id, count)
      for (const oldest of [...counts.keys()].slice(0, Math.max(0, counts.size - remembered))) counts.delete(oldest)
      return Duration.millis(restMillis(count))
    }
  }
}

/** Limits after which a job is given up. */
export interface SettlementOptions {
  /** The attempts of one job. */
  readonly maxAttempts: number
  /** The age at which a job that waits for services is given up. */
  readonly giveUpAfter: Duration.Duration
}

/**
 * Delay before the next attempt: 10 s before the second, then three times as long each time, at most 5 min; a fifth
 * more or less by chance.
 */
const retryDelay = (attempt: number) =>
  Effect.map(
    Random.nextBetween(0.8, 1.2),
    (factor) => Duration.millis(Math.round(Math.min(10_000 * 3 ** (attempt - 1), 300_000) * factor))
  )

/**
 * Delay before the next try of a job that its forge refuses access: as long as the job is old, so that it doubles, from
 * 10 s to `longest`; a fifth more or less by chance.
 */
const accessDelay = ({ age }: Lease, longest: Duration.Duration) =>
  Effect.map(
    Random.nextBetween(0.8, 1.2),
    (factor) =>
      Duration.millis(
        Math.round(Duration.toMillis(Duration.clamp(age, { minimum: Duration.seconds(10), maximum: longest })) * factor)
      )
  )

/** Longest rest of a job that asks its forge again, which costs a few requests. */
const longestRest = Duration.minutes(5)

/**
 * Longest rest of a job whose run is outside this process. It keeps no finished review: where the forge takes none, the
 * model is paid for each try, about fifty times in a day.
 */
const longestRestOutside = Duration.minutes(30)

const isForge = (service: ServiceName): boolean => service.startsWith("forge:")
const isModel = (service: ServiceName): boolean => service.startsWith("model:")
const isCluster = (service: ServiceName): boolean => service === "cluster"

/** Selects the forges among some services: all that a notice needs. */
export const forgesOf = (services: ReadonlyArray<ServiceName>): ReadonlyArray<ServiceName> => services.filter(isForge)

/** True if the run found that it had lost its lease, or could not ask. This says nothing about the job or a service. */
const isGivenUpByRun = (outcome: JobOutcome | NoticeOutcome): boolean =>
  "failure" in outcome && outcome.failure._tag === "Lease"

/**
 * Observation of the services that a run needed, from its outcome. Of a cluster only that it is away or full: what the
 * run had of it is long ago by now, and its runner reports it.
 */
const findingOf = (lease: Lease, outcome: JobOutcome, all: ReadonlyArray<ServiceName>): ServiceObservation => {
  const needs = all.filter((service) => !isCluster(service))
  return JobOutcome.match(outcome, {
    Reviewed: () => ServiceObservation.cases.Answered.make({ services: needs }),
    Answered: ({ usage }) =>
      usage === undefined
        ? ServiceObservation.cases.Reached.make({ services: forgesOf(needs) })
        : ServiceObservation.cases.Answered.make({ services: needs }),
    Skipped: () => ServiceObservation.cases.Reached.make({ services: needs.filter((service) => !isModel(service)) }),
    Failed: ({ failure }) => {
      const silent = failure._tag === "Model" && failure.reason === "timeout"
      if (failure._tag === "Model" && !silent) return ServiceObservation.cases.Answered.make({ services: needs })
      return failure._tag === "Forge" || silent
        ? ServiceObservation.cases.Reached.make({ services: forgesOf(needs) })
        : ServiceObservation.cases.Nothing.make({})
    },
    Postponed: ({ _tag, ...away }) =>
      isAccessRefused(away.failure)
        ? ServiceObservation.cases.Reached.make({ services: forgesOf(needs) })
        : ServiceObservation.cases.Away.make({
          job: lease.job.id,
          ...away,
          // The model is asked last.
          served: away.failure._tag === "Model" ? needs.filter((service) => !isModel(service)) : []
        }),
    Lost: () => ServiceObservation.cases.Nothing.make({})
  })
}

/** Makes the functions that decide what becomes of a job after a run of it. */
export const make = Effect.fnUntraced(function*({ giveUpAfter, maxAttempts }: SettlementOptions) {
  const { needs, outOfProcess } = yield* JobRunner
  const disruptions = makeDisruptions()
  const isLostTooOften = (losses: number): boolean => losses >= maxLosses

  const isOlderThan = ({ age }: Lease, limit: Duration.Duration): boolean => Duration.isGreaterThanOrEqualTo(age, limit)

  /**
   * Ends the use of the services with an observation. The wait that a service asks for is limited to the time that a
   * job may wait.
   */
  const found = (visit: ServiceUse, finding: ServiceObservation) =>
    visit.end(
      finding._tag === "Away" && finding.retryAfterMillis !== undefined
        ? { ...finding, retryAfterMillis: Math.min(finding.retryAfterMillis, Duration.toMillis(giveUpAfter)) }
        : finding
    )

  const failed = (lease: Lease, failure: Failure, retryable: boolean): Effect.Effect<Settlement> =>
    !retryable || lease.attempt >= maxAttempts
      ? Effect.succeed(GiveUp.make({ failure }))
      : Effect.map(retryDelay(lease.attempt), (delay) => Retry.make({ failure, delay }))

  const waitForAccess = (
    lease: Lease,
    failure: Failure,
    service: ServiceName,
    longest: Duration.Duration
  ): Effect.Effect<Settlement> =>
    Effect.map(accessDelay(lease, longest), (delay) => Wait.make({ failure, service, delay }))

  const lost = ({ job, losses }: Lease, failure: Failure): Settlement => {
    if (!isCrash(failure)) return Rerun.make({ failure, delay: disruptions.rest(job.id) })
    return isLostTooOften(losses + 1) ? GiveUp.make({ failure }) : Lose.make({ failure })
  }

  /** Settlement of a job after a review. */
  const ofRun = Effect.fnUntraced(function*(lease: Lease, outcome: JobOutcome, visit: ServiceUse) {
    if (isGivenUpByRun(outcome)) return Release.make({})
    const delay = yield* found(visit, findingOf(lease, outcome, needs(lease.lane, lease.job)))
    const isOld = isOlderThan(lease, giveUpAfter)
    return yield* JobOutcome.match(outcome, {
      Reviewed: (reviewed): Effect.Effect<Settlement> => Effect.succeed(Done.make({ outcome: reviewed })),
      Answered: (answered) => Effect.succeed(Done.make({ outcome: answered })),
      Skipped: (skipped) => Effect.succeed(Done.make({ outcome: skipped })),
      Failed: ({ failure, retryable }) => failed(lease, failure, retryable),
      Postponed: ({ failure, service }) => {
        if (isOld) return Effect.succeed(GiveUp.make({ failure }))
        if (isAccessRefused(failure)) {
          return waitForAccess(lease, failure, service, outOfProcess ? longestRestOutside : longestRest)
        }
        return Effect.succeed(Wait.make({ failure, service, delay }))
      },
      Lost: ({ failure }) => Effect.succeed(isOld ? GiveUp.make({ failure }) : lost(lease, failure))
    })
  })

  /**
   * Settlement of a job after a notice. A forge that refuses it access is waited for until the job is twice as old as a
   * review may get: the notice of one that was given up for its age has time, too.
   */
  const ofNotice = Effect.fnUntraced(function*(lease: Lease, outcome: NoticeOutcome, visit: ServiceUse) {
    if (isGivenUpByRun(outcome)) return Release.make({})
    const reached = found(visit, ServiceObservation.cases.Reached.make({ services: forgesOf(needs(lease.lane)) }))
    return yield* NoticeOutcome.match(outcome, {
      Told: (): Effect.Effect<Settlement> => Effect.as(reached, Park.make({})),
      Reviewed: ({ outcome }) => Effect.as(reached, Done.make({ outcome })),
      Refused: () => Effect.as(reached, Park.make({})),
      Postponed: ({ _tag, ...away }) => {
        if (isAccessRefused(away.failure)) {
          return Effect.andThen(
            reached,
            isOlderThan(lease, Duration.times(giveUpAfter, 2))
              ? Effect.as(
                Effect.logError(`the notice could not be posted for too long: ${away.failure.detail}`),
                Park.make({})
              )
              : waitForAccess(lease, away.failure, away.service, longestRest)
          )
        }
        return Effect.map(found(visit, ServiceObservation.cases.Away.make({ job: lease.job.id, ...away })), (delay) => {
          const { failure, service } = away
          return Wait.make({ failure, service, delay })
        })
      }
    })
  })

  /** Settlement of a job before a run, if its process died too often while it ran; none if it may run. */
  const beforeRun = (lease: Lease): Option.Option<Settlement> =>
    isLostTooOften(lease.losses)
      ? Option.some(
        GiveUp.make({
          failure: Failure.cases.Crash.make({ detail: `its process ended ${lease.losses} times before the job did` })
        })
      )
      : Option.none()

  return { beforeRun, ofNotice, ofRun }
})
