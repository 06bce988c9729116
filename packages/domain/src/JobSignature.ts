import { Context, Predicate, Redacted } from "effect"
import { createHmac, timingSafeEqual } from "node:crypto"
import { Job, type JobId } from "./Job.ts"
import { laneKey } from "./Lane.ts"

/**
 * Keys of the installation's servers, which no other process has: they sign with the first one, and what is signed with
 * any of them counts. By default there is none: then nothing is signed, and everything counts.
 */
export const SigningKeys = Context.Reference<ReadonlyArray<Redacted.Redacted>>("@nominal-code/domain/SigningKeys", {
  defaultValue: () => []
})

/** The keys of a setting, which has blanks between them. */
export const keysIn = (setting: Redacted.Redacted): ReadonlyArray<Redacted.Redacted> =>
  Redacted.value(setting).split(/ +/).map((key) => Redacted.make(key))

type Keys = ReadonlyArray<Redacted.Redacted>

const codeOf = (key: Redacted.Redacted, text: string): string =>
  createHmac("sha256", Redacted.value(key)).update(text).digest("hex")

const isSame = (one: string, other: string): boolean => {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}

const counts = (keys: Keys, text: string, code: string | undefined): boolean =>
  keys.length === 0 || code !== undefined && keys.some((key) => isSame(codeOf(key, text), code))

const sorted = (_: string, value: unknown): unknown =>
  Predicate.isObject(value) && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => one < other ? -1 : 1))
    : value

/**
 * The signed text of a job: what it does, for whom and where. Left out are its trace, its time, and what a job inherits
 * from one that it supersedes: the request to review a head again, and that a person asked. Servers of two versions have to
 * make the same text.
 */
const textOf = ({ delivery, event, id, lane, prompt, unverified = false }: Job): string => {
  const own = event._tag === "Comment" ? event : { ...event, again: undefined, asked: undefined }
  return JSON.stringify(["nominal-code job", id, laneKey(lane), delivery, prompt, unverified, own], sorted)
}

/** Signs a job; as it is where there is no key. */
export const signed = (keys: Keys, job: Job): Job => {
  const [key] = keys
  return key === undefined ? job : new Job({ ...job, signature: codeOf(key, textOf(job)) })
}

/** True for a job that a server of this installation has made. */
export const isSigned = (keys: Keys, job: Job): boolean => counts(keys, textOf(job), job.signature)

const runText = (id: JobId, run: number): string => `nominal-code run\0${id}\0${run}`

/** Proof that a result is of the run that it is stored for; undefined where there is no key. */
export const runToken = (keys: Keys, id: JobId, run: number): string | undefined => {
  const [key] = keys
  return key === undefined ? undefined : codeOf(key, runText(id, run))
}

/** True for the token of this run. */
export const isRunToken = (keys: Keys, id: JobId, run: number, token: string | undefined): boolean =>
  counts(keys, runText(id, run), token)
