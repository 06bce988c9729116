import type { Job } from "@nominal-code/domain/job/Job"
import { countDeliveries } from "@nominal-code/domain/telemetry/Metrics"
import type { WebhookError } from "@nominal-code/forge/ForgeError"
import { OffersUnderWay } from "@nominal-code/jobs/run/OffersUnderWay"
import { Array, Duration, Effect, FiberSet, Result } from "effect"
import { type Decision, dismissed } from "./Decision.ts"
import { logDismissed } from "./DeliveryLog.ts"
import { Intake } from "./Intake.ts"
import { type Answer, answerOf, defective, notStored, type Receipt, refusal } from "./Receipt.ts"

/** Sends the answer to a delivery. */
export type Reply = (answer: Answer) => void

/** A delivery that is still to be decided about. */
interface PendingDelivery {
  readonly decide: () => Result.Result<Decision, WebhookError>
  readonly reply: Reply
}

/** A job that is to be stored before its delivery is answered. */
interface AdmittedDelivery {
  readonly job: Job
  readonly reply: Reply
}

/**
 * The requests of one turn of the event loop are decided about in one go, and one fiber does the rest for all. What comes
 * while the store works is stored together, when it is done.
 */
export interface DeliveryBatch {
  /** Has a delivery decided about, and answered: at once if it starts nothing, and otherwise when its job is stored. */
  add(decide: () => Result.Result<Decision, WebhookError>, reply: Reply): void
  /** Answers a request that is no delivery, and logs why. */
  refuse(reply: Reply, answer: Answer, why: string): void
  /** Answers a request that met a bug, and logs it. */
  fail(reply: Reply, defect: unknown): void
}

/** Time for which jobs wait for the store to be done with those before them: a forge waits for ten seconds in all. */
const patience = Duration.millis(50)

const logDefect = (defect: unknown) => Effect.logError("delivery failed", defect)

/** Tells of a delivery. A bug in that is logged, and keeps nothing of the other deliveries from being told. */
const withoutDefect = (line: Effect.Effect<void>): Effect.Effect<void> =>
  Effect.catchDefect(line, (defect) => Effect.asVoid(Effect.exit(logDefect(defect))))

/** Makes the batches, one after another. The scope ends them. */
export const make = Effect.gen(function*() {
  const intake = yield* Intake
  const offers = yield* OffersUnderWay
  const run = yield* FiberSet.makeRuntime<never>()
  const counts = new Map<Receipt["status"] | "not_stored", number>()
  let waiting: Array<PendingDelivery> = []
  let admitted: Array<AdmittedDelivery> = []
  let lines: Array<Effect.Effect<void>> = []
  let isDue = false
  let storing: object | undefined

  /** Answers a request. A bug in that is logged, and keeps no other request from its answer. */
  const answer = (reply: Reply, given: Answer) => {
    const sent = Result.try(() => reply(given))
    if (Result.isSuccess(sent)) return
    lines.push(logDefect(sent.failure))
    due()
  }

  const conclude = (reply: Reply, status: Receipt["status"] | "not_stored", given: Answer) => {
    counts.set(status, (counts.get(status) ?? 0) + 1)
    answer(reply, given)
  }

  const acknowledge = (reply: Reply, receipt: Receipt) => conclude(reply, receipt.status, answerOf(receipt))

  /**
   * Stores jobs, and answers all of their deliveries before it logs the first. If a bug with one of them fails all, each
   * is stored by itself.
   */
  const store = (jobs: ReadonlyArray<AdmittedDelivery>): Effect.Effect<ReadonlyArray<Effect.Effect<void>>> =>
    intake.offer(jobs.map(({ job }) => job)).pipe(
      Effect.map((taken) => {
        for (const [{ reply }, { receipt }] of Array.zip(jobs, taken)) {
          if (Result.isSuccess(receipt)) acknowledge(reply, receipt.success)
          else conclude(reply, "not_stored", notStored)
        }
        return taken.map(({ follow }) => follow)
      }),
      Effect.catchDefect((defect) => {
        if (jobs.length > 1) return Effect.map(Effect.forEach(jobs, (job) => store([job])), Array.flatten)
        jobs.forEach(({ reply }) => answer(reply, defective))
        return Effect.succeed([logDefect(defect)])
      })
    )

  const count = Effect.suspend(() => {
    const counted = [...counts]
    counts.clear()
    return Effect.forEach(counted, ([status, number]) => countDeliveries(status, number), { discard: true })
  })

  const tell = (told: ReadonlyArray<Effect.Effect<void>>) =>
    Effect.andThen(Effect.forEach(told, withoutDefect, { discard: true }), count)

  const end = Effect.fnUntraced(
    function*(jobs: ReadonlyArray<AdmittedDelivery>, stored: () => void) {
      yield* tell(yield* Effect.ensuring(store(jobs), Effect.sync(stored)))
    },
    (effect, jobs) => offers.hold(jobs.map(({ job }) => job.id), effect),
    Effect.uninterruptible
  )

  /** Stores what is admitted, unless the store is at work. */
  const storeAll = () => {
    if (storing !== undefined || admitted.length === 0) return
    const jobs = admitted
    admitted = []
    const mine = {}
    storing = mine
    // What has arrived in the same turn of the event loop is decided about before, and stored with the others.
    const goOn = () => {
      if (storing !== mine) return
      storing = undefined
      if (admitted.length > 0) due()
    }
    const late = run(Effect.delay(Effect.sync(goOn), patience))
    run(end(jobs, () => {
      late.interruptUnsafe()
      goOn()
    }))
  }

  const endAll = () => {
    isDue = false
    const undecided = waiting
    waiting = []
    undecided.forEach(settle)
    storeAll()
    if (lines.length === 0 && counts.size === 0) return
    run(tell(lines))
    lines = []
  }
  const due = () => {
    if (!isDue) setImmediate(endAll)
    isDue = true
  }

  const add: DeliveryBatch["add"] = (decide, reply) => {
    waiting.push({ decide, reply })
    due()
  }
  const refuse: DeliveryBatch["refuse"] = (reply, given, why) => {
    answer(reply, given)
    lines.push(Effect.logWarning(`webhook refused: ${why}`))
    due()
  }
  const fail: DeliveryBatch["fail"] = (reply, defect) => {
    answer(reply, defective)
    lines.push(logDefect(defect))
    due()
  }

  const settle = ({ decide, reply }: PendingDelivery): void => {
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
