import { Job } from "@nominal-code/domain/job/Job"
import {
  type JobOrigin,
  type JobSignature,
  originOf,
  signatureOf,
  type SigningKey
} from "@nominal-code/domain/job/JobSignature"
import { Option, Schema } from "effect"
import * as SchemaJITCompiler from "effect/schema/SchemaJITCompiler"
import { deflateRawSync, inflateRawSync } from "node:zlib"

/*
 * The form in which a queue keeps a job: a version, then what that version makes of it. A program reads its own version
 * and those before; what a newer one has written is left to that one.
 */

const plain = "3:"
const compressed = "2:"

/**
 * A signed form: fingerprint of the key, code, what the job has inherited, the run from before the first key, and the
 * form that is signed, of any version before.
 */
const signed = /^4:([0-9a-f]{16})([0-9a-f]{64}):(a?):([\w-]*):(\d{0,9}):((?!4:).*)$/s

/** Length from which JSON is compressed. Below it, this takes more time than all else that an offer does. */
const compressedFrom = 1024

/** Maximum size of a stored job in bytes: more than a delivery (5 MiB), which has its comment once, and a job twice. */
const longest = 16 * 1024 * 1024

// Each take reads a job.
SchemaJITCompiler.enable(Job.ast)
const decodeJob = Schema.decodeUnknownOption(Job)
const parse = Option.liftThrowable((json: string): unknown => JSON.parse(json))
const decodeJson = (json: string): Option.Option<Job> => Option.flatMap(parse(json), (found) => decodeJob(found))

/** `{"version": 1, "job": …}`, as the version before wrote it. */
const decodeFirst = Schema.decodeOption(Schema.fromJsonString(Schema.Struct({ version: Schema.Literal(1), job: Job })))

const inflate = Option.liftThrowable((text: string) =>
  inflateRawSync(Buffer.from(text, "base64url"), { maxOutputLength: longest }).toString("utf8")
)

/** The stored form: JSON, compressed (version 2) or as it is (version 3). A job's JSON is what its schema encodes. */
export const encode = (job: Job): string => {
  const json = JSON.stringify(job)
  return json.length < compressedFrom
    ? `${plain}${json}`
    : `${compressed}${deflateRawSync(json).toString("base64url")}`
}

/**
 * Part of a job that it has inherited from those that it supersedes: the request to review a head again, and that a
 * person asked. It is not signed, for it gives nobody a right.
 */
export interface InheritedRequest {
  readonly again?: string
  readonly asked?: true
}

interface SignedForm {
  readonly signature: JobSignature
  readonly inherited: InheritedRequest
  /** Number of the run that the first key has found, or empty. */
  readonly runBefore: string
  readonly form: string
}

const signedIn = (stored: string): SignedForm | undefined => {
  const found = signed.exec(stored)
  if (found === null) return undefined
  const [, key = "", code = "", asked = "", again = "", runBefore = "", form = ""] = found
  return {
    signature: { key, code },
    inherited: {
      ...(again === "" ? {} : { again: Buffer.from(again, "base64url").toString("utf8") }),
      ...(asked === "" ? {} : { asked: true })
    },
    runBefore,
    form
  }
}

const textOf = ({ form, inherited: { again = "", asked }, runBefore, signature: { code, key } }: SignedForm): string =>
  `4:${key}${code}:${asked === true ? "a" : ""}:${Buffer.from(again).toString("base64url")}:${runBefore}:${form}`

/** The job that a stored job is kept for. */
interface Place {
  readonly id: string
  readonly lane: string
}

/** Signs a stored form with the first key. Where there is none, the form stays as it is. */
export const sign = (keys: ReadonlyArray<SigningKey>, place: Place, stored: string, run?: number): string => {
  const before = signedIn(stored)
  const form = before?.form ?? stored
  const runBefore = run === undefined ? before?.runBefore ?? "" : String(run)
  const signature = signatureOf(keys, { ...place, text: `${runBefore}:${form}` })
  return signature === undefined ? stored : textOf({ inherited: before?.inherited ?? {}, signature, runBefore, form })
}

/** Fingerprint of the key that a stored form is signed with. */
export const signerOf = (stored: string): string | undefined => signedIn(stored)?.signature.key

/** Origin of a stored form. */
export const origin = (keys: ReadonlyArray<SigningKey>, place: Place, stored: string): JobOrigin => {
  const found = signedIn(stored)
  return originOf(
    keys,
    { ...place, text: found === undefined ? stored : `${found.runBefore}:${found.form}` },
    found?.signature
  )
}

const inherit = (job: Job, inherited: InheritedRequest): Job =>
  job.event._tag === "Comment" ? job : new Job({ ...job, event: { ...job.event, ...inherited } })

/** Adds to a stored form what its job inherits. What is signed of it stays as it is. */
export const inheriting = (stored: string, inherited: InheritedRequest): string => {
  const found = signedIn(stored)
  if (found !== undefined) return textOf({ ...found, inherited: { ...found.inherited, ...inherited } })
  return Option.match(decode(stored), { onNone: () => stored, onSome: (job) => encode(inherit(job, inherited)) })
}

/** The job of a stored form; none if this program cannot read it. */
export const decode = (stored: string): Option.Option<Job> => {
  const found = signedIn(stored)
  if (found !== undefined) {
    return Option.map(decode(found.form), (job) => {
      const whole = inherit(job, found.inherited)
      return found.runBefore === "" ? whole : new Job({ ...whole, runBefore: Number(found.runBefore) })
    })
  }
  if (stored.startsWith(plain)) return decodeJson(stored.slice(plain.length))
  if (stored.startsWith(compressed)) return Option.flatMap(inflate(stored.slice(compressed.length)), decodeJson)
  return Option.map(decodeFirst(stored), ({ job }) => job)
}
