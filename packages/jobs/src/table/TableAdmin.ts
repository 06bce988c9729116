/** Requests of an administrator about a table of jobs. */
import type { JobId } from "@nominal-code/domain/job/Job"
import { SigningKeys } from "@nominal-code/domain/job/JobSignature"
import { Effect, Result } from "effect"
import { QueueLimits } from "../JobQueue.ts"
import * as LaneRequests from "../lane/LaneRequests.ts"
import { type JobRequestResult, QueueAdmin } from "../QueueAdmin.ts"
import * as JobSigners from "../signature/JobSigners.ts"
import type { JobTable } from "./JobTable.ts"
import type { TableChanges } from "./TableChanges.ts"
import type { TableStore } from "./TableStore.ts"

export const make = Effect.fnUntraced(function*(store: TableStore, changes: TableChanges) {
  const { isDurable, read, transaction } = store
  const { change, trusted, whenTrusted } = changes
  const limits = yield* QueueLimits
  const keys = yield* SigningKeys

  /** Changes a job without a lease. Its lane never changes, so it can be read before. */
  const handle = Effect.fnUntraced(function*(
    operation: string,
    id: JobId,
    body: (table: JobTable, now: number) => JobRequestResult
  ) {
    const row = yield* read(operation, (table) => table.byId(id))
    return yield* change(operation, row === undefined ? [] : [row.lane], body)
  })

  const retry = Effect.fn("QueueAdmin.retry")((id: JobId) =>
    handle(
      "QueueAdmin.retry",
      id,
      (table, now) => LaneRequests.retry(table, id, now, { ...limits, keys, signers: table.signers() })
    )
  )

  const cancel = Effect.fn("QueueAdmin.cancel")((id: JobId) =>
    handle("QueueAdmin.cancel", id, (table, now) => LaneRequests.cancel(table, id, now))
  )

  const check = trusted(
    "QueueAdmin.check",
    transaction("QueueAdmin.check", (table) => whenTrusted(() => table.probe())(table, 0))
  ).pipe(Effect.andThen(isDurable))

  const claimKeys = change("QueueAdmin.claimKeys", [], (table) => {
    const signers = table.signers()
    if (!JobSigners.hasSigner(signers, keys)) {
      return Result.fail(JobSigners.missingKeyError("QueueAdmin.claimKeys", keys))
    }
    // While there are two keys, another server may sign with the other one: each that starts looks once more.
    if (signers === JobSigners.signersOf(keys) && keys.length < 2) return Result.succeed(0)
    const active = table.heads(0).flatMap(({ lane }) => table.active(lane))
    const foreign = active.filter(({ id }) => JobSigners.isForeign(table, id, keys)).length
    if (foreign > 0) return Result.fail(JobSigners.removedKeyError("QueueAdmin.claimKeys", foreign))
    const claimed = active.filter(({ id }) => JobSigners.claim(table, id, keys, signers === ""))
    table.setSigners(JobSigners.signersOf(keys))
    return Result.succeed(claimed.length)
  }).pipe(Effect.flatMap(Effect.fromResult))

  return QueueAdmin.of({ retry, cancel, check, claimKeys })
})
