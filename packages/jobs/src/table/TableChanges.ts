/** Changes of a table of jobs, those of a moment in one transaction. */
import { SigningKeys } from "@nominal-code/domain/job/JobSignature"
import { gathered, type GatheredCall } from "@nominal-code/persistence/Gathered"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Array, Clock, Effect, Exit, Option, Result } from "effect"
import type { ReadyLanes } from "../lane/ReadyLanes.ts"
import * as JobSigners from "../signature/JobSigners.ts"
import type { JobTable } from "./JobTable.ts"
import type { TableStore } from "./TableStore.ts"

/** Change of some lanes. `body` may run again if another process holds the store. */
export interface Change {
  readonly operation: string
  readonly lanes: ReadonlyArray<string>
  /**
   * Moment of its answer. `stored`: at once. `lasting`: when the disk has it. `accepted`: then, and if the file outlives this
   * process.
   */
  readonly when: () => "stored" | "lasting" | "accepted"
  readonly body: (table: JobTable, now: number) => void
  /** Called once it is stored, even if the disk has not taken it. */
  readonly stored: () => void
}

/**
 * Options of a change: the moment of its answer, which may depend on its result, and what is told its result once it is
 * stored, even if its effect fails.
 */
export interface ChangeOptions<A> {
  readonly when?: ReturnType<Change["when"]> | ((result: A) => ReturnType<Change["when"]>)
  readonly stored?: (result: A) => void
}

/** Makes the changes of a store. Each announces its lanes to those who wait for them. */
export const make = Effect.fnUntraced(function*(store: TableStore, readyLanes: ReadyLanes) {
  const { isDurable, synced, unsynced } = store
  const keys = yield* SigningKeys

  /**
   * Carries out changes in one transaction. They are stored and announced synchronously, with nothing between the two.
   * Those that wait for the disk do so afterwards, so that meanwhile this process reads and stores the next.
   */
  const carryOut = Effect.fnUntraced(function*(changes: Array.NonEmptyReadonlyArray<Change>) {
    const now = yield* Clock.currentTimeMillis
    const [{ operation }, ...others] = changes
    const name = others.every((other) => other.operation === operation) ? operation : "JobQueue.change"
    const touched = yield* unsynced(name, (table) => {
      for (const { body } of changes) body(table, now)
      return changes.flatMap(({ lanes }) => lanes).map((lane) => table.active(lane)[0])
    })
    for (const { stored } of changes) stored()
    for (const head of touched) readyLanes.touched(head, now)
  })

  // Changes of the same moment share a transaction: the disk is waited for once for all of them. If one of them fails,
  // each gets a transaction of its own, so that a lane that cannot be changed keeps no other from it.
  const carryOutAll = Effect.fnUntraced(function*(all: Array.NonEmptyReadonlyArray<Change>) {
    const together: Exit.Exit<void, StoreError> = yield* Effect.exit(carryOut(all))
    const failure = Exit.findErrorOption(together)
    return all.length > 1 && Option.exists(failure, ({ reason }) => reason === "failed")
      ? yield* Effect.forEach(all, (one) => Effect.exit(carryOut([one])))
      : all.map(() => together)
  })

  const carryOutTogether = Effect.fnUntraced(
    function*(calls: Array.NonEmptyReadonlyArray<GatheredCall<Change, void, StoreError>>) {
      const stored = yield* carryOutAll(Array.map(calls, ({ input }) => input))
      const ends = Array.zipWith(calls, stored, ({ complete, input }, exit) => ({ complete, exit, when: input.when() }))
      const waits = ends.some(({ when }) => when !== "stored")
      const accepts = ends.some(({ when }) => when === "accepted")
      for (const { complete, exit, when } of ends) if (when === "stored") complete(exit)
      const onDisk = waits ? yield* Effect.exit(synced) : Exit.void
      // Afterwards, so that nothing is accepted that ends with this process.
      const durable = accepts ? Exit.asVoidAll([onDisk, yield* Effect.exit(isDurable)]) : onDisk
      for (const { complete, exit, when } of ends) {
        if (when !== "stored") complete(Exit.isFailure(exit) ? exit : when === "accepted" ? durable : onDisk)
      }
    },
    Effect.uninterruptible
  )

  /** Makes changes of some lanes. If the disk did not take one, the next run of its effect changes nothing more, and waits for the disk. */
  const changing = (carry: (request: Change) => Effect.Effect<void, StoreError>) =>
  <A>(
    operation: string,
    lanes: ReadonlyArray<string>,
    body: (table: JobTable, now: number) => A,
    { stored: onStored, when = "lasting" }: ChangeOptions<A> = {}
  ): Effect.Effect<A, StoreError> => {
    let stored = Option.none<A>()
    return Effect.suspend(() => {
      let changed = Option.none<A>()
      const request: Change = {
        operation,
        lanes,
        when: () => typeof when === "string" ? when : Option.match(changed, { onNone: () => "stored", onSome: when }),
        body: (table, now) => {
          changed = Option.isSome(stored) ? stored : Option.some(body(table, now))
        },
        stored: () => {
          stored = changed
          if (onStored !== undefined && Option.isSome(stored)) onStored(stored.value)
        }
      }
      return Effect.map(carry(request), () => {
        stored = Option.none()
        return Option.getOrThrow(changed)
      })
    }).pipe(Effect.uninterruptible)
  }

  const change = changing(gathered(carryOutTogether))

  /** Accepts many jobs by a transaction of their own: it takes none of the fibers by which changes find together. */
  const accept = changing((request) => carryOut([request]).pipe(Effect.andThen(synced), Effect.andThen(isDurable)))

  /** A change that only a process makes whose signatures count. */
  const whenTrusted = <A>(body: (table: JobTable, now: number) => A) => (table: JobTable, now: number) =>
    JobSigners.isSignerAccepted(table.signers(), keys) ? Result.succeed(body(table, now)) : Result.failVoid

  const trusted = <A>(operation: string, changed: Effect.Effect<Result.Result<A, void>, StoreError>) =>
    Effect.flatMap(
      changed,
      (made) => Effect.fromResult(Result.mapError(made, () => JobSigners.missingKeyError(operation, keys)))
    )

  return { change, accept, trusted, whenTrusted }
})

export type TableChanges = Effect.Success<ReturnType<typeof make>>
