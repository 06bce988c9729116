import type { Job } from "@nominal-code/domain/job/Job"
import * as StoredJob from "@nominal-code/jobs/table/StoredJob"
import { Queue, Worker } from "bullmq"
import { Effect } from "effect"
import { NotMeasured } from "./Figure.ts"

const attempt = <A>(run: () => Promise<A>) =>
  Effect.tryPromise({ try: run, catch: (cause) => new NotMeasured({ message: `BullMQ: ${String(cause)}` }) })

/** BullMQ, as its documentation sets it up: one queue, and one worker that lives as long. It knows no lanes. */
export const make = Effect.fn("BullMq.make")(function*(port: number, atOnce: number) {
  const connection = { host: "127.0.0.1", port, maxRetriesPerRequest: null }
  const queue = yield* Effect.acquireRelease(
    Effect.sync(() => new Queue<string>("bench", { connection })),
    (queue) => Effect.promise(() => queue.close())
  )
  // While it is paused, jobs are accepted, and none is given to the worker.
  yield* attempt(() => queue.pause())
  const worker = yield* Effect.acquireRelease(
    Effect.sync(() => new Worker("bench", () => Promise.resolve(), { connection, concurrency: atOnce })),
    (worker) => Effect.promise(() => worker.close(true))
  )
  yield* attempt(() => worker.waitUntilReady())
  const ended = (count: number) =>
    Effect.callback<void, NotMeasured>((resume) => {
      let left = count
      const end = (exit: Effect.Effect<void, NotMeasured>) => {
        worker.off("completed", onCompleted).off("error", onError)
        resume(exit)
      }
      const onCompleted = () => {
        left -= 1
        if (left === 0) end(Effect.void)
      }
      const onError = ({ message }: Error) => end(Effect.fail(new NotMeasured({ message: `BullMQ: ${message}` })))
      worker.on("completed", onCompleted).on("error", onError)
    })
  return {
    offer: (job: Job) => attempt(() => queue.add("review", StoredJob.encode(job), { jobId: job.id })),
    endAll: (jobs: ReadonlyArray<Job>) =>
      Effect.all([ended(jobs.length), attempt(() => queue.resume())], { concurrency: 2, discard: true }).pipe(
        Effect.andThen(attempt(() => queue.pause()))
      )
  }
})
