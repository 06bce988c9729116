import { Context, Redacted } from "effect"
import { createHmac, timingSafeEqual } from "node:crypto"
import type { JobId } from "./Job.ts"

/** A key of the installation's servers, and its public name. */
export interface SigningKey {
  readonly secret: Redacted.Redacted
  /** Code of a constant under the key: it names the key, and tells nothing of it. */
  readonly fingerprint: string
}

/**
 * Keys of the installation's servers, which no other process has: they sign with the first one, and what is signed with
 * any of them counts. By default there is none: then nothing is signed, and everything counts.
 */
export const SigningKeys = Context.Reference<ReadonlyArray<SigningKey>>("@nominal-code/domain/SigningKeys", {
  defaultValue: () => []
})

const codeOf = (secret: Redacted.Redacted, text: string): string =>
  createHmac("sha256", Redacted.value(secret)).update(text).digest("hex")

/** The keys of a setting, which has blanks between them. */
export const keysIn = (setting: Redacted.Redacted): ReadonlyArray<SigningKey> =>
  Redacted.value(setting).split(/ +/).map((key) => {
    const secret = Redacted.make(key)
    return { secret, fingerprint: codeOf(secret, "nominal-code signing key").slice(0, 16) }
  })

type Keys = ReadonlyArray<SigningKey>

const isSame = (one: string, other: string): boolean => {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** A text that a job is kept as, and the job that it is kept for. */
export interface StoredText {
  readonly id: string
  /** The lane's key. */
  readonly lane: string
  /** Bytes of the store, and not their meaning: servers of two versions read the same into them, or nothing. */
  readonly text: string
}

/** Signature of a stored job. */
export interface JobSignature {
  /** Fingerprint of the key. */
  readonly key: string
  readonly code: string
}

const signedText = ({ id, lane, text }: StoredText): string => `nominal-code job\0${id}\0${lane}\0${text}`

/** Signs a stored job; undefined where there is no key. */
export const signatureOf = ([key]: Keys, stored: StoredText): JobSignature | undefined =>
  key === undefined ? undefined : { key: key.fingerprint, code: codeOf(key.secret, signedText(stored)) }

/**
 * Origin of a stored job. `ours`: a server of this installation has stored it, or there are no keys to tell. `foreign`:
 * it names a key that is not among the given ones, and so only a server with that key can tell.
 */
export type JobOrigin = "ours" | "unsigned" | "forged" | "foreign"

/** Origin of a stored job, by its signature. */
export const originOf = (keys: Keys, stored: StoredText, signature: JobSignature | undefined): JobOrigin => {
  if (keys.length === 0) return "ours"
  if (signature === undefined) return "unsigned"
  const key = keys.find(({ fingerprint }) => fingerprint === signature.key)
  if (key === undefined) return "foreign"
  return isSame(codeOf(key.secret, signedText(stored)), signature.code) ? "ours" : "forged"
}

const runText = (id: JobId, run: number): string => `nominal-code run\0${id}\0${run}`

/** Proof that a result is of the run that it is stored for; undefined where there is no key. */
export const runToken = ([key]: Keys, id: JobId, run: number): string | undefined =>
  key === undefined ? undefined : codeOf(key.secret, runText(id, run))

/** True for the token of this run. */
export const isRunToken = (keys: Keys, id: JobId, run: number, token: string | undefined): boolean =>
  keys.length === 0 || token !== undefined && keys.some(({ secret }) => isSame(codeOf(secret, runText(id, run)), token))
