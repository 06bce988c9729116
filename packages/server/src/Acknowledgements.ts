import type { Job } from "@nominal-code/domain/job/Job"
import { CheckedCommit, CheckState } from "@nominal-code/domain/review/CommitCheck"
import type { Forge } from "@nominal-code/forge/Forge"
import { Forges } from "@nominal-code/forge/Forges"
import { withInstallationOf } from "@nominal-code/forge/Installation"
import { JobRecords } from "@nominal-code/jobs/JobRecords"
import { Context, Duration, Effect, Layer, Option, Queue } from "effect"
import * as ReactionTrouble from "./ReactionTrouble.ts"

/**
 * Acknowledgements of accepted jobs, in the background: the reaction to the event, and the check on its commit. A slow or
 * absent forge delays nobody: beyond `waiting` pending ones, new ones are dropped. Their rate is bounded, so that a flood
 * of deliveries neither spends the forge's rate limit nor takes the time of the deliveries.
 */
export class Acknowledgements extends Context.Service<Acknowledgements, {
  send(job: Job): Effect.Effect<void>
}>()("@nominal-code/server/Acknowledgements") {}

const waiting = 100
const atOnce = 4
/** Pause of a worker after each acknowledgement: with four workers, at most eight a second. */
const rest = Duration.millis(500)
/** Number of those that wait from which it is a flood: so many come that most will be dropped. */
const flood = 90
/** The pause in a flood: at most one a second, for they take the time of the deliveries. */
const restInFlood = Duration.seconds(4)

/**
 * Shows on the commit of a lifecycle event that its review waits. A comment does not say which commit there is. One that
 * runs by now, perhaps in a pod, says so itself.
 */
const showQueued = ({ event, id }: Job, forge: Forge["Service"], records: JobRecords["Service"]) =>
  event._tag === "Comment" ? Effect.void : Effect.flatMap(
    Effect.orElseSucceed(records.find(id), Option.none),
    (found) =>
      Option.exists(found, ({ state }) => state === "waiting")
        ? withInstallationOf(event)(
          forge.check(
            new CheckedCommit({ pullRequest: event.pullRequest, headSha: event.headSha, jobId: id }),
            CheckState.cases.Queued.make({})
          )
        )
        : Effect.void
  )

const make = Effect.gen(function*() {
  const forges = yield* Forges
  const records = yield* JobRecords
  const queue = yield* Queue.dropping<Job>(waiting)
  const trouble = yield* ReactionTrouble.make
  /** True if the forge may be asked for more: it has answered, and did not ask to wait. */
  const react = ({ event }: Job, forge: Forge["Service"]) =>
    Effect.catch(
      Effect.as(forge.acknowledge(event), true),
      (error) => Effect.as(trouble.failed(event.pullRequest, error), !error.retryable)
    )
  const acknowledge = (job: Job) =>
    Effect.gen(function*() {
      const { pullRequest } = job.event
      if (yield* trouble.isLimited(pullRequest)) return
      const forge = yield* forges.of(pullRequest.platform)
      if (yield* react(job, forge)) yield* showQueued(job, forge, records)
    }).pipe(
      Effect.catch(({ message }) => Effect.logWarning(`no reaction on ${job.event.pullRequest}: ${message}`)),
      // A worker that ended would take none of the next ones.
      Effect.catchDefect((defect) => Effect.logError(`no reaction on ${job.event.pullRequest}`, defect))
    )
  yield* Queue.take(queue).pipe(
    Effect.flatMap(acknowledge),
    Effect.andThen(Effect.suspend(() => Effect.sleep(Queue.sizeUnsafe(queue) < flood ? rest : restInFlood))),
    Effect.forever,
    Effect.forkScoped,
    Effect.repeat({ times: atOnce - 1 })
  )
  return Acknowledgements.of({ send: (job) => Effect.asVoid(Queue.offer(queue, job)) })
})

export const layer = Layer.effect(Acknowledgements, make)
