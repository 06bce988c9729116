import type { StoreError } from "@nominal-code/persistence/StoreError"
import type { Effect } from "effect"
import type { Head, JobTable } from "./JobTable.ts"

/** A store of jobs. */
export interface TableStore {
  /** Name of this process in its leases. */
  readonly owner: string
  transaction<A>(operation: string, body: (table: JobTable) => A): Effect.Effect<A, StoreError>
  /** A transaction that does not wait for the disk. It lasts if a later `synced` succeeds. */
  unsynced<A>(operation: string, body: (table: JobTable) => A): Effect.Effect<A, StoreError>
  /** Waits until the changes so far outlast a power cut. */
  readonly synced: Effect.Effect<void, StoreError>
  read<A>(operation: string, body: (table: JobTable) => A): Effect.Effect<A, StoreError>
  /** Fails if a change would be lost with this process. */
  readonly isDurable: Effect.Effect<void, StoreError>
  /** Heads that are due at the instant or later, and those of processes that this call finds dead. */
  heads(from: number): Effect.Effect<ReadonlyArray<Head>, StoreError>
  /** Number that changes each time another process has changed the store. */
  readonly version: Effect.Effect<number, StoreError>
}
