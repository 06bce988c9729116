import { Failure } from "@nominal-code/domain/Failure"
import type { Job, JobId } from "@nominal-code/domain/Job"
import { isSigned, signed, SigningKeys } from "@nominal-code/domain/JobSignature"
import { type Lane, laneKey } from "@nominal-code/domain/Lane"
import { countRun } from "@nominal-code/domain/Metrics"
import { Effect, Layer, Option } from "effect"
import { JobQueue, JobRequestResult, type Lease, OfferResult, type RunLocation, Settlement } from "./JobQueue.ts"
import { JobRecords } from "./JobRecords.ts"

const detail = "no server of this installation has signed it: it was not stored by one, or with another signing key"

const make = Effect.gen(function*() {
  const queue = yield* JobQueue
  const records = yield* JobRecords
  const keys = yield* SigningKeys
  if (keys.length === 0) return queue

  /** Ends a job that no server has made. Nothing of it is run, and its pull request is told nothing. */
  const refuse = Effect.fnUntraced(function*(lease: Lease) {
    yield* Effect.logError(`job ${lease.job.id} is refused: ${detail}`, { lane: laneKey(lease.lane) })
    yield* queue.settle(lease, Settlement.cases.Park.make({ failure: Failure.cases.Unsigned.make({ detail }) }))
    yield* countRun("refused")
  })

  const isOurs = ({ job, lane }: Lease) => laneKey(job.lane) === laneKey(lane) && isSigned(keys, job)

  const offer = (job: Job) => queue.offer(signed(keys, job))

  return JobQueue.of({
    ...queue,
    offer,
    offerAll: (jobs) => queue.offerAll(jobs.map((job) => signed(keys, job))),
    take: Effect.fn("SignedQueue.take")(function*(lane: Lane, runs?: RunLocation) {
      const lease = yield* queue.take(lane, runs)
      if (Option.isNone(lease) || isOurs(lease.value)) return lease
      yield* refuse(lease.value)
      return Option.none()
    }, Effect.uninterruptible),
    retry: Effect.fn("SignedQueue.retry")(function*(id: JobId) {
      const job = Option.flatMap(yield* records.find(id), ({ job, state }) => state === "parked" ? job : Option.none())
      if (Option.isNone(job) || isSigned(keys, job.value)) return yield* queue.retry(id)
      // Whoever asks for it here has a server's key, and answers for the job.
      return OfferResult.match(yield* offer(job.value), {
        Accepted: () => JobRequestResult.cases.Done.make({}),
        Duplicate: ({ jobId }) =>
          JobRequestResult.cases.Refused.make({ reason: `job ${jobId} answers the same event` }),
        Full: ({ waiting }) =>
          JobRequestResult.cases.Refused.make({ reason: `${waiting} jobs of its pull request wait already` })
      })
    })
  })
})

/** The given queue, whose jobs are signed, and which gives out no job that no server has signed. */
export const layer = Layer.effect(JobQueue, make)
