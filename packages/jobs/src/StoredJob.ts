import { Job } from "@nominal-code/domain/Job"
import { Option, Schema } from "effect"
import { deflateRawSync, inflateRawSync } from "node:zlib"

/*
 * The form in which a queue keeps a job: a version, then what that version makes of it. A program reads its own version
 * and those before; what a newer one has written is left to that one.
 */

const plain = "3:"
const compressed = "2:"

/** Length from which JSON is compressed. Below it, this takes more time than all else that an offer does. */
const compressedFrom = 1024

/** Maximum size of a stored job in bytes: more than a delivery (5 MiB), which has its comment once, and a job twice. */
const longest = 16 * 1024 * 1024

const decodeJson = Schema.decodeOption(Schema.fromJsonString(Job))

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

/** The job of a stored form; none if this program cannot read it. */
export const decode = (stored: string): Option.Option<Job> => {
  if (stored.startsWith(plain)) return decodeJson(stored.slice(plain.length))
  if (stored.startsWith(compressed)) return Option.flatMap(inflate(stored.slice(compressed.length)), decodeJson)
  return Option.map(decodeFirst(stored), ({ job }) => job)
}
