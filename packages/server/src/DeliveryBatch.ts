import type { Job } from "@nominal-code/domain/Job"
import { countDeliveries } from "@nominal-code/domain/Metrics"
import type { WebhookError } from "@nominal-code/forge/ForgeError"
import { OffersUnderWay } from "@nominal-code/jobs/OffersUnderWay"
import { Array, Effect, FiberSet, identity, Result } from "effect"
import { type Decision, dismissed } from "./Decision.ts"
import { logDismissed } from "./DeliveryLog.ts"
import { Intake } from "./Intake.ts"
import { type Answer, answerOf, defective, notStored, type Receipt, refusal } from "./Receipt.ts"

/** Sends the answer to a delivery. */
export type Reply = (answer: Answer) => void

/** A delivery that is still to be decided about. */
interface Waiting {
  readonly decide: () => Result.Result<Decision, WebhookError>
  readonly reply: Reply
}

/** A job that is to be stored before its delivery is answered. */
interface Admitted {
  readonly job: Job
  readonly reply: Reply
}

/** The requests of one turn of the event loop: they are decided about in one go, and one fiber does the rest for all. */
export interface DeliveryBatch {
  /** Has a delivery decided about, and answered: at once if it starts nothing, and otherwise when its job is stored. */
  add(decide: () => Result.Result<Decision, WebhookError>, reply: Reply): void
  /** Answers a request that is no delivery, and logs why. */
  refuse(reply: Reply, answer: Answer, why: string): void
  /** Answers a request that met a bug, and logs it. */
  fail(reply: Reply, defect: unknown): void
}

/** Makes the batches, one after another. The scope ends them. */
export const make = Effect.gen(function*() {
  const intake = yield* Intake
  const offers = yield* OffersUnderWay
  const run = yield* FiberSet.makeRuntime<never>()
  const counts = new Map<Receipt["status"], number>()
  let waiting: Array<Waiting> = []
  let admitted: Array<Admitted> = []
  let lines: Array<Effect.Effect<void>> = []
  let isDue = false

  const acknowledge = (reply: Reply, receipt: Receipt) => {
    counts.set(receipt.status, (counts.get(receipt.status) ?? 0) + 1)
    reply(answerOf(receipt))
  }

  /** Stores jobs, and answers all of their deliveries before it logs the first. */
  const store = Effect.fnUntraced(function*(jobs: ReadonlyArray<Admitted>) {
    const taken = yield* intake.offer(jobs.map(({ job }) => job))
    for (const [{ reply }, { receipt }] of Array.zip(jobs, taken)) {
      if (Result.isSuccess(receipt)) acknowledge(reply, receipt.success)
      else reply(notStored)
    }
    return taken.map(({ follow }) => follow)
  }, (effect, jobs) =>
    Effect.catchDefect(effect, (defect) =>
      Effect.sync(() => {
        for (const { reply } of jobs) reply(defective)
        return [Effect.logError("delivery failed", defect)]
      })))

  const count = Effect.suspend(() => {
    const counted = [...counts]
    counts.clear()
    return Effect.forEach(counted, ([status, number]) => countDeliveries(status, number), { discard: true })
  })

  const end = Effect.fnUntraced(
    function*(jobs: ReadonlyArray<Admitted>, logged: ReadonlyArray<Effect.Effect<void>>) {
      const follows = jobs.length === 0 ? [] : yield* store(jobs)
      yield* Effect.forEach([...logged, ...follows], identity, { discard: true })
      yield* count
    },
    (effect, jobs) => offers.hold(jobs.map(({ job }) => job.id), effect),
    Effect.uninterruptible
  )

  const endAll = () => {
    waiting.forEach(settle)
    const [jobs, logged] = [admitted, lines]
    ;[waiting, admitted, lines, isDue] = [[], [], [], false]
    run(end(jobs, logged))
  }
  const due = () => {
    if (!isDue) setImmediate(endAll)
    isDue = true
  }

  const add: DeliveryBatch["add"] = (decide, reply) => {
    waiting.push({ decide, reply })
    due()
  }
  const refuse: DeliveryBatch["refuse"] = (reply, answer, why) => {
    reply(answer)
    lines.push(Effect.logWarning(`webhook refused: ${why}`))
    due()
  }
  const fail: DeliveryBatch["fail"] = (reply, defect) => {
    reply(defective)
    lines.push(Effect.logError("delivery failed", defect))
    due()
  }

  const settle = ({ decide, reply }: Waiting): void => {
    const decided = Result.try(decide)
    if (Result.isFailure(decided)) return fail(reply, decided.failure)
    if (Result.isFailure(decided.success)) {
      const error = decided.success.failure
      return refuse(reply, refusal(error), error.message)
    }
    const decision = decided.success.success
    if (decision._tag === "Admitted") {
      admitted.push({ job: decision.job, reply })
      return
    }
    acknowledge(reply, dismissed(decision))
    lines.push(logDismissed(decision))
  }

  const batch: DeliveryBatch = { add, refuse, fail }
  return batch
})
