import { Job } from "@nominal-code/domain/Job"
import { Option, Schema } from "effect"
import { deflateRawSync, inflateRawSync } from "node:zlib"

/*
 * The form in which a queue keeps a job: a version, then what that version makes of it. A program reads its own version
 * and the one before; what a newer one has written is left to that one.
 */

const prefix = "2:"

/** Maximum size of a stored job in bytes: more than a delivery (5 MiB), which has its comment once, and a job twice. */
const longest = 16 * 1024 * 1024

const JobJson = Schema.fromJsonString(Job)
const encodeJson = Schema.encodeSync(JobJson)
const decodeJson = Schema.decodeOption(JobJson)

/** `{"version": 1, "job": …}`, as the version before wrote it. */
const decodeFirst = Schema.decodeOption(Schema.fromJsonString(Schema.Struct({ version: Schema.Literal(1), job: Job })))

const inflate = Option.liftThrowable((text: string) =>
  inflateRawSync(Buffer.from(text, "base64url"), { maxOutputLength: longest }).toString("utf8")
)

/** The stored form: version 2, compressed JSON. */
export const encode = (job: Job): string => `${prefix}${deflateRawSync(encodeJson(job)).toString("base64url")}`

/** The job of a stored form; none if this program cannot read it. */
export const decode = (stored: string): Option.Option<Job> =>
  stored.startsWith(prefix) ? Option.flatMap(inflate(stored.slice(prefix.length)), decodeJson) : Option.map(
    decodeFirst(stored),
    ({ job }) => job
  )
