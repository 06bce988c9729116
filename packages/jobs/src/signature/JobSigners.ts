import type { SigningKey } from "@nominal-code/domain/job/JobSignature"
import { StoreError } from "@nominal-code/persistence/StoreError"
import type { JobTable } from "../table/JobTable.ts"
import * as StoredJob from "../table/StoredJob.ts"

/*
 * The signers of a queue's jobs: the fingerprints of the keys of the server that started last, with blanks between them,
 * the one that it signs with first. They are kept beside the jobs, and read in the same transaction.
 */

type Keys = ReadonlyArray<SigningKey>

const setting = "jobs.signing_key (JOBS_SIGNING_KEY)"
const page = "see docs/kubernetes.md, \"The signing key\""

/** Signers that a process with these keys writes. */
export const signersOf = (keys: Keys): string => keys.map(({ fingerprint }) => fingerprint).join(" ")

/** Fingerprint of the key that a process signs with; empty if it signs nothing. */
export const signerOf = ([key]: Keys): string => key?.fingerprint ?? ""

/** True if the other servers accept the key that a process with these keys signs with. */
export const isSignerAccepted = (signers: string, keys: Keys): boolean =>
  signers === "" || signers.split(" ").includes(signerOf(keys))

/** True if the key that the other servers sign with is among these. */
export const hasSigner = (signers: string, keys: Keys): boolean =>
  signers === "" || keys.some(({ fingerprint }) => signers.startsWith(fingerprint))

/** True if a key of the other servers is not among these: jobs may still be signed with it. */
export const lacksSigner = (signers: string, keys: Keys): boolean =>
  signers !== "" && signers.split(" ").some((one) => !keys.some(({ fingerprint }) => fingerprint === one))

/** Error of a process without the queue's key. */
export const missingKeyError = (operation: string, keys: Keys): StoreError =>
  new StoreError({
    operation,
    message: keys.length === 0
      ? `the jobs of this queue are signed, and ${setting} is not set: give this process the key of the servers (${page})`
      : `the jobs of this queue are signed with another key than ${setting}: put that one beside it, with a blank ` +
        `between them (${page})`,
    reason: "failed"
  })

/** Error of a process that lacks a key that jobs are still signed with. */
export const removedKeyError = (operation: string, jobs: number): StoreError =>
  new StoreError({
    operation,
    message: `${jobs} job(s) that wait are signed with a key that ${setting} names no longer: put it behind the new ` +
      `one, with a blank between them, and start once more (${page})`,
    reason: "failed"
  })

/** True for a job that waits or runs and is signed with a key that is not among these. */
export const isForeign = (table: JobTable, id: string, keys: Keys): boolean => {
  const row = table.byId(id)
  return row?.endedAt === null && StoredJob.origin(keys, row, table.payload(id)) === "foreign"
}

/**
 * Signs a job that waits or runs with the first key, as one step on its table: one that is signed with another of the
 * keys and, if `adopts`, one that is not signed. The result of a run that is under way has no token then. True if it has
 * signed the job.
 */
export const claim = (table: JobTable, id: string, keys: Keys, adopts: boolean): boolean => {
  const row = table.byId(id)
  if (row?.endedAt !== null) return false
  const payload = table.payload(id)
  const origin = StoredJob.origin(keys, row, payload)
  const isNew = origin === "unsigned" && adopts
  const isOlder = origin === "ours" && StoredJob.signerOf(payload) !== signerOf(keys)
  if (!isNew && !isOlder) return false
  const run = isNew && row.state === "running" ? row.earlier + row.attempts : undefined
  table.update(row, StoredJob.sign(keys, row, payload, run))
  return true
}
